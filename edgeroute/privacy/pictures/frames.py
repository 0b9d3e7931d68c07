"""A picture's file opened: what each of its frames shows, and the words that lie beside them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeVar

from edgeroute.privacy.pictures.containers import FileBlock, blocks

if TYPE_CHECKING:
    from PIL.Image import Image

T = TypeVar("T")
MOST_PIXELS: Final = 50_000_000
MOST_FRAMES: Final = 4
_KINDS: Final = ("PNG", "JPEG", "GIF", "WEBP")
_NAMED: Final = re.compile(rb"[ -~]{5,}")
# What EXIF may say without telling of a place, a device or a person: sizes, colours and how to
# hold the picture.
_HARMLESS: Final = frozenset(
    (0x0100, 0x0101, 0x0102, 0x0103, 0x0106, 0x0112, 0x0115, 0x011A, 0x011B, 0x011C, 0x0128, 0x0213,
     0x0214, 0x8769, 0x9000, 0x9101, 0xA000, 0xA001, 0xA002, 0xA003)
)  # fmt: skip
_SENTENCES: Final = frozenset((0x010E, 0x0131, 0x013B, 0x8298))  # description, program, artist
_INNER: Final = 0x8769


class NotReadable(Exception):
    """The picture, or something in its file, cannot be read; in a sentence."""


def frames(data: bytes) -> list[Image]:
    """What the picture in the file ``data`` shows: its frames, upright and opaque.

    Raises:
        NotReadable: it cannot be opened whole.
    """
    return _read(_frames, data)


def words_beside(data: bytes) -> list[str]:
    """The words that lie beside the picture in the file ``data``.

    Raises:
        NotReadable: something lies there that cannot be read.
    """
    return _read(lambda data: (word for block in blocks(data) for word in _words(block)), data)


def _read(how: Callable[[bytes], Iterable[T]], data: bytes) -> list[T]:
    try:
        return list(how(data))
    except NotReadable:
        raise
    except ImportError as error:
        raise NotReadable("A picture cannot be opened here: Pillow is not installed.") from error
    except Exception as error:
        # Pillow raises dozens of types for damaged files, and a picture is never worth a crash.
        raise NotReadable("A picture is damaged, or of a kind that cannot be read.") from error


def _frames(data: bytes) -> Iterator[Image]:
    from PIL import Image, ImageOps  # noqa: PLC0415 - only who reads pictures pays for it

    with Image.open(io.BytesIO(data), formats=_KINDS) as picture:
        count = getattr(picture, "n_frames", 1)
        if count > MOST_FRAMES or picture.width * picture.height * count > MOST_PIXELS:
            raise NotReadable("A picture is too large, or moves too long, to be read.")
        for number in range(count):
            picture.seek(number)
            upright = ImageOps.exif_transpose(picture)
            seen = upright.convert("RGBA")
            if seen.getchannel("A").getextrema()[0] == 255:
                yield seen.convert("RGB")
                continue
            # What is drawn in the colour of the ground is seen on the other one, and what is
            # hidden is seen without any.
            for colour in ("white", "black"):
                ground = Image.new("RGBA", seen.size, colour)
                yield Image.alpha_composite(ground, seen).convert("RGB")
            yield seen.convert("RGB")


def _words(block: FileBlock) -> Iterator[str]:
    """The words in a block."""
    if block.kind == "words":
        yield block.data.decode("utf-8", "replace").replace("\0", " ")
    elif block.kind == "profile":
        # Names in colour profiles are ASCII or have a zero byte before each letter.
        for found in _NAMED.findall(block.data.replace(b"\0", b"")):
            yield found.decode("ascii")
    elif block.kind == "exif":
        yield from _exif(block.data)
    else:
        raise NotReadable("A picture's file holds more than the picture, which cannot be read.")


def _exif(data: bytes) -> Iterator[str]:
    from PIL.Image import Exif  # noqa: PLC0415

    exif = Exif()
    exif.load(data if data.startswith(b"Exif\0\0") else b"Exif\0\0" + data)
    told: dict[int, Any] = {**exif, **exif.get_ifd(_INNER)}
    if not told.keys() <= _HARMLESS | _SENTENCES or exif.get_ifd(1):
        raise NotReadable("A picture says where, when or with what it was taken.")
    yield from (str(told[tag]) for tag in _SENTENCES & told.keys())
