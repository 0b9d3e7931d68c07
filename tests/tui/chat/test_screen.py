"""Everything the keys and commands of the chat screen do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edgeroute.core.verdict import PrivacyMode
from edgeroute.tui.chat.state import Phase
from edgeroute.tui.screens.dialogs import AskDialog, Confirm
from edgeroute.tui.screens.help import HelpScreen
from edgeroute.tui.screens.picker import Picker
from edgeroute.tui.screens.plan import PlanScreen
from edgeroute.tui.screens.providers import ProvidersScreen
from edgeroute.tui.screens.receipt import ReceiptScreen
from edgeroute.tui.screens.spend import SpendScreen
from edgeroute.tui.widgets.transcript.block import AnswerBlock, Question
from tests.tui.driver import running
from tests.tui.fake_runtime import CLOUD, SPARE, FakeRuntime


async def test_newline_keys_do_not_send(runtime: FakeRuntime) -> None:
    """ctrl+j and shift+enter begin a new line."""
    async with running(runtime) as chat:
        await chat.press("a", "ctrl+j", "b", "shift+enter", "c")
        assert chat.text == "a\nb\nc"
        assert runtime.engine.requests == []


async def test_tightening_privacy_is_one_key(runtime: FakeRuntime) -> None:
    """ctrl+t goes from AUTO to LOCAL ONLY at once, and the strip follows."""
    async with running(runtime) as chat:
        await chat.type("Explain this")
        await chat.press("ctrl+t")
        await chat.until(lambda: "LOCAL ONLY" in chat.words("#badge"))
        await chat.checked()
        assert "this chat is local only" in chat.strip


async def test_loosening_privacy_is_confirmed(runtime: FakeRuntime) -> None:
    """LOCAL ONLY to MASK asks; no keeps it, yes changes it."""
    runtime.new_mode = PrivacyMode.PRIVATE
    async with running(runtime) as chat:
        await chat.press("ctrl+t")
        await chat.top(Confirm)
        await chat.press("n")
        await chat.until(lambda: not isinstance(chat.app.screen, Confirm))
        assert chat.chat.state.mode is PrivacyMode.PRIVATE
        await chat.press("ctrl+t")
        await chat.top(Confirm)
        await chat.press("y")
        await chat.until(lambda: chat.chat.state.mode is PrivacyMode.MASK)


async def test_a_stored_chat_keeps_its_mode(runtime: FakeRuntime) -> None:
    """A change of mode is written down for chats that exist."""
    async with running(runtime) as chat:
        await chat.chat.chats.open("c2")
        await chat.press("ctrl+t")
        await chat.until(lambda: chat.chat.state.mode is PrivacyMode.PRIVATE)
        row = runtime.conversations.get("c2")
        assert row is not None
        assert row.mode is PrivacyMode.PRIVATE


async def test_a_latched_chat_is_never_loosened(runtime: FakeRuntime) -> None:
    """It says that it stays local, and why, and ctrl+t cannot undo it."""
    async with running(runtime) as chat:
        await chat.chat.chats.open("c1")
        assert "STAYS LOCAL" in chat.strip
        assert "message 1 held a name" in chat.strip
        await chat.press("ctrl+t")
        await chat.until(lambda: chat.chat.state.mode is PrivacyMode.PRIVATE)
        await chat.press("ctrl+t")
        await chat.pilot.pause(0.05)
        assert chat.chat.state.mode is PrivacyMode.PRIVATE
        assert not isinstance(chat.app.screen, Confirm)


async def test_a_refused_change_is_said_in_whole_sentences(runtime: FakeRuntime) -> None:
    """A latch reason that is a sentence already gets no second full stop."""
    row = runtime.conversations.rows["c1"]
    reason = "Message 1 held a name."
    runtime.conversations.rows["c1"] = replace(row, mode=PrivacyMode.PRIVATE, latch_reason=reason)
    async with running(runtime) as chat:
        await chat.chat.chats.open("c1")
        await chat.press("ctrl+t")
        await chat.until(lambda: len(chat.app._notifications) == 1)
        (notice,) = chat.app._notifications
        assert notice.message == "Message 1 held a name. ctrl+n begins another."


async def test_a_chat_latches_with_its_first_private_message(runtime: FakeRuntime) -> None:
    """After personal data the header says that the chat stays local."""
    async with running(runtime) as chat:
        await chat.send("mail anna@example.com")
        await chat.until(lambda: "STAYS LOCAL" in chat.words("#badge"))


async def test_the_plan_can_be_changed_before_sending(runtime: FakeRuntime) -> None:
    """ctrl+o lists the candidates; the chosen one is asked, for one message."""
    async with running(runtime) as chat:
        await chat.type("Explain this")
        await chat.press("ctrl+o")
        await chat.top(PlanScreen)
        assert "no key is stored" in chat.words(".dim")
        await chat.press("down", "enter")
        await chat.until(lambda: chat.chat.state.model == SPARE)
        await chat.checked()
        assert SPARE in chat.strip
        await chat.press("enter")
        await chat.until(lambda: len(runtime.engine.requests) == 1)
        assert runtime.engine.requests[0].model == SPARE
        await chat.idle()
        assert chat.chat.state.model == "auto"


async def test_the_model_picker_filters(runtime: FakeRuntime) -> None:
    """ctrl+l, a few letters, Enter."""
    async with running(runtime) as chat:
        await chat.press("ctrl+l")
        await chat.top(Picker)
        await chat.press(*"deep", "enter")
        await chat.until(lambda: chat.chat.state.model == SPARE)
        assert SPARE in str(chat.chat.composer.border_title)


async def test_not_personal_goes_to_the_allow_list_after_a_question(runtime: FakeRuntime) -> None:
    """f4 lists the hits; enter and yes make one count no more, and the strip follows."""
    async with running(runtime) as chat:
        await chat.type("mail info@example.com")
        assert "LOCAL" in chat.strip
        await chat.press("f4")
        await chat.top(Picker)
        await chat.press("enter")
        await chat.top(Confirm)
        await chat.press("y")
        await chat.until(lambda: runtime.inspector.allowed == ["info@example.com"])
        await chat.checked()
        assert "CLOUD" in chat.strip


async def test_chats_are_opened_renamed_pinned_forked_and_deleted(runtime: FakeRuntime) -> None:
    """The list's keys do what its last line says."""
    async with running(runtime) as chat:
        await chat.press("ctrl+s")
        await chat.top(Picker)
        await chat.press("down", "ctrl+t")
        await chat.until(lambda: runtime.conversations.rows["c2"].pinned)
        await chat.top(Picker)
        await chat.press("ctrl+b")
        await chat.until(lambda: len(runtime.conversations.rows) == 6)
        await chat.top(Picker)
        await chat.press("ctrl+r")
        await chat.top(AskDialog)
        await chat.press(*"X", "enter")
        await chat.until(lambda: any("X" in r.title for r in runtime.conversations.list()))
        await chat.top(Picker)
        before = len(runtime.conversations.rows)
        await chat.press("ctrl+d")
        await chat.top(Confirm)
        await chat.press("y")
        await chat.until(lambda: len(runtime.conversations.rows) == before - 1)
        await chat.top(Picker)
        await chat.press("enter")
        await chat.until(lambda: bool(chat.chat.state.id))
        assert len(chat.chat.query(Question)) == 1


async def test_export_writes_a_private_file(
    runtime: FakeRuntime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file holds the chat and only its owner can read it; an existing one is not replaced."""
    monkeypatch.chdir(tmp_path)
    async with running(runtime) as chat:
        await chat.chat.chats.open("c2")
        await chat.chat.actions.run("export_chat")
        await chat.top(AskDialog)
        await chat.press("enter")
        target = tmp_path / "rust-borrow-checker.md"
        await chat.until(target.exists)
        assert "rust borrow checker" in target.read_text()
        assert target.stat().st_mode & 0o777 == 0o600


async def test_search_finds_and_goes_there(runtime: FakeRuntime) -> None:
    """ctrl+f searches all chats; Enter opens the chat at the place."""
    async with running(runtime) as chat:
        await chat.press("ctrl+f")
        await chat.top(Picker)
        await chat.press(*"bergen")
        await chat.press("enter")
        await chat.until(lambda: chat.chat.state.id == "c3")


async def test_prompt_history_is_searched(runtime: FakeRuntime) -> None:
    """ctrl+r puts an earlier prompt into the box."""
    async with running(runtime) as chat:
        await chat.press("ctrl+r")
        await chat.top(Picker)
        await chat.press(*"regex", "enter")
        await chat.until(lambda: chat.text == "A question about a regex for dates")


async def test_screens_open_and_close(runtime: FakeRuntime) -> None:
    """f1, f3 and f5 open their screens, Esc closes them."""
    async with running(runtime) as chat:
        for key, screen in (("f1", HelpScreen), ("f3", SpendScreen), ("f5", ProvidersScreen)):
            await chat.press(key)
            await chat.top(screen)
            await chat.press("escape")
            await chat.until(lambda: chat.app.screen is chat.chat)


async def test_the_trace_shows_the_whole_receipt(runtime: FakeRuntime) -> None:
    """f2 names the rule, the host and the bytes."""
    async with running(runtime) as chat:
        await chat.send("Explain this")
        await chat.press("f2")
        await chat.top(ReceiptScreen)
        words = chat.words("#body Static")
        assert "912 bytes to api.anthropic.com" in words
        assert "explanations go to the model" in words


async def test_what_left_this_machine_is_a_list(runtime: FakeRuntime) -> None:
    """f8 lists only what left, and Enter shows its receipt."""
    async with running(runtime) as chat:
        await chat.send("Explain this")
        await chat.send("mail anna@example.com")
        await chat.press("f8")
        await chat.top(Picker)
        assert chat.app.screen.query_one("#choices").option_count == 1  # type: ignore[attr-defined]
        await chat.press("enter")
        await chat.top(ReceiptScreen)


async def test_the_block_cursor_walks_messages_and_code(runtime: FakeRuntime) -> None:
    """alt+up goes to the code block, then the answer, then the question; y copies it."""
    async with running(runtime) as chat:
        await chat.send("Explain this")
        await chat.press("alt+up")
        await chat.until(lambda: chat.answers[-1].code == 0)
        await chat.press("y")
        assert chat.app.clipboard.startswith("def find(table, key):")
        await chat.press("alt+up")
        assert chat.answers[-1].code == -1
        await chat.press("y")
        assert chat.app.clipboard.startswith("A hash table")
        await chat.press("alt+up", "y")
        assert chat.app.clipboard == "Explain this"
        await chat.press("enter")
        await chat.top(ReceiptScreen)
        await chat.press("escape")
        await chat.press("alt+down", "alt+down", "alt+down")
        assert chat.chat.composer.has_focus


async def test_editing_a_question_goes_on_in_a_fork(runtime: FakeRuntime) -> None:
    """Key e brings the question back into the box in a new chat; the old one is whole."""
    async with running(runtime) as chat:
        await chat.chat.chats.open("c2")
        await chat.pilot.pause()
        chat.chat.query(Question).first().focus()
        await chat.press("e")
        await chat.until(lambda: chat.text == "A question about rust borrow checker")
        assert chat.chat.state.id not in {"", "c2"}
        assert chat.chat.state.messages == ()
        assert len(runtime.conversations.turns("c2")) == 1


async def test_what_is_asked_anew_names_the_answer_it_replaces(runtime: FakeRuntime) -> None:
    """An edited question and one asked again carry the receipt of the answer that did not do."""
    async with running(runtime) as chat:
        await chat.send("Explain this")
        chat.answers[-1].focus()
        await chat.press("r")
        await chat.until(lambda: len(runtime.engine.requests) == 2)
        await chat.idle()
        chat.answers[-1].focus()
        await chat.press("e")
        await chat.until(lambda: chat.text == "Explain this")
        await chat.send(" better")
        await chat.send("And then?")
        asked = [request.replaces for request in runtime.engine.requests]
        assert asked == ["", "r0001", "r0002", ""]


async def test_a_thumb_is_shown_kept_and_taken_back(runtime: FakeRuntime) -> None:
    """f6 and f7 rate the last answer, + and - the chosen one; the same key again takes it back."""
    async with running(runtime) as chat:
        await chat.press("f6")
        assert runtime.memory.thumbs == {}
        await chat.send("Explain this")
        await chat.send("Explain that")
        await chat.press("f6")
        assert runtime.memory.thumbs == {"r0002": "up"}
        assert "[good]" in chat.words(".receipt")
        await chat.press("f7")
        assert runtime.memory.thumbs == {"r0002": "down"}
        await chat.press("f2")
        await chat.top(ReceiptScreen)
        assert "not good" in chat.words("#body Static")
        await chat.press("escape")
        chat.answers[0].focus()
        await chat.press("plus")
        assert runtime.memory.thumbs == {"r0002": "down", "r0001": "up"}
        await chat.press("plus")
        assert runtime.memory.thumbs["r0001"] is None
        await chat.chat.chats.open(chat.chat.state.id)
        await chat.until(lambda: "[not good]" in chat.words(".receipt"))
        assert "[good]" not in chat.words(".receipt")


async def test_asking_again_replaces_the_last_answer(runtime: FakeRuntime) -> None:
    """Key r on the last answer asks the same question in its place."""
    async with running(runtime) as chat:
        await chat.send("Explain this")
        chat.answers[-1].focus()
        await chat.press("r")
        await chat.until(lambda: len(runtime.engine.requests) == 2)
        await chat.idle()
        assert len(runtime.engine.requests[1].messages) == 1
        assert len(chat.chat.state.messages) == 2
        assert len(chat.answers) == 1


async def test_slash_commands_are_completed_and_run(runtime: FakeRuntime) -> None:
    """A slash lists the commands; Enter runs the first that fits; nothing is sent."""
    async with running(runtime) as chat:
        await chat.press("/", "p")
        assert chat.chat.page.suggestions.open
        await chat.press("enter")
        await chat.until(lambda: chat.chat.state.mode is PrivacyMode.PRIVATE)
        assert chat.text == ""
        assert runtime.engine.requests == []


async def test_a_command_takes_its_argument(runtime: FakeRuntime) -> None:
    """/model NAME chooses at once."""
    async with running(runtime) as chat:
        chat.chat.composer.insert(f"/model {CLOUD}")
        await chat.press("enter")
        await chat.until(lambda: chat.chat.state.model == CLOUD)


async def test_an_at_sign_offers_files(
    runtime: FakeRuntime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """@ and the beginning of a name attach the file and leave the rest of the text."""
    (tmp_path / "notes.txt").write_text("x")
    monkeypatch.chdir(tmp_path)
    async with running(runtime) as chat:
        chat.chat.composer.insert("read @no")
        await chat.pilot.pause()
        assert chat.chat.page.suggestions.open
        await chat.press("tab")
        await chat.until(lambda: len(chat.chat.state.attachments) == 1)
        assert chat.text == "read "


async def test_ctrl_c_copies_then_quits_on_the_second_press(runtime: FakeRuntime) -> None:
    """With a selection it copies; without one, twice leaves the app."""
    async with running(runtime) as chat:
        await chat.type("hello")
        chat.chat.composer.select_all()
        await chat.press("ctrl+c")
        assert chat.app.clipboard == "hello"
        chat.chat.composer.put("")
        await chat.press("ctrl+c", "ctrl+c")
        await chat.until(lambda: not chat.app.is_running or chat.app._exit)


async def test_a_new_chat_begins_empty(runtime: FakeRuntime) -> None:
    """ctrl+n leaves the old chat as it is."""
    async with running(runtime) as chat:
        await chat.chat.chats.open("c2")
        await chat.press("ctrl+n")
        assert chat.chat.state.id == ""
        assert len(chat.chat.query(AnswerBlock)) == 0
        assert chat.chat.state.phase is Phase.IDLE
