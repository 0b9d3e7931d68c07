"""Letters without case and marks, one for one, so that places stay what they are."""

from __future__ import annotations

import unicodedata
from typing import Final

# Letters that no decomposition parts from their strokes.
_STROKES: Final = dict(zip("øØłŁđĐðÐıİħĦŧŦ", "oollddddiihhtt", strict=True))
_TWO: Final = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa", "æ": "ae"}


class _Folded(dict[int, str]):
    """What each letter becomes; kept once it was asked for."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        plain = unicodedata.normalize("NFKD", letter)[:1].lower()
        folded = _STROKES.get(letter, plain if len(plain) == 1 else letter)
        self[code] = folded
        return folded


_TABLE = _Folded()


def folded(text: str) -> str:
    """``text`` in small letters without accents, exactly as long as it was."""
    if text.isascii():
        return text.lower()
    return text.translate(_TABLE)


def spellings(word: str) -> set[str]:
    """``word`` in small letters: without its marks, and with two letters in their place."""
    two = "".join(_TWO.get(letter, letter) for letter in word.lower())
    return {folded(word), folded(two)}
