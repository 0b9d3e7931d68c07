"""Where personal data lies in the message box. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edgeroute.core.verdict import Finding


@dataclass(frozen=True, slots=True)
class MarkedSpan:
    """Personal data at ``[start, end)`` (code points) of the text."""

    start: int
    end: int
    type: str


def spans_of(findings: Iterable[Finding], length: int) -> tuple[MarkedSpan, ...]:
    """The findings that lie inside a text of ``length``."""
    return tuple(
        MarkedSpan(f.start, f.end, f.type) for f in findings if 0 <= f.start < f.end <= length
    )


def shifted(spans: Iterable[MarkedSpan], old: str, new: str) -> tuple[MarkedSpan, ...]:
    """``spans`` of ``old`` moved to where they are in ``new``; those that were edited are gone."""
    limit = min(len(old), len(new))
    head = next((at for at in range(limit) if old[at] != new[at]), limit)
    tail = next((at for at in range(limit - head) if old[-1 - at] != new[-1 - at]), limit - head)
    moved = len(new) - len(old)
    kept = []
    for span in spans:
        if span.end <= head:
            kept.append(span)
        elif span.start >= len(old) - tail:
            kept.append(MarkedSpan(span.start + moved, span.end + moved, span.type))
    return tuple(kept)


def in_line(spans: Iterable[MarkedSpan], start: int, length: int) -> list[tuple[int, int]]:
    """The parts of ``spans`` inside the line that begins at ``start``, as columns."""
    return [
        (max(0, span.start - start), min(length, span.end - start))
        for span in spans
        if span.start < start + length and span.end > start
    ]
