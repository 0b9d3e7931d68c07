"""Text from bytes that people pipe in or attach: UTF-8, or UTF-16 and UTF-32 of other systems.

Text that is read in the wrong encoding hides what it says, so a doubt is an error.
"""

from __future__ import annotations

import codecs
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


def decoded(data: bytes, errors: Literal["strict", "replace"] = "strict") -> str:
    """``data`` as text. ``errors`` says what becomes of bytes that are no UTF-8.

    Raises:
        ValueError: it is no text in any of these encodings.
    """
    for mark, encoding in _MARKED:
        if data.startswith(mark):
            return data.decode(encoding)
    if b"\0" not in data:
        return data.decode("utf-8-sig", errors)
    for encoding in _UNMARKED:
        text = _plausible(data, encoding)
        if text is not None:
            return text
    raise ValueError("The bytes are no text.")


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
