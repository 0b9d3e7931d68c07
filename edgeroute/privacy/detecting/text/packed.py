"""Bytes that a text holds in letters and digits, and what they say.

Base64, base32, base85, hexadecimal, octal, decimal and binary numbers, uuencoded and Morse code;
compressed or not. What is text is read. What is a picture, a document or other data that nothing
here can read is an error, but not what code is full of: digests, certificates, public keys,
signatures, fonts, icons, programs.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

_SIGNS: Final = r"[A-Za-z0-9+/_-]"
# No word in small letters and no path of such words; lines of one length belong together.
_BASE64: Final = re.compile(
    rf"(?<![A-Za-z0-9+/_-])(?![A-Z]?[a-z_/-]*+(?![A-Za-z0-9+=])){_SIGNS}{{8,}}+"
    rf"(?:(?:[ \t]*\r?\n[ \t>]*|\\r\\n|\\n){_SIGNS}{{4,}}+)*+={{0,2}}"
)
_BREAK: Final = re.compile(r"\\r|\\n|[\s>]+")
_BASE32: Final = re.compile(r"(?<![A-Za-z0-9=])[A-Z2-7]{16,}+={0,6}(?![A-Za-z0-9])")
_ASCII85: Final = re.compile(r"<~([!-uz\s]{5,65536}?)~>")
_BASE85: Final = re.compile(
    r"(?<![^\s\"'=:])(?=\S{0,40}[^\w\s,.()])[0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-]{15,}+"
)
_HEX: Final = re.compile(r"(?<![0-9A-Za-z])(?:0[xX]|[xX]')?((?:[0-9a-fA-F]{2}[ :,-]?){6,}+)")
_HEX_LIST: Final = re.compile(r"0x[0-9a-fA-F]{2}(?:[,;\s]{1,3}0x[0-9a-fA-F]{2}){5,}+")
_DUMPED: Final = r"^[0-9a-f]{4,8}:?[ \t]+((?:[0-9a-f]{2,4}[ \t]{1,2}){1,16}+)"
_DUMP: Final = re.compile(rf"(?:{_DUMPED}.{{0,24}}\n?){{1,4096}}+", re.MULTILINE)
_DUMP_LINE: Final = re.compile(_DUMPED, re.MULTILINE)
_DUMP_WIDTH: Final = 32  # digits of a line
_BINARY: Final = re.compile(r"(?<![01])[01]{8}(?:[ ,_]{0,2}[01]{8}){4,}+")
_CODES: Final = re.compile(r"(?<![\d.])\d{2,3}(?:[ ,;]{1,2}\d{2,3}(?!\d)){5,}+")
_CHR: Final = re.compile(r"(?:\bn?cha?rw?\(\d{2,3}\)[\s+.&|,]{0,5}){5,}+", re.IGNORECASE)
_UUENCODED: Final = re.compile(
    r"^begin [0-7]{3} \S{1,100}\n((?:[ -`]{2,64}\n){1,4096})", re.MULTILINE
)
_DOT: Final = r"[.\u00b7\u2022_\u2013\u2212-]"
_MORSE: Final = re.compile(rf"(?<![^\s/|\"':]){_DOT}{{1,6}}(?:[ /|]{{1,3}}{_DOT}{{1,6}}){{5,}}+")
_MORSE_LETTERS: Final = {
    ".-": "a", "-...": "b", "-.-.": "c", "-..": "d", ".": "e", "..-.": "f", "--.": "g",
    "....": "h", "..": "i", ".---": "j", "-.-": "k", ".-..": "l", "--": "m", "-.": "n",
    "---": "o", ".--.": "p", "--.-": "q", ".-.": "r", "...": "s", "-": "t", "..-": "u",
    "...-": "v", ".--": "w", "-..-": "x", "-.--": "y", "--..": "z", "-----": "0", ".----": "1",
    "..---": "2", "...--": "3", "....-": "4", ".....": "5", "-....": "6", "--...": "7",
    "---..": "8", "----.": "9", ".-.-.-": ".", "--..--": ",", "..--..": "?", "---...": ":",
    "-....-": "-", "-..-.": "/", ".--.-.": "@", "-...-": "=", ".-.-.": "+", "..--.-": "_",
}  # fmt: skip

_PROBE: Final = 48  # signs, a multiple of what four and eight letters hold
_SURE: Final = 16  # signs from which on decoding to text is no accident
_UNPACKED: Final = 1_000_000
_LEAST: Final = 32  # bytes of a document or a picture
_DATA: Final = 512  # signs of base64 from which on it must be readable
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
_PUBLIC: Final = re.compile(
    r"(?:BEGIN|ssh-|sha\d|signature|certificate|public|cert|integrity|mappings|wasm|font)[^\n]{0,60}"
    r"\s{0,4}[^\n]{0,20}$",
    re.IGNORECASE,
)


class Unread(ValueError):
    """The text holds something that cannot be read. The message is a sentence that names it."""


class Decoded(NamedTuple):
    """``text`` was found in coded form at ``[start, end)``."""

    text: str
    start: int
    end: int


def unpacked_parts(text: str) -> Iterator[Decoded]:
    """What bytes in ``text`` say, wherever they are text.

    Raises:
        Unread: some of them are of a kind that holds text and cannot be read.
    """
    for match in _BASE64.finditer(text):
        yield from _base64(text, match)
    if "\n" in text:
        for match in _DUMP.finditer(text):
            digits = "".join(map(_dumped, _DUMP_LINE.findall(match.group())))
            yield from _part(_said(_hex(digits)), *match.span())
        if "begin " in text:
            for match in _UUENCODED.finditer(text):
                yield from _part(_said(_uuencoded(match[1])), *match.span())
    for pattern, read in _READERS:
        for match in pattern.finditer(text):
            follows = text[match.end() : match.end() + 1]
            if not (follows.isalnum() and text[match.end() - 1].isalnum()):
                yield from _part(read(match), *match.span())


def _part(plain: str | None, start: int, end: int) -> Iterator[Decoded]:
    if plain is not None:
        yield Decoded(plain, start, end)


def _base64(text: str, match: re.Match[str]) -> Iterator[Decoded]:
    lines = [line for line in _BREAK.split(match.group()) if line]
    # Lines of one length and a shorter one are a whole; other words may follow below.
    even = next((n for n, line in enumerate(lines) if len(line) != len(lines[0])), len(lines))
    for count in dict.fromkeys((len(lines), even + 1, even)):
        plain = _from_base64("".join(lines[:count]))
        if plain is not None:
            yield Decoded(plain, *match.span())
            return
    if len(lines) > 1:
        # Several values below each other.
        start = match.start()
        for line in lines:
            start = text.find(line, start)
            yield from _part(_from_base64(line), start, start + len(line))
            start += len(line)
    whole = "".join(lines[: even + 1])
    before = text[max(0, match.start() - 120) : match.start()]
    if len(whole) >= _DATA and _mixed(whole) and not _PUBLIC.search(before):
        _require_machine(_bytes(whole))


def _from_base64(run: str) -> str | None:
    bare = run.rstrip("=")
    if bare.isalpha() and (bare.islower() or bare.isupper()):
        return None
    data = _bytes(bare[:_PROBE])
    if _known(data) or _text(data, cut=len(bare) > _PROBE) is not None:
        sure = len(bare) >= _SURE or len(bare) < len(run)
        return _said(_bytes(bare), sure=sure)
    return _inflated(_bytes(bare)) if len(bare) >= _SURE else None


def _inflated(data: bytes) -> str | None:
    """What ``data`` says that was compressed without a head."""
    reader = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = reader.decompress(data, _UNPACKED)
    except zlib.error:
        return None
    return _text(plain) if reader.eof and not reader.unused_data else None


def _bytes(run: str) -> bytes:
    run = run.rstrip("=").replace("-", "+").replace("_", "/")
    run = run[: len(run) - 1] if len(run) % 4 == 1 else run
    try:
        return base64.b64decode(run + "=" * (-len(run) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _mixed(run: str) -> bool:
    """Whether all signs of base64 are about as frequent as in data, unlike in names and paths."""
    most = len(run)
    return (
        sum(map(str.isupper, run)) > 0.2 * most
        and sum(map(str.islower, run)) > 0.2 * most
        and sum(map(str.isdigit, run)) > 0.06 * most
    )


def _require_machine(data: bytes) -> None:
    """Let data pass that only machines read.

    Raises:
        Unread: it may say anything.
    """
    certificate = data[:1] == b"\x30" and data[4:5] in {b"\x30", b"\x06"}
    if data and not certificate and not data.startswith(_MACHINE):
        message = "The text holds encoded data that cannot be read."
        raise Unread(message)


def _known(data: bytes) -> bool:
    """Whether ``data`` begins as compressed data, a picture or a document does."""
    return data.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", *(head for head, _ in _KINDS))) or (
        data[:1] == b"\x78" and data[1:2] in {b"\x01", b"\x5e", b"\x9c", b"\xda"}
    )


def _said(data: bytes, *, sure: bool = True) -> str | None:
    """What ``data`` says as text, None where it is nothing of the kind.

    Raises:
        Unread: it is of a kind that may hold text and cannot be read.
    """
    plain = _decompressed(data)
    if plain is not None:
        text = _text(plain)
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
    text = _text(data)
    return text if text is not None and (sure or _natural(text)) else None


def _decompressed(data: bytes) -> bytes | None:
    """What ``data`` was before it was compressed, None where it was not.

    Raises:
        Unread: there is too much of it.
    """
    try:
        if data[:2] == b"\x1f\x8b" or _known(data[:2]):
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


def _text(data: bytes, *, cut: bool = False) -> str | None:
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


def _natural(text: str) -> bool:
    """Whether a short text looks written: it changes between small, capital and digit seldom."""
    kinds = [
        (sign.islower(), sign.isdigit(), not sign.isascii()) for sign in text if sign.isalnum()
    ]
    changes = sum(one != two for one, two in pairwise(kinds))
    return len(kinds) >= 0.7 * len(text) and changes <= len(kinds) / 3 + 1


def _hex(digits: str) -> bytes:
    compact = re.sub(r"[^0-9a-fA-F]", "", digits)
    return bytes.fromhex(compact[: len(compact) // 2 * 2])


def _dumped(line: str) -> str:
    """The digits of a line without the text after them, which may be of such letters too."""
    digits = line.partition("  ")[0] if line[2:4].strip() else line
    return digits.replace(" ", "")[:_DUMP_WIDTH]


def _from_hex(match: re.Match[str]) -> str | None:
    digits = match[1]
    if "2" not in digits and "6" not in digits and "7" not in digits and "3" not in digits:
        return None
    sure = len(digits) >= 2 * _SURE
    probe = _hex(digits[:_PROBE])
    if _known(probe) or _text(probe, cut=True) is not None:
        return _said(_hex(digits), sure=sure)
    return None


def _from_hex_list(match: re.Match[str]) -> str | None:
    return _said(_hex(match.group().replace("0x", "")))


def _from_base32(match: re.Match[str]) -> str | None:
    run = match.group().rstrip("=")
    data = base64.b32decode(run[: len(run) // 8 * 8][:_PROBE])
    if not _known(data) and _text(data, cut=True) is None:
        return None
    try:
        return _said(base64.b32decode(run + "=" * (-len(run) % 8)))
    except binascii.Error:
        return None


def _from_ascii85(match: re.Match[str]) -> str | None:
    try:
        return _said(base64.a85decode(match[1]))
    except ValueError:
        return None


def _from_base85(match: re.Match[str]) -> str | None:
    try:
        data = base64.b85decode(match.group()[:10])
        if not _known(data) and _text(data, cut=True) is None:
            return None
        return _said(base64.b85decode(match.group()))
    except ValueError:
        return None


def _from_binary(match: re.Match[str]) -> str | None:
    octets = re.findall(r"[01]{8}", match.group())
    return _said(bytes(int(octet, 2) for octet in octets))


def _from_codes(match: re.Match[str]) -> str | None:
    """Codes of characters in decimal or, where that gives no text, octal numbers."""
    codes = re.findall(r"\d+", match.group())
    for base in (10, 8):
        try:
            text = _said(bytes(int(code, base) for code in codes))
        except ValueError:
            continue
        if text is not None and (len(codes) >= _SURE or _natural(text.replace(" ", ""))):
            return text
    return None


def _from_morse(match: re.Match[str]) -> str | None:
    signs = re.sub(r"[\u00b7\u2022]", ".", re.sub(r"[_\u2013\u2212]", "-", match.group()))
    words = re.split(r"\s*[/|]\s*|\s{2,}", signs)
    letters = [[_MORSE_LETTERS.get(sign, "") for sign in word.split()] for word in words]
    if not all(letter for word in letters for letter in word):
        return None
    text = " ".join(map("".join, letters))
    return text if len(set(text)) >= 5 else None


def _uuencoded(lines: str) -> bytes:
    try:
        return b"".join(binascii.a2b_uu(line) for line in lines.splitlines() if line != "`")
    except binascii.Error:
        return b""


_READERS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...]] = (
    (_HEX, _from_hex),
    (_HEX_LIST, _from_hex_list),
    (_BASE32, _from_base32),
    (_ASCII85, _from_ascii85),
    (_BASE85, _from_base85),
    (_BINARY, _from_binary),
    (_CODES, _from_codes),
    (_CHR, _from_codes),
    (_MORSE, _from_morse),
)
