"""The blocks of which the file of a picture is made, so that nothing in it goes unread. Pure.

A block that belongs to the picture itself is left out; what remains was put beside it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from edgeroute.core.pictures import media_type_of

MOST_BLOCKS: Final = 20_000
_PNG_PICTURE: Final = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB cICP pHYs bKGD sBIT hIST tIME oFFs sTER vpAg".split()
    + b"acTL fcTL fdAT".split()
)
_LONGEST: Final = 1_000_000  # bytes of what was packed
_WEBP_PICTURE: Final = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH"))
_WEBP_KNOWN: Final = {b"ICCP": "profile", b"EXIF": "exif", b"XMP ": "words"}
_STANDS_ALONE: Final = frozenset((0x01, *range(0xD0, 0xD9)))  # markers without a length
_COMMENT, _APPLICATION, _TRAILER, _IMAGE, _EXTENSION = 0xFE, 0xFF, 0x3B, 0x2C, 0x21
_LOOPS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


class FileBlock(NamedTuple):
    """What lies beside a picture: ``words``, ``exif``, a colour ``profile``, or something
    ``unknown``.
    """

    kind: str
    data: bytes


def blocks(data: bytes) -> list[FileBlock]:
    """What lies beside the picture in the file ``data``.

    Raises:
        ValueError: it is no PNG, JPEG, GIF or WebP, or not whole, or goes on behind its end.
    """
    walk = {"image/png": _png, "image/jpeg": _jpeg, "image/gif": _gif, "image/webp": _webp}.get(
        media_type_of(data)
    )
    if walk is None:
        raise ValueError("no picture of a known kind")
    try:
        found = []
        for count, block in enumerate(walk(data)):
            if count > MOST_BLOCKS:
                raise ValueError("too many blocks")
            if block is not None:
                found.append(block)
    except IndexError as error:
        raise ValueError("not whole") from error
    return found


def _part(data: bytes, start: int, length: int) -> bytes:
    if length < 0 or start + length > len(data):
        raise ValueError("not whole")
    return data[start : start + length]


def _ends_at(data: bytes, place: int) -> None:
    if place != len(data):
        raise ValueError("it goes on behind its end")


def _png(data: bytes) -> Iterator[FileBlock | None]:
    place, name = 8, b""
    while name != b"IEND":
        length = int.from_bytes(_part(data, place, 4), "big")
        name = _part(data, place + 4, 4)
        body = _part(data, place + 8, length)
        place += 12 + length
        yield None if name in _PNG_PICTURE else _chunk(name, body)
    _ends_at(data, place)


def _chunk(name: bytes, body: bytes) -> FileBlock:
    if name == b"eXIf":
        return FileBlock("exif", body)
    key, _, rest = body.partition(b"\0")
    if name == b"tEXt":
        return FileBlock("words", body)
    if name in {b"zTXt", b"iCCP"}:
        return FileBlock(
            "words" if name == b"zTXt" else "profile", key + b"\0" + _unpacked(rest[1:])
        )
    if name == b"iTXt":
        language, _, more = rest[2:].partition(b"\0")
        title, _, text = more.partition(b"\0")
        plain = _unpacked(text) if rest[0] else text
        return FileBlock("words", b"\0".join((key, language, title, plain)))
    return FileBlock("unknown", body)


def _unpacked(data: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(data, _LONGEST)
    except zlib.error as error:
        raise ValueError("not packed") from error
    if unpacker.unconsumed_tail or unpacker.unused_data or not unpacker.eof:
        raise ValueError("too long, or not whole")
    return plain


def _jpeg(data: bytes) -> Iterator[FileBlock | None]:
    place = 2
    while True:
        if data[place] != 0xFF:
            raise ValueError("no marker where one belongs")
        while data[place] == 0xFF:
            place += 1
        marker = data[place]
        place += 1
        if marker == 0xD9:
            break
        if marker in _STANDS_ALONE:
            continue
        length = int.from_bytes(_part(data, place, 2), "big")
        body = _part(data, place + 2, length - 2)
        place += length
        yield _segment(marker, body)
        if marker == 0xDA:
            place = _after_scan(data, place)
    _ends_at(data, place)


def _segment(marker: int, body: bytes) -> FileBlock | None:
    if marker == _COMMENT:
        return FileBlock("words", body)
    if not 0xE0 <= marker <= 0xEF:
        return None  # tables, frames and scans
    for number, start, kind in (
        (0xE1, b"Exif\0\0", "exif"),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0", "words"),
        (0xE2, b"ICC_PROFILE\0", "profile"),
    ):
        if marker == number and body.startswith(start):
            return FileBlock(kind, body[len(start) :])
    # JFIF may carry a small picture of its own behind its 14 bytes; Adobe's mark has 12.
    plain = (marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) == 14) or (
        marker == 0xEE and body.startswith(b"Adobe") and len(body) == 12
    )
    return None if plain else FileBlock("unknown", body)


def _after_scan(data: bytes, place: int) -> int:
    """Where the marker behind a scan's data is."""
    while True:
        place = data.find(b"\xff", place)
        if place < 0:
            raise ValueError("not whole")
        following = data[place + 1]
        if following and not 0xD0 <= following <= 0xD7 and following != 0xFF:
            return place
        place += 1 if following == 0xFF else 2


def _gif(data: bytes) -> Iterator[FileBlock | None]:
    place = 13 + _colours(data[10])
    while True:
        kind = data[place]
        place += 1
        if kind == _TRAILER:
            break
        if kind == _IMAGE:
            place += 9 + _colours(data[place + 8]) + 1  # and the size of its codes
            _, place = _sub_blocks(data, place)
            yield None
        elif kind == _EXTENSION:
            label = data[place]
            parts, place = _sub_blocks(data, place + 1)
            yield _extension(label, parts)
        else:
            raise ValueError("no block where one belongs")
    _ends_at(data, place)


def _extension(label: int, parts: list[bytes]) -> FileBlock | None:
    if label == _COMMENT:
        return FileBlock("words", b"".join(parts))
    timing = label == 0xF9 and [len(part) for part in parts] == [4]
    loop = label == _APPLICATION and len(parts) == 2 and parts[0] in _LOOPS and len(parts[1]) == 3
    return None if timing or loop else FileBlock("unknown", b"".join(parts))


def _colours(flags: int) -> int:
    """The bytes of a GIF's colour table."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _sub_blocks(data: bytes, place: int) -> tuple[list[bytes], int]:
    parts = []
    while length := data[place]:
        parts.append(_part(data, place + 1, length))
        place += 1 + length
    return parts, place + 1


def _webp(data: bytes) -> Iterator[FileBlock | None]:
    _ends_at(data, 8 + int.from_bytes(data[4:8], "little"))
    place = 12
    while place < len(data):
        name = _part(data, place, 4)
        length = int.from_bytes(_part(data, place + 4, 4), "little")
        body = _part(data, place + 8, length)
        place += 8 + length + length % 2
        known = _WEBP_KNOWN.get(name)
        yield None if name in _WEBP_PICTURE else FileBlock(known or "unknown", body)
    _ends_at(data, place)
