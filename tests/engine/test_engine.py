"""The way of one prompt: private ones stay, others leave, and every request ends once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from edgeroute.core.errors import Cancelled, PrivacyRefused
from edgeroute.core.events import Answered, AttemptStarted, Failed, Notice, Planned
from edgeroute.core.messages import Image, Message, Text, Unreadable, assistant, user
from edgeroute.core.model_card import Place
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.recording.otlp import Said
from tests.support import replies
from tests.support.house import LOCAL_ANSWER, OPEN, PRIVATE, house
from tests.support.scripted_provider import Sleep, Step, always

CLOUD_ANSWER = "A table of buckets."


async def test_an_open_prompt_is_answered_by_the_cloud(tmp_path: Path) -> None:
    """Nothing found: the plan's model answers, and the receipt says who received how much."""
    async with house(tmp_path) as home:
        seen = await home.ask(OPEN)
        assert [type(event) for event in seen.events[:2]] == [Planned, AttemptStarted]
        assert isinstance(seen.end, Answered)
        assert seen.text == seen.end.answer.text == CLOUD_ANSWER
        receipt = seen.receipt
        assert (receipt.route, receipt.model) == (Place.CLOUD, "mock/m")
        assert receipt.left_machine
        assert receipt.attempts[0].host == "127.0.0.1"
        assert receipt.attempts[0].bytes_sent == len(home.cloud["mock"].requests[0].body) or (
            receipt.attempts[0].bytes_sent > 0
        )
        assert home.runtime.receipts.get(receipt.id) == receipt


async def test_a_private_prompt_sends_no_byte(tmp_path: Path) -> None:
    """Personal data found: the local model answers, whatever model was asked for."""
    async with house(tmp_path) as home:
        for model in ("auto", "mock/m", "cascade", "ensemble", "MOCK/M"):
            seen = await home.ask(PRIVATE, model=model)
            assert seen.text == LOCAL_ANSWER
            assert seen.receipt.findings == {"US_SSN": 1}
            assert seen.receipt.route is Place.LOCAL
            assert not seen.receipt.left_machine
        assert home.cloud["mock"].connections == 0


async def test_private_mode_sends_nothing_at_all(tmp_path: Path) -> None:
    """In private mode even a harmless prompt stays here."""
    async with house(tmp_path) as home:
        seen = await home.ask(OPEN, privacy=PrivacyMode.PRIVATE)
        assert seen.receipt.route is Place.LOCAL
        assert home.cloud["mock"].connections == 0


async def test_the_latch_holds_in_later_turns_and_after_a_restart(tmp_path: Path) -> None:
    """A conversation that held personal data stays here, under its id and by its prefix."""
    async with house(tmp_path) as home:
        first = await home.ask(PRIVATE)
        name = first.receipt.conversation
        later = await home.ask("And what is a heap?", conversation=name)
        assert later.receipt.route is Place.LOCAL
        assert later.receipt.latched
        again = home.reopened()
        events = [e async for e in again.engine.stream(_follow_up(name))]
        assert isinstance(events[-1], Answered)
        assert events[-1].receipt.route is Place.LOCAL
        await again.close()
        assert home.cloud["mock"].connections == 0


def _follow_up(name: str) -> ChatRequest:
    return ChatRequest((user("And what is a tree?"),), conversation=name, model="mock/m")


async def test_the_latch_is_inherited_by_forks_and_branches(tmp_path: Path) -> None:
    """A fork, a regenerated private turn and a client that hides the private turn from a header all
    stay here.
    """
    async with house(tmp_path) as home:
        mine = await home.ask("Tell me of trees.", privacy=PrivacyMode.AUTO)
        name = mine.receipt.conversation
        history = [user("Tell me of trees."), assistant(CLOUD_ANSWER)]
        await home.ask([*history, user(PRIVATE)])
        sent = home.bytes_out
        assert (await home.ask([*history, user(PRIVATE)])).receipt.route is Place.LOCAL
        kept = [*history, user(PRIVATE), assistant(LOCAL_ANSWER)]
        branch = await home.ask([*kept, user("And of shrubs?")])
        assert branch.receipt.route is Place.LOCAL
        other = await home.ask([*kept, user("And of moss?")], conversation="a-new-name")
        assert other.receipt.route is Place.LOCAL
        fork = home.runtime.conversations.fork(name)
        forked = await home.ask("And of lichen?", conversation=fork.id, model="mock/m")
        assert forked.receipt.route is Place.LOCAL
        assert home.bytes_out == sent


async def test_a_clients_own_history_continues_one_conversation(tmp_path: Path) -> None:
    """A client without a conversation header is recognised by what it repeats."""
    async with house(tmp_path) as home:
        first = await home.ask([user("Tell me of trees.")])
        second = await home.ask(
            [user("Tell me of trees."), assistant(CLOUD_ANSWER), user("And of shrubs?")]
        )
        assert first.receipt.conversation == second.receipt.conversation
        turns = home.runtime.conversations.turns(first.receipt.conversation)
        assert [len(turn.messages) for turn in turns] == [2, 2]


@pytest.mark.parametrize(
    "part",
    [
        Image("image/png", b"\x89PNG not really"),
        Image("image/png", url="https://example.com/a.png"),
        Unreadable("input_audio", '{"data":"AAAA"}'),
    ],
)
async def test_what_cannot_be_read_stays_here(tmp_path: Path, part: Image | Unreadable) -> None:
    """Images, addresses of images and audio are private by definition."""
    async with house(tmp_path) as home:
        seen = await home.ask([Message("user", (Text("What is this?"), part))])
        assert seen.receipt.private
        assert home.cloud["mock"].connections == 0


async def test_a_detector_that_breaks_keeps_everything_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash in the privacy check is a finding."""

    def crash(*args: object, **options: object) -> None:
        raise MemoryError

    async with house(tmp_path) as home:
        monkeypatch.setattr(home.privacy.detector, "scan", crash)
        seen = await home.ask(OPEN)
        assert seen.receipt.private
        assert seen.receipt.route is Place.LOCAL
        assert home.cloud["mock"].connections == 0
        monkeypatch.undo()
        later = await home.ask("And what is a heap?", conversation=seen.receipt.conversation)
        assert later.receipt.route is Place.CLOUD, "a failed check binds one prompt, not the talk"


async def test_closing_the_stream_stops_the_model_and_keeps_what_was_shown(
    tmp_path: Path,
) -> None:
    """The user stops: the connection ends, the turn is kept as partial, the receipt too."""
    slow: list[bytes | Step] = [*replies.chat_events(["one ", "two ", "three"])[:2], Sleep(30)]
    async with house(tmp_path, {"mock": always(replies.stream(slow))}) as home:
        stream = home.runtime.engine.stream(ChatRequest((user(OPEN),)))
        receipt_id = conversation = ""
        async for event in stream:
            if isinstance(event, Planned):
                receipt_id, conversation = event.receipt_id, event.conversation
            if type(event).__name__ == "TextDelta":
                break
        await stream.aclose()
        receipt = home.runtime.receipts.get(receipt_id)
        assert receipt is not None
        assert receipt.error == Cancelled.code
        assert receipt.attempts[0].outcome == "cancelled"
        turn = home.runtime.conversations.turns(conversation)[0]
        assert not turn.complete
        for _ in range(100):
            if home.cloud["mock"].hang_ups:
                break
            await asyncio.sleep(0.02)
        assert home.cloud["mock"].hang_ups == 1


async def test_a_bug_is_one_terminal_event_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks inside, the request ends with one failure that quotes nothing."""

    async def broken(*args: object, **options: object) -> None:
        raise RuntimeError(PRIVATE)

    async with house(tmp_path) as home:
        monkeypatch.setattr(home.runtime._engine.decider, "decide", broken)
        seen = await home.ask(PRIVATE)
        assert seen.terminals == 1
        assert isinstance(seen.end, Failed)
        assert "521" not in str(seen.end.error)
        assert home.cloud["mock"].connections == 0


async def test_a_bug_while_recording_costs_the_record_not_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request still ends once, with its answer and a notice that quotes nothing."""

    def broken(*args: object, **options: object) -> None:
        raise ValueError(OPEN)

    async with house(tmp_path) as home:
        monkeypatch.setattr(home.runtime.engine._recorder, "record", broken)
        seen = await home.ask(OPEN)
        assert isinstance(seen.end, Answered)
        assert seen.terminals == 1
        (notice,) = [event for event in seen.events if isinstance(event, Notice)]
        assert notice.kind == "not_saved"
        assert "ValueError" in notice.text
        assert OPEN not in notice.text


async def test_explain_leaves_no_trace(tmp_path: Path) -> None:
    """Explaining sends nothing, begins no conversation and latches nothing."""
    async with house(tmp_path) as home:
        explained = await home.runtime.engine.explain(ChatRequest((user(PRIVATE),)), full=True)
        assert explained.privacy.verdict.private
        assert explained.otherwise == "mock/m"
        assert [candidate.place for candidate in explained.plan.candidates] == [Place.LOCAL]
        assert not home.runtime.conversations.list()
        assert home.cloud["mock"].connections == home.local.connections == 0


async def test_without_a_database_a_new_talk_goes_on_and_an_old_one_stays(tmp_path: Path) -> None:
    """Where the store cannot be read, a new question is answered with a notice; a conversation
    whose latch nobody can look up stays here.
    """
    async with house(tmp_path) as home:
        folder = home.runtime.paths.data
        folder.mkdir(parents=True, mode=0o700)
        (folder / "edgeroute.db").mkdir()
        fresh = await home.ask(OPEN)
        assert fresh.receipt.route is Place.CLOUD
        assert any(getattr(event, "kind", "") == "not_saved" for event in fresh.events)
        old = await home.ask(OPEN, conversation="known-from-somewhere")
        assert old.receipt.route is Place.LOCAL
        assert old.receipt.latched


async def test_an_edited_policy_counts_from_the_next_request(tmp_path: Path) -> None:
    """A policy file can be edited while the program runs; a broken edit changes nothing."""
    import os

    async with house(tmp_path) as home:
        assert (await home.ask(OPEN)).receipt.route is Place.CLOUD
        path = home.runtime.paths.config / "rules" / "test.yaml"
        path.write_text("routing:\n  rules:\n    - default: local\n")
        os.utime(path, (1, 1))
        assert (await home.ask(OPEN)).receipt.route is Place.LOCAL
        path.write_text("routing: [broken")
        os.utime(path, (2, 2))
        assert (await home.ask(OPEN)).receipt.route is Place.LOCAL


async def test_what_is_planned_is_told_first(tmp_path: Path) -> None:
    """Plan, verdict, signals, mode, conversation and receipt are those of the end."""
    async with house(tmp_path) as home:
        seen = await home.ask(OPEN, privacy=PrivacyMode.MASK)
        planned = seen.events[0]
        assert isinstance(planned, Planned)
        assert planned.mode is PrivacyMode.MASK
        assert planned.receipt_id == seen.receipt.id
        assert planned.conversation == seen.receipt.conversation
        assert planned.plan.rule == seen.receipt.rule
        assert planned.signals.task == seen.receipt.task
        assert not planned.verdict.private
        other = (await home.ask(OPEN)).receipt
        assert other.id > seen.receipt.id


async def test_an_error_that_is_known_is_told_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sentence reaches the user; the receipt has its word, and how long it took."""

    async def refused(*_: object, **__: object) -> None:
        raise PrivacyRefused("It stays here.", "Ask a local model.")

    async with house(tmp_path) as home:
        monkeypatch.setattr(home.runtime.engine._decider, "decide", refused)
        seen = await home.ask(OPEN, conversation="mine")
        assert isinstance(seen.end, Failed)
        assert str(seen.end.error) == "It stays here. Ask a local model."
        assert seen.end.partial is None
        assert (seen.receipt.error, seen.receipt.conversation) == ("privacy_refused", "mine")
        assert 0 <= seen.receipt.duration_ms < 60_000
        assert home.runtime.receipts.get(seen.receipt.id) == seen.receipt


async def test_telemetry_hears_the_question_and_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last message and what was answered, or shown of it; nothing where there is nothing."""
    told: list[tuple[str, Said]] = []
    settings = '[telemetry]\nendpoint = "http://127.0.0.1:9"\n'
    async with house(tmp_path, settings=settings) as home:
        tell = home.runtime._engine.telemetry
        monkeypatch.setattr(tell, "tell", lambda one, said: told.append((one.id, said)))
        seen = await home.ask([user("Tell me of trees."), assistant("Green."), user(OPEN)])
        assert told == [(seen.receipt.id, Said(OPEN, CLOUD_ANSWER, "stop"))]
        cut = replies.cut_stream(replies.chat_events(["A ", "half"])[:3])
        home.cloud["mock"].behave(always(cut))
        await home.ask(OPEN)
        assert (told[-1][1].prompt, told[-1][1].answer) == (OPEN, "A half")

        async def broken(*args: object, **options: object) -> None:
            raise RuntimeError

        monkeypatch.setattr(home.runtime.engine._decider, "decide", broken)
        await home.ask(ChatRequest(()))
        assert told[-1][1] == Said("")


async def test_explain_names_every_finding_only_where_that_is_wanted(tmp_path: Path) -> None:
    """The check stops at the first otherwise."""
    both = ChatRequest((user(f"{PRIVATE} Or write to anna.berg@fjordmail.no."),))
    async with house(tmp_path) as home:
        engine = home.runtime.engine
        assert not (await engine.explain(both)).privacy.verdict.complete
        assert (await engine.explain(both, full=True)).privacy.verdict.complete
