"""What is needed to open a model, and what is sent to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from edgeroute.core.errors import KeyringUnavailable, PrivacyRefused
from edgeroute.core.messages import assistant, system, user
from edgeroute.core.model_card import Place
from edgeroute.core.plan import Candidate
from edgeroute.core.request import Tool
from edgeroute.core.secret import Secret
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.running.model_calls import ModelCalls
from tests.support import replies
from tests.support.house import LOCAL_ANSWER, OPEN, House, house, request
from tests.support.routing import REFERENCE
from tests.support.scripted_provider import always
from tests.support.strategies import ENVIRONMENT, OPUS, keys, policy, says


def calls(home: House) -> ModelCalls:
    """The engine's way to its models."""
    found = home.runtime.engine._answering.calls
    assert isinstance(found, ModelCalls)
    return found


async def test_a_candidate_is_where_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any local model may be named; what is not known here runs elsewhere, and what is gone is
    answered by the model in use.
    """
    async with house(tmp_path) as home:
        local, ways = home.runtime.local, calls(home)
        other = replace(local.card, id="local/other")
        monkeypatch.setattr(type(local), "cards", lambda _: (other,))
        assert ways.candidate("local/other", "A test.") == Candidate(
            "local/other", Place.LOCAL, "A test."
        )
        assert ways.candidate(local.card.id, "").place is Place.LOCAL
        assert ways.candidate("mock/m", "").place is Place.CLOUD
        assert ways.card(ways.candidate("local/other", "")) == other
        assert ways.card(Candidate("local/gone", Place.LOCAL, "")) == local.card
        assert ways.card(Candidate("mock/m", Place.CLOUD, "")).id == "mock/m"
        live = ways.begin(4, ways.candidate("mock/m", ""), "judge")
        assert (live.number, live.card.id) == (4, "mock/m")
        assert live.ended("answered").role == "judge"


async def test_the_local_model_that_was_named_is_asked(tmp_path: Path) -> None:
    """A local server gets its own model's name, and no key of a provider."""
    async with house(tmp_path) as home:
        seen = await home.ask(OPEN, model="local")
        assert seen.text == LOCAL_ANSWER
        (asked,) = [one for one in home.local.requests if one.method == "POST"]
        assert asked.json["model"] == "m"
        assert seen.receipt.attempts[0].bytes_sent == 0


@pytest.mark.parametrize("change", ["latch", "mode"])
async def test_the_gate_hears_what_the_conversation_is_by_now(tmp_path: Path, change: str) -> None:
    """A latch or a stricter mode that came after the decision keeps every byte here."""
    async with house(tmp_path) as home:
        ways, engine = calls(home), home.runtime.engine
        decision = await engine._decider.decide(request(OPEN, conversation="mine"))
        live = ways.begin(1, decision.plan.first)
        conversations = home.stores.conversations
        if change == "latch":
            conversations.latch("mine", "Another request held personal data.")
        else:
            conversations.raise_mode("mine", PrivacyMode.PRIVATE)
        with pytest.raises(PrivacyRefused, match="stays on this machine"):
            async for _ in ways.deltas(live, decision):
                pass
        assert home.bytes_out == 0


async def test_without_a_key_a_provider_is_not_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that is gone by the time it is needed is said with what to do; a keyring that cannot
    be read says so itself. Nothing is sent, and the next model answers.
    """
    rules = {"test.yaml": policy()}
    with keys():
        async with house(
            tmp_path, {"anthropic": says("never")}, settings=ENVIRONMENT, rules=rules
        ) as home:
            monkeypatch.setattr(home.stores.keys, "get", lambda *_: None)
            seen = await home.ask(OPEN)
            assert seen.text == LOCAL_ANSWER
            first = seen.receipt.attempts[0]
            assert (first.model, first.error, first.bytes_sent) == (OPUS, "no_key", 0)
            assert first.detail == "There is no key for Anthropic."

            def locked(*_: object) -> None:
                raise KeyringUnavailable("The keyring is locked.", "Unlock it.")

            monkeypatch.setattr(home.stores.keys, "get", locked)
            seen = await home.ask(OPEN)
            assert seen.receipt.attempts[0].detail == "The keyring is locked."
            assert home.bytes_out == 0


@pytest.mark.parametrize(
    ("key", "sign"),
    [
        ("sk-\u200btest", "U+200B at 4"),
        ("sk x", "U+0020 at 3"),
        ("sk-\xe4", "U+00E4 at 4"),
        ("k\n", "U+000A at 2"),
    ],
)
async def test_a_key_with_a_sign_that_no_header_holds_is_a_wrong_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, sign: str
) -> None:
    """The sentence names the sign and its place, nothing is sent there, the next one answers, and
    a test of the key says the same.
    """
    async with house(tmp_path, {"one": says("never"), "two": says("Yes.")}) as home:
        own = {"one": Secret(key)}
        monkeypatch.setattr(home.stores.keys, "get", lambda name, _="": own.get(name))
        seen = await home.ask(OPEN)
        assert (seen.text, seen.receipt.model) == ("Yes.", "two/m")
        first = seen.receipt.attempts[0]
        assert (first.error, first.bytes_sent) == ("auth", 0)
        assert first.detail == f"The key of one holds a sign that no key has ({sign})."
        assert "does not accept the key" in await home.runtime.providers.test("one")
        assert not home.cloud["one"].requests


async def test_who_needs_no_key_is_asked_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server of the user's own answers without a key, also while the keyring cannot be read; one
    that is kept is sent.
    """

    def locked(*_: object) -> None:
        raise KeyringUnavailable("The keyring is locked.", "Unlock it.")

    async with house(tmp_path) as home:
        monkeypatch.setattr(home.stores.keys, "get", locked)
        assert (await home.ask(OPEN)).receipt.route is Place.CLOUD
        assert "authorization" not in home.cloud["mock"].requests[-1].headers
        asked: list[tuple[object, ...]] = []

        def kept(*names: object) -> Secret:
            asked.append(names)
            return Secret("sk-test")

        monkeypatch.setattr(home.stores.keys, "get", kept)
        await home.ask(OPEN)
        assert home.cloud["mock"].requests[-1].headers["authorization"] == "Bearer sk-test"
        assert {names[0] for names in asked} == {"mock"}


async def test_what_a_model_may_keep_is_marked_as_the_policy_says(tmp_path: Path) -> None:
    """A long system prompt, long tools or a long history is worth keeping, for the policy's time; a
    short one is not, and the last turn, which is new every time, does not count.
    """
    rules = {"test.yaml": REFERENCE.replace("deepseek/v4-flash", OPUS)}
    long, short = "Be exact. " * 3_000, "Be exact."
    tool = Tool("look", long, {"type": "object"})
    told = [user(long), assistant("Yes."), user(OPEN)]
    with keys():
        async with house(
            tmp_path, {"anthropic": says("Yes.")}, settings=ENVIRONMENT, rules=rules
        ) as home:
            for messages, tools, marks in (
                ([system(short), user(OPEN)], (), []),
                ([system(long), user(OPEN)], (), ["system 1h"]),
                ([user(OPEN)], (tool,), ["tools 1h"]),
                (told, (), ["whole 5m"]),
                ([system(short), *told], (), ["whole 5m"]),
                ([user(long)], (), []),
            ):
                await home.ask(messages, tools=tools, model=OPUS)
                sent = home.cloud["anthropic"].requests[-1].json
                assert _marks(sent) == marks, messages
            off = replace(home.rules.policy(), cache_system_prompt=False)
            with mock.patch.object(type(home.rules), "policy", return_value=off):
                await home.ask([system(long), user(OPEN)], model=OPUS)
            assert _marks(home.cloud["anthropic"].requests[-1].json) == []


def _marks(sent: dict[str, Any]) -> list[str]:
    """Which parts of a body are marked to be kept, and for how long."""
    parts = {"whole": [sent], "system": sent.get("system", []), "tools": sent.get("tools", [])}
    found = []
    for name, blocks in parts.items():
        marks = [one["cache_control"] for one in blocks if "cache_control" in one]
        found += [f"{name} {mark.get('ttl', '5m')}" for mark in marks]
    return found


async def test_a_provider_learns_no_conversation_id(tmp_path: Path) -> None:
    """What tells a provider that two requests belong together is another word for each provider
    and says nothing about our own id.
    """
    answer = always(replies.chat("Yes."))
    async with house(tmp_path, {"one": answer, "two": answer}) as home:
        name = (await home.ask(OPEN)).receipt.conversation
        await home.ask(OPEN, conversation=name, model="two/m")
        for provider in home.cloud.values():
            for asked in provider.requests:
                assert name not in f"{asked.headers} {asked.body.decode()}"
