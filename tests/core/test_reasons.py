"""The words for why a request goes where it goes."""

from __future__ import annotations

from typing import get_args

import pytest

from edgeroute.core.errors import ErrorKind
from edgeroute.core.reasons import failed, no_key, understood
from edgeroute.core.signals import TASKS, Complexity, Signal, Signals


@pytest.mark.parametrize(
    ("signals", "text"),
    [
        (Signals(input_tokens=5), "no task that is certain, about 5 tokens"),
        (
            Signals(
                task="explain_code",
                complexity="low",
                domain="legal",
                has_code=True,
                input_tokens=9,
                origins=(("task", Signal("classifier", 0.94)),),
            ),
            "explaining code (by its meaning, 94% sure), easy, legal, with code, about 9 tokens",
        ),
        (
            Signals(
                task="refactor",
                second="implement",
                input_tokens=7,
                origins=(("task", Signal("text", 0.5)),),
            ),
            "changing code (by its words, 50% sure, else writing code), about 7 tokens",
        ),
        (
            Signals(
                task="image",
                complexity="high",
                has_tools=True,
                internal_code=True,
                origins=(("task", Signal("caller", 1.0)),),
            ),
            "drawing a picture (as it was said), hard, internal code, with tools, about 0 tokens",
        ),
    ],
)
def test_what_was_understood_is_said(signals: Signals, text: str) -> None:
    """The task, how sure and from what, and whatever else decides."""
    assert understood(signals) == text


def test_every_task_difficulty_and_failure_has_words() -> None:
    """None is shown by the name that programs give it."""
    for task in TASKS:
        for level in get_args(Complexity):
            assert "_" not in understood(Signals(task=task, complexity=level))
    for kind in ErrorKind:
        said = failed("a/m", kind)
        assert "_" not in said
        assert said != f"a/m could not answer: {kind.value}."


def test_a_failure_is_told_in_the_providers_own_words_where_there_are_some() -> None:
    """Its sentence, with one full stop; an unknown error is no empty sentence."""
    assert failed("a/m", "outage", "It is down.") == "a/m could not answer: It is down."
    assert failed("a/m", "outage") == "a/m could not answer: it is down or does not answer."
    assert failed("a/m", "") == "a/m could not answer: it broke off."
    assert no_key("openai") == "There is no key for openai."
