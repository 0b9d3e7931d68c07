"""Which prompts ask for a picture."""

from __future__ import annotations

import pytest

from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest
from edgeroute.routing.signals.picture_wish import asks_for_picture
from edgeroute.routing.signals.signals import read_signals


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
