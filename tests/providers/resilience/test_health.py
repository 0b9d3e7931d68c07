"""What a process knows of its providers, and what survives a restart."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.errors import ErrorKind, ProviderError
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.providers.resilience.health import Breaker, Health
from edgeroute.providers.resilience.resilience import BreakerNumbers

CARD = ModelCard("a/m", "a", "m")
OTHER = ModelCard("a/other", "a", "other")


def error(kind: ErrorKind, retry_after: float | None = None) -> ProviderError:
    """A failure of provider `a`."""
    return ProviderError(kind, "a", "x", retry_after=retry_after)


@pytest.mark.parametrize("kind", [kind for kind in ErrorKind if kind is not ErrorKind.OUTAGE])
def test_only_outages_open_the_circuit(kind: ErrorKind) -> None:
    """Whatever else fails, however often, the circuit stays closed."""
    health = Health()
    for moment in range(10):
        health.failed(CARD, error(kind, 1), moment)
    assert all(line.circuit == "closed" for line in health.report(10))


def test_an_open_circuit_concerns_the_whole_provider() -> None:
    """Three outages of one model keep the other models of that provider from being asked."""
    health = Health()
    for _ in range(3):
        health.failed(CARD, error(ErrorKind.OUTAGE), 0)
    refusal = health.refusal(OTHER, 0, 1)
    assert refusal is not None
    assert refusal.kind is ErrorKind.OUTAGE
    assert refusal.seconds == pytest.approx(299)


def test_a_bad_key_is_remembered_until_it_is_changed() -> None:
    """A provider that refused the key is left alone; a new key is tried at once."""
    health = Health()
    health.failed(CARD, error(ErrorKind.AUTH), 0)
    assert health.refusal(OTHER, 0, 1) is not None
    health.key_changed("a")
    assert health.refusal(OTHER, 0, 1) is None


def test_an_unknown_model_concerns_that_model_only() -> None:
    """The provider's other models stay in use."""
    health = Health()
    health.failed(CARD, error(ErrorKind.UNKNOWN_MODEL), 0)
    assert health.refusal(CARD, 0, 1) is not None
    assert health.refusal(OTHER, 0, 1) is None


def test_a_local_model_is_never_refused() -> None:
    """Nothing comes after this machine."""
    health = Health()
    card = ModelCard("local/q", "local", "q", place=Place.LOCAL)
    assert health.refusal(card, 10**9, 0) is None


def test_a_restart_forgets_no_open_circuit() -> None:
    """The dump is JSON; read 100 s later, 200 s of the block are left."""
    before = Health()
    for _ in range(3):
        before.failed(CARD, error(ErrorKind.OUTAGE), 1000)
    before.failed(ModelCard("b/m", "b", "m"), ProviderError(ErrorKind.BILLING, "b", "x"), 1000)
    saved = json.loads(json.dumps(before.dump(1000, 5_000_000)))
    after = Health()
    after.load(saved, 7, 5_000_100)
    refusal = after.refusal(CARD, 0, 7)
    assert refusal is not None
    assert refusal.seconds == pytest.approx(200)
    empty = after.refusal(ModelCard("b/m", "b", "m"), 0, 7)
    assert empty is not None
    assert empty.seconds == pytest.approx(500)


@pytest.mark.parametrize("jump", [-86_400, -1, 0, 86_400])
def test_a_clock_set_differently_blocks_nobody_for_longer(jump: float) -> None:
    """A day back or forth, the wait is at most what the rules say."""
    before = Health()
    for _ in range(3):
        before.failed(CARD, error(ErrorKind.OUTAGE), 0)
    after = Health()
    after.load(before.dump(0, 1_000_000), 0, 1_000_000 + jump)
    refusal = after.refusal(CARD, 0, 0)
    assert refusal is None or refusal.seconds <= 300


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"breakers": 1, "accounts": [], "wall": "x"},
        {"breakers": {"a": []}, "accounts": {"a": ["billing", "x"]}},
    ],
)
def test_a_damaged_dump_is_left_aside(state: dict[str, object]) -> None:
    """Nonsense in the database is not a reason to refuse."""
    health = Health()
    health.load(state, 0, 0)
    assert health.refusal(CARD, 0, 0) is None


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
