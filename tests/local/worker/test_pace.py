"""How many threads compute fastest is found by trying."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edgeroute.local.worker.pace import Pace


def run(pace: Pace, seconds: Callable[[int], float], tokens: int = 600) -> list[int]:
    """The threads of each token where one takes ``seconds`` by threads."""
    used = []
    for _ in range(tokens):
        used.append(pace.threads)
        pace.took(seconds(pace.threads))
    return used


@pytest.mark.parametrize(("cores", "best"), [(2, 2), (2, 1), (8, 8), (8, 7), (8, 4)])
def test_the_fastest_number_is_found_and_kept(cores: int, best: int) -> None:
    """Nine tokens of ten are computed with it, the others look whether it still is."""
    used = run(Pace(cores), lambda threads: 0.05 if threads == best else 0.08)[60:]
    assert used.count(best) / len(used) > 0.9
    assert len(set(used)) > 1


def test_a_core_that_becomes_busy_is_left_alone_and_taken_again() -> None:
    """Other programs come and go in the middle of an answer."""
    pace = Pace(2)
    assert run(pace, lambda threads: 0.1 / threads)[-1] == 2
    assert run(pace, lambda threads: 0.1 if threads == 1 else 0.3)[-1] == 1
    run(pace, lambda threads: 0.1 / threads, 1_200)
    assert run(pace, lambda threads: 0.1 / threads, 60).count(2) > 40


def test_one_core_leaves_no_choice() -> None:
    """There is nothing to try."""
    assert set(run(Pace(1), lambda _: 0.1)) == {1}


@pytest.mark.parametrize("slower", [2, 5, 20])
def test_what_is_far_slower_is_tried_for_a_moment_only(slower: int) -> None:
    """On a machine that others use, all threads may take twenty times as long: looking whether they
    still do costs a twentieth or two of the time, from the first token on.
    """

    def seconds(threads: int) -> float:
        return 0.1 if threads == 1 else 0.1 * slower

    used = run(Pace(2), seconds, 1_200)
    assert sum(map(seconds, used)) < 0.1 * 1_200 * 1.12
