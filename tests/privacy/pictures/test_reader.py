"""A picture that was read and shows neither face nor document may leave, and what the user says."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.core.pictures import allowed_as
from edgeroute.encoders.faces import FILE
from edgeroute.privacy.pictures.reader import PictureKept, PictureReader, lacking
from edgeroute.privacy.pictures.tesseract import Tesseract
from tests.support.drawn import Image, face, file, page
from tests.support.model_files import require


def models() -> Path:
    """The folder of the model that finds faces."""
    return require(FILE).parents[1]


def reader(*allowed: bytes, text: bool = True, folder: Path | None = None) -> PictureReader:
    """A reader of a user who lets the pictures ``allowed`` go."""
    tesseract = Tesseract.find() if text else None
    if text and tesseract is None:
        pytest.skip("tesseract is not installed")
    known = {allowed_as(data) for data in allowed}
    return PictureReader(tesseract, folder or models(), known.__contains__)


SCREEN = page("def main(argument):", "    return argument + 1")
PASSPORT = page("REPUBLIC OF ELBONIA", "PASSPORT", "Type P  Code ELB")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_screen_of_code_is_read(kind: str) -> None:
    """Its text is what is judged."""
    assert "def main(argument)" in reader().read(file(SCREEN, kind))


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_text_is_read_whichever_way_up_it_is(turn: int) -> None:
    """A letter on its side is a letter."""
    letter = page("The meeting with Mira van Dam", "is on Monday in the garden house")
    assert "Mira van Dam" in reader().read(file(letter.rotate(turn, expand=True)))


def test_a_face_stays_whichever_way_up_it_is() -> None:
    """And however much of the picture it fills; the reason quotes nothing."""
    small = page("Our team", size=40).resize((1_600, 1_200))
    small.paste(face().resize((300, 300)), (100, 700))
    for picture in (face(), face().rotate(90), face().rotate(180), small):
        with pytest.raises(PictureKept, match=r"^A picture shows a face, so it stays here\.$"):
            reader().read(file(picture))


def test_a_document_stays() -> None:
    """By what its text is."""
    with pytest.raises(PictureKept, match=r"^A picture is of an identity document, so it stays"):
        reader().read(file(PASSPORT))


def test_the_user_lets_one_picture_go_to_the_byte() -> None:
    """A face, a document or what cannot be read; text in it is judged all the same."""
    shown, passport, drawing = file(face()), file(PASSPORT), b"<svg xmlns='x'>Mira</svg>"
    vouched = reader(shown, passport, drawing)
    assert "Mira" not in vouched.read(shown)
    assert "PASSPORT" in vouched.read(passport)
    assert vouched.read(drawing) == ""
    for other in (file(face(), "JPEG"), b"<svg xmlns='x'>Bo</svg>"):
        with pytest.raises(PictureKept):
            vouched.read(other)


def test_text_is_read_in_a_picture_that_goes_whatever_it_shows() -> None:
    """Also where something else in it cannot be read."""
    exif = Image.Exif()
    exif[0x110] = "Phone 9"
    taken = file(page("The meeting with Mira van Dam"), "JPEG", exif=exif)
    with pytest.raises(PictureKept):
        reader().read(taken)
    assert "Mira van Dam" in reader(taken).read(taken)


def test_without_all_that_it_needs_every_picture_stays(tmp_path: Path) -> None:
    """But for those that the user lets go."""
    data = file(SCREEN)
    for lame in (reader(text=False, folder=tmp_path), reader(folder=tmp_path)):
        with pytest.raises(PictureKept, match=r"here\. What cannot be read stays here\.$"):
            lame.read(data)
    assert reader(data, text=False, folder=tmp_path).read(data) == ""
    assert any("models pull centerface" in what for what in lacking(tmp_path))


def test_writing_that_nobody_can_read_stays() -> None:
    """A scrawl is no empty picture."""
    scrawl = page(*["Tke qvxzk brwn fjx jmqs ovr lzy dgx wth zpq"] * 8, size=30)
    blurred = scrawl.convert("RGB").resize((225, 130)).resize((900, 540))
    with pytest.raises(PictureKept):
        reader().read(file(blurred, "JPEG", quality=8))


def test_words_beside_a_picture_are_read() -> None:
    """A comment is as private as a caption."""
    assert "from Mira" in reader().read(file(SCREEN, "JPEG", comment=b"from Mira"))
