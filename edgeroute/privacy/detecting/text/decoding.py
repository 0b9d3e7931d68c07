"""Read what is written in another alphabet: base64, hex, rot13, spelled-out digits.

One level deep. Each decoded part is a page of its own; a finding in it covers the coded part.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from edgeroute.privacy.detecting.text.normalise import readings

# Where ``[start, end)`` of a reading lies in the text that was read.
Place = Callable[[int, int], tuple[int, int]]

_BASE64: Final = re.compile(
    r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,8192}(?:\r?\n[A-Za-z0-9+/]{4,76}){0,2048}={0,2}"
)
_HEX: Final = re.compile(r"(?<![0-9A-Za-z])(?:0x)?((?:[0-9a-fA-F]{2}[ :]?){8,4096})(?![0-9A-Za-z])")
_CAESAR: Final = re.compile(r"\brot-?13\b", re.IGNORECASE)
_BACKWARDS: Final = re.compile(r"\b(?:backwards?|reversed?)\b", re.IGNORECASE)
_PROBE: Final = 48
_MOST_PARTS: Final = 64

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
_SPELLED: Final = re.compile(
    rf"\b(?:{_NUMBER_WORD})(?:[\s,.-]{{1,3}}(?:{_NUMBER_WORD}|\d{{1,4}})){{4,40}}\b", re.IGNORECASE
)
_APART: Final = re.compile(
    r"(?<![\w.])(?<!\d[ ._-])\d(?:[ ._-]{1,3}\d){7,18}(?![\w.]|[ ._,-]{1,3}\d)"
)


class TooManyParts(ValueError):
    """The text has more coded parts than are read."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """``text`` was found in coded form at ``[start, end)``."""

    text: str
    start: int
    end: int


def all_readings(text: str) -> Iterator[tuple[str, Place]]:
    """``text`` in every way that it may be meant, then each coded part of it in the same ways.

    Raises:
        TooManyParts: there are more coded parts than are read.
    """
    for normal in readings(text):
        yield normal.text, normal.span
        for number, part in enumerate(decoded(normal.text)):
            if number >= _MOST_PARTS:
                raise TooManyParts
            place = _always(normal.span(part.start, part.end))
            for plain in readings(part.text):
                yield plain.text, place


def decoded(text: str) -> Iterator[Decoded]:
    """Every coded part of ``text`` that decodes to readable text, and what it says."""
    for match in _BASE64.finditer(text):
        plain = _from_base64(match.group())
        if plain is not None:
            yield Decoded(plain, *match.span())
    for match in _HEX.finditer(text):
        plain = _from_hex(match.group(1))
        if plain is not None:
            yield Decoded(plain, *match.span())
    for match in _SPELLED.finditer(text):
        digits = _from_words(match.group())
        if sum(c.isdigit() for c in digits) >= 7:
            yield Decoded(_around(text, match.span(), digits), *match.span())
    for match in _APART.finditer(text):
        digits = re.sub(r"[ ._]", "", match.group())
        yield Decoded(_around(text, match.span(), digits), *match.span())
    if _CAESAR.search(text):
        yield Decoded(codecs.encode(text, "rot13"), 0, len(text))
    if _BACKWARDS.search(text):
        yield Decoded(text[::-1], 0, len(text))


def _always(place: tuple[int, int]) -> Place:
    return lambda *_: place


def _around(text: str, span: tuple[int, int], digits: str) -> str:
    """``digits`` between the words that say what they are."""
    start, end = span
    return f"{text[max(0, start - 60) : start]}{digits}{text[end : end + 60]}"


def _from_base64(run: str) -> str | None:
    run = re.sub(r"\s", "", run).rstrip("=")
    if run.isalpha() and (run.islower() or run.isupper()):
        return None
    standard = run.translate(str.maketrans("-_", "+/"))
    if _readable(_unpacked(standard[:_PROBE])) is None:
        return None
    return _readable(_unpacked(standard))


def _unpacked(run: str) -> bytes:
    run = run[: len(run) - 1] if len(run) % 4 == 1 else run
    try:
        return base64.b64decode(run + "=" * (-len(run) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _from_hex(run: str) -> str | None:
    compact = run.replace(" ", "").replace(":", "")
    return _readable(bytes.fromhex(compact[: len(compact) // 2 * 2]))


def _readable(data: bytes) -> str | None:
    """``data`` as text, if a person could have written it."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        # The probe may cut the last character in two.
        if error.start < len(data) - 3 or not data:
            return None
        text = data[: error.start].decode("utf-8")
    if len(text) < 6 or not all(c.isprintable() or c in "\r\n\t" for c in text):
        return None
    wordlike = sum(c.isalnum() or c in " @.,:;=-_/'\"{}+" for c in text)
    return text if wordlike >= 0.85 * len(text) else None


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
