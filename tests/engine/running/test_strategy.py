"""Cascades and ensembles in trouble: nobody waits for ever, nothing that was paid is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.errors import ErrorKind, PrivacyRefused
from edgeroute.core.events import (
    Answered,
    AttemptEnded,
    AttemptStarted,
    Failed,
    Folded,
    Notice,
    Planned,
    ReasoningDelta,
    TextDelta,
)
from edgeroute.core.model_card import ModelCard
from edgeroute.core.request import Tool
from edgeroute.engine.deciding.decision import Decision
from edgeroute.providers.calling import call
from edgeroute.providers.calling.client import Client
from edgeroute.providers.resilience.health import Health, Unavailable
from edgeroute.providers.resilience.resilience import Patience
from tests.support import replies
from tests.support.house import LOCAL_ANSWER, OPEN, House, house, request
from tests.support.scripted_provider import Behaviour, Close, Received, Reply, always
from tests.support.strategies import (
    CLOSED,
    ENVIRONMENT,
    LUNA,
    OPUS,
    PRO,
    adds_up,
    asked,
    keys,
    policy,
    says,
    several,
)

LOCAL_FIRST = """
routing:
  rules:
    - id: all
      condition: input_tokens >= 0
      model: openai/gpt-6-luna
      strategy: cascade
    - default: openai/gpt-6-luna
  cascade:
    ladder: [local]
    confidence: 0.7
"""


@pytest.fixture(autouse=True)
def _have_keys() -> Iterator[None]:
    with keys():
        yield


@pytest.mark.parametrize("status", [400, 503])
@pytest.mark.parametrize("combine", ["best", "merge"])
async def test_a_judge_that_has_answered_and_fails_is_asked_once(
    tmp_path: Path, status: int, combine: str
) -> None:
    """The strongest answer stands, also where the failing judge took part itself."""

    def opus(one: Received) -> Reply:
        return says("Slots.")(one) if one.number == 1 else replies.error(status)

    rules = policy("ensemble", combine=combine)
    async with several(tmp_path, rules, says("Buckets."), says("Lists."), opus) as home:
        seen = await home.ask(OPEN)
        assert seen.text == "Slots."
        assert asked(home) == {"openai": 1, "deepseek": 1, "anthropic": 2}


@pytest.mark.parametrize("strategy", ["cascade", "ensemble"])
async def test_a_bug_with_one_model_costs_that_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strategy: str
) -> None:
    """What nobody foresaw ends one attempt, and the others answer."""
    prepare = call.prepare

    def broken(asking: Any, card: ModelCard, *others: Any, **more: Any) -> Any:
        if card.provider == "openai":
            raise ValueError("a bug")
        return prepare(asking, card, *others, **more)

    monkeypatch.setattr(call, "prepare", broken)
    async with several(tmp_path, policy(strategy), says("31"), says("31"), says("31")) as home:
        seen = await asyncio.wait_for(home.ask(CLOSED), 30)
        assert seen.text == "31"
        failed = [one for one in seen.receipt.attempts if one.outcome == "failed"]
        assert [one.model for one in failed] == [LUNA]
        assert "ValueError" in failed[0].detail


async def test_answers_that_came_before_the_stop_are_on_the_receipt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who received bytes and what it cost is kept, though nobody looked at the answers any more."""
    learned: list[str] = []
    all_there = asyncio.Event()

    def answered(_: Health, card: ModelCard, now: float) -> None:
        learned.append(card.id)
        if len(learned) == 3:
            all_there.set()

    monkeypatch.setattr(Health, "answered", answered)
    async with several(tmp_path, policy("ensemble"), says("31"), says("30"), says("31")) as home:
        async with aclosing(home.runtime.engine.stream(request(CLOSED))) as events:
            async for event in events:
                if isinstance(event, AttemptStarted):
                    break
            await all_there.wait()
        (receipt,) = home.runtime.receipts.list()
        assert sorted(one.model for one in receipt.attempts) == sorted([LUNA, PRO, OPUS])
        assert all(one.bytes_sent for one in receipt.attempts)
        adds_up(home, receipt)


async def test_words_that_were_shown_are_kept_when_the_user_stops(tmp_path: Path) -> None:
    """Stopping the last rung while it is shown keeps its words in the conversation."""
    slow = always(
        replies.stream(replies.slowly(replies.messages_events(["It is ", "thirty-", "one"]), 0.2))
    )
    shown = conversation = ""
    async with several(tmp_path, policy("cascade"), says("30"), says("28"), slow) as home:
        async with aclosing(home.runtime.engine.stream(request(CLOSED))) as events:
            async for event in events:
                if isinstance(event, Planned):
                    conversation = event.conversation
                if isinstance(event, TextDelta):
                    shown = event.text
                    break
        assert shown == "It is ", "the last rung is shown while it comes"
        kept = home.runtime.conversations.messages(conversation)[-1]
        assert (kept.role, kept.text) == ("assistant", shown)
        assert home.runtime.receipts.list()[0].model == OPUS


@pytest.mark.parametrize("strategy", ["cascade", "ensemble"])
async def test_an_answer_with_nothing_in_it_does_not_stand(tmp_path: Path, strategy: str) -> None:
    """Where every model says nothing, the plan goes on, as it does with a single model."""
    silent = says("")
    async with several(tmp_path, policy(strategy), silent, silent, silent) as home:
        seen = await home.ask(CLOSED)
        assert seen.text == LOCAL_ANSWER
        (notice,) = [event.text for event in seen.events if isinstance(event, Notice)]
        said = {
            "cascade": f"No rung of the cascade answered. {OPUS} answered with nothing.",
            "ensemble": "None of 3 models answered.",
        }
        assert notice == said[strategy]


async def test_a_whole_answer_is_waited_for_where_the_policy_commits_to_that(
    tmp_path: Path,
) -> None:
    """With `commit: complete` a last rung that breaks off shows nothing, and another answers."""
    cut = always(replies.cut_stream(replies.messages_events(["It is ", "thirty"])[:4]))
    async with several(tmp_path, policy("cascade"), says("30"), says("28"), cut) as home:
        seen = await home.ask(CLOSED, commit="complete")
        assert isinstance(seen.end, Answered)
        assert seen.text == seen.end.answer.text == "30"


async def test_every_model_gets_the_patience_that_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that thinks without a sound is waited for in a cascade as it is alone."""
    told: dict[str, Patience | None] = {}
    stream = Client.stream

    def noted(self: Client, *given: Any, patience: Patience | None = None, **more: Any) -> Any:
        told[given[2].id] = patience
        return stream(self, *given, patience=patience, **more)

    monkeypatch.setattr(Client, "stream", noted)
    async with several(
        tmp_path, policy("cascade", verify=PRO), says("30"), says("28"), says("31")
    ) as home:
        await home.ask(CLOSED)
        cards = {name: home.runtime.catalog.card(name) for name in (LUNA, PRO, OPUS)}
        wanted = {
            name: home.providers.resilience.patience_for(card, 0)
            for name, card in cards.items()
            if card is not None
        }
        assert told.keys() == wanted.keys()
        for name, patience in told.items():
            assert patience is not None
            assert round(patience.first_token) == wanted[name].first_token


async def test_any_local_model_may_be_a_rung(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ladder may name a local model that is not the one in use."""
    rules = policy("cascade").replace(f"[{LUNA}, {PRO}]", "[local/other, local/m]")
    cloud = {"anthropic": says("31")}
    async with house(tmp_path, cloud, settings=ENVIRONMENT, rules={"test.yaml": rules}) as home:
        local = home.runtime.local
        both = (local.card, replace(local.card, id="local/other"))
        monkeypatch.setattr(type(local), "cards", lambda _: both)
        seen = await asyncio.wait_for(home.ask(CLOSED), 30)
        assert seen.receipt.attempts[0].model == "local/other"
        assert isinstance(seen.end, Answered)


async def test_a_call_of_a_tool_is_not_checked(tmp_path: Path) -> None:
    """It is no answer yet: a check of nothing would only object to it."""
    function = {"name": "dose", "arguments": "{}"}
    delta = {"tool_calls": [{"index": 0, "id": "c1", "function": function}]}
    chunks = [
        {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        {"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
    ]
    calls = always(replies.stream([*map(replies.event, chunks), replies.event("[DONE]")]))
    rules = policy(verify=PRO).replace(f"model: {OPUS}", f"model: {LUNA}")
    async with several(tmp_path, rules, calls, says("never"), says("never")) as home:
        seen = await home.ask(CLOSED, tools=(Tool("dose", "The dose.", {"type": "object"}),))
        assert isinstance(seen.end, Answered)
        assert [call.name for call in seen.end.answer.message.tool_calls] == ["dose"]
        assert asked(home) == {"openai": 1, "deepseek": 0, "anthropic": 0}
        assert not [event for event in seen.events if isinstance(event, Notice)]


@pytest.mark.parametrize("strategy", ["cascade", "ensemble"])
async def test_a_request_that_all_models_reject_is_the_callers_to_change(
    tmp_path: Path, strategy: str
) -> None:
    """Where nobody else answers either, the caller is told what the models of the strategy said."""
    names = ("openai", "deepseek", "anthropic")
    cloud = dict.fromkeys(names, always(replies.error(400, "unsupported_parameter")))
    rules = {"test.yaml": policy(strategy)}
    here = always([Close()])
    async with house(tmp_path, cloud, local=here, settings=ENVIRONMENT, rules=rules) as home:
        seen = await home.ask(CLOSED)
        assert isinstance(seen.end, Failed)
        assert seen.end.error.rejection.status == 400
        assert seen.end.error.rejection.code == "unsupported_parameter"


def _sure(logprob: float) -> Behaviour:
    """A local server that says 31 with this log probability, where it is asked for one."""

    def reply(request: Received) -> Reply:
        if request.method == "GET":
            return replies.json_body({"object": "list", "data": [{"id": "m", "object": "model"}]})
        first, *rest = replies.chat_events(["31"])
        if request.json.get("logprobs"):
            chances = {"content": [{"token": "31", "logprob": logprob}]}
            choice = {"index": 0, "delta": {}, "finish_reason": None, "logprobs": chances}
            rest = [replies.event({"id": "c", "choices": [choice]}), *rest]
        return replies.stream([first, *rest])

    return reply


def _bodies(home: House) -> list[dict[str, Any]]:
    return [one.json for one in home.local.requests if one.method == "POST"]


@pytest.mark.parametrize(("logprob", "answer"), [(-0.05, "31"), (-2.0, "thirty-one")])
async def test_the_local_models_own_probabilities_decide(
    tmp_path: Path, logprob: float, answer: str
) -> None:
    """Asked for on this machine alone, they let a sure answer stand and send an unsure one up."""
    cloud: dict[str, Behaviour] = {"openai": lambda asked: replies.answer(asked, "thirty-one")}
    rules = {"test.yaml": LOCAL_FIRST}
    async with house(
        tmp_path, cloud, local=_sure(logprob), settings=ENVIRONMENT, rules=rules
    ) as home:
        seen = await home.ask(CLOSED)
        assert seen.text == answer
        assert [body.get("logprobs") for body in _bodies(home)] == [True]
        folded = [event.reason for event in seen.events if isinstance(event, Folded)]
        assert len(folded) == len(home.cloud["openai"].requests) == (answer != "31")
        assert all(reason.startswith("Its own probability is 0.14") for reason in folded)
        assert all("logprobs" not in one.json for one in home.cloud["openai"].requests)


async def test_every_answer_of_a_strategy_is_told_and_paid(tmp_path: Path) -> None:
    """Numbers from one on in the order of asking; each attempt begins and ends once, an answer that
    does not stand is rejected, and the receipt says why the other one does.
    """
    async with several(tmp_path, policy("ensemble"), says("31"), says("30"), says("31")) as home:
        seen = await home.ask(CLOSED)
        began = [one for one in seen.events if isinstance(one, AttemptStarted)]
        ended = [one for one in seen.events if isinstance(one, AttemptEnded)]
        assert [(one.number, one.model) for one in began] == [(1, LUNA), (2, PRO), (3, OPUS)]
        assert sorted(one.number for one in ended) == [1, 2, 3]
        by_model = {one.model: one for one in seen.receipt.attempts}
        assert by_model[PRO].outcome == "rejected"
        assert {by_model[name].outcome for name in (LUNA, OPUS)} == {"answered", "rejected"}
        assert all(one.role == "answer" for one in by_model.values())
        assert all(one.reason for one in began)
        assert len(seen.receipt.notes) >= 2
        assert seen.receipt.error == ""


async def test_a_last_rung_that_breaks_off_ends_the_request(tmp_path: Path) -> None:
    """What was shown stays, no other model's words follow, and the error is told."""
    cut = always(replies.cut_stream(replies.messages_events(["It is ", "thirty"])[:4]))
    async with several(tmp_path, policy("cascade"), says("30"), says("28"), cut) as home:
        seen = await home.ask(CLOSED)
        assert isinstance(seen.end, Failed)
        assert seen.end.partial is not None
        assert seen.text == seen.end.partial.text == "It is "
        last = seen.receipt.attempts[-1]
        assert (last.model, last.outcome, last.error) == (OPUS, "failed", "outage")
        assert seen.receipt.error == "provider_error"
        assert not home.local.requests or all(one.method == "GET" for one in home.local.requests)


async def test_thoughts_of_the_last_rung_come_with_its_words(tmp_path: Path) -> None:
    """In their order, and each piece once."""
    delta = {"type": "content_block_delta", "index": 0}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 10}}},
        {"type": "content_block_start", "index": 0,
         "content_block": {"type": "thinking", "thinking": ""}},
        {**delta, "delta": {"type": "thinking_delta", "thinking": "hm"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
        {**delta, "index": 1, "delta": {"type": "text_delta", "text": "31"}},
        {"type": "content_block_stop", "index": 1},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"},
         "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ]  # fmt: skip
    thinking = always(replies.stream([replies.event(one, one["type"]) for one in events]))
    async with several(tmp_path, policy("cascade"), says("30"), says("28"), thinking) as home:
        seen = await home.ask(CLOSED)
        shown = [one.text for one in seen.events if isinstance(one, TextDelta | ReasoningDelta)]
        assert [text for text in shown if text] == ["hm", "31"]
        assert isinstance(seen.end, Answered)


async def test_a_provider_that_rests_takes_no_part(tmp_path: Path) -> None:
    """Failures of its answers count against its model and nobody else, until it is left alone."""
    down = always(replies.error(503))
    async with several(tmp_path, policy("ensemble"), down, says("31"), says("31")) as home:
        for _ in range(4):
            seen = await home.ask(CLOSED)
            assert seen.text == "31"
        assert asked(home) == {"openai": 3, "deepseek": 4, "anthropic": 4}
        assert LUNA not in {one.model for one in seen.receipt.attempts}
        report = home.providers.health.report(home.runtime.clock.monotonic())
        assert [line.target for line in report if line.circuit != "closed"] == [LUNA]


async def test_a_judge_that_may_not_be_asked_costs_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be masked for the judge does not reach it; an answer stands all the same."""

    async def kept(self: Decision, messages: object) -> Decision:
        raise PrivacyRefused("It cannot be masked.")

    monkeypatch.setattr(Decision, "aside", kept)
    async with several(
        tmp_path, policy("ensemble", combine="best"), says("A."), says("B."), says("C.")
    ) as home:
        seen = await home.ask(OPEN)
        assert isinstance(seen.end, Answered)
        assert seen.text in {"A.", "B.", "C."}
        assert asked(home)["anthropic"] == 1
        (judge,) = [one for one in seen.receipt.attempts if one.role == "judge"]
        assert (judge.outcome, judge.error, judge.bytes_sent) == ("failed", "privacy_refused", 0)


async def test_who_has_come_to_rest_since_the_plan_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a byte goes to a provider whose circuit has opened meanwhile; its line says why."""
    refusal = Health.refusal

    def resting(self: Health, card: ModelCard, tokens: int, now: float) -> Unavailable | None:
        if card.id == LUNA:
            assert tokens > 0
            return Unavailable(ErrorKind.RATE_LIMIT, "its limit is used up", 9.0)
        return refusal(self, card, tokens, now)

    monkeypatch.setattr(Health, "refusal", resting)
    async with several(tmp_path, policy("ensemble"), says("30"), says("31"), says("31")) as home:
        seen = await home.ask(CLOSED)
        assert seen.text == "31"
        assert asked(home)["openai"] == 0
        line = next(one for one in seen.receipt.attempts if one.model == LUNA)
        assert (line.outcome, line.error, line.bytes_sent) == ("failed", "rate_limit", 0)
        assert line.detail == "Not asked: its limit is used up."
