"""EdgeRoute's own routes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from edgeroute.core.verdict import PrivacyMode
from tests.support.endpoint import Endpoint


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"prompt": "hi"}, "hi"),
        ({"messages": [{"role": "user", "content": "hello"}]}, "hello"),
        ({"input": "salut", "full": True}, "salut"),
    ],
)
def test_explain_takes_a_prompt_in_any_form(
    endpoint: Endpoint, body: dict[str, Any], text: str
) -> None:
    """The documented object for a prompt, messages or input; nothing is answered."""
    status, _, data = endpoint.ask("POST", "/edgeroute/v1/explain", body, X_EdgeRoute_Tier="free")
    assert status == 200
    assert json.loads(data) == {
        "privacy": {"complete": body.get("full", False)},
        "rule": "default",
        "candidates": [],
    }
    request = endpoint.engine.requests[0]
    assert (request.messages[0].text, request.tier, request.extra) == (text, "free", {})


def test_explain_needs_something_to_explain(endpoint: Endpoint) -> None:
    """Nothing, an empty prompt and two at once are the caller's mistake."""
    for body, said in (
        ({}, "Send one of prompt, messages, input."),
        ({"prompt": ""}, "prompt must be a text."),
        ({"prompt": "hi", "input": "ho"}, "It is not clear what to explain."),
    ):
        status, _, data = endpoint.ask("POST", "/edgeroute/v1/explain", body)
        assert status == 400
        assert said in json.loads(data)["error"]["message"]


def test_a_receipt_is_told_with_what_follows_from_it(endpoint: Endpoint) -> None:
    """A receipt by its id, with cost, usage and whether anything left this machine."""
    status, _, data = endpoint.ask("GET", "/edgeroute/v1/receipts/r1")
    receipt = json.loads(data)
    assert status == 200
    assert (receipt["id"], receipt["model"], receipt["left_machine"]) == ("r1", "acme/one", False)
    assert receipt["cost"] == {"amount": "0", "basis": "computed"}
    assert endpoint.ask("GET", "/edgeroute/v1/receipts/nope")[0] == 404


def test_an_answer_is_rated(endpoint: Endpoint) -> None:
    """A thumb is kept with its receipt, told with it, and taken back with null."""
    path = "/edgeroute/v1/receipts/r1/rating"
    for thumb in ("up", "down", None):
        status, _, data = endpoint.ask("POST", path, {"thumb": thumb})
        assert (status, json.loads(data)["thumb"]) == (200, thumb)
        _, _, told = endpoint.ask("GET", "/edgeroute/v1/receipts/r1")
        assert json.loads(told)["thumb"] == thumb
    for wrong in ({"thumb": "sideways"}, {}, {"thumb": ["up"]}, {"thumb": "up", "more": 1}):
        assert endpoint.ask("POST", path, wrong)[0] == 400
    assert endpoint.ask("POST", "/edgeroute/v1/receipts/no/rating", {"thumb": "up"})[0] == 404


def test_a_conversation_is_told(endpoint: Endpoint) -> None:
    """A conversation by its id, without its messages."""
    status, _, data = endpoint.ask("GET", "/edgeroute/v1/conversations/c1")
    assert status == 200
    assert json.loads(data) == {
        "id": "c1",
        "title": "Hash tables",
        "mode": "mask",
        "latched": False,
    }
    assert endpoint.ask("GET", "/edgeroute/v1/conversations/nope")[0] == 404


def test_a_conversation_is_changed(endpoint: Endpoint) -> None:
    """Title, pin, tags, a stricter mode and the latch can be set."""
    changes = {"title": "T", "pinned": True, "tags": ["a"], "mode": "private", "latched": True}
    status, _, _ = endpoint.ask("PATCH", "/edgeroute/v1/conversations/c1", changes)
    assert status == 200
    assert [call[:3] for call in endpoint.runtime.stored.calls] == [
        ("rename", "c1", "T"),
        ("pin", "c1", True),
        ("tag", "c1", ("a",)),
        ("raise_mode", "c1", PrivacyMode.PRIVATE),
        ("latch", "c1", "You asked for it to stay on this machine."),
    ]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"mode": "auto", "title": "T"}, 403),
        ({"mode": "none"}, 400),
        ({"mode": 3}, 400),
        ({"pinned": "yes"}, 400),
        ({"tags": [1]}, 400),
        ({"turns": 4}, 400),
        ({"title": "T", "id": "c2"}, 400),
    ],
)
def test_a_wrong_change_changes_nothing(
    endpoint: Endpoint, changes: dict[str, Any], status: int
) -> None:
    """A program cannot loosen privacy, and one wrong field spoils the whole change."""
    answer = endpoint.ask("PATCH", "/edgeroute/v1/conversations/c1", changes)
    assert answer[0] == status
    assert endpoint.runtime.stored.calls == []


def test_a_latch_is_never_lifted(endpoint: Endpoint) -> None:
    """A conversation that held personal data stays here, whoever asks."""
    found = endpoint.runtime.stored["c1"]
    endpoint.runtime.stored["c1"] = type(found)(latched=True)
    answer = endpoint.ask("PATCH", "/edgeroute/v1/conversations/c1", {"latched": False})
    assert answer[0] == 403
    assert json.loads(answer[2])["error"]["code"] == "privacy_refused"
    assert endpoint.runtime.stored.calls == []
