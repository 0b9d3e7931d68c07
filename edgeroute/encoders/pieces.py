"""A text in pieces of words: the most likely ones, as XLM-RoBERTa's unigram model has them.

The tokenizers library does the same and takes half a second to be given 250,000 pieces, at every
start of a program. Kudo 2018, "Subword regularization", describes the model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from edgeroute.encoders.piece_table import PieceTable, width

START: Final = 0
END: Final = 2
_UNKNOWN: Final = 3
_SPACE: Final = "\u2581"
_WORD: Final = re.compile(r"\S{1,200}")
_MOST: Final = 4_000  # words that are kept once they are cut
_WORSE: Final = 10.0  # how much less likely than any piece a character is that no piece has
_LONGEST: Final = 16  # characters
_ASCII: Final = 128


class Pieces:
    """Cuts texts. ``table`` holds all pieces, ``scores`` how likely each is, ``least`` the lowest
    of these; ``rewritten`` is what stands for single characters.
    """

    def __init__(
        self,
        table: PieceTable,
        scores: Sequence[float],
        rewritten: Mapping[int, str],
        least: float | None = None,
    ) -> None:
        self._table = table
        self._scores = scores
        self._rewritten = rewritten
        self._known: dict[str, tuple[tuple[int, int], ...]] = {}
        self._unknown = (min(scores) if least is None else least) - _WORSE
        # Whether what is plain in a text is left as it is.
        self._plain = not any(chr(code).isprintable() for code in rewritten if code < _ASCII)

    def cut(self, text: str) -> list[tuple[int, int]]:
        """The pieces of ``text`` in order: where each begins in ``text``, and which it is."""
        found: list[tuple[int, int]] = []
        for match in _WORD.finditer(text):
            word, start = match.group(), match.start()
            known = self._known.get(word)
            if known is None:
                if len(self._known) >= _MOST:
                    self._known.clear()
                known = self._known[word] = tuple(self._word(word))
            found += [(start + place, number) for place, number in known]
        return found

    def whole(self, word: str) -> int | None:
        """The piece that is ``word`` alone, if there is one."""
        return self._table.get(f"{_SPACE}{word}")

    def _word(self, word: str) -> list[tuple[int, int]]:
        """The pieces of one word, by dynamic programming over its characters."""
        whole, places = f"{_SPACE}{word}", [0, *range(len(word))]
        if not (self._plain and word.isascii() and word.isprintable()):
            whole, places = _rewrite(word, self._rewritten)
        known = self._table.get(whole)
        if known is not None:
            return [(0, known)]
        beside, scores, unknown = self._table.beside, self._scores, self._unknown
        length = len(whole)
        best = [0.0] + [-1e30] * length
        back = [(0, _UNKNOWN)] * (length + 1)
        for first in range(length):
            score = best[first]
            if score + unknown > best[first + 1]:
                best[first + 1] = score + unknown
                back[first + 1] = (first, _UNKNOWN)
            grouped = first + width(whole[first])
            for last in range(first + 1, min(length, first + _LONGEST) + 1):
                if last <= grouped:
                    near = beside(whole[first:last])
                piece = near.get(whole[first:last])
                if piece is not None and score + scores[piece] > best[last]:
                    best[last] = score + scores[piece]
                    back[last] = (first, piece)
        found = []
        last = length
        while last:
            last, number = back[last]
            found.append((places[last], number))
        return found[::-1]


def _rewrite(word: str, rewritten: Mapping[int, str]) -> tuple[str, list[int]]:
    """``word`` as the model wants it, and where each of its characters comes from."""
    letters, places = [_SPACE], [0]
    for place, sign in enumerate(word):
        said = rewritten.get(ord(sign), sign).replace(" ", _SPACE)
        letters += said
        places += [place] * len(said)
    return "".join(letters), places
