"""Pictures are read by a program that may be missing, slow or broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.core.pictures import allowed_as
from edgeroute.privacy.inspecting import ocr
from edgeroute.privacy.inspecting.ocr import Tesseract, UnreadableImage, Vouched
from tests.support.pictures import picture


def program(folder: Path, script: str) -> str:
    """An executable that does ``script``."""
    path = folder / "tesseract"
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o700)
    return str(path)


def test_it_reads_a_real_picture() -> None:
    """Tesseract reads a number that is drawn in a picture."""
    reader = Tesseract.find()
    if reader is None:
        pytest.skip("tesseract is not installed")
    assert "".join(reader.read(picture("412-44-2124", scale=5)).split()) == "412-44-2124"


@pytest.mark.parametrize("script", ["exit 1", "sleep 30", "kill -9 $$"])
def test_a_failing_program_is_an_error(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that fails, hangs or dies has not read the picture."""
    monkeypatch.setattr(ocr, "SECONDS", 0.3)
    with pytest.raises(UnreadableImage):
        Tesseract(program(tmp_path, script)).read(b"picture")


def test_a_missing_program_and_a_huge_picture_are_errors(tmp_path: Path) -> None:
    """Nothing to read with, or too much to read, is not an empty picture."""
    with pytest.raises(UnreadableImage):
        Tesseract(str(tmp_path / "none")).read(b"picture")
    with pytest.raises(UnreadableImage):
        Tesseract(program(tmp_path, "cat")).read(b"x" * (ocr.MAX_BYTES + 1))


def test_the_user_vouches_for_one_picture_that_cannot_be_read(tmp_path: Path) -> None:
    """To the byte, where nothing reads it or reading fails; what can be read is read as ever."""
    known = {allowed_as(b"picture")}
    for reader in (None, Tesseract(program(tmp_path, "exit 1"))):
        vouched = Vouched(reader, known.__contains__)
        assert vouched.read(b"picture") == ""
        with pytest.raises(UnreadableImage):
            vouched.read(b"Picture")
    reads = Tesseract(program(tmp_path, "cat"))
    assert Vouched(reads, known.__contains__).read(b"picture") == "picture"
