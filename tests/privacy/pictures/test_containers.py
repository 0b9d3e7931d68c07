"""Nothing in the file of a picture goes unread."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.privacy.pictures.containers import FileBlock, blocks

PIXEL = zlib.compress(b"\0\xff\xff\xff")


def chunk(name: bytes, body: bytes) -> bytes:
    """A block of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(*more: bytes) -> bytes:
    """A PNG with ``more`` blocks."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IDAT", PIXEL) + chunk(b"IEND", b"")
    )


def jpeg(*more: bytes) -> bytes:
    """A JPEG with ``more`` segments."""
    scan = b"\xff\xda\0\x02" + b"\x11\xff\0\x22\xff\xd0\x33"
    return b"\xff\xd8" + b"".join(more) + b"\xff\xdb\0\x03\0" + scan + b"\xff\xd9"


def segment(marker: int, body: bytes) -> bytes:
    """A segment of a JPEG."""
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def gif(*more: bytes) -> bytes:
    """A GIF with ``more`` blocks."""
    image = b"\x2c" + bytes(4) + b"\1\0\1\0\0" + b"\2\2\x4c\1\0"
    return b"GIF89a\1\0\1\0\x80\0\0" + bytes(6) + b"".join(more) + image + b"\x3b"


def webp(*more: bytes) -> bytes:
    """A WebP with ``more`` chunks."""
    body = b"WEBPVP8L" + struct.pack("<I", 5) + b"\x2f\0\0\0\0\0" + b"".join(more)
    return b"RIFF" + struct.pack("<I", len(body)) + body


PLAIN = [png(), jpeg(), jpeg(segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")), gif(), webp()]


@pytest.mark.parametrize("data", PLAIN)
def test_a_plain_picture_has_nothing_beside_it(data: bytes) -> None:
    """Pixels, sizes and colours belong to the picture."""
    assert blocks(data) == []


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (png(chunk(b"tEXt", b"Comment\0call Ada")), FileBlock("words", b"Comment\0call Ada")),
        (png(chunk(b"zTXt", b"C\0\0" + zlib.compress(b"Ada"))), FileBlock("words", b"C\0Ada")),
        (
            png(chunk(b"iTXt", b"C\0\1\0en\0T\0" + zlib.compress(b"Ada"))),
            FileBlock("words", b"C\0en\0T\0Ada"),
        ),
        (png(chunk(b"iTXt", b"C\0\0\0\0\0Ada")), FileBlock("words", b"C\0\0\0Ada")),
        (
            png(chunk(b"iCCP", b"P3\0\0" + zlib.compress(b"desc"))),
            FileBlock("profile", b"P3\0desc"),
        ),
        (png(chunk(b"eXIf", b"MM")), FileBlock("exif", b"MM")),
        (png(chunk(b"prVt", b"Ada")), FileBlock("unknown", b"Ada")),
        (jpeg(segment(0xFE, b"Ada")), FileBlock("words", b"Ada")),
        (jpeg(segment(0xE1, b"Exif\0\0MM")), FileBlock("exif", b"MM")),
        (jpeg(segment(0xED, b"Photoshop 3.0\0Ada")), FileBlock("unknown", b"Photoshop 3.0\0Ada")),
        (jpeg(segment(0xE0, b"JFXX\0\x10Ada")), FileBlock("unknown", b"JFXX\0\x10Ada")),
        (gif(b"\x21\xfe\3Ada\0"), FileBlock("words", b"Ada")),
        (gif(b"\x21\xff\x0bXMP DataXMP\3Ada\0"), FileBlock("unknown", b"XMP DataXMPAda")),
        (webp(b"XMP " + struct.pack("<I", 3) + b"Ada\0"), FileBlock("words", b"Ada")),
        (webp(b"ANMF" + struct.pack("<I", 3) + b"Ada\0"), FileBlock("unknown", b"Ada")),
    ],
)
def test_what_lies_beside_a_picture_is_found(data: bytes, found: FileBlock) -> None:
    """Packed or not, in every kind of file."""
    assert blocks(data) == [found]


@pytest.mark.parametrize("data", PLAIN)
def test_what_goes_on_behind_its_end_or_ends_before_is_no_picture(data: bytes) -> None:
    """Nobody hides a letter behind a picture."""
    for broken in (data + b"PK\3\4letter", data[:-3], data[: len(data) // 2]):
        with pytest.raises(ValueError, match=r".+"):
            blocks(broken)


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"BM....", b"%PDF-1.7", b"P5 1 1 255\n\0"])
def test_other_kinds_are_not_read(data: bytes) -> None:
    """They stay here."""
    with pytest.raises(ValueError, match="no picture"):
        blocks(data)


@given(st.sampled_from(PLAIN), st.integers(0, 60), st.binary(max_size=8))
def test_damage_is_an_error_and_never_a_crash(data: bytes, place: int, junk: bytes) -> None:
    """Whatever a file holds."""
    with suppress(ValueError):
        blocks(data[:place] + junk + data[place + len(junk) :])


def test_a_bomb_is_not_unpacked() -> None:
    """A text that is packed small and large when unpacked is an error."""
    bomb = zlib.compress(b"a" * 5_000_000)
    with pytest.raises(ValueError, match="too long"):
        blocks(png(chunk(b"zTXt", b"C\0\0" + bomb)))
