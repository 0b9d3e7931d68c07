"""The words of a text as they are compared: without case, marks, script, spelling and ending."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from edgeroute.privacy.detecting.text.scripts import UNSPACED_RANGES

_RUN: Final = re.compile(rf"[^\W\d_{UNSPACED_RANGES}]+|\d+|[{UNSPACED_RANGES}]")
_MARKS: Final = re.compile("[\u0300-\u036f\u0591-\u05c7\u0640\u064b-\u065f\u0670]+")

# Letters of other alphabets as Latin ones, one usual way.
_CYRILLIC: Final = {
    "\u0436": "zh", "\u0446": "ts", "\u0447": "ch", "\u0448": "sh", "\u0449": "shch",
    "\u044a": "", "\u044c": "", "\u044e": "iu", "\u044f": "ia", "\u0452": "d", "\u0459": "li",
    "\u045a": "ni", "\u045b": "c", "\u045f": "dz",
}  # fmt: skip
_GREEK: Final = {"\u03b8": "th", "\u03c8": "ps"}
_ONE_TO_ONE: Final = str.maketrans(
    "\u0430\u0431\u0432\u0433\u0434\u0435\u0437\u0438\u043a\u043b\u043c\u043d\u043e\u043f"
    "\u0440\u0441\u0442\u0443\u0444\u0445\u044b\u044d\u0454\u0456\u0491\u0458"
    "\u03b1\u03b2\u03b3\u03b4\u03b5\u03b6\u03b7\u03b9\u03ba\u03bb\u03bc\u03bd\u03be"
    "\u03bf\u03c0\u03c1\u03c3\u03c2\u03c4\u03c5\u03c6\u03c7\u03c9",
    "abvgdeziklmnoprstufhieeigiavgdeziiklmnxoprsstufho",
)
_LATIN: Final = {
    "\u00f8": "o", "\u0142": "l", "\u0111": "d", "\u00f0": "d", "\u00fe": "th", "\u00e6": "a",
    "\u0153": "o", "\u0131": "i", "\u0127": "h", "\u0167": "t",
}  # fmt: skip
_LETTERS: Final = _ONE_TO_ONE | str.maketrans(_CYRILLIC | _GREEK | _LATIN)
# Spellings of one sound; both sides of a comparison are rewritten, so none has to be right.
_SPELLINGS: Final = (
    ("y", "i"), ("j", "i"), ("kh", "h"), ("ph", "f"), ("ou", "u"), ("ae", "a"), ("oe", "o"),
    ("ue", "u"), ("ii", "i"), ("ie", "e"),
)  # fmt: skip
_ENDINGS: Final = "aeioums"
_STEM: Final = 3  # letters that an ending leaves


class Word(NamedTuple):
    """A word at ``[start, end)``: as it is compared, and the same without its ending."""

    start: int
    end: int
    full: str
    stem: str


def words(text: str) -> list[Word]:
    """The words of ``text``, identifiers cut into theirs; a number is one too. Linear."""
    return [Word(start, end, *folded(text[start:end])) for start, end in _places(text)]


def _places(text: str) -> Iterator[tuple[int, int]]:
    for match in _RUN.finditer(text):
        run = match.group()
        start, end = match.span()
        if run[1:].islower() or run.isupper() or not run[1:].isalpha():
            yield start, end
            continue
        begun = start
        for at in range(start + 1, end):
            if text[at].isupper() and _parts(text, at, end):
                yield begun, at
                begun = at
        yield begun, end


def _parts(text: str, at: int, end: int) -> bool:
    """Whether the capital letter at ``at`` begins a word: camelCase, XMLName."""
    return text[at - 1].islower() or (at + 1 < end and text[at + 1].islower())


@lru_cache(maxsize=1 << 14)
def folded(word: str) -> tuple[str, str]:
    """``word`` as it is compared, and its stem."""
    plain = word.casefold()
    if not plain.isascii():
        plain = _MARKS.sub("", unicodedata.normalize("NFKD", plain)).translate(_LETTERS)
        plain = unicodedata.normalize("NFC", plain)
    for spelling, sound in _SPELLINGS:
        plain = plain.replace(spelling, sound)
    return plain, stem(plain)


def stem(word: str) -> str:
    """A folded ``word`` without its ending, the same for all its cases; some letters are left."""
    return word[:_STEM] + word[_STEM:].rstrip(_ENDINGS)
