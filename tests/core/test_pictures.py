"""Pictures as bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.core.messages import Image
from edgeroute.core.pictures import media_type_of, save
from tests.support.replies import PNG


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"GIF89a", "image/gif"),
        (b'<?xml version="1.0"?>\n<svg/>', "image/svg+xml"),
        (b"GIF87a", "image/gif"),
        (b"GIF88a", ""),
        (b"RIFF\0\0\0\0WAVEfmt ", ""),
        (b"JUNK\0\0\0\0WEBPVP8 ", ""),
        (b"  \n<SVG xmlns='x'/>", "image/svg+xml"),
        (b"<?xml version='1.0'?><html/>", ""),
        (b"<?xml version='1.0'?>" + b" " * 600 + b"<svg/>", ""),
        (b"<html><svg/>", ""),
        (b"", ""),
    ],
)
def test_bytes_tell_what_they_are(data: bytes, kind: str) -> None:
    """The kind is read from the bytes, whatever anybody claims."""
    assert media_type_of(data) == kind


def test_pictures_become_files_that_only_the_owner_reads(tmp_path: Path) -> None:
    """Each picture is a new file; an address is not fetched; nothing is replaced."""
    images = (
        Image("image/png", PNG),
        Image("", url="https://x.example/a"),
        Image("image/gif", b"G"),
    )
    paths = save(images, tmp_path / "new", "fox")
    assert [path.name for path in paths] == ["fox-1.png", "fox-2.gif"]
    assert paths[0].read_bytes() == PNG
    assert paths[0].stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        save(images, tmp_path / "new", "fox")


def test_a_drawing_is_looked_for_in_its_first_512_bytes() -> None:
    """An XML file that names it later is anything."""
    head = b"<?xml version='1.0'?>"
    assert media_type_of(head + b" " * (508 - len(head)) + b"<svg/>") == "image/svg+xml"
    assert media_type_of(head + b" " * (509 - len(head)) + b"<svg/>") == ""


def test_every_kind_of_picture_has_its_ending(tmp_path: Path) -> None:
    """One of an unknown kind is kept all the same; a folder that is there is used."""
    kinds = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/svg+xml", "image/new")
    images = [Image(kind, b"1") for kind in kinds]
    save([], tmp_path / "a" / "b", "none")
    paths = save(images, tmp_path / "a" / "b", "fox")
    assert [path.suffix for path in paths] == [".png", ".jpg", ".webp", ".gif", ".svg", ".bin"]
    assert [path.stem for path in paths] == [f"fox-{n}" for n in range(1, 7)]
