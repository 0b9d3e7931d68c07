"""What bytes are: text, compressed text, or something that only a machine or nobody can read."""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from itertools import pairwise
from typing import Final

_UNPACKED: Final = 1_000_000
_LEAST: Final = 32  # bytes of a document or a picture
_ICON: Final = 64  # pixels to a side in which no text can be read
_SMALL: Final = 700  # bytes of a picture that shows nothing


_KINDS: Final = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"GIF8", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"II*\0", "a picture"),
    (b"MM\0*", "a picture"),
    (b"PK\x03\x04", "an archive or a document"),
    (b"\xd0\xcf\x11\xe0", "a document"),
    (b"7z\xbc\xaf", "an archive"),
    (b"Rar!", "an archive"),
    (b"RIFF", "a picture, sound or film"),
    (b"OggS", "sound"),
    (b"ID3", "sound"),
    (b"fLaC", "sound"),
    (b"SQLite format 3", "a database"),
    (b"Salted__", "encrypted data"),
)
# Fonts, programs, icons, certificates and public keys: no one is described in them.
_MACHINE: Final = (
    b"wOFF", b"wOF2", b"OTTO", b"\0\1\0\0", b"true", b"\0asm",
    b"\x7fELF", b"MZ", b"\xca\xfe\xba\xbe",
    b"\0\0\1\0", b"\0\0\0\x07ssh-", b"\0\0\0\x0bssh-", b"\0\0\0\x13ecdsa", b"\x06\x01\x04",
)  # fmt: skip

_DESCRIPTION: Final = re.compile(rb"\n[\x01-\xff]{1,2}[\w./-]{1,200}\.proto[\x10-\x1a]")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd]+")
_MOST_NOUGHTS: Final = 0.05  # more of them part the letters of another encoding


class Unread(ValueError):
    """The text holds something that cannot be read. The message is a sentence that names it."""


def require_machine(data: bytes) -> None:
    """Let data pass that only machines read.

    Raises:
        Unread: it may say anything.
    """
    certificate = data[:1] == b"\x30" and data[4:5] in {b"\x30", b"\x06"}
    if data and not certificate and not data.startswith(_MACHINE):
        message = "The text holds encoded data that cannot be read."
        raise Unread(message)


def known(data: bytes) -> bool:
    """Whether ``data`` begins as compressed data, a picture or a document does."""
    return data.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", *(head for head, _ in _KINDS))) or (
        data[:1] == b"\x78" and data[1:2] in {b"\x01", b"\x5e", b"\x9c", b"\xda"}
    )


def said(data: bytes, *, sure: bool = True) -> str | None:
    """What ``data`` says as text, None where it is nothing of the kind.

    Raises:
        Unread: it is of a kind that may hold text and cannot be read.
    """
    plain = _decompressed(data)
    if plain is not None:
        text = as_text(plain) or _described(plain)
        if text is None:
            if plain.startswith(_MACHINE):
                return None
            message = "The text holds compressed data that cannot be read."
            raise Unread(message)
        return text
    for head, kind in _KINDS:
        if data.startswith(head) and len(data) >= _LEAST:
            if kind == "a picture" and _shows_nothing(data):
                return None
            message = f"The text holds {kind} in encoded form, which cannot be read there."
            raise Unread(message)
    text = as_text(data)
    return text if text is not None and (sure or natural(text)) else None


def _described(data: bytes) -> str | None:
    """The words in a description of messages, as generated programs hold it; None where it is none
    (google/protobuf/descriptor.proto).
    """
    if not _DESCRIPTION.match(data) or data.count(0) > _MOST_NOUGHTS * len(data):
        return None
    return _CONTROLS.sub("\n", data.decode("utf-8", "replace"))


def _decompressed(data: bytes) -> bytes | None:
    """What ``data`` was before it was compressed, None where it was not.

    Raises:
        Unread: there is too much of it.
    """
    try:
        if data[:2] == b"\x1f\x8b" or known(data[:2]):
            plain = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(data, _UNPACKED)
        elif data.startswith(b"BZh"):
            plain = bz2.BZ2Decompressor().decompress(data, _UNPACKED)
        elif data.startswith(b"\xfd7zXZ"):
            plain = lzma.LZMADecompressor(memlimit=64_000_000).decompress(data, _UNPACKED)
        else:
            return None
    except (zlib.error, OSError, lzma.LZMAError):
        return None
    if len(plain) >= _UNPACKED:
        message = "The text holds compressed data that is too long to be read."
        raise Unread(message)
    return plain or None


def _shows_nothing(data: bytes) -> bool:
    """Whether a picture is an icon, or too small a file to show a text."""
    if data.startswith(b"\x89PNG"):
        sides = (data[16:20], data[20:24])
        return all(int.from_bytes(side, "big") <= _ICON for side in sides)
    if data.startswith(b"GIF8"):
        return all(int.from_bytes(side, "little") <= _ICON for side in (data[6:8], data[8:10]))
    return len(data) < _SMALL


def as_text(data: bytes, *, cut: bool = False) -> str | None:
    """``data`` as text, if a person could have written it. ``cut`` says that its end is missing."""
    if data[1:2] == b"\0" or data[:1] == b"\0" or data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return _wide(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if cut and error.start >= len(data) - 3:
            text = data[: error.start].decode("utf-8")
        else:
            text = _latin(data)
    if len(text) < 5 or not all(c.isprintable() or c in "\r\n\t\x1b" for c in text):
        return None
    wordlike = sum(c.isalnum() or c in " @.,:;=-_/'\"{}+\n" for c in text)
    return text if wordlike >= 0.85 * len(text) else None


def _wide(data: bytes) -> str | None:
    """Text in which every character takes two bytes, as some shells pass it on."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        encoding = "utf-16"
    else:
        encoding = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
    text = data[: len(data) // 2 * 2].decode(encoding, "replace")
    alphabet = sum(sign < "\u0600" and (sign.isprintable() or sign.isspace()) for sign in text)
    return text if len(text) >= 5 and alphabet >= 0.9 * len(text) else None


def _latin(data: bytes) -> str:
    """Western text of before Unicode: mostly ASCII, with some letters."""
    text = data.decode("latin-1")
    high = [sign for sign in text if not sign.isascii()]
    return text if len(high) <= 0.1 * len(text) and all(map(str.isalpha, high)) else ""


def natural(text: str) -> bool:
    """Whether a short text looks written: it changes between small, capital and digit seldom."""
    kinds = [
        (sign.islower(), sign.isdigit(), not sign.isascii()) for sign in text if sign.isalnum()
    ]
    changes = sum(one != two for one, two in pairwise(kinds))
    return len(kinds) >= 0.7 * len(text) and changes <= len(kinds) / 3 + 1


def inflated(data: bytes) -> str | None:
    """What ``data`` says that was compressed without a head."""
    reader = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = reader.decompress(data, _UNPACKED)
    except zlib.error:
        return None
    return as_text(plain) if reader.eof and not reader.unused_data else None
