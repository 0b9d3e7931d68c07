"""Several processes, one view of the providers."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

from edgeroute.core.errors import ErrorKind, ProviderError
from edgeroute.core.model_card import ModelCard
from edgeroute.engine.deciding.shared_health import SharedHealth
from edgeroute.providers.resilience.health import Health
from edgeroute.store.database.database import Database
from edgeroute.store.records.targets import Targets
from tests.support.clocks import StandingClock

CARDS = [ModelCard(f"{name}/m", name, "m") for name in "abcd"]
DOWN = ProviderError(ErrorKind.OUTAGE, "a", "x", status=503)


def process(path: Path, clock: StandingClock) -> SharedHealth:
    """One process over the same database."""
    return SharedHealth(Health(), Targets(Database.open(path)), clock)


def test_no_process_writes_over_what_another_has_learned(tmp_path: Path) -> None:
    """Four processes, each with an outage of its own: all four blocks are known to all."""
    clock = StandingClock()
    processes = [process(tmp_path / "x.db", clock) for _ in CARDS]
    for shared, card in zip(processes, CARDS, strict=True):
        for _ in range(3):
            shared.health.failed(card, DOWN, clock.monotonic())
    threads = [threading.Thread(target=shared.exchange) for shared in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    for shared in processes:
        shared.take_in()
        refused = [shared.health.refusal(card, 0, clock.monotonic()) for card in CARDS]
        assert all(refused)


def test_failures_add_up_across_processes_and_the_end_of_a_block_is_shared(tmp_path: Path) -> None:
    """One failure in each of three processes blocks; the one whose request succeeds ends it for
    all of them.
    """
    clock, card = StandingClock(), CARDS[0]
    processes = [process(tmp_path / "x.db", clock) for _ in range(3)]
    for shared in processes:
        shared.health.failed(card, DOWN, clock.monotonic())
        shared.exchange()
    for shared in processes:
        shared.take_in()
        assert shared.health.refusal(card, 0, clock.monotonic()) is not None
    clock.forward(timedelta(seconds=301))
    first = processes[0]
    first.health.started(card, 0, clock.monotonic())
    first.exchange()
    for other in processes[1:]:
        other.take_in()
        assert other.health.refusal(card, 0, clock.monotonic()) is not None, "one request tries"
    first.health.answered(card, clock.monotonic())
    first.exchange()
    for other in processes:
        other.take_in()
        assert other.health.refusal(card, 0, clock.monotonic()) is None


def test_a_new_process_knows_what_was_asked_for(tmp_path: Path) -> None:
    """Retry-After outlives the process that was told."""
    clock, card = StandingClock(), CARDS[0]
    limited = ProviderError(ErrorKind.RATE_LIMIT, "a", "x", retry_after=60)
    shared = process(tmp_path / "x.db", clock)
    shared.health.failed(card, limited, clock.monotonic())
    shared.exchange()
    later = process(tmp_path / "x.db", clock)
    later.take_in()
    refusal = later.health.refusal(card, 0, clock.monotonic())
    assert refusal is not None
    assert refusal.seconds == 60


def test_a_new_key_is_tried_by_all_and_looking_makes_no_file(tmp_path: Path) -> None:
    """Whoever was refused with the old key asks again once another process has set a new one."""
    clock, card, path = StandingClock(), CARDS[0], tmp_path / "x.db"
    server, setter = process(path, clock), process(path, clock)
    setter.take_in()
    setter.key_changed("a")
    assert not path.exists()
    server.health.failed(card, ProviderError(ErrorKind.AUTH, "a", "x"), clock.monotonic())
    server.exchange()
    clock.forward(timedelta(seconds=5))
    setter.key_changed("a")
    server.take_in()
    assert server.health.refusal(card, 0, clock.monotonic()) is None
