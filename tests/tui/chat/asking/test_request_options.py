"""Privacy, plan, model and findings of the next message."""

from __future__ import annotations

from dataclasses import replace

from textual.widgets import OptionList

from edgeroute.core.messages import Image
from edgeroute.core.pictures import allowed_as
from edgeroute.core.verdict import LocalOpinion, PrivacyMode
from edgeroute.tui.screens.dialogs import Confirm
from edgeroute.tui.screens.picker import Picker
from edgeroute.tui.screens.plan import PlanScreen
from tests.tui.driver import running
from tests.tui.fake_runtime import CLOUD, LOCAL, SPARE, FakeRuntime, card


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


async def test_one_picture_is_let_go_after_a_question(runtime: FakeRuntime) -> None:
    """f4 lists the attached pictures that stay; enter and yes let one go, to the byte."""
    face, other = Image("image/png", b"face"), Image("image/png", b"other")
    async with running(runtime) as chat:
        await chat.type("Who is this?")
        chat.chat.draft.changed(attachments=(face, other))
        await chat.press("f4")
        await chat.top(Picker)
        await chat.press("down", "enter")
        await chat.top(Confirm)
        await chat.press("y")
        await chat.until(lambda: runtime.inspector.allowed == [allowed_as(b"other")])
        await chat.press("f4")
        await chat.top(Picker)
        await chat.press("enter")
        await chat.top(Confirm)
        await chat.press("n")
        await chat.until(lambda: not isinstance(chat.app.screen, Confirm))
        assert runtime.inspector.allowed == [allowed_as(b"other")]


async def test_the_list_of_findings_says_who_was_asked(runtime: FakeRuntime) -> None:
    """F4 tells the local model's opinion, whether or not anything was found."""
    runtime.inspector.opinions = (LocalOpinion("local/m", 0.2, holds=False),)
    async with running(runtime) as chat:
        for text in ("Explain how a hash table works", " to anna@example.com"):
            await chat.type(text)
            await chat.press("f4")
            await chat.top(Picker)
            picker = chat.app.screen
            assert isinstance(picker, Picker)
            told = f"{picker._empty} {picker.KEYS}"
            assert "local/m was asked whether it is private: no (80%)" in told
            await chat.press("escape")
            await chat.until(lambda: not isinstance(chat.app.screen, Picker))


async def test_what_could_not_be_read_is_not_called_free_of_personal_data(
    runtime: FakeRuntime,
) -> None:
    """F4 says why nothing was found where nothing could be looked for."""
    runtime.inspector.unread = "A model is missing."
    async with running(runtime) as chat:
        await chat.type("Explain how a hash table works")
        await chat.press("f4")
        await chat.top(Picker)
        assert chat.words("#empty") == "A model is missing."


async def test_usable_models_come_first_with_price_and_window(runtime: FakeRuntime) -> None:
    """A model without a key stands at the end, says so, and is not taken."""
    runtime.catalog.cards["openai/gpt-5.5"] = card("openai/gpt-5.5", "2", "8")  # type: ignore[index]
    runtime.catalog.cards[LOCAL] = runtime.catalog.cards.pop(LOCAL)  # type: ignore[attr-defined,index]
    async with running(runtime, (120, 36)) as chat:
        await chat.press("ctrl+l")
        await chat.top(Picker)
        listed = chat.app.screen.query_one("#choices", OptionList)
        rows = [str(listed.get_option_at_index(n).prompt) for n in range(listed.option_count)]
        assert "openai/gpt-5.5" in rows[-1]
        assert "no key" in rows[-1]
        first = next(row for row in rows if CLOUD in row)
        assert "128k" in first
        assert "$3 in, $15 out" in first
        await chat.press(*"gpt-5.5", "enter")
        await chat.until(lambda: any("no key" in n.message for n in chat.app._notifications))
        assert chat.chat.state.model == "auto"
