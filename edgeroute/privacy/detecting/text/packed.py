"""Bytes that a text holds in letters and digits, and what they say.

Base64, base32, base85, hexadecimal, octal, decimal and binary numbers, uuencoded and Morse code;
compressed or not. What is text is read. What is a picture, a document or other data that nothing
here can read is an error, but not what code is full of: digests, certificates, public keys,
signatures, fonts, icons, programs.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from edgeroute.privacy.detecting.text.contents import (
    as_text,
    inflated,
    known,
    natural,
    require_machine,
    said,
)

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
_DATA: Final = 512  # signs of base64 from which on it must be readable
_PUBLIC: Final = re.compile(
    r"(?:BEGIN|ssh-|sha\d|signature|certificate|public|cert|integrity|mappings|wasm|font)[^\n]{0,60}"
    # What an armour says of itself before its data: Version: GnuPG v1.4.9 (MingW32)
    r"(?:\n[ \t>#*]{0,12}(?:comment|hash|version): [^\n]{0,80}){0,3}\s{0,4}[^\n]{0,20}$",
    re.IGNORECASE,
)
_NEAR: Final = 300  # characters in which that stands


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
            yield from _part(said(_hex(digits)), *match.span())
        if "begin " in text:
            for match in _UUENCODED.finditer(text):
                yield from _part(said(_uuencoded(match[1])), *match.span())
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
    before = text[max(0, match.start() - _NEAR) : match.start()]
    if len(whole) >= _DATA and _mixed(whole) and not _PUBLIC.search(before):
        require_machine(_bytes(whole))


def _from_base64(run: str) -> str | None:
    bare = run.rstrip("=")
    if bare.isalpha() and (bare.islower() or bare.isupper()):
        return None
    data = _bytes(bare[:_PROBE])
    if known(data) or as_text(data, cut=len(bare) > _PROBE) is not None:
        sure = len(bare) >= _SURE or len(bare) < len(run)
        return said(_bytes(bare), sure=sure)
    return inflated(_bytes(bare)) if len(bare) >= _SURE else None


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
    if known(probe) or as_text(probe, cut=True) is not None:
        return said(_hex(digits), sure=sure)
    return None


def _from_hex_list(match: re.Match[str]) -> str | None:
    return said(_hex(match.group().replace("0x", "")))


def _from_base32(match: re.Match[str]) -> str | None:
    run = match.group().rstrip("=")
    data = base64.b32decode(run[: len(run) // 8 * 8][:_PROBE])
    if not known(data) and as_text(data, cut=True) is None:
        return None
    try:
        return said(base64.b32decode(run + "=" * (-len(run) % 8)))
    except binascii.Error:
        return None


def _from_ascii85(match: re.Match[str]) -> str | None:
    try:
        return said(base64.a85decode(match[1]))
    except ValueError:
        return None


def _from_base85(match: re.Match[str]) -> str | None:
    try:
        data = base64.b85decode(match.group()[:10])
        if not known(data) and as_text(data, cut=True) is None:
            return None
        return said(base64.b85decode(match.group()))
    except ValueError:
        return None


def _from_binary(match: re.Match[str]) -> str | None:
    octets = re.findall(r"[01]{8}", match.group())
    return said(bytes(int(octet, 2) for octet in octets))


def _from_codes(match: re.Match[str]) -> str | None:
    """Codes of characters in decimal or, where that gives no text, octal numbers."""
    codes = re.findall(r"\d+", match.group())
    for base in (10, 8):
        try:
            text = said(bytes(int(code, base) for code in codes))
        except ValueError:
            continue
        if text is not None and (len(codes) >= _SURE or natural(text.replace(" ", ""))):
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
