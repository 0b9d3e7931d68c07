"""A receipt tells who received bytes and what all attempts cost."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal

from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Attempt, Receipt
from edgeroute.core.usage import FREE, Cost, Usage
from edgeroute.core.verdict import PrivacyMode

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def _receipt(*attempts: Attempt) -> Receipt:
    return Receipt(
        "r1", NOW, "c1", "cli", PrivacyMode.AUTO, False, "", {}, False, "default", "", None, "m",
        attempts,
    )  # fmt: skip


def _attempt(place: Place, sent: int, outcome: str, cost: Cost) -> Attempt:
    return Attempt("p/m", place, NOW, outcome, bytes_sent=sent, usage=Usage(1), cost=cost)  # type: ignore[arg-type]


def test_only_bytes_to_a_cloud_count_as_leaving() -> None:
    """A local answer and an attempt that failed before sending left nothing."""
    local = _attempt(Place.LOCAL, 100, "answered", FREE)
    unsent = _attempt(Place.CLOUD, 0, "failed", Cost(None, "unknown"))
    sent = _attempt(Place.CLOUD, 10, "failed", Cost(None, "unknown"))
    assert not _receipt(unsent, local).left_machine
    assert _receipt(sent, local).left_machine


def test_every_attempt_that_was_sent_is_paid() -> None:
    """A cascade costs all its calls; what was never sent costs nothing."""
    one = _attempt(Place.CLOUD, 10, "rejected", Cost(Decimal("0.01"), "computed"))
    unsent = _attempt(Place.CLOUD, 0, "failed", Cost(None, "unknown"))
    two = _attempt(Place.CLOUD, 10, "answered", Cost(Decimal("0.02"), "computed"))
    assert _receipt(one, unsent, two).cost == Cost(Decimal("0.03"), "computed")


def test_nothing_sent_costs_nothing() -> None:
    """A request without any attempt is free, not unknown."""
    assert _receipt().cost.amount == 0


def test_a_receipt_as_json_is_plain_and_complete() -> None:
    """Every field has its name, amounts are text, an unknown cost is null."""
    receipt = _receipt(
        _attempt(Place.CLOUD, 9, "failed", Cost(None, "unknown")),
        _attempt(Place.LOCAL, 0, "answered", FREE),
    )
    content = json.loads(json.dumps(receipt.as_json()))
    assert set(content) == {f.name for f in fields(Receipt)} | {"left_machine", "cost", "usage"}
    assert content["left_machine"] is True
    assert (content["mode"], content["created"]) == ("auto", NOW.isoformat())
    assert content["attempts"][0]["cost"] == {"amount": None, "basis": "unknown"}
    assert content["attempts"][1]["place"] == "local"
    assert content["cost"] == {"amount": "0", "basis": "unknown"}
    assert content["usage"]["input_uncached"] == 1
