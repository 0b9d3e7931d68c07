"""What is said out of courtesy says nothing of what is asked."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.routing.signals.courtesies import without_courtesies

ASK = "fold this list in half"


@pytest.mark.parametrize(
    "around",
    [
        "Hi, {}", "Hello!! {} thanks", "hey :) could you please {}?", "{}, please",
        "Good evening, I hope you are having a lovely evening. {}", "{} - many thanks in advance!",
        "sorry to bother you again, one quick question: {}", "Guten Tag, könnten Sie bitte: {}",
        "Bonjour ! Merci d'avance : {}", "Hola, espero que estés bien. {} ¡Gracias!",
        "Ciao, scusa il disturbo: {} Grazie mille", "{}\n\nKind regards", "你好,请{},谢谢",
        "こんにちは。{} よろしくお願いします", "Dear kind assistant, {}",
        "I would be so very grateful for your help, {}", "Wärst du bitte so nett: {}",
    ],
)  # fmt: skip
def test_a_question_is_left_without_what_stands_around_it(around: str) -> None:
    """Greetings, pleas and thanks, one after the other, in the languages that we claim."""
    assert without_courtesies(around.format(ASK)).rstrip("?! ¡") == ASK


@pytest.mark.parametrize(
    "text",
    [
        "hi", "Thanks!", "How are you?", "please", "hello, and thank you", "say hello to Ann",
        "it is raining, what can I do", "my dog is ill, what now", "translate 'thank you'",
        "high prices, low wages", "no, make it shorter", "def hello():\n    pass",
    ],
)  # fmt: skip
def test_what_says_more_or_nothing_else_stays(text: str) -> None:
    """A text that is courtesy alone, and one whose words only look like it."""
    assert without_courtesies(text) == text


@given(st.text(max_size=120))
def test_something_is_always_left(text: str) -> None:
    """What comes out is a part of what went in, and says something where that did."""
    left = without_courtesies(text)
    assert left in text
    assert any(c.isalnum() for c in left) == any(c.isalnum() for c in text)


@pytest.mark.parametrize("unit", ["hi ", "please, ", " ", "!", "a ", "thanks ", "你好", "a-"])
def test_a_long_text_takes_no_time(unit: str) -> None:
    """A million characters are looked at by their ends."""
    start = time.process_time()
    without_courtesies(unit * 300_000)
    assert time.process_time() - start < 0.5
