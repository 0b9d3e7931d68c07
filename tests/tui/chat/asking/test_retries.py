"""Questions that are asked again."""

from __future__ import annotations

from textual.widgets import Button

from edgeroute.tui.widgets.transcript.block import Question
from edgeroute.tui.widgets.transcript.error_card import ErrorCard
from tests.tui.driver import running
from tests.tui.fake_runtime import FakeRuntime


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


async def test_with_nothing_to_ask_again_that_is_said(runtime: FakeRuntime) -> None:
    """A command that can do nothing does not just vanish from the box."""
    async with running(runtime) as chat:
        chat.chat.composer.insert("/retry")
        await chat.pilot.pause()
        await chat.press("enter")
        told = "nothing to ask again"
        await chat.until(lambda: any(told in one.message for one in chat.app._notifications))
        assert runtime.engine.requests == []
