"""Slips of the fingers: a word that nobody writes, next to one that is common.

Norvig 2007, "How to Write a Spelling Corrector": among the known words one slip away, the most
common one was meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

_MOST_WORDS: Final = 60
_WORD: Final = re.compile(r"(?<![\w./_`'\"@#$%-])[^\W\d_]{5,20}(?![\w/_`(=@]|\.\w)")
_LATIN: Final = "abcdefghijklmnopqrstuvwxyz"
# From this number on a word is too rare to be what was meant, though no slip itself.
RARE: Final = 100_000
_KEPT: Final = 4_096  # words

# Gives a number to a word that it knows: the smaller, the commoner.
Vocabulary = Callable[[str], int | None]


class Spelling:
    """Takes slips back. Every word of a vocabulary is commoner than all of the next one's."""

    def __init__(self, *vocabularies: Vocabulary) -> None:
        self._vocabularies = vocabularies
        # Who asks several times about one matter makes its own words of it.
        self.word = lru_cache(_KEPT)(self._word)

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

    def _word(self, word: str) -> str:
        """What was meant by ``word`` in small letters; itself where it is known or stands alone."""
        if any(known(word) is not None for known in self._vocabularies):
            return word
        ways = list(_ways(word))
        for known in self._vocabularies:
            near = [(number, way) for way in ways if (number := known(way)) is not None]
            if near and min(near)[0] < RARE:
                return min(near)[1]
        return word


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
