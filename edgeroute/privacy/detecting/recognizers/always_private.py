"""Words and patterns that the user never wants to leave.

A word is found in any case, in the names that programs make of it (``blue_bird``, ``getBlueBird``),
with and without its accents, and with the endings of a sentence. What is short or has signs of its
own in it is found as it is written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Final

from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.privacy.detecting.text.scripts import UNSPACED
from edgeroute.word_lists import one_of

_SECONDS: Final = 0.5
_LETTERS: Final = 4  # fewer letters and digits in all are found as they are written
_INFLECTED: Final = 5  # letters of a word that has endings
_STEM: Final = 4
_PLAIN: Final = re.compile("[\\w\\s.'\u2019-]+")
_TOKEN: Final = re.compile(r"\d+|[^\W\d_]+")
_VOWELS: Final = "aeiouyаеиоуыюя"  # noqa: RUF001 - Cyrillic ones too
# One letter each, so that places stay the same; which of two spellings is meant is left open.
_SINGLE: Final = {"ß": "s", "ø": "o", "ł": "l", "đ": "d", "æ": "a", "œ": "o", "\u0131": "i"}
_DOUBLE: Final = (("ss", "ss?"), ("ae", "ae?"), ("oe", "oe?"), ("ue", "ue?"))
_OPEN: Final = {
    "ä": "ae?", "æ": "ae?", "ö": "oe?", "œ": "oe?", "ø": "oe?", "ü": "ue?", "ß": "ss?",
}  # fmt: skip
_GAP: Final = r"(?:\s{1,20}|[\W_]{0,3})"
# A word begins and ends where no letter stands next to it, or where case changes as in camelCase.
_CAMEL: Final = r"(?-i:(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll}))"


class Marked:
    """The user's own list."""

    name = "always_private"
    types = ("ALWAYS_PRIVATE",)
    needs = None

    def __init__(self, words: Sequence[str], patterns: Sequence[str]) -> None:
        # This package can stop a pattern of the user's that would take for ever.
        import regex  # noqa: PLC0415 - comes with Presidio, needed only by those who keep a list

        self._patterns = [regex.compile(pattern) for pattern in patterns]
        longest = sorted((word for word in words if word.strip()), key=len, reverse=True)
        self._words = [_Word(word) for word in longest]

    def find(self, page: Page) -> Iterator[Hit]:
        """Every place where the list matches. Raises TimeoutError for a pattern that runs away."""
        for pattern in self._patterns:
            yield from _hits(pattern, page.text)
        plain = page.text.translate(_FOLDED)
        lower = plain.lower()
        for word in self._words:
            if word.sign in lower:
                yield from _hits(word.pattern, plain)


class _Word:
    """One entry. ``sign`` stands in every text, folded and in small letters, that may hold it."""

    def __init__(self, text: str) -> None:
        self._text = text
        plain = _PLAIN.fullmatch(text) and sum(map(str.isalnum, text)) >= _LETTERS
        self._tokens = [match.group() for match in _TOKEN.finditer(_parted(text))] if plain else []
        pieces = (piece for each in self._tokens or [text] for piece in _fixed(each))
        self.sign = max(pieces, key=len, default="")

    @cached_property
    def pattern(self) -> Any:
        """What finds it in a folded text; compiled for texts that may hold it."""
        import regex  # noqa: PLC0415 - as above

        if self._tokens:
            source = _GAP.join(map(_inflected, self._tokens))
        else:
            words = self._text.translate(_FOLDED).split()
            source = r"\s+".join(map(re.escape, words))
        return regex.compile(f"{_start(self._text)}{source}{_end(self._text)}", regex.IGNORECASE)


def _hits(pattern: Any, text: str) -> Iterator[Hit]:
    for match in pattern.finditer(text, timeout=_SECONDS):
        if match.end() > match.start():
            yield Hit("ALWAYS_PRIVATE", match.start(), match.end(), 1.0)


def _parted(text: str) -> str:
    """``text`` with a space where case changes inside a word."""
    return re.sub(r"(?<=[a-zß-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])", " ", text)


def _inflected(token: str) -> str:
    """The pattern of one word with its endings."""
    small = token.lower()
    if not small.isalpha() or len(small) < _INFLECTED or UNSPACED.search(small):
        return _spelled(small) + ("(?:e?s)?" if small.isalpha() and len(small) == _STEM else "")
    stem = small.rstrip(_VOWELS)
    if len(stem) < _STEM:
        stem = small
    tail = small[len(stem) :]
    ending = one_of("always_private.endings")
    return (
        f"{_spelled(stem)}(?:{tail}{ending}?|{ending})?" if tail else f"{_spelled(stem)}{ending}?"
    )


def _spelled(word: str) -> str:
    """``word`` in every spelling of its letters."""
    source = "".join(_OPEN.get(letter) or letter.translate(_FOLDED) for letter in word)
    if source == word:
        for pair, either in _DOUBLE:
            source = source.replace(pair, either)
    return source


def _fixed(token: str) -> list[str]:
    """The pieces of ``token`` that all its forms share."""
    small = token.lower()
    stem = small.rstrip(_VOWELS) if len(small.rstrip(_VOWELS)) >= _STEM else small
    return re.split(r"\w\?|\W+", _spelled(stem)) if small.isalnum() else _TOKEN.findall(small)


def _start(text: str) -> str:
    if UNSPACED.match(text):
        return ""
    if text[0].isdigit():
        return r"(?<!\d)"
    return rf"(?:(?<!\p{{L}})|{_CAMEL})" if text[0].isalpha() else r"(?<!\w)"


def _end(text: str) -> str:
    last = text.rstrip()[-1]
    if UNSPACED.match(last):
        return ""
    if last.isdigit():
        return r"(?!\d)"
    return rf"(?:(?!\p{{L}})|{_CAMEL})" if last.isalpha() else r"(?!\w)"


def _folding() -> dict[int, str]:
    """Latin letters without their marks, in the case that they have."""
    folded: dict[int, str] = {}
    for number in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        base = unicodedata.normalize("NFKD", chr(number))[0]
        if base.isascii() and base.isalpha():
            folded[number] = base
    for letter, base in _SINGLE.items():
        folded[ord(letter)] = base
        folded.setdefault(ord(letter.upper()[0]), base.upper())
    return folded


_FOLDED: Final = _folding()
