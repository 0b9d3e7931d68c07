"""The picture of the chat app shows what it should, and nobody's data."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
drawn = pytest.mark.parametrize("picture", [IMAGES / "chat.svg", IMAGES / "walk.svg"])


@drawn
def test_it_shows_the_privacy_check(picture: Path) -> None:
    """It is a sound drawing in which a message with personal details stays here."""
    words = "".join(ET.parse(picture).getroot().itertext()).replace("\xa0", " ")
    assert "3 personal details · stays on this machine" in words


@drawn
def test_it_holds_nobodys_data_and_fetches_nothing(picture: Path) -> None:
    """Its addresses are documentation's, and no font or picture of another host is named."""
    text = picture.read_text("utf-8").replace("&#160;", " ")
    assert set(re.findall(r"[\w.]+@[\w.]+", re.sub("@(font-face|media)", "", text))) == {
        "anna@example.com"
    }
    links = set(re.findall(r"https?://[^\s\"')<]+", text))
    assert links <= {"http://www.w3.org/2000/svg", "https://www.textualize.io"}
