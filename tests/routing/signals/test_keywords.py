"""Cues: words and phrases found in one pass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest
from edgeroute.routing.signals.keywords import LABELS, asks_for_picture, ends, load_cues, words_of
from edgeroute.routing.signals.signals import read_signals


def test_cues_speak_for_known_labels() -> None:
    """Every cue names a task or a domain."""
    assert set(load_cues().labels) == set(LABELS)


def test_words_stems_phrases_and_starts() -> None:
    """Whole words, stems, phrases and first words count; parts of other words do not."""
    cues = load_cues()

    def found(text: str) -> set[str]:
        return {name for name, hit in zip(cues.names, cues.hits(text), strict=True) if hit}

    assert "summarize" in found("Please summarised notes")
    assert "how_to" in found("so how do i get there")
    assert "act" in found("book a table")
    assert "act" not in found("this is about my very favourite little book")
    assert "translate" in found("请翻译这句话")
    assert "creative" not in found("rapid")


def test_ends_keeps_start_and_end() -> None:
    """Of a long text the start and the end are read, where people say what they want."""
    text = "start " + "x" * 9_000 + " end"
    assert ends(text).startswith("start")
    assert ends(text).endswith("end")
    assert len(ends(text)) < 2_400


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    """No text breaks the reading, and guesses stay below certainty."""
    assert isinstance(words_of(text), list)
    label, sure = load_cues().first_guess(text)
    assert label in {*LABELS, ""}
    assert sure < 0.6


@pytest.mark.parametrize(
    "text",
    [
        "Draw a cat in a spacesuit.",
        "please draw me an old lighthouse",
        "Generate a photorealistic image of a red fox in snow",
        "Can you create a simple logo for my bakery?",
        "I need a picture of a sunset over hills.",
        "Draw a picture of the solar system.",
        "Generate an image of medieval architecture.",
        "Zeichne mir einen Drachen",
        "Paint a watercolour of Venice",
        "A vintage travel poster of the Dolomites",
        "photo of a cluttered desk from above, morning light",
    ],
)
def test_plain_words_ask_for_a_picture(text: str) -> None:
    """A verb of drawing, or of making with a noun for a picture, is plain enough."""
    assert asks_for_picture(text)


@pytest.mark.parametrize(
    "text",
    [
        "Draw a diagram of the login flow in mermaid.",
        "Create a Docker image for this service.",
        "Write a Python function that draws a circle.",
        "Make an SVG logo.",
        "Draw a conclusion from these numbers.",
        "What is in this picture?",
        "Design a picture sharing system like the big ones.",
        "Generate a caption for a photo of my dog.",
        "Explain how a hash table works.",
        "Create a table of drawing tools.",
        "Draw up a contract for the flat.",
        "Sketch a data pipeline for 2 TB of clicks a day.",
        "I need an approach for storing 500 million photos.",
        "The portrait of Dorian Gray: who wrote it?",
    ],
)
def test_words_about_pictures_do_not(text: str) -> None:
    """Code, text about pictures and figures of speech are answered in words."""
    assert not asks_for_picture(text)


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        (ChatRequest((user("Draw a cat."),)), True),
        (ChatRequest((user("A cat."),), task="image"), True),
        (ChatRequest((user("Draw a cat."),), pictures="no"), False),
        (ChatRequest((user("A cat."),), task="image", pictures="no"), False),
        (ChatRequest((user("Draw a cat."),), model="acme/writer"), False),
        (ChatRequest((user("Draw a cat."),), model="local", task="image"), False),
        (ChatRequest((user("A neon watercolor sunset, vibrant, 8k"),)), False),
    ],
)
def test_when_a_picture_is_wanted(request_: ChatRequest, *, wanted: bool) -> None:
    """The caller's word or plain words count, from callers that can take a picture; a weak guess,
    a named model and the local model do not.
    """
    signals = read_signals(request_, internal_code=False)
    assert signals.wants_picture is wanted
