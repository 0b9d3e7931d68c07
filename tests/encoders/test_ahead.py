"""Work that is begun ahead gives what it would give later, and waiting is never idle."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from edgeroute.encoders.ahead import Ahead


def test_results_are_those_of_the_jobs_in_their_order() -> None:
    """Whoever did a job, its result is found under its number."""
    ahead: Ahead[int] = Ahead()
    numbers = [ahead.add(partial(pow, one, 2)) for one in range(200)]
    assert [ahead.result(number) for number in numbers] == [one * one for one in range(200)]


def test_who_waits_does_what_is_not_begun() -> None:
    """While helpers are busy, the one who asks does the rest, so that nobody waits for nobody."""
    let_go = threading.Event()
    busy: Ahead[bool] = Ahead()
    for _ in range(8):
        busy.add(lambda: let_go.wait(20))
    ahead: Ahead[int] = Ahead()
    numbers = [ahead.add(threading.get_ident) for _ in range(4)]
    assert {ahead.result(number) for number in numbers} == {threading.get_ident()}
    let_go.set()
    busy.finish()


def test_what_a_job_raises_reaches_who_asks() -> None:
    """An error is never lost on the way."""
    ahead: Ahead[float] = Ahead()
    ahead.add(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ahead.finish()


def test_the_first_job_that_failed_is_the_one_told() -> None:
    """Whoever does a later job while waiting keeps its error until it is asked for."""
    let_go = threading.Event()

    def first() -> None:
        let_go.wait(20)
        raise LookupError

    def second() -> None:
        let_go.set()
        raise ZeroDivisionError

    for _ in range(20):
        let_go.clear()
        ahead: Ahead[None] = Ahead()
        ahead.add(first)
        ahead.add(second)
        with pytest.raises(LookupError):
            ahead.finish()


def test_nothing_is_begun_once_it_is_dropped() -> None:
    """What nobody asks for any more is not done."""
    let_go = threading.Event()
    busy: Ahead[bool] = Ahead()
    for _ in range(8):
        busy.add(lambda: let_go.wait(20))
    done: list[int] = []
    ahead: Ahead[None] = Ahead()
    ahead.add(lambda: done.append(1))
    ahead.drop()
    let_go.set()
    busy.finish()
    assert not done
