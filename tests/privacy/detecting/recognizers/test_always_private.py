"""Words of the user's list are found in every form that a text gives them."""

from __future__ import annotations

import base64
import time
from pathlib import Path

import pytest

from edgeroute.privacy.detecting.recognizers.always_private import Marked
from edgeroute.privacy.detecting.text.page import Page
from edgeroute.privacy.detecting.user_lists import Lists

WORDS = ("Nightjar", "Projekt Falke", "SilverLark", "Grünfink", "Nord-Süd", "X-17", "AT&T", "Ada")
KEY = b"k" * 32
FOUND = [
    "ask nightjar", "load_nightjar_keys()", "NIGHTJAR_KEY=1", "loadNightjarKeys", "NightjarKeys",
    "MyNIGHTJARPlan", "nightjar2", "two nightjars", "Nightjar's", "nightjaring", "com.nightjar.app",
    "des Projekts Falke", "im Projekt Falken", "projekt-falke", "projektFalkeApi", "projektfalke",
    "projekt_falkes_plan", "silver lark", "silver_lark", "SILVERLARK", "silver-larks",
    "gruenfink", "Grunfink", "GRÜNFINKEN", "gruenfink_konto", "nord_sued", "Nord Süd", "X-17",
    "the X-17s", "AT&T", "getAdaKey", "ADA_KEY", "Ada.",
]  # fmt: skip
NOT_FOUND = [
    "night jar opener", "the nightjargon", "a falcon project", "projekt falkland", "silverware",
    "green finch", "X-170", "AX-17", "at t", "that", "Adam", "Canada", "adagio", "north south",
]  # fmt: skip


@pytest.mark.parametrize("text", FOUND)
def test_a_listed_word_is_found_in_its_forms(text: str) -> None:
    """Case, names of programs, endings, accents and joints do not hide a word."""
    assert [*Marked(WORDS, ()).find(Page(text))]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_other_words_are_left_alone(text: str) -> None:
    """A word that only begins alike, or holds a short one, is another word."""
    assert not [*Marked(WORDS, ()).find(Page(text))]


@pytest.mark.parametrize(
    ("word", "text"),
    [("银杏计划", "请总结银杏计划的进展"), ("Москва", "письмо из Москвы и планы")],
)
def test_other_scripts_have_their_own_borders(word: str, text: str) -> None:
    """Where no spaces stand between words, none are asked for; Cyrillic words have endings."""
    assert [*Marked((word,), ()).find(Page(text))]


CODED = "The plan of Nightjar is due in May."


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(CODED.encode()).decode(),
        CODED.encode().hex(),
        "".join(f"%{byte:02X}" for byte in CODED.encode()),
        "".join(f"&#{byte};" for byte in CODED.encode()),
        "".join(f"\\u{byte:04x}" for byte in CODED.encode()),
        "N i g h t j a r",
        '"Night" + "jar"',
        "Nightj\u0430r",
        base64.b64encode(b"load_nightjars()").decode(),
    ],
)
def test_the_users_own_list_reads_what_the_detector_reads(tmp_path: Path, text: str) -> None:
    """Encoded, escaped, spelled out or in letters that look alike: it stays here."""
    lists = Lists(tmp_path, KEY)
    lists.keep_private("project", "Nightjar")
    assert [*lists.find(text)]


def test_a_long_list_is_fast_on_a_long_text() -> None:
    """Two thousand entries cost a long text no more than a moment."""
    marked = Marked([f"Codename{n} Alpha" for n in range(2_000)], ())
    page = Page("Trees grow fast and tall. " * 8_000)
    began = time.monotonic()
    assert not [*marked.find(page)]
    assert time.monotonic() - began < 5
