"""Routes of the shipped policies: sensible, stable, and following a conversation's subject."""

from __future__ import annotations

import pytest

from edgeroute.routing.signals.classifier import TaskClassifier
from tests.bench.routing_stability import followups, rubric, stable
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


def test_the_same_question_takes_the_same_route(full: TaskClassifier) -> None:
    """In other words, after a greeting, with slips: 85 of 100, also of those never looked at."""
    found = stable("default", full)
    hits = [hit for (which, _), same in found.items() if which == "fresh" for hit in same]
    assert sum(hits) / len(hits) >= 0.85


def test_follow_ups_keep_their_subject(full: TaskClassifier) -> None:
    """Also in voices that were not looked at."""
    found = followups(full)
    hits = [*found["c"], *found["d"]]
    assert sum(hits) / len(hits) >= 0.85
