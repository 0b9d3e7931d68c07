"""Ranked labels, and the guess that is acted on."""

from __future__ import annotations

from edgeroute.routing.signals.guess import Guess, Ranked, guess, mixed


def test_the_best_task_is_told_even_in_doubt() -> None:
    """With the next one, and whether it is doubtful."""
    found = guess(Ranked((("chat", 0.4), ("reasoning", 0.3), ("legal", 0.1)), True, 0.2))
    assert found == Guess("chat", 0.4, "", 0.0, True, "reasoning", 0.2)
    assert guess(Ranked((), abstains=True)) == Guess(doubtful=True)


def test_a_domain_stands_beside_a_task() -> None:
    """It takes nothing from how sure the task is, and needs some likelihood to be named."""
    found = guess(Ranked((("medical", 0.6), ("chat", 0.3), ("legal", 0.1)), abstains=False))
    assert (found.domain, found.domain_confidence) == ("medical", 0.6)
    assert (found.task, found.confidence) == ("chat", 1.0)


def test_two_readings_are_mixed_by_weight() -> None:
    """All of the one or the other at the ends; hardness too."""
    alone = Ranked((("chat", 0.9), ("image", 0.1)), False, 0.1)
    joined = Ranked((("image", 0.8), ("chat", 0.2)), False, 0.5)
    assert mixed(alone, joined, 1.0).labels == alone.labels
    assert mixed(alone, joined, 0.0).labels == joined.labels
    assert mixed(alone, joined, 0.25).labels[0][0] == "image"
    assert mixed(alone, joined, 0.25).hardness == 0.4
