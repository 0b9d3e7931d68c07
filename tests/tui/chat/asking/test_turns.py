"""Sending, stopping, queueing and failing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from textual.widgets import Button

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
        runtime.engine.check_gate.set()
        await chat.until(lambda: len(runtime.engine.requests) == 1)
        await chat.idle()
        assert runtime.engine.requests[0].messages[-1].text == "Explain this"


async def test_escape_takes_back_an_enter_that_waits(runtime: FakeRuntime) -> None:
    """Esc during CHECKING leaves the text where it is, unsent."""
    runtime.engine.check_gate = asyncio.Event()
    async with running(runtime) as chat:
        chat.chat.composer.insert("Explain this")
        await chat.press("enter")
        await chat.until(lambda: chat.chat.state.phase is Phase.WAITING)
        await chat.press("escape")
        runtime.engine.check_gate.set()
        await chat.checked()
        assert chat.chat.state.phase is Phase.IDLE
        assert chat.text == "Explain this"
        assert runtime.engine.requests == []


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


async def test_escape_stops_and_keeps_what_came(runtime: FakeRuntime) -> None:
    """Esc ends the stream once, and the partial answer stays on the screen."""
    async with running(runtime) as chat:
        await chat.type("Explain, and hold")
        await chat.press("enter")
        await chat.until(lambda: bool(chat.answers) and "key" in chat.answers[-1].text)
        await chat.press("escape")
        await chat.idle()
        assert runtime.engine.cancelled == 1
        assert "hash table keeps" in chat.answers[-1].text
        assert "bucket if k" not in chat.answers[-1].text
        assert "You stopped" in chat.words(".notice")
        assert "left to api.anthropic.com" in chat.words(".receipt")


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


async def test_retry_here_only_stays_local(runtime: FakeRuntime) -> None:
    """The card's second button asks again with a request that may not leave."""
    async with running(runtime) as chat:
        await chat.send("please fail")
        await chat.until(lambda: chat.text == "please fail")
        card = chat.chat.query_one(ErrorCard)
        list(card.query(Button))[1].press()
        await chat.until(lambda: len(runtime.engine.requests) == 2)
        again = runtime.engine.requests[1]
        assert again.model == "local"
        assert again.privacy is not None
        assert again.privacy.value == "private"
        await chat.idle()
        assert len(chat.chat.query(ErrorCard)) == 1


async def test_copying_the_card_takes_the_details(runtime: FakeRuntime) -> None:
    """The third button copies the sentence, the attempts and the receipt's id."""
    async with running(runtime) as chat:
        await chat.send("please fail")
        await chat.until(lambda: bool(chat.chat.query(ErrorCard)))
        list(chat.chat.query_one(ErrorCard).query(Button))[2].press()
        await chat.until(lambda: "r0001" in chat.app.clipboard)
        assert "503" in chat.app.clipboard


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


async def test_a_file_goes_with_the_message(runtime: FakeRuntime, tmp_path: Path) -> None:
    """An attached file is named in the message box, sent as a part, and gone afterwards."""
    note = tmp_path / "note.txt"
    note.write_text("some text")
    async with running(runtime) as chat:
        chat.chat.composer_actions.attach_file(str(note))
        assert "note.txt" in str(chat.chat.composer.border_title)
        await chat.send("Explain this file")
        parts = runtime.engine.requests[0].messages[-1].parts
        assert [type(part).__name__ for part in parts] == ["Text", "File"]
        assert chat.chat.state.attachments == ()
        assert "note.txt" in chat.words("Question .files")


async def test_up_brings_earlier_prompts(runtime: FakeRuntime) -> None:
    """Up at the first line walks back, down walks forward to the empty box."""
    async with running(runtime) as chat:
        await chat.press("up")
        first = chat.text
        assert first.startswith("A question about")
        await chat.press("up")
        assert chat.text not in {"", first}
        await chat.press("down", "down")
        assert chat.text == ""
