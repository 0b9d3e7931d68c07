"""The circuit breaker against its own words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.providers.resilience.breaker import Breaker
from edgeroute.providers.resilience.resilience import BreakerNumbers

NUMBERS = BreakerNumbers()


def opened_at(now: float) -> Breaker:
    """A breaker that three failures have just opened."""
    breaker = Breaker(NUMBERS)
    for _ in range(3):
        breaker.failed(now)
    return breaker


def test_three_failures_within_five_minutes_open_it() -> None:
    """The third failure within 300 s blocks the provider for 300 s."""
    breaker = Breaker(NUMBERS)
    breaker.failed(0)
    breaker.failed(100)
    assert breaker.admits(101)
    breaker.failed(299)
    assert not breaker.admits(299)
    assert not breaker.admits(598)
    assert breaker.wait(299) == 300


def test_old_failures_do_not_count() -> None:
    """Failures further apart than 300 s never open it, with or without successes between."""
    breaker = Breaker(NUMBERS)
    for number in range(20):
        breaker.failed(number * 151)
        breaker.succeeded(number * 151 + 1)
        assert breaker.admits(number * 151 + 2)


def test_successes_between_do_not_hide_failures() -> None:
    """Three failures within the time open it, whatever succeeded between."""
    breaker = Breaker(NUMBERS)
    for moment in (0, 10, 20):
        breaker.failed(moment)
        breaker.succeeded(moment + 1)
    assert not breaker.admits(22)


def test_one_probe_then_closed() -> None:
    """After 300 s exactly one request goes; its success closes the circuit."""
    breaker = opened_at(0)
    assert breaker.state(300) == "half_open"
    assert breaker.admits(300)
    breaker.started(300)
    assert not breaker.admits(301)
    breaker.succeeded(302)
    assert breaker.state(302) == "closed"
    assert breaker.admits(302)


def test_a_failed_probe_opens_it_again() -> None:
    """One failure while half open blocks for 300 s more."""
    breaker = opened_at(0)
    breaker.started(300)
    breaker.failed(310)
    assert not breaker.admits(609)
    assert breaker.admits(610)


def test_a_probe_that_is_never_heard_of_is_forgotten() -> None:
    """A probe whose process died, or that the user stopped, does not block for ever."""
    breaker = opened_at(0)
    breaker.started(300)
    assert breaker.admits(360)
    breaker.started(360)
    breaker.released()
    assert breaker.admits(361)


def test_it_survives_a_restart() -> None:
    """What was dumped at one clock reading is the same at another clock's reading."""
    before = opened_at(1000)
    after = Breaker.load(NUMBERS, before.dump(1100), 5.0)
    assert after.state(5) == "open"
    assert after.wait(5) == before.wait(1100)
    counting = Breaker(NUMBERS)
    counting.failed(0)
    counting.failed(10)
    restored = Breaker.load(NUMBERS, counting.dump(20), 0)
    restored.failed(0)
    assert restored.state(0) == "open"


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "failures": st.one_of(
                st.none(), st.text(), st.lists(st.one_of(st.none(), st.floats()))
            ),
            "opened": st.one_of(st.none(), st.text(), st.booleans(), st.floats(-1e9, 1e9)),
        },
    )
)
def test_a_damaged_state_blocks_nobody_for_longer(state: dict[str, object]) -> None:
    """Whatever stands in the database, the wait never exceeds the rules' own."""
    assert 0 <= Breaker.load(NUMBERS, state, 0.0).wait(0.0) <= NUMBERS.open
