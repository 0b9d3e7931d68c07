"""Pictures drawn with Pillow: words on a page, a face."""

from __future__ import annotations

import io
from typing import Any

import pytest

Image: Any = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
ImageDraw: Any = pytest.importorskip("PIL.ImageDraw")
ImageFilter: Any = pytest.importorskip("PIL.ImageFilter")
ImageFont: Any = pytest.importorskip("PIL.ImageFont")


def page(*lines: str, size: int = 26, ink: Any = "black", ground: Any = "white") -> Any:
    """A page that shows ``lines``."""
    font = ImageFont.load_default(size)
    picture = Image.new("RGBA", (900, 60 + size * 2 * len(lines)), ground)
    draw = ImageDraw.Draw(picture)
    for at, line in enumerate(lines):
        draw.text((30, 30 + at * size * 2), line, fill=ink, font=font)
    return picture


def face() -> Any:
    """A face, as a child would paint it."""
    picture = Image.new("RGB", (320, 320), (120, 140, 160))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((90, 30, 230, 160), fill=(60, 40, 30))
    draw.ellipse((100, 50, 220, 230), fill=(215, 170, 140))
    draw.rectangle((135, 215, 185, 270), fill=(205, 160, 130))
    draw.ellipse((70, 260, 250, 400), fill=(40, 60, 110))
    for eye in (135, 185):
        draw.ellipse((eye - 15, 118, eye + 15, 134), fill=(245, 240, 235))
        draw.ellipse((eye - 7, 118, eye + 7, 134), fill=(50, 30, 20))
        draw.arc((eye - 20, 100, eye + 20, 125), 200, 340, fill=(60, 40, 30), width=5)
    draw.polygon([(160, 130), (150, 170), (170, 170)], fill=(190, 140, 110))
    draw.ellipse((135, 185, 185, 205), fill=(170, 80, 80))
    return picture.filter(ImageFilter.GaussianBlur(3))


def file(picture: Any, kind: str = "PNG", **more: Any) -> bytes:
    """``picture`` as a file."""
    written = io.BytesIO()
    (picture if kind == "PNG" else picture.convert("RGB")).save(written, kind, **more)
    return written.getvalue()
