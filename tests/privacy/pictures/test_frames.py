"""Pictures are opened whole, with the words beside them, or not at all."""

from __future__ import annotations

import builtins
from typing import Any

import pytest

from edgeroute.privacy.pictures.frames import MOST_FRAMES, NotReadable, frames, words_beside
from tests.support.drawn import Image, file, page


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_of_each_kind_is_opened(kind: str) -> None:
    """With its size and without a word beside it."""
    data = file(page("a tree"), kind)
    assert [frame.size for frame in frames(data)] == [(900, 112)]
    assert words_beside(data) == []


def test_what_is_transparent_is_seen_on_every_ground() -> None:
    """White on nothing shows on black, black on nothing on white, and what is hidden without."""
    hidden = Image.new("RGBA", (40, 40), (200, 10, 10, 0))
    white, black, bare = frames(file(hidden))
    assert [one.getpixel((5, 5)) for one in (white, black, bare)] == [
        (255, 255, 255), (0, 0, 0), (200, 10, 10),
    ]  # fmt: skip


def test_every_frame_of_a_moving_picture_is_seen_or_none() -> None:
    """A few are read; many, or too many pixels, are not."""
    drawn = [page(word) for word in ("one", "two", "six")]
    moving = file(drawn[0], "GIF", save_all=True, append_images=drawn[1:], loop=0)
    assert len(frames(moving)) == 3
    many = [Image.new("RGB", (9, 9), (at, 0, 0)) for at in range(MOST_FRAMES + 1)]
    with pytest.raises(NotReadable):
        frames(file(many[0], "GIF", save_all=True, append_images=many[1:]))
    with pytest.raises(NotReadable):
        frames(file(Image.new("1", (20_000, 9_000))))


def exif(**tags: Any) -> Any:
    """What a camera tells: ``x10E`` is the tag 0x10E."""
    told = Image.Exif()
    for tag, value in tags.items():
        told[int(tag[1:], 16)] = value
    return told


def test_words_of_a_camera_are_read_and_places_are_not_let_go() -> None:
    """A description is read like any text; where or with what it was taken stays here."""
    described = file(page("x"), "JPEG", exif=exif(x10E="for Ada", x112=6), comment=b"from Bo")
    words = " ".join(words_beside(described))
    assert "for Ada" in words
    assert "from Bo" in words
    assert frames(described)[0].size == (112, 900)
    place, device = exif(x8825={1: "N", 2: (52.0, 3.0, 1.0)}), exif(x110="Phone 9")
    for told in (place, device, exif(x132="2026:01:01 10:00:00")):
        for kind in ("JPEG", "PNG", "WEBP"):
            with pytest.raises(NotReadable, match="where, when or with what"):
                words_beside(file(page("x"), kind, exif=told))


def test_without_pillow_nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said so."""
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("PIL"):
            raise ImportError(name)
        return real(name, *rest, **more)

    data = file(page("x"), "JPEG")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NotReadable, match="Pillow"):
        frames(data)
