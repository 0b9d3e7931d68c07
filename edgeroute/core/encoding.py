"""Text from bytes that people pipe in or attach, in whatever encoding they wrote it.

UTF-8, UTF-16 and UTF-32 are told by their marks and their form; the encodings of before Unicode by
statistics: each is tried, and the one whose text looks most like writing is taken. Text that is
read in the wrong encoding hides what it says, so a doubt is an error.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Literal

# Marks of byte order, the longer ones first: that of UTF-32 begins as that of UTF-16 does.
_MARKED: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNMARKED: Final = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_ALPHABETS: Final = 0x600  # Latin, Greek, Cyrillic and others below; bytes read in pairs are above
_LETTERS: Final = 0.7
_ASCII: Final = 0.1  # spaces, digits, marks

# Encodings of before Unicode. Where two fit equally well, the first one is taken.
_PAIRED: Final = ("cp932", "euc_jp", "cp949", "gb18030", "big5")
_SINGLE: Final = (
    "cp1252", "cp1250", "cp1251", "koi8-r", "cp1253", "cp1254", "cp1255", "cp1256",
    "iso8859-2", "iso8859-9", "iso8859-15", "cp850", "cp866", "mac-roman",
)  # fmt: skip
# Until which lead byte a standard keeps the signs that people use most.
_EVERYDAY: Final = {
    "cp932": ("euc_jp", 0xD0),
    "euc_jp": ("euc_jp", 0xD0),
    "cp949": ("euc_kr", 0xC9),
    "gb18030": ("gb2312", 0xD8),
    "big5": ("big5", 0xC7),
}
_EBCDIC: Final = "cp037"
_EBCDIC_SPACE: Final = 0x40
_ESCAPED: Final = (b"\x1b$B", b"\x1b$@", b"\x1b(J")  # Japanese mail
_SAMPLE: Final = 20_000  # bytes that are weighed
_LEAST: Final = 0.6  # of the marks that a text of nothing but everyday letters gets
# The letters that make most of a text, where one byte may be a letter of several alphabets.
_FREQUENT: Final = frozenset(
    "\u00e4\u00f6\u00fc\u00df\u00e9\u00e8\u00ea\u00e0\u00e2\u00e7\u00ee\u00ef\u00f4\u00f1\u00e1"
    "\u00ed\u00f3\u00fa\u00e3\u00e5\u00f8\u0105\u0119\u0142\u0144\u015b\u017c\u0107\u010d\u0159\u0161"
    "\u017e\u0151\u0131\u015f\u011f\u043e\u0435\u0430\u0438\u043d\u0442\u0441\u0440\u03b1\u03bf\u03b9"
    "\u03b5\u03c4\u03c3\u03bd\u05d9\u05d5\u05d4\u05dc\u05d0\u05e8\u05ea\u0627\u0644\u064a\u0645\u0646"
    "\u0648\u0631"
)
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_HIGH: Final = re.compile(r"(?<=([^\W\d_]))?[^\x00-\x7f]")


def decoded(data: bytes, errors: Literal["strict", "replace"] = "strict") -> str:
    """``data`` as text. ``errors`` says what becomes of a few bytes in UTF-8 that are none.

    Raises:
        ValueError: it is no text in any of these encodings.
    """
    for mark, encoding in _MARKED:
        if data.startswith(mark):
            return data.decode(encoding)
    if b"\0" not in data:
        return _without_zeros(data, errors)
    for encoding in _UNMARKED:
        text = _plausible(data, encoding)
        if text is not None:
            return text
    raise ValueError("The bytes are no text.")


def _without_zeros(data: bytes, errors: Literal["strict", "replace"]) -> str:
    if any(sign in data for sign in _ESCAPED):
        try:
            return data.decode("iso2022_jp_2")
        except UnicodeDecodeError:
            pass
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        sample = data[:_SAMPLE]
        encoding = _EBCDIC if _is_ebcdic(sample) else _older(sample)
        if encoding is None or _mostly_utf_8(sample):
            if errors == "replace" and _mostly_utf_8(sample):
                return data.decode("utf-8-sig", errors)
            raise
        text = data.decode(encoding, "replace")
        return text.replace("\x85", "\n") if encoding == _EBCDIC else text


def _mostly_utf_8(sample: bytes) -> bool:
    """Whether ``sample`` is UTF-8 but for a few bytes."""
    text = sample.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return sum(not sign.isascii() for sign in text) > 2 * broken


def _older(sample: bytes) -> str | None:
    """The older encoding in which ``sample`` looks most like writing, if it does in any."""
    if _CONTROL.search(sample):
        return None
    marks = {name: mark for name, mark in _weighed(sample) if mark >= _LEAST}
    return max(marks, key=lambda name: marks[name], default=None)


def _weighed(sample: bytes) -> Iterator[tuple[str, float]]:
    """How much like writing ``sample`` is in each encoding in which it is whole, at most 1."""
    for name in (*_PAIRED, *_SINGLE):
        try:
            # The cut may have halved the last sign.
            text = codecs.getincrementaldecoder(name)().decode(sample, len(sample) < _SAMPLE)
        except UnicodeDecodeError:
            continue
        signs = [(match[1] or "", match.group()) for match in _HIGH.finditer(text)]
        if signs:
            yield name, sum(_mark(name, *sign) for sign in signs) / len(signs)


@lru_cache(maxsize=8192)
def _mark(encoding: str, before: str, sign: str) -> float:  # noqa: PLR0911 - one kind each
    """How likely ``sign`` is after the letter ``before`` in a text of ``encoding``."""
    everyday = _EVERYDAY.get(encoding)
    if everyday is not None and ord(sign) > 0x2E00:
        if "\uff61" <= sign <= "\uff9f":  # half a kana wide: any two bytes make one
            return 0.2
        if before and before.isascii():
            return -0.3
        standard, end = everyday
        coded = sign.encode(standard, "ignore")
        if len(coded) != 2:
            return -1.0
        if "\uac00" <= sign <= "\ud7a3" or "\u3041" <= sign <= "\u30fe":
            return 1.0
        return 0.95 if coded[0] < end else 0.3
    category = unicodedata.category(sign)
    if category == "Ll":
        # A text keeps to one alphabet within a word.
        alien = before.isascii() != _latin(sign) if before else False
        return -0.5 if alien else (1.0 if sign in _FREQUENT else 0.8) - 0.1 * (not before)
    if category == "Lu":
        return 0.92 if not before else 0.4 if before.isupper() else -0.5
    if category in {"Lo", "Mn"}:
        if everyday is not None or (before and before.isascii()):
            return 0.2
        return (1.0 if sign in _FREQUENT else 0.8) - 0.1 * (not before)
    if sign in "\xa0\u2013\u2014\u2018\u2019\u201c\u201d\u201e\u20ac\xa7\xb0\xab\xbb\u2026\xa3":
        return 0.7 if not before or not before.isascii() or sign == "\u2019" else 0.5
    return -0.6 if before else 0.0


def _latin(sign: str) -> bool:
    """Whether a small letter is one of the Latin alphabet; the signs of the others are apart."""
    return ord(sign) < 0x250


def _is_ebcdic(sample: bytes) -> bool:
    """Whether ``sample`` is text of a mainframe: letters, digits and spaces of that alphabet."""
    text = sample.decode(_EBCDIC)
    plain = sum(sign.isascii() and (sign.isalnum() or sign in " .,:;-@/\n\r\t") for sign in text)
    return _EBCDIC_SPACE in sample and b" " not in sample and plain >= 0.9 * len(text)


def _plausible(data: bytes, encoding: str) -> str | None:
    """``data`` in ``encoding``, if most of it is of an alphabet, some is ASCII and none is NUL."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    letters = sum(ord(sign) < _ALPHABETS for sign in text)
    plain = sum(sign.isascii() and (sign.isprintable() or sign.isspace()) for sign in text)
    likely = letters >= _LETTERS * len(text) and plain >= _ASCII * len(text)
    return text if likely and "\0" not in text else None
