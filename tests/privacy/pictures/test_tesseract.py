"""Text is read by a program that may be missing, slow or broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.privacy.pictures import tesseract
from edgeroute.privacy.pictures.frames import NotReadable
from edgeroute.privacy.pictures.tesseract import Tesseract
from tests.support.drawn import page

WORDS = page("412-44-2124")


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
    assert "412-44-2124" in reader.read(WORDS.convert("RGB")).text


@pytest.mark.parametrize("script", ["exit 1", "sleep 30", "kill -9 $$"])
def test_a_failing_program_is_an_error(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that fails, hangs or dies has not read the picture."""
    monkeypatch.setattr(tesseract, "SECONDS", 0.3)
    with pytest.raises(NotReadable):
        Tesseract(program(tmp_path, script)).read(WORDS.convert("RGB"))


def test_a_missing_program_is_an_error(tmp_path: Path) -> None:
    """Nothing to read with is not an empty picture."""
    with pytest.raises(NotReadable):
        Tesseract(str(tmp_path / "none")).read(WORDS.convert("RGB"))
