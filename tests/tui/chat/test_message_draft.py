"""The next message and the check of where it would go."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from edgeroute.core.local_models import LocalStatus
from edgeroute.core.verdict import PrivacyMode
from edgeroute.tui.chat import message_draft
from edgeroute.tui.chat.state import Phase
from tests.tui.driver import running
from tests.tui.fake_runtime import CLOUD, LOCAL, SPARE, FakeRuntime


async def test_the_strip_says_where_and_why_before_sending(runtime: FakeRuntime) -> None:
    """Where, why, tokens, cost and what comes after a failure, and nothing was sent."""
    async with running(runtime) as chat:
        await chat.type("Explain how a hash table works")
        assert "CLOUD" in chat.strip
        assert CLOUD in chat.strip
        assert "rule explain" in chat.strip
        assert "~19 of 128k tokens" in chat.strip
        assert "~$0.0061" in chat.strip
        assert f"if it fails: {SPARE}" in chat.strip
        assert runtime.engine.requests == []


async def test_personal_data_is_marked_and_keeps_the_message_here(runtime: FakeRuntime) -> None:
    """Each hit is a span in the message box; the strip says LOCAL, what was found, what else."""
    async with running(runtime) as chat:
        text = "Write to Anna Berg (anna@example.com)"
        await chat.type(text)
        spans = [text[s.start : s.end] for s in chat.chat.composer.spans]
        assert spans == ["Anna Berg", "anna@example.com"]
        assert "LOCAL" in chat.strip
        assert LOCAL in chat.strip
        assert "found name, e-mail in this message" in chat.strip
        assert f"would be {CLOUD}" in chat.strip
        assert "2 personal details" in str(chat.chat.composer.border_subtitle)


async def test_masked_text_says_how_it_leaves(runtime: FakeRuntime) -> None:
    """In MASK mode the strip and the message box speak of placeholders."""
    runtime.new_mode = PrivacyMode.MASK
    async with running(runtime) as chat:
        await chat.type("mail anna@example.com")
        assert "MASKED" in chat.strip
        assert "placeholders for e-mail" in chat.strip
        assert "placeholders" in str(chat.chat.composer.border_subtitle)


async def test_earlier_messages_count(runtime: FakeRuntime) -> None:
    """A harmless message after a private one names the message that forces it."""
    async with running(runtime) as chat:
        await chat.send("mail anna@example.com")
        await chat.type("and now something else")
        assert "LOCAL" in chat.strip
        assert "message 1 of this chat holds" in chat.strip


async def test_a_local_model_that_is_missing_blocks_private_text(runtime: FakeRuntime) -> None:
    """BLOCKED is said before sending, not after."""
    runtime.local.now = replace(runtime.local.now, state="missing")
    async with running(runtime) as chat:
        await chat.until(lambda: chat.chat.draft.local_state == "missing")
        await chat.type("mail anna@example.com")
        assert "BLOCKED" in chat.strip
        assert "no local model" in chat.strip


async def test_typing_marks_the_strip_as_behind(runtime: FakeRuntime) -> None:
    """Between key press and verdict the strip does not pretend to know."""
    async with running(runtime) as chat:
        await chat.type("Explain this")
        runtime.engine.check_gate = asyncio.Event()
        await chat.press("x")
        assert chat.chat.page.strip.view.stale
        assert "checking" in chat.strip
        runtime.engine.check_gate.set()
        await chat.checked()
        assert not chat.chat.page.strip.view.stale


async def test_only_the_last_text_is_checked(runtime: FakeRuntime) -> None:
    """Ten quick keys ask the engine once."""
    async with running(runtime) as chat:
        before = runtime.engine.explained
        for letter in "abcdefghij":
            chat.chat.composer.insert(letter)
        await chat.checked()
        assert runtime.engine.explained == before + 1


async def test_the_strip_says_who_is_being_asked(runtime: FakeRuntime) -> None:
    """While the local model is asked about a doubtful text, from the thread that reads."""
    async with running(runtime) as chat:
        await chat.type("Explain how a hash table works")
        await asyncio.to_thread(runtime.inspector.on_asking, "local/m")
        await chat.until(lambda: "asking local/m whether this is private" in chat.strip)
        await asyncio.to_thread(runtime.inspector.on_asking, "")
        await chat.type("?")
        assert "CLOUD" in chat.strip


async def test_a_draft_stays_with_its_chat_and_outlives_the_app(runtime: FakeRuntime) -> None:
    """Going to another chat and back, and ending the app, keep what was begun in each, the queue
    included; what was sent is not begun any more.
    """
    async with running(runtime) as chat:
        await chat.type("new and not sent")
        await chat.chat.chats.switch("c2")
        assert chat.text == ""
        await chat.type("begun in c2")
        await chat.chat.chats.switch("c3")
        await chat.chat.chats.switch("c2")
        assert chat.text == "begun in c2"
    async with running(runtime) as chat:
        assert chat.text == "new and not sent"
        await chat.checked()
        await chat.press("enter")
        await chat.idle()
        await chat.press("ctrl+n")
        await chat.until(lambda: chat.chat.state.id == "")
        assert chat.text == ""
        await chat.type("Explain, and hold")
        await chat.press("enter")
        await chat.until(lambda: chat.chat.state.phase is Phase.ANSWERING)
        chat.chat.composer.insert("queued")
        await chat.press("enter")
        chat.chat.composer.insert("typed")
        name = chat.chat.state.id
    assert runtime.conversations.note(name, "draft") == "queued\n\ntyped"


async def test_a_draft_is_kept_while_one_writes(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A moment after the last key it is kept, so that a crash loses nothing."""
    monkeypatch.setattr(message_draft, "KEEP_SECONDS", 0.02)
    async with running(runtime) as chat:
        await chat.type("half a thought")
        await chat.until(lambda: runtime.conversations.note("", "draft") == "half a thought")


async def test_a_system_prompt_goes_with_its_chat(runtime: FakeRuntime) -> None:
    """It stands before the messages of every request of that chat and of no other, once."""
    runtime.chat = replace(runtime.chat, prompts={"plain": "Answer in plain words."})
    async with running(runtime) as chat:
        await chat.press(*"/system", "space", *"plain", "enter")
        await chat.until(lambda: chat.chat.state.system == "plain")
        assert "plain" in str(chat.chat.composer.border_title)
        await chat.send("Explain one")
        await chat.send("Explain two")
        roles = [[m.role for m in request.messages] for request in runtime.engine.requests]
        assert roles == [["system", "user"], ["system", "user", "assistant", "user"]]
        name = chat.chat.state.id
        await chat.press("ctrl+n")
        await chat.until(lambda: chat.chat.state.id == "")
        await chat.send("Explain three")
        assert runtime.engine.requests[2].messages[0].role == "user"
        await chat.chat.chats.switch(name)
        assert chat.chat.state.system == "plain"


async def test_a_failed_preparation_is_told_once(runtime: FakeRuntime) -> None:
    """The app says why the local model could not be made ready, and does not say it again."""
    failed = "There is no local model here yet: it broke. What it said is in x.log."
    missing = LocalStatus("missing", "", failed, "llamacpp", warning="it broke")
    async with running(runtime) as chat:
        for now in (missing, LocalStatus("preparing", "", "compiling", "llamacpp"), missing):
            runtime.local.now = now
            await chat.chat.draft.refresh_local()
            await chat.until(lambda: len(chat.app._notifications) == 1)
        assert [notice.message for notice in chat.app._notifications] == [failed]
