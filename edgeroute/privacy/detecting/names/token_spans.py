"""From what a token classifier says of tokens to spans of words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

LABELS: Final = (
    "GIVEN_NAME", "SURNAME", "EMAIL", "PHONE", "URL", "TAX_ID", "BANK_ACCOUNT", "ROUTING_NUMBER",
    "GOVERNMENT_ID", "PASSPORT", "DRIVERS_LICENSE", "BUILDING_NUMBER", "STREET_NAME",
    "SECONDARY_ADDRESS", "CITY", "STATE", "ZIP_CODE",
)  # fmt: skip

_MOST_TOKENS: Final = 192
_OVERLAP: Final = 24

# The tokenizer turns a run of more than 100 word characters into one unknown token. Such a run is
# read in pieces: at changes of case and kind, and every 60 characters.
_LONG_RUN: Final = re.compile(r"\w{90,}")
_PIECE: Final = re.compile(r"[A-Z]?[a-z]{1,60}|[A-Z]{1,60}|\d{1,60}|_+|[^\WA-Za-z\d_]{1,60}")


@dataclass(frozen=True, slots=True)
class NameSpan:
    """Word characters ``[start, end)`` that the model takes for ``label``, as sure as ``score``."""

    label: str
    start: int
    end: int
    score: float


class TokenReader:
    """Reads texts with a classifier.

    ``scores`` gives, for each piece of the ids of tokens, probabilities of shape (tokens, 1 +
    labels); the first is that of no label. ``labels`` are the others in their order.
    """

    def __init__(
        self,
        tokenizer: Any,
        scores: Callable[[Sequence[Sequence[int]]], Iterable[Any]],
        labels: Sequence[str],
    ) -> None:
        self._tokenizer = tokenizer
        self._scores = scores
        self._labels = labels

    def read(self, texts: Sequence[str], least: float = 0.3) -> list[list[NameSpan]]:
        """What the model sees in each of ``texts``; spans below ``least`` are left out."""
        pieces = [_in_pieces(text) for text in texts]
        encodings = self._tokenizer.encode_batch(
            [text for text, _ in pieces], add_special_tokens=False
        )
        jobs = [
            (index, start, min(start + _MOST_TOKENS, len(encoding.ids)))
            for index, encoding in enumerate(encodings)
            for start in range(0, max(len(encoding.ids) - _OVERLAP, 1), _MOST_TOKENS - _OVERLAP)
        ]
        found: list[list[NameSpan]] = [[] for _ in texts]
        read = self._scores([encodings[index].ids[start:stop] for index, start, stop in jobs])
        for (index, start, stop), scores in zip(jobs, read, strict=True):
            encoding = encodings[index]
            places, words = encoding.offsets[start:stop], encoding.word_ids[start:stop]
            found[index] += self._spans(scores, places, words, least)
        return [
            _placed(sorted(spans, key=lambda span: span.start), back)
            for spans, (_, back) in zip(found, pieces, strict=True)
        ]

    def _spans(
        self,
        scores: Any,
        offsets: Sequence[tuple[int, int]],
        words: Sequence[int | None],
        least: float,
    ) -> list[NameSpan]:
        """Words whose best label is sure enough; neighbours of one label become one span."""
        best = scores[: len(offsets), 1:].argmax(-1)
        spans: list[NameSpan] = []
        last_word: int | None = -2
        for token, (start, end) in enumerate(offsets):
            label = self._labels[int(best[token])]
            score = float(scores[token, 1 + int(best[token])])
            word = words[token]
            if spans and word == last_word and spans[-1].end == start:
                old = spans[-1]
                spans[-1] = NameSpan(old.label, old.start, end, max(old.score, score))
            elif score >= least:
                old_end = spans[-1].end if spans else -9
                if spans and spans[-1].label == label and 0 <= start - old_end <= 1:
                    old = spans[-1]
                    spans[-1] = NameSpan(label, old.start, end, max(old.score, score))
                else:
                    spans.append(NameSpan(label, start, end, score))
                last_word = word
        return spans


def _in_pieces(text: str) -> tuple[str, list[tuple[int, int]]]:
    """``text`` with spaces inside over-long runs, and where (place, shift) they were put."""
    if _LONG_RUN.search(text) is None:
        return text, []
    parts: list[str] = []
    shifts: list[tuple[int, int]] = []
    done = added = 0
    for run in _LONG_RUN.finditer(text):
        for piece in _PIECE.finditer(text, run.start(), run.end()):
            parts += (text[done : piece.end()], " ")
            done = piece.end()
            shifts.append((done + added + 1, added + 1))
            added += 1
    parts.append(text[done:])
    return "".join(parts), shifts


def _placed(spans: list[NameSpan], shifts: list[tuple[int, int]]) -> list[NameSpan]:
    if not shifts:
        return spans

    def back(place: int) -> int:
        shift = 0
        for start, so_far in shifts:
            if start > place:
                break
            shift = so_far
        return place - shift

    return [
        NameSpan(s.label, back(s.start), max(back(s.end), back(s.start) + 1), s.score)
        for s in spans
    ]
