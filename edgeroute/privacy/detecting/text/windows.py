"""A text in windows that are weighed one by one: some sentences or lines each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

SIZE: Final = 520  # characters; a usual prompt is one window
_LEAST: Final = 160
_SENTENCE: Final = 30  # characters that may tell something
_BORDERS: Final = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n|(?<=[.!?;])\s|[\u3002\uff01\uff1f\u0964\u061f]"),
    re.compile(r"\s|[,\u3001\uff0c\u060c]"),
)


def windows(text: str) -> Iterator[tuple[int, int]]:
    """Where each window of ``text`` starts and ends. They follow each other without a gap."""
    start, length = 0, len(text)
    while length - start > SIZE:
        end = start + SIZE
        for border in _BORDERS:
            places = [match.end() for match in border.finditer(text, start + _LEAST, end)]
            if places:
                end = places[-1]
                break
        yield start, end
        start = end
    if start < length:
        yield start, length


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Where paragraphs of ``text`` are that are shorter than a window, but more than a few
    words.
    """
    start = 0
    for end in [*(match.end() for match in _BORDERS[0].finditer(text)), len(text)]:
        if _SENTENCE <= end - start <= SIZE:
            yield start, end
        start = end
