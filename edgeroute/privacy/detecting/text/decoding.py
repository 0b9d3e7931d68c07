"""Read what is written in another alphabet: base64, hex, rot13, spelled-out digits.

One level deep. Each coded part is read on a page of its own, between the words that say what it is;
a finding there covers the coded part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.text.contents import Unread
from edgeroute.privacy.detecting.text.fields import fields
from edgeroute.privacy.detecting.text.normalise import readings
from edgeroute.privacy.detecting.text.packed import Decoded, unpacked_parts
from edgeroute.privacy.detecting.text.parted import joined_parts
from edgeroute.privacy.detecting.text.sheet import Place, Sheet, always
from edgeroute.privacy.detecting.text.turned import turned_parts

_AROUND: Final = 60  # characters of the text on either side of a coded part
_BRACKETS: Final = ("[", "]", "(", ")", "{", "}", "<", ">", ",", ";", "|")
_REMEMBERED: Final = 200_000  # characters
_MOST_PAGES: Final = 24  # what is more shares a page
_MOST: Final = 2_000_000  # characters that are read of coded parts

_UNITS: Final = {
    "zero": "0", "oh": "0", "o": "0", "one": "1", "two": "2", "three": "3", "four": "4",
    "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10",
    "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15",
    "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19",
    "null": "0", "eins": "1", "zwei": "2", "drei": "3", "vier": "4", "f\u00fcnf": "5",
    "sechs": "6", "sieben": "7", "acht": "8", "neun": "9",
}  # fmt: skip
_TENS: Final = {
    "twenty": "2", "thirty": "3", "forty": "4", "fifty": "5", "sixty": "6", "seventy": "7",
    "eighty": "8", "ninety": "9",
}  # fmt: skip
_NUMBER_WORD: Final = "|".join(sorted([*_UNITS, *_TENS, "plus", "double", "triple"], key=len)[::-1])
_SPELLED: Final = compiled(
    rf"\b(?:{_NUMBER_WORD})(?:[\s,.-]{{1,3}}(?:{_NUMBER_WORD}|\d{{1,4}})){{4,40}}\b", re.IGNORECASE
)
_APART: Final = compiled(
    r"(?<![\w.])(?<!\d[ ._-])\d(?:[ ._-]{1,3}\d){7,18}(?![\w.]|[ ._,-]{1,3}\d)"
)


def all_readings(text: str) -> Iterable[tuple[str, Place]]:
    """``text`` in every way that it may be meant, then each coded part of it in the same ways.

    Who reads a text after another does not decode it again.

    Raises:
        Unread: it holds data that cannot be read, or more coded parts than are read.
    """
    return _remembered(text) if len(text) <= _REMEMBERED else _decoded(text)


@lru_cache(maxsize=1)
def _remembered(text: str) -> tuple[tuple[str, Place], ...]:
    return tuple(_decoded(text))


def _decoded(text: str) -> Iterator[tuple[str, Place]]:
    for number, normal in enumerate(readings(text)):
        yield normal.text, normal.span
        sheet = Sheet()
        size = 0
        for pages, (part, place) in enumerate(_parts(normal.text, first=number == 0)):
            size += len(part)
            if size > _MOST:
                message = "The text has more coded parts than are read."
                raise Unread(message)
            placed = _placed(normal.span, place)
            if pages < _MOST_PAGES:
                yield part, placed
            else:
                sheet.add(part, placed)
        if sheet:
            yield sheet.text, sheet.place


def _parts(text: str, *, first: bool) -> Iterator[tuple[str, Place]]:
    """Every part of ``text`` that has to be read otherwise than as it stands, and its place."""
    for part in decoded(text):
        place = always(part.start, part.end)
        for plain in readings(part.text):
            yield plain.text, place
    if first:
        yield from joined_parts(text)
        yield from fields(text)


def decoded(text: str) -> Iterator[Decoded]:
    """Every coded part of ``text`` that decodes to readable text, and what it says.

    Raises:
        Unread: one of them is of a kind that cannot be read.
    """
    for part in unpacked_parts(text):
        yield part._replace(text=_around(text, (part.start, part.end), part.text))
    for match in _SPELLED.finditer(text):
        digits = _from_words(match.group())
        if sum(c.isdigit() for c in digits) >= 7:
            yield Decoded(_around(text, match.span(), digits), *match.span())
    for match in _APART.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        yield Decoded(_around(text, match.span(), digits), *match.span())
    yield from turned_parts(text, text.lower())


def _placed(outer: Callable[[int, int], tuple[int, int]], inner: Place) -> Place:
    return lambda start, end: outer(*inner(start, end))


def _around(text: str, span: tuple[int, int], plain: str) -> str:
    """``plain`` between the words that say what it is."""
    start, end = span
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    # A list's bracket is no part of the value in it, nor is the next word.
    first = " " if before.endswith(_BRACKETS) or before[-1:].isalnum() else ""
    last = " " if after.startswith(_BRACKETS) or after[:1].isalnum() else ""
    return f"{before}{first}{plain}{last}{after}"


def _from_words(spelled: str) -> str:
    digits: list[str] = []
    repeat = 1
    tens = ""
    for word in re.findall(r"[^\W_]+", spelled.lower()):
        if word in {"double", "triple"}:
            repeat = 2 if word == "double" else 3
        elif word in _TENS:
            digits.append(f"{tens}0" if tens else "")
            tens = _TENS[word]
        elif word == "plus":
            digits.append("+")
        else:
            number = _UNITS.get(word, word)
            if tens:
                number = tens + number if len(number) == 1 and number != "0" else f"{tens}0{number}"
                tens = ""
            digits.append(number * repeat)
            repeat = 1
    return "".join(digits) + (f"{tens}0" if tens else "")
