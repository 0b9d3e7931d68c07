"""The circuit breaker of a model or a provider."""

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


def test_one_models_failures_do_not_block_its_provider() -> None:
    """However often one model fails, its provider's breaker stays closed; a second model that fails
    as well opens it, and so do failures of the connection.
    """
    provider = Breaker(NUMBERS, several=True)
    for moment in range(10):
        provider.failed(moment, "a/m")
    assert provider.admits(10)
    provider.failed(11, "a/other")
    assert not provider.admits(11)
    unreached = Breaker(NUMBERS, several=True)
    for moment in range(3):
        unreached.failed(moment)
    assert not unreached.admits(3)


def test_a_provider_that_serves_others_is_not_counted_against() -> None:
    """Between failures of several models an answer of the provider says that it serves; failures
    of the connection count all the same.
    """
    provider = Breaker(NUMBERS, several=True)
    for moment, model in enumerate(("a/m", "a/other", "a/third", "a/fourth")):
        provider.failed(moment, model)
        provider.succeeded(moment)
    assert provider.admits(4)
    for moment in (5, 6, 7):
        provider.failed(moment)
        provider.succeeded(moment)
    assert not provider.admits(7)


def test_checks_are_due_after_growing_pauses() -> None:
    """20 s after the block began, then after 40 and 80 s; what fails again and again is checked
    every five minutes at most, which is when a request tries anyway.
    """
    breaker = opened_at(0)
    moment = 0.0
    for pause in (20, 40, 80):
        assert not breaker.check_due(moment + pause - 1)
        moment += pause
        assert breaker.check_due(moment)
        breaker.checking(moment)
        assert not breaker.check_due(moment)
    assert not breaker.check_due(moment + 159)
    assert breaker.check_due(moment + 160) is False, "by then the block is over anyway"
    assert not Breaker(NUMBERS).check_due(1000)
    for block in range(5):
        moment += 300
        breaker.started(moment)
        breaker.failed(moment)
        assert breaker.check_due(moment + 299) is (block == 0)
        breaker.checking(moment)


def test_a_check_that_was_answered_lets_one_request_try() -> None:
    """It ends the block if it succeeds; if it fails, five minutes begin anew, and the next check
    is due after a longer pause than the one before.
    """
    breaker = opened_at(0)
    breaker.checking(20)
    assert not breaker.admits(21)
    breaker.vouch(21)
    assert breaker.admits(22)
    breaker.started(22)
    assert not breaker.admits(23)
    breaker.failed(23)
    assert breaker.wait(23) == 300
    assert not breaker.check_due(62)
    assert breaker.check_due(63)
    breaker.checking(63)
    breaker.vouch(64)
    breaker.started(65)
    breaker.succeeded(66)
    assert breaker.state(66) == "closed"


def test_what_two_processes_know_is_joined() -> None:
    """Failures of both count, once each; the later change of state holds, whoever is asked."""
    one, other = Breaker(NUMBERS), Breaker(NUMBERS)
    one.failed(0, tag="1-1")
    one.failed(10, tag="1-2")
    other.failed(20, tag="2-1")
    for _ in range(3):
        other.merge(Breaker.load(NUMBERS, one.dump(30), 30), 30)
    assert other.state(30) == "open"
    assert other.wait(30) == 290
    one.merge(Breaker.load(NUMBERS, other.dump(30), 30), 30)
    assert one.state(30) == "open"
    one.started(320)
    one.succeeded(321)
    other.merge(Breaker.load(NUMBERS, one.dump(322), 322), 322)
    assert other.state(322) == "closed"
    one.merge(Breaker.load(NUMBERS, opened_at(30).dump(330), 330), 330)
    assert one.state(330) == "closed", "an older block does not come back"
