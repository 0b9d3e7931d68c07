"""From one model to the next until there is an answer, and what may be shown meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.errors import (
    ErrorKind,
    LocalModelError,
    NothingAnswered,
    PrivacyRefused,
    ProviderError,
)
from edgeroute.core.events import (
    Answered,
    AttemptEnded,
    AttemptStarted,
    Failed,
    ReasoningDelta,
    TextDelta,
)
from edgeroute.core.messages import assistant, user
from edgeroute.core.model_card import Place
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.running import fallback
from edgeroute.engine.running.model_calls import ModelCalls
from tests.support import replies
from tests.support.house import LOCAL_ANSWER, OPEN, PRIVATE, house
from tests.support.scripted_provider import Behaviour, Close, Received, Reply, always

DOWN = always(replies.error(503))
CUT = always(replies.cut_stream(replies.chat_events(["A ", "half"])[:3]))


def thinking(*pieces: str, then: str = "") -> Behaviour:
    """A provider that thinks aloud before it speaks."""
    events = [
        replies.event({"id": "c", "choices": [{"index": 0, "delta": {"reasoning_content": one}}]})
        for one in pieces
    ]
    return always(replies.stream([*events, *replies.chat_events([then] if then else [])]))


async def test_all_providers_down_means_local(tmp_path: Path) -> None:
    """When every managed API fails, the local model answers and the receipt lists who was tried."""
    down = always(replies.error(503))
    async with house(tmp_path, {"one": down, "two": down}) as home:
        seen = await home.ask(OPEN)
        assert seen.text == LOCAL_ANSWER
        tried = [attempt.model for attempt in seen.receipt.attempts]
        assert tried[0] == "one/m"
        assert "two/m" in tried
        assert seen.receipt.attempts[-1].place is Place.LOCAL
        ended = [event for event in seen.events if isinstance(event, AttemptEnded)]
        assert len(ended) == len(seen.receipt.attempts)


async def test_a_private_prompt_without_a_local_model_is_refused(tmp_path: Path) -> None:
    """No local answer and private: refused for privacy with a way out, nothing sent."""
    async with house(tmp_path, local=always([Close()])) as home:
        seen = await home.ask(PRIVATE)
        assert isinstance(seen.end, Failed)
        assert isinstance(seen.end.error, PrivacyRefused)
        assert seen.end.error.exit_code == 3
        assert seen.end.error.hint
        assert home.cloud["mock"].connections == 0


async def test_every_attempt_is_told_in_its_order(tmp_path: Path) -> None:
    """Numbers from one on, each begun and ended once, with why it was made and how it went."""
    async with house(tmp_path, {"one": DOWN, "two": always(replies.chat("Yes."))}) as home:
        seen = await home.ask(OPEN)
        began = [event for event in seen.events if isinstance(event, AttemptStarted)]
        ended = [event for event in seen.events if isinstance(event, AttemptEnded)]
        assert [event.number for event in began] == [*range(1, len(began) + 1)]
        assert [event.number for event in ended] == [event.number for event in began]
        assert tuple(event.attempt for event in ended) == seen.receipt.attempts
        assert began[0].model == "one/m"
        assert all(event.reason for event in began)
        last = ended[-1].attempt
        assert (last.model, last.outcome, last.error) == ("two/m", "answered", "")
        assert (ended[0].attempt.outcome, ended[0].attempt.error) == ("failed", "outage")
        assert isinstance(seen.end, Answered)
        assert seen.end.answer.model == "two/m"
        assert seen.receipt.first_token_ms == last.first_token_ms is not None


async def test_words_that_were_shown_are_not_followed_by_anothers(tmp_path: Path) -> None:
    """A model that breaks off in the middle ends the request with what it had shown."""
    async with house(tmp_path, {"one": CUT, "two": always(replies.chat("Other."))}) as home:
        seen = await home.ask(OPEN)
        assert isinstance(seen.end, Failed)
        assert isinstance(seen.end.error, ProviderError)
        assert seen.end.partial is not None
        assert seen.text == seen.end.partial.text == "A half"
        (attempt,) = seen.receipt.attempts
        assert (attempt.outcome, attempt.error) == ("failed", "outage")
        assert attempt.detail
        assert home.cloud["two"].connections == 0


async def test_a_whole_answer_is_held_back_and_can_be_rescued(tmp_path: Path) -> None:
    """Committed to the whole answer, nothing of a broken one is shown, and another model answers
    in one go.
    """
    whole = replies.stream(replies.chat_events(["It ", "works."]))
    async with house(tmp_path, {"one": CUT, "two": always(whole)}) as home:
        seen = await home.ask(OPEN, commit="complete")
        assert isinstance(seen.end, Answered)
        assert seen.text == seen.end.answer.text == "It works."
        first = next(n for n, one in enumerate(seen.events) if isinstance(one, TextDelta))
        assert all(isinstance(one, TextDelta | AttemptEnded) for one in seen.events[first:-1])


async def test_thoughts_are_shown_with_the_first_word(tmp_path: Path) -> None:
    """A model that only thought and then failed can still be replaced; its thoughts are not
    shown.
    """
    async with house(
        tmp_path, {"one": thinking("hm", "so"), "two": thinking("well", then="Yes.")}
    ) as home:
        seen = await home.ask(OPEN)
        shown = [one for one in seen.events if isinstance(one, ReasoningDelta | TextDelta)]
        assert [one.text for one in shown if one.text] == ["well", "Yes."]
        assert isinstance(shown[0], ReasoningDelta)
        rejected = [one for one in seen.receipt.attempts if one.model == "one/m"]
        assert rejected
        assert {one.outcome for one in rejected} == {"rejected"}
        assert seen.receipt.model == "two/m"


async def test_a_long_thought_is_shown_while_it_lasts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for minutes before a silent screen; then no other model's words follow."""
    monkeypatch.setattr(fallback, "LONG_THOUGHT", 0.0)
    async with house(
        tmp_path, {"one": thinking("hm", "so"), "two": thinking("well", then="Yes.")}
    ) as home:
        seen = await home.ask(OPEN)
        shown = [one for one in seen.events if isinstance(one, ReasoningDelta | TextDelta)]
        assert [one.text for one in shown if one.text] == ["hm", "so"]
        assert isinstance(seen.end, Failed)
        assert home.cloud["two"].connections == 0
        held = await home.ask(OPEN, commit="complete")
        assert next(one for one in held.events if isinstance(one, ReasoningDelta)).text == "well"


async def test_who_passes_over_whom_is_said(tmp_path: Path) -> None:
    """A provider that rests is not asked, and the next one answers."""
    async with house(tmp_path, {"one": DOWN, "two": always(replies.chat("Yes."))}) as home:
        for _ in range(3):
            await home.ask(OPEN)
        asked = len(home.cloud["one"].requests)
        assert (await home.ask(OPEN)).text == "Yes."
        assert len(home.cloud["one"].requests) == asked


async def test_where_nothing_answers_people_learn_why(tmp_path: Path) -> None:
    """An open prompt failed; a private one was refused for privacy, with the local model's own
    trouble and a way out.
    """
    gone = always([Close()])
    async with house(tmp_path, {"one": DOWN}, local=gone) as home:
        seen = await home.ask(OPEN)
        assert isinstance(seen.end, Failed)
        assert isinstance(seen.end.error, NothingAnswered | LocalModelError)
        private = await home.ask(PRIVATE)
        assert isinstance(private.end, Failed)
        error = private.end.error
        assert isinstance(error, PrivacyRefused)
        assert private.receipt.privacy_reason in error.message
        assert "must stay here" in error.message
        assert "No model could answer" not in error.message  # said in other words before
        assert error.hint
        assert private.end.partial is None


@pytest.mark.parametrize(
    ("hint", "kind", "shown"),
    [
        ("Buy memory.", ErrorKind.OUTAGE, "Buy memory."),
        ("", ErrorKind.OUTAGE, "Try again, or see `edgeroute doctor`."),
    ],
)
async def test_a_refusal_for_privacy_has_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hint: str, kind: ErrorKind, shown: str
) -> None:
    """That of the local model's own failure; where it knows none, how to get a model."""

    async def failed(*_: Any, **__: Any) -> Any:
        if home.home:
            raise LocalModelError("It broke.", hint, kind=kind)
        yield

    async with house(tmp_path) as home:
        monkeypatch.setattr(ModelCalls, "deltas", failed)
        seen = await home.ask(PRIVATE)
        assert isinstance(seen.end, Failed)
        assert isinstance(seen.end.error, PrivacyRefused)
        assert seen.end.error.message.endswith("It broke.")
        assert seen.end.error.hint.startswith(f"{shown} To go on: ")


@pytest.mark.parametrize("prompt", [OPEN, PRIVATE])
async def test_a_stop_leaves_no_provider_blamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prompt: str
) -> None:
    """A bug in the middle ends the attempt without speaking against the model."""

    async def bug(*_: Any, **__: Any) -> Any:
        if home.home:
            raise ValueError("a bug")
        yield

    async with house(tmp_path) as home:
        monkeypatch.setattr(ModelCalls, "deltas", bug)
        seen = await home.ask(prompt)
        assert isinstance(seen.end, Failed)
        assert "ValueError" in seen.end.error.message
        monkeypatch.undo()
        answer = "A table of buckets." if prompt == OPEN else LOCAL_ANSWER
        assert (await home.ask(prompt)).text == answer
        assert all(line.circuit == "closed" for line in home.providers.health.report(0.0))


async def test_a_session_that_is_just_held_is_not_told_as_too_long(tmp_path: Path) -> None:
    """Clients hide why, and shorten in vain; where a model here has answered since, or all stays
    here anyway, shortening helps. Words that a client puts into a model's mouth are no answer.
    """
    long = replies.error(400, "context_length_exceeded", message="Too long.")

    def local(asked: Received) -> Reply:
        short = b"Yes" in asked.body and len(asked.json["messages"]) < 3
        return replies.answer(asked, LOCAL_ANSWER) if short else long

    async with house(tmp_path, local=local) as home:
        codes: list[tuple[int, str]] = []
        canned = [user(PRIVATE), assistant("Yes."), user("And then?")]
        first = await home.ask(f"{PRIVATE} Yes or no?")
        assert first.text == LOCAL_ANSWER
        answered = [user(f"{PRIVATE} Yes or no?"), assistant(LOCAL_ANSWER), user("And then?")]
        asked = ((PRIVATE, None), (canned, None), (answered, None), (OPEN, PrivacyMode.PRIVATE))
        for what, mode in asked:
            seen = await home.ask(what, privacy=mode)
            assert isinstance(seen.end, Failed)
            assert isinstance(seen.end.error, PrivacyRefused)
            assert "To go on: " in seen.end.error.hint
            assert ("Too long." in seen.end.error.message) == (len(codes) > 1)
            codes.append((seen.end.error.rejection.status, seen.end.error.rejection.code))
        overflow, held = (400, "context_length_exceeded"), (400, "privacy_refused")
        assert codes == [held, held, overflow, overflow]
