"""A names model of the user's own: a token classifier in ONNX, by its folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from edgeroute import datafile
from edgeroute.encoders.bert import EncoderMissing
from edgeroute.encoders.token_classifier import TokenClassifier, labels_in
from edgeroute.privacy.detecting.names.token_spans import LABELS, NameSpan, TokenReader

_WHOLE: Final = "PERSON"
_MARK: Final = re.compile(r"[BILESU][-_]")
_WORD: Final = re.compile(r"\S+")
_PERSONS: Final = frozenset({_WHOLE, "GIVEN_NAME", "SURNAME"})


class OwnModel:
    """The loaded model."""

    latin_only: Final = False

    def __init__(self, folder: Path) -> None:
        """Load it.

        Raises:
            EncoderMissing: it cannot be used; the sentence says why.
        """
        self._classes = classes(folder)
        self._classifier = TokenClassifier(folder)
        self._reader = TokenReader(self._classifier.tokenizer, self._scores, _LABELS)

    def read(self, texts: Sequence[str], least: float = 0.3) -> list[list[NameSpan]]:
        """What the model sees in each of ``texts``; spans below ``least`` are left out."""
        return [
            [part for span in spans for part in _words_of(text, span)]
            for text, spans in zip(texts, self._reader.read(texts, least), strict=True)
        ]

    def _scores(self, pieces: Sequence[Sequence[int]]) -> Iterator[Any]:
        """Probabilities of each piece, of shape (tokens, 1 + labels); those of what it calls alike
        are summed.
        """
        import numpy  # noqa: ICN001, PLC0415 - heavy, needed at the first scan only

        for ids in pieces:
            shares = self._classifier.scores(ids)
            found = numpy.zeros((len(ids), 1 + len(_LABELS)), shares.dtype)
            for number, label in enumerate(self._classes):
                found[:, 1 + _LABELS.index(label) if label else 0] += shares[:, number]
            yield found


_LABELS: Final = (*LABELS, _WHOLE)


def classes(folder: Path) -> tuple[str, ...]:
    """What each class of the model in ``folder`` means here; empty for what means nothing here.

    Raises:
        EncoderMissing: a file is not there, or the model knows no people.
    """
    known = _known()
    labels = labels_in(folder)
    found = tuple(known.get(_MARK.sub("", label.upper(), count=1), "") for label in labels)
    bare = tuple(known.get(label.upper(), "") for label in labels)
    found = tuple(one or other for one, other in zip(bare, found, strict=True))
    if not _PERSONS & set(found):
        raise EncoderMissing(
            f"The model in {folder} has no label for people: one of its labels must be called"
            " PERSON, PER, NAME, GIVEN_NAME or the like.",
            "",
        )
    return found


@cache
def _known() -> dict[str, str]:
    table = datafile.table("name-labels", dict[str, list[str]])
    return {theirs: ours for ours, all_theirs in table.items() for theirs in all_theirs}


def _words_of(text: str, span: NameSpan) -> list[NameSpan]:
    """``span`` without space around it; a whole name is given names and a surname."""
    words = [
        (span.start + match.start(), span.start + match.end())
        for match in _WORD.finditer(text[span.start : span.end])
    ]
    if not words:
        return []
    if span.label != _WHOLE:
        return [NameSpan(span.label, words[0][0], words[-1][1], span.score)]
    last = len(words) - 1
    return [
        NameSpan("SURNAME" if last and number == last else "GIVEN_NAME", start, end, span.score)
        for number, (start, end) in enumerate(words)
    ]
