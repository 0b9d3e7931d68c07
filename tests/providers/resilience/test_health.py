"""What a process knows of its providers, and what survives a restart."""

from __future__ import annotations

import json

import pytest

from edgeroute.core.errors import ErrorKind, ProviderError
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.providers.resilience.health import Health

CARD = ModelCard("a/m", "a", "m")
OTHER = ModelCard("a/other", "a", "other")


def error(kind: ErrorKind, retry_after: float | None = None) -> ProviderError:
    """A failure of provider `a`."""
    return ProviderError(kind, "a", "x", retry_after=retry_after)


def served() -> ProviderError:
    """An outage that the provider itself told of."""
    return ProviderError(ErrorKind.OUTAGE, "a", "x", status=503, bytes_sent=9)


@pytest.mark.parametrize("kind", [kind for kind in ErrorKind if kind is not ErrorKind.OUTAGE])
def test_only_outages_open_the_circuit(kind: ErrorKind) -> None:
    """Whatever else fails, however often, the circuit stays closed."""
    health = Health()
    for moment in range(10):
        health.failed(CARD, error(kind, 1), moment)
    assert all(line.circuit == "closed" for line in health.report(10))


def test_one_models_outages_block_that_model_alone() -> None:
    """Three answers of 503 for one model keep it from being asked, and none of its siblings; the
    report names the model.
    """
    health = Health()
    for _ in range(3):
        health.failed(CARD, served(), 0)
    refusal = health.refusal(CARD, 0, 1)
    assert refusal is not None
    assert refusal.kind is ErrorKind.OUTAGE
    assert refusal.seconds == pytest.approx(299)
    assert health.refusal(OTHER, 0, 1) is None
    assert [line.target for line in health.report(1) if line.circuit == "open"] == ["a/m"]


def test_outages_of_several_models_block_their_provider() -> None:
    """Two failures of one model and one of another leave no model of that provider in use."""
    health = Health()
    for card in (CARD, CARD, OTHER):
        health.failed(card, served(), 0)
    assert health.refusal(ModelCard("a/third", "a", "third"), 0, 1) is not None


def test_a_block_of_the_connection_concerns_the_whole_provider() -> None:
    """Where no connection comes about three times, no model of that provider is asked."""
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


def test_a_restart_keeps_a_wait_that_was_asked_for() -> None:
    """Retry-After of a minute: 20 s later, in another process, 40 s are left, and a success that
    came after it is not undone by an older row.
    """
    before = Health()
    before.failed(CARD, error(ErrorKind.RATE_LIMIT, 60), 0)
    saved = json.loads(json.dumps(before.dump(0, 1_000_000)))
    after = Health()
    after.load(saved, 500, 1_000_020)
    refusal = after.refusal(CARD, 0, 500)
    assert refusal is not None
    assert refusal.seconds == pytest.approx(40)
    after.answered(CARD, 501)
    after.load(saved, 502, 1_000_022)
    assert after.refusal(CARD, 0, 502) is None


def test_three_processes_see_one_outage() -> None:
    """One failure in each of three processes, at the same moment, block the model in all."""
    known: dict[str, object] = {}
    processes = [Health() for _ in range(3)]
    for health in processes:
        health.failed(CARD, served(), 0)
        health.load(known, 0, 0)
        known = health.dump(0, 0)
    for health in processes:
        health.load(known, 0, 0)
        assert health.refusal(CARD, 0, 1) is not None


def test_a_check_is_due_once_and_opens_the_way_for_one_request() -> None:
    """Of a blocked provider or model a check is given once; answered, one request may try."""
    health = Health()
    for _ in range(3):
        health.failed(CARD, served(), 0)
    assert health.checks_due([CARD, OTHER], 19) == []
    assert health.checks_due([CARD, OTHER], 20) == ["a"]
    assert health.checks_due([CARD, OTHER], 20) == []
    health.check_answered("a", 21)
    assert health.refusal(CARD, 0, 22) is None
    health.started(CARD, 0, 22)
    assert health.refusal(CARD, 0, 23) is not None
    health.answered(CARD, 24)
    assert health.refusal(CARD, 0, 25) is None
