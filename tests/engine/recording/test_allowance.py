"""Learning takes its share of a core, and no more."""

from __future__ import annotations

import pytest

from edgeroute.engine.recording.allowance import Allowance


class Hands:
    """A clock, and a count of processor time, that stand until they are moved."""

    now = 100.0
    worked = 5.0


@pytest.fixture
def hands() -> Hands:
    """At some moment."""
    return Hands()


def allowance(hands: Hands) -> Allowance:
    """A tenth of a core, half a second of it saved."""
    return Allowance(0.1, 0.5, lambda: hands.now, lambda: hands.worked)


def test_what_is_spent_comes_back_in_its_share_of_the_time(hands: Hands) -> None:
    """Half a second at once is all there is; ten seconds later one of them may be spent again."""
    given = allowance(hands)
    with given.spending():
        hands.worked += 0.6
    assert given.left == pytest.approx(-0.1)
    hands.now += 2
    assert given.left == pytest.approx(0.1)


def test_no_more_is_saved_than_that(hands: Hands) -> None:
    """A quiet night does not pay for a busy morning."""
    given = allowance(hands)
    hands.now += 36_000
    assert given.left == pytest.approx(0.5)


def test_what_breaks_is_paid_for(hands: Hands) -> None:
    """An error gives nothing back."""
    given = allowance(hands)

    def breaks() -> None:
        with given.spending():
            hands.worked += 0.5
            hands.worked /= 0

    with pytest.raises(ZeroDivisionError):
        breaks()
    assert given.left == pytest.approx(0)
