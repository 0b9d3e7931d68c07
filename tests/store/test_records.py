"""Alerts, outcomes and small states."""

from __future__ import annotations

from decimal import Decimal

import pytest

from edgeroute.core.usage import Usage
from edgeroute.store.database.database import Database
from edgeroute.store.records.alerts import Alerts
from edgeroute.store.records.key_value import KeyValueStore
from edgeroute.store.records.outcomes import Outcomes
from tests.store.conftest import Ticking


def test_alerts_are_listed_and_marked_as_seen(database: Database, now: Ticking) -> None:
    """Latest first; what is seen no longer counts as unseen."""
    alerts = Alerts(database, now=now)
    first = alerts.add("budget", "80 % of today's budget is spent.", details={"limit": "5"})
    second = alerts.add("spike", "One call cost 12x the usual.", receipt="r", conversation="c")
    assert alerts.list() == [second, first]
    assert alerts.list(since=second.created) == [second]
    assert alerts.mark_seen(first.id) == 1
    assert alerts.list(unseen=True) == [second]
    assert alerts.mark_seen() == 1
    assert [alert.seen for alert in alerts.list(limit=1)] == [True]


def test_states_survive_a_restart(database: Database) -> None:
    """Any JSON value or dataclass is kept under its name and replaced as a whole."""
    states = KeyValueStore(database)
    assert states.get("breakers", {}) == {}
    states.set("breakers", {"openai": {"failures": [1.5, 2.5], "open": None}})
    states.set("usage", Usage(input_uncached=3))
    database.close()
    assert states.get("breakers") == {"openai": {"failures": [1.5, 2.5], "open": None}}
    assert states.get("usage")["input_uncached"] == 3
    states.set("breakers", {})
    assert states.get("breakers", 1) == {}


def test_the_latest_sign_of_each_request_counts(database: Database, now: Ticking) -> None:
    """Outcomes come latest first; one without a request stands for itself."""
    outcomes = Outcomes(database, now=now)
    one, two = outcomes.digest("Sort a list "), outcomes.digest("Write a poem")
    assert one == outcomes.digest("Sort  a\nlist")
    outcomes.add("accept", one, "a/cheap", 0.8, receipt="r1", cost=Decimal("0.01"), task="chat")
    outcomes.add("down", one, "a/cheap", 0.0, receipt="r1", cost=Decimal("0.01"), task="chat")
    outcomes.add("accept", one, "a/cheap", 1.0, receipt="r2", cost=Decimal("0.03"), task="chat")
    outcomes.add("up", one, "b/dear", 1.0, receipt="r3", embedding=b"\x01\x02", task="chat")
    outcomes.add("retry", two, "a/cheap", 0.25)
    signs = [(o.kind, o.prompt, o.model, o.quality, o.cost) for o in outcomes.list()]
    assert signs == [
        ("retry", two, "a/cheap", 0.25, None),
        ("up", one, "b/dear", 1.0, None),
        ("accept", one, "a/cheap", 1.0, Decimal("0.03")),
        ("down", one, "a/cheap", 0.0, Decimal("0.01")),
    ]
    assert [(o.embedding, o.task) for o in outcomes.list()][1] == (b"\x01\x02", "chat")
    assert [o.kind for o in outcomes.list(limit=1)] == ["retry"]


def test_a_prompt_cannot_be_guessed_from_its_digest(database: Database) -> None:
    """Digests are keyed: the same prompt has another one in another database."""
    outcomes = Outcomes(database)
    import hashlib

    assert outcomes.digest("password") != hashlib.sha256(b"password").digest()
    assert outcomes.digest("\ud800 lone") != outcomes.digest("other")
    key = database.kept("prompt digests")
    database.write("DELETE FROM values_kept")
    database.close()
    assert database.kept("prompt digests") != key


@pytest.mark.parametrize("value", [None, [], "text", 1.5])
def test_states_tell_a_kept_nothing_from_no_state(database: Database, value: object) -> None:
    """A state that is null is not the default."""
    states = KeyValueStore(database)
    states.set("x", value)
    assert states.get("x", "default") == value
