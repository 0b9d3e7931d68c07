"""Sending, stopping, queueing and failing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
from textual.widgets import Static

from edgeroute.core.errors import SettingsError
from edgeroute.core.events import Event
from edgeroute.core.request import ChatRequest
from edgeroute.engine.deciding.explanation import Explanation
from edgeroute.tui.chat.state import Phase
from edgeroute.tui.widgets.transcript.error_card import ErrorCard
from tests.tui.driver import running
from tests.tui.fake_runtime import CLOUD, LOCAL, FakeRuntime


async def test_enter_sends_and_the_answer_carries_its_receipt(runtime: FakeRuntime) -> None:
    """One Enter brings the answer, and the line under it says who answered and what it cost."""
    async with running(runtime) as chat:
        await chat.send("Explain how a hash table works")
        assert "bucket" in chat.answers[-1].text
        line = chat.words(".receipt")
        assert "left to api.anthropic.com" in line
        assert CLOUD in line
        assert "$0.0041" in line
        assert "812 in (640 cached), 164 out" in line
        assert chat.text == ""


async def test_enter_waits_for_the_verdict(runtime: FakeRuntime) -> None:
    """While the check is behind, Enter says CHECKING and nothing reaches the engine."""
    runtime.engine.check_gate = asyncio.Event()
    async with running(runtime) as chat:
        chat.chat.composer.insert("Explain this")
        await chat.press("enter")
        await chat.until(lambda: "CHECKING" in chat.strip)
        assert chat.chat.state.phase is Phase.WAITING
        assert runtime.engine.requests == []
        await chat.press(*"xyz")
        assert chat.text == "Explain this", "what is being checked is what is sent"
        runtime.engine.check_gate.set()
        await chat.until(lambda: len(runtime.engine.requests) == 1)
        await chat.idle()
        assert runtime.engine.requests[0].messages[-1].text == "Explain this"


async def test_a_check_that_crashes_blocks(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the check fails, the strip says BLOCKED and the message is not sent."""

    async def broken(request: ChatRequest, *, full: bool = False) -> Explanation:
        raise SettingsError("rules/privacy.yaml is not valid.")

    monkeypatch.setattr(runtime.engine, "explain", broken)
    async with running(runtime) as chat:
        await chat.type("Explain this")
        await chat.press("enter")
        await chat.idle()
        assert "BLOCKED" in chat.strip
        assert "privacy.yaml" in chat.strip
        assert runtime.engine.requests == []
        assert chat.text == "Explain this"


async def test_a_broken_answer_stays_above_its_card(runtime: FakeRuntime) -> None:
    """What came before the break stays readable, and trying again replaces it."""
    async with running(runtime) as chat:
        await chat.send("break please")
        await chat.until(lambda: bool(chat.chat.query(ErrorCard)))
        assert "hash table" in chat.answers[-1].text
        assert chat.text == ""
        await chat.chat.actions.run("again")
        await chat.until(lambda: len(runtime.engine.requests) == 2)
        await chat.idle()
        assert len(runtime.engine.requests[1].messages) == 1
        assert len(chat.chat.query(ErrorCard)) == 1


async def test_a_prompt_typed_while_busy_waits_its_turn(runtime: FakeRuntime) -> None:
    """Type-ahead is shown as queued and is sent, after its own check, when the answer is done."""
    async with running(runtime) as chat:
        await chat.type("Explain, and hold")
        await chat.press("enter")
        await chat.until(lambda: chat.chat.state.phase is Phase.ANSWERING)
        chat.chat.composer.insert("mail anna@example.com")
        await chat.press("enter")
        await chat.until(lambda: "mail anna" in chat.words(".queued"))
        assert len(runtime.engine.requests) == 1
        runtime.engine.release.set()
        await chat.until(lambda: len(chat.chat.state.messages) == 4)
        assert [r.messages[-1].text for r in runtime.engine.requests][1] == "mail anna@example.com"
        assert runtime.receipts.rows["r0002"].model == LOCAL
        assert chat.words(".queued") == ""


async def test_a_failed_send_brings_the_prompt_back(runtime: FakeRuntime) -> None:
    """The card says what was tried, and the prompt stands in the message box again."""
    async with running(runtime) as chat:
        await chat.send("please fail")
        await chat.until(lambda: chat.text == "please fail")
        assert "Every candidate failed" in chat.words("ErrorCard .title")
        assert "outage" in chat.words("ErrorCard .tried")
        assert chat.chat.state.messages == ()


async def test_a_defect_of_the_engine_is_a_card_not_a_crash(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug below the app shows as a card and the prompt survives."""

    async def broken(request: ChatRequest) -> AsyncGenerator[Event]:
        for event in list[Event]():
            yield event
        raise ZeroDivisionError

    monkeypatch.setattr(runtime.engine, "stream", broken)
    async with running(runtime) as chat:
        await chat.send("Explain")
        await chat.until(lambda: chat.text == "Explain")
        assert "ZeroDivisionError" in chat.words("ErrorCard .title")


async def test_a_withdrawn_answer_is_folded_away(runtime: FakeRuntime) -> None:
    """A cascade's first answer stays readable, folded, and the one that stands is the text."""
    async with running(runtime) as chat:
        await chat.send("cascade please")
        assert "41" not in chat.answers[-1].text
        assert len(chat.chat.query("FoldedBlock")) == 1


async def test_disagreement_is_shown_in_place(runtime: FakeRuntime) -> None:
    """A second model's objection stands inside the answer it is about."""
    async with running(runtime) as chat:
        await chat.send("disagree please")
        assert "disagrees about the dose" in chat.words("AnswerBlock .notice")


async def test_notices_of_one_kind_stand_together(runtime: FakeRuntime) -> None:
    """Five attempts that fail are one notice, with each model and reason once."""
    async with running(runtime) as chat:
        await chat.send("Explain this")
        for told in ("a/b is down.", "a/b is down.", "c/d is down."):
            await chat.answers[-1].note("next", told)
        await chat.answers[-1].note("trust", "Check it.")
        shown = [str(one.content) for one in chat.answers[-1].query(".notice").results(Static)]
        assert shown == ["next: a/b is down.\nc/d is down.", "trust: Check it."]
