"""Whether a request stays here, and why: one object, read by `explain` and by the receipt."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.messages import Message, Text, ToolCall, ToolResult, user
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import CLEAR, Finding, PrivacyMode, Verdict
from edgeroute.engine.deciding.privacy_decision import PrivacyDecision, private_places
from tests.support.house import OPEN, PRIVATE, House, house, request

FOUND = Verdict(private=True, reason="It holds a US SSN.", findings=(Finding("US_SSN", 0, 9, 1.0),))
CODE = Verdict(private=False, reason="It is code of your own organisation.", internal_code=True)
FAILED = Verdict(private=True, reason="The privacy check failed.", complete=False, failed=True)
LATCH = "Message 2 held a card number."
STAYS = f"This conversation stays on this machine: {LATCH}"
SET = "This conversation is set to stay on this machine."
MASKED = "Personal data is replaced by placeholders before anything leaves."


@pytest.mark.parametrize(
    ("mode", "latched", "verdict", "masked", "stays", "reason"),
    [
        (PrivacyMode.AUTO, False, CLEAR, None, False, CLEAR.reason),
        (PrivacyMode.AUTO, False, CODE, None, False, CODE.reason),
        (PrivacyMode.AUTO, False, FOUND, None, True, FOUND.reason),
        (PrivacyMode.AUTO, False, FAILED, None, True, FAILED.reason),
        (PrivacyMode.AUTO, True, CLEAR, None, True, STAYS),
        (PrivacyMode.AUTO, True, CODE, None, True, STAYS),
        (PrivacyMode.AUTO, True, FOUND, None, True, FOUND.reason),
        (PrivacyMode.AUTO, True, FAILED, None, True, FAILED.reason),
        (PrivacyMode.PRIVATE, False, CLEAR, None, True, SET),
        (PrivacyMode.PRIVATE, False, CODE, None, True, SET),
        (PrivacyMode.PRIVATE, False, FOUND, None, True, FOUND.reason),
        (PrivacyMode.PRIVATE, True, CLEAR, None, True, STAYS),
        (PrivacyMode.MASK, False, CLEAR, None, False, CLEAR.reason),
        (PrivacyMode.MASK, False, CLEAR, {"US_SSN": 1}, False, MASKED),
        (PrivacyMode.MASK, False, FOUND, {"US_SSN": 1}, False, MASKED),
        (PrivacyMode.MASK, False, FOUND, None, True, FOUND.reason),
        (PrivacyMode.MASK, False, FAILED, None, True, FAILED.reason),
        (PrivacyMode.MASK, True, FOUND, None, True, FOUND.reason),
        (PrivacyMode.MASK, True, CLEAR, None, True, STAYS),
    ],
)
def test_each_case_has_one_sentence(
    *,
    mode: PrivacyMode,
    latched: bool,
    verdict: Verdict,
    masked: dict[str, int] | None,
    stays: bool,
    reason: str,
) -> None:
    """What was found comes before the latch, and the latch before the mode."""
    decided = PrivacyDecision(mode, verdict, latched, LATCH if latched else "", masked)
    assert (decided.stays, decided.reason) == (stays, reason)
    told = decided.as_json()
    assert (told["private"], told["reason"]) == (stays, reason)


def test_nothing_is_latched_or_masked_unless_that_was_decided() -> None:
    """What is known of a prompt alone is its mode and its verdict."""
    plain = PrivacyDecision(PrivacyMode.AUTO, CLEAR)
    assert (plain.latched, plain.latch_reason, plain.masked) == (False, "", None)


@pytest.mark.parametrize(
    ("mode", "latched", "verdict", "masked"),
    product(PrivacyMode, (True, False), (CLEAR, CODE, FOUND, FAILED), (None, {}, {"US_SSN": 1})),
)
def test_a_latch_and_the_private_mode_keep_everything_here(
    *, mode: PrivacyMode, latched: bool, verdict: Verdict, masked: dict[str, int] | None
) -> None:
    """No mask lets anything out of a conversation that is bound, and nobody promises it."""
    decided = PrivacyDecision(mode, verdict, latched, LATCH if latched else "", masked)
    bound = latched or mode is PrivacyMode.PRIVATE
    assert decided.stays is (bound or (verdict.private and masked is None))
    assert (decided.reason == MASKED) is (not bound and masked is not None)


async def test_explaining_keeps_no_placeholder(tmp_path: Path) -> None:
    """What would be masked is counted and forgotten: an explanation leaves no trace."""
    async with house(tmp_path) as home:
        home.runtime.conversations.create(PrivacyMode.MASK, id="mine")
        asked = request("Write to anna@fjordmail.no.", conversation="mine")
        explained = await home.runtime.engine.explain(asked)
        assert explained.privacy.masked
        assert home.stores.masks.get("mine") == {}


async def _alike(home: House, asked: ChatRequest) -> str:
    explained = (await home.runtime.engine.explain(asked)).as_json()["privacy"]
    receipt = (await home.ask(asked)).receipt
    assert (explained["reason"], explained["private"], explained["mode"], explained["masked"]) == (
        receipt.privacy_reason,
        receipt.private,
        receipt.mode.value,
        receipt.masked,
    )
    return receipt.privacy_reason


@pytest.mark.parametrize("mode", PrivacyMode)
async def test_explain_says_what_the_receipt_will_say(tmp_path: Path, mode: PrivacyMode) -> None:
    """For the same request both give the same sentence, in each mode, before and after a latch."""
    async with house(tmp_path) as home:
        conversations = home.stores.conversations
        for text in (OPEN, PRIVATE, OPEN):
            await _alike(home, request(text, privacy=mode, conversation="one"))
        latched = conversations.create(mode)
        conversations.latch(latched.id, LATCH)
        assert await _alike(home, request(OPEN, conversation=latched.id)) == STAYS


def found(*places: str, kind: str = "EMAIL_ADDRESS", **fields: Any) -> PrivacyDecision:
    """A decision with something found in each of ``places``."""
    findings = tuple(Finding(kind, at, at + 1, 1.0, where=one) for at, one in enumerate(places))
    verdict = Verdict(private=True, reason="Found.", findings=findings, **fields)
    labels = {"EMAIL_ADDRESS": "e-mail address", "SECRET": "password, key or token"}
    return PrivacyDecision(PrivacyMode.AUTO, verdict, labels=labels)


def talk(tool: str = "Read", arguments: str = "{}") -> ChatRequest:
    """A request in which a tool was called."""
    call, result = ToolCall("1", tool, arguments), ToolResult("1", (Text("x"),))
    return ChatRequest(
        (
            Message("system", (Text("Be brief."),)),
            user("Look."),
            Message("assistant", (call,)),
            Message("tool", (result,)),
        )
    )


CUSTOMERS = '{"path": "data/customers.csv", "limit": 10}'


def test_a_result_is_named_by_its_tool_and_file() -> None:
    """What was found is counted in words, each message once and in order."""
    places = ("messages[3]", "messages[3]", "messages[3]", "messages[0]", "tools[0]")
    assert private_places(talk("read_file", CUSTOMERS), found(*places)) == (
        "The system prompt (message 1 of 4) holds 1 e-mail address."
        " The result of read_file (data/customers.csv) holds 3 e-mail addresses."
    )
    secret = found("messages[3]", "messages[3]", kind="SECRET")
    assert private_places(talk(), secret) == (
        "The result of Read (message 4 of 4) holds 2 x password, key or token."
    )


@pytest.mark.parametrize(
    ("tool", "arguments", "fields", "said"),
    [
        ("anna.berg@fjordmail.no", CUSTOMERS, {}, "A tool's result (message 4 of 4)"),
        ("read", '{"path": "for Anna Berg.txt"}', {}, "The result of read (message 4 of 4)"),
        ("read", '{"a": "a/b.txt", "b": "c.txt"}', {}, "The result of read (message 4 of 4)"),
        ("read", "no JSON", {}, "The result of read (message 4 of 4)"),
        ("read", CUSTOMERS, {"complete": False}, "A tool's result (message 4 of 4)"),
    ],
)
def test_what_may_itself_be_private_is_left_out(
    tool: str, arguments: str, fields: dict[str, Any], said: str
) -> None:
    """A name that is more than a name, a path that is more than a path, an unread call."""
    told = private_places(talk(tool, arguments), found("messages[3]", **fields))
    assert told == f"{said} holds 1 e-mail address."


def test_a_call_that_is_private_itself_names_nothing() -> None:
    """Where something was found in the call, neither its tool nor its file is said."""
    said = private_places(talk("read_file", CUSTOMERS), found("messages[2]", "messages[3]"))
    assert said.endswith("A tool's result (message 4 of 4) holds 1 e-mail address.")
    assert "customers" not in said


def test_many_places_are_not_all_named() -> None:
    """Three are enough to look at; what has no message says nothing."""
    everywhere = found(*(f"messages[{number}]" for number in range(4)))
    assert private_places(talk(), everywhere).endswith("So do other messages.")
    assert not private_places(talk(), found("extra", "settings"))
    assert not private_places(talk(), PrivacyDecision(PrivacyMode.AUTO, CLEAR))
