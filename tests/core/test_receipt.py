"""A receipt tells who received bytes and what all attempts cost."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal

from edgeroute.core.model_card import Place
from edgeroute.core.reasons import Reasons
from edgeroute.core.receipt import Attempt, Receipt, last_answer
from edgeroute.core.usage import FREE, Cost, Usage
from edgeroute.core.verdict import PrivacyMode
from tests.support.receipts import attempt, receipt

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
    sent = _attempt(Place.CLOUD, 1, "failed", Cost(None, "unknown"))
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


def test_the_answer_is_the_last_that_stands() -> None:
    """No judge's word is the answer; tokens and model are those of the answer that stands."""
    first = replace(_attempt(Place.CLOUD, 9, "rejected", FREE), model="a/m", usage=Usage(1))
    second = replace(_attempt(Place.CLOUD, 9, "answered", FREE), model="b/m", usage=Usage(2))
    third = replace(second, model="c/m", usage=Usage(3))
    judge = replace(second, model="j/m", role="judge", usage=Usage(4))
    found = _receipt(first, second, third, judge)
    assert found.standing == third
    assert found.usage == Usage(3)
    assert last_answer(found.attempts, "rejected") == first
    assert last_answer(found.attempts, "failed") is None
    assert _receipt(first, judge).standing is None
    assert _receipt(first, judge).usage == Usage()


def test_a_local_answer_counts_among_the_costs() -> None:
    """It sent nothing and is known to be free."""
    local = _attempt(Place.LOCAL, 0, "answered", FREE)
    unsent = _attempt(Place.CLOUD, 0, "failed", Cost(Decimal(5), "reported"))
    sent = _attempt(Place.CLOUD, 9, "failed", Cost(Decimal("0.5"), "reported"))
    assert _receipt(unsent, local).cost == FREE
    assert _receipt(sent, local).cost == Cost(Decimal("0.5"), "computed")


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
    assert content["cost"] == {"amount": None, "basis": "unknown"}
    assert content["usage"]["input_uncached"] == 1
    noted = replace(receipt, findings={"US_SSN": 2}, notes=("a", "b"), route=Place.CLOUD)
    assert noted.as_json()["findings"] == {"US_SSN": 2}
    assert noted.as_json()["notes"] == ["a", "b"]
    assert type(noted.as_json()["route"]) is str
    assert noted.as_json()["first_token_ms"] is None


def test_an_attempt_of_which_nothing_is_known_claims_nothing() -> None:
    """No time, no byte, no token, an unknown cost; it is one at an answer."""
    plain = Attempt("p/m", Place.CLOUD, NOW, "failed")
    assert (plain.duration_ms, plain.first_token_ms, plain.status) == (0, None, None)
    assert (plain.reason, plain.error, plain.detail, plain.host, plain.rate) == ("",) * 5
    assert (plain.bytes_sent, plain.usage, plain.cost) == (0, Usage(), Cost(None, "unknown"))
    assert plain.role == "answer"
    told = _receipt()
    assert (told.task, told.tier, told.user, told.error) == ("",) * 4
    assert (told.input_tokens, told.duration_ms, told.first_token_ms) == (0, 0, None)
    assert (told.attempts, told.notes, told.masked) == ((), (), {})


def test_a_receipt_says_who_asked_through_which_door() -> None:
    """The connected program, the agent that it turned out to be, and its part, each said once."""
    plain = _receipt()
    assert plain.asker == "cli"
    assert replace(plain, client="my-script").asker == "cli, my-script"
    assert replace(plain, client="codex", agent="codex", role="main").asker == "cli, codex, main"
    told = replace(plain, client="zed", agent="claude-code", role="plan")
    assert told.asker == "cli, zed, claude-code, plan"
    assert (told.as_json()["agent"], told.as_json()["role"]) == ("claude-code", "plan")


def test_it_says_why_another_model_answered() -> None:
    """The reason for the first choice alone would be untrue of an answer that is not its own."""
    chosen = Reasons("A small model does this well.")
    one = attempt(model="a/one", outcome="failed")
    other = attempt(model="local/m", place=Place.LOCAL)
    told = receipt(one, one, other, reasons=chosen).because
    assert told == "A small model does this well. a/one could not answer, so local/m did."
    again = attempt(model="a/one")
    assert receipt(one, again, reasons=chosen).because == chosen.because
    assert receipt(one, reasons=chosen).because == chosen.because
    assert receipt(again, why="The rule's own.").because == "The rule's own."
