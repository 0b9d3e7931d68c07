"""Routes of the shipped policies: sensible, stable, and following a conversation's subject."""

from __future__ import annotations

import pytest

from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest
from edgeroute.routing.signals.classifier import TaskClassifier
from edgeroute.routing.signals.signals import read_signals
from tests.bench.routing_stability import UNSEEN, followups, rubric, stable
from tests.support.model_files import require


@pytest.fixture(scope="module")
def full() -> TaskClassifier:
    """The classifier with the sentence model."""
    return TaskClassifier.load(require("minilm/model.safetensors").parent.parent)


@pytest.mark.parametrize("name", ["default", "coding-assistant", "agent-saver"])
def test_hard_prompts_get_the_best_grade_and_easy_ones_do_not(
    full: TaskClassifier, name: str
) -> None:
    """By labels that were given before: 90 % sensible, few hard ones too low, few overpaid."""
    low, over = rubric(name, full)
    assert sum(low) <= 0.1 * len(low)
    assert sum(over) <= 0.08 * len(over)


@pytest.mark.parametrize("name", ["default", "coding-assistant", "seed"])
def test_the_same_question_takes_the_same_route(full: TaskClassifier, name: str) -> None:
    """In other words or another order, after a greeting, with slips, with pleas: 91 of 100 of 400
    pairs to which nothing was fitted.
    """
    found = stable(name, full, UNSEEN)
    hits = [hit for same in found.values() for hit in same]
    assert sum(hits) / len(hits) >= 0.91


def test_the_ideas_own_example_is_code_and_hard(full: TaskClassifier) -> None:
    """However it is put."""
    for text in (
        "Refactor this function for thread safety",
        "hi, could you refactor this function for thread safety please",
        "make this function thread-safe",
    ):
        signals = read_signals(ChatRequest((user(text),)), internal_code=False, classifier=full)
        assert (signals.task, signals.complexity) == ("refactor", "high"), text


def test_follow_ups_keep_their_subject(full: TaskClassifier) -> None:
    """Also in voices that were not looked at."""
    found = followups(full)
    hits = [*found["c"], *found["d"]]
    assert sum(hits) / len(hits) >= 0.85
