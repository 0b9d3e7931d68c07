"""A picture of a number, for those who read pictures."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = {
    "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00110 01000 10000 11111",
    "4": "00010 00110 01010 10010 11111 00010 00010",
    "-": "00000 00000 00000 11111 00000 00000 00000",
    " ": "00000 00000 00000 00000 00000 00000 00000",
}


def picture(text: str, scale: int = 8) -> bytes:
    """``text`` (digits 1 2 4, dash, space) in black on white, as a PGM file."""
    glyphs = [_DIGITS[sign].split() for sign in f"  {text}  "]
    rows = ["".join(glyph[row] + "0" for glyph in glyphs) for row in range(7)]
    blank = ["0" * len(rows[0])] * 4
    pixels = b"".join(
        b"".join((b"\x00" if dot == "1" else b"\xff") * scale for dot in row) * scale
        for row in [*blank, *rows, *blank]
    )
    return b"P5 %d %d 255\n%s" % (len(rows[0]) * scale, 15 * scale, pixels)
