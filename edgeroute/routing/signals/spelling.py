"""Slips of the fingers: a word that nobody writes, next to one that is common.

Norvig 2007, "How to Write a Spelling Corrector": among the known words one slip away, the most
common one was meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

_MOST_WORDS: Final = 60
_WORD: Final = re.compile(r"(?<![\w./_`'\"@#$%-])[^\W\d_]{5,20}(?![\w/_`(=@]|\.\w)")
_LATIN: Final = "abcdefghijklmnopqrstuvwxyz"
# A word above this is no slip of another one, nor meant by one: it is too rare.
RARE: Final = 300_000


class Spelling:
    """Takes slips back. ``common`` gives a number to a known word: the smaller, the commoner, from
    ``RARE`` on too rare to be what was meant.
    """

    def __init__(self, common: Callable[[str], int | None]) -> None:
        self._common = common

    def mended(self, text: str) -> str:
        """``text`` with the slips in its first words taken back; names and code stay."""
        left = _MOST_WORDS

        def mend(found: re.Match[str]) -> str:
            nonlocal left
            left -= 1
            word = found.group()
            first = not found.start() and word == word.capitalize()
            if left < 0 or not (first or word.islower()):
                return word
            meant = self.word(word.lower())
            return meant.capitalize() if first else meant

        return _WORD.sub(mend, text)

    def word(self, word: str) -> str:
        """What was meant by ``word`` in small letters; itself where it is known or stands alone."""
        if self._common(word) is not None:
            return word
        ways = ((self._common(way), way) for way in _ways(word))
        near = [(number, way) for number, way in ways if number is not None and number < RARE]
        return min(near)[1] if near else word


def _ways(word: str) -> Iterator[str]:
    """All words that one slip away from ``word`` may have been meant; the first letter stays
    where it is not changed round with the second.
    """
    for at in range(1, len(word) + 1):
        start, rest = word[:at], word[at:]
        if len(rest) > 1:
            yield start + rest[1] + rest[0] + rest[2:]
        if rest:
            yield start + rest[1:]
            yield from (start + letter + rest[1:] for letter in _LATIN)
        yield from (start + letter + rest for letter in _LATIN)
    yield word[1] + word[0] + word[2:]
