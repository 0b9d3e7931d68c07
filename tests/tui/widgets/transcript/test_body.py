"""The text of an answer: one look, selected at once, its code and tables chosen."""

from __future__ import annotations

import pytest

from edgeroute.core.messages import assistant, user
from edgeroute.tui.screens.receipt import ReceiptScreen
from edgeroute.tui.widgets.transcript.block import Block
from edgeroute.tui.widgets.transcript.body import AnswerBody
from tests.tui.driver import Driver, running
from tests.tui.fake_runtime import LONG_ANSWER, FakeRuntime, turn_of

WIDE_TABLE = (
    "| " + " | ".join(f"column number {n}" for n in range(9)) + " |\n" + "|---" * 9 + "|\n"
) + ("| " + " | ".join(f"value {n} of this row" for n in range(9)) + " |\n") * 3


def words(chat: Driver) -> str:
    """What stands on the screen."""
    strips = chat.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def drawn(body: AnswerBody) -> list[list[tuple[str, str]]]:
    """Every cell of ``body`` with its style."""
    lines = (body.render_line(y) for y in range(body.size.height))
    return [[(segment.text, str(segment.style)) for segment in line] for line in lines]


async def test_an_answer_looks_the_same_while_written_after_and_opened_again(
    runtime: FakeRuntime,
) -> None:
    """Nothing moves and no colour changes: not at its end, not when the next question comes, not
    when it has the focus and loses it, not when the chat is opened anew.
    """
    runtime.engine.answer = LONG_ANSWER
    async with running(runtime, (100, 60)) as chat:
        await chat.send("Explain this")
        answer = chat.answers[0]
        body, place = answer.body, answer.body.region
        first = drawn(body)
        await chat.send("Explain that")
        chat.answers[0].focus()
        await chat.pilot.pause()
        chat.chat.composer.focus()
        await chat.pilot.pause()
        assert chat.answers[0].body is body
        assert (body.region.size, body.region.x) == (place.size, place.x)
        await chat.chat.chats.open(chat.chat.state.id)
        await chat.pilot.pause()
        again = chat.answers[0].body
        assert drawn(again) == first


async def test_the_first_drag_on_an_older_answer_selects(runtime: FakeRuntime) -> None:
    """Words are selected and copied as written, and nothing moves under the mouse."""
    async with running(runtime, (100, 40)) as chat:
        await chat.send("Explain one")
        await chat.send("Explain two")
        body = chat.answers[0].body
        before = [block.region for block in chat.chat.query(Block)]
        await chat.pilot.mouse_down(body, offset=(2, 0))
        await chat.pilot.hover(body, offset=(11, 0))
        await chat.pilot.mouse_up(body, offset=(11, 0))
        assert chat.chat.get_selected_text() == "hash table"
        assert [block.region for block in chat.chat.query(Block)] == before
        await chat.press("ctrl+c")
        assert chat.app.clipboard == "hash table"


async def test_a_selection_is_what_was_written(runtime: FakeRuntime) -> None:
    """Wrapped lines are one, and bullets, indents, captions and marks of folding are left out."""
    text = (
        "Some words that are so many that they must be wrapped.\n\n- one\n\n"
        "```py\nprint('a line of code that is folded')\n```"
    )
    runtime.conversations.stored["c2"] = [turn_of((user("q"), assistant(text)))]
    async with running(runtime, (40, 30)) as chat:
        await chat.chat.chats.open("c2")
        await chat.pilot.pause()
        body = chat.answers[0].body
        body.text_select_all()
        chosen = chat.chat.get_selected_text()
        assert chosen is not None
        assert chosen.strip() == (
            "Some words that are so many that they must be wrapped.\n\none\n\n"
            "print('a line of code that is folded')"
        )


async def test_chosen_code_says_so_in_words(runtime: FakeRuntime) -> None:
    """alt+up chooses table and code, in words and not by colour alone; y copies what is chosen, and
    alt+c the newest code without choosing.
    """
    runtime.engine.answer = LONG_ANSWER
    async with running(runtime, (100, 50)) as chat:
        await chat.send("Explain this")
        await chat.press("alt+up")
        assert "> chosen: table" in words(chat)
        await chat.press("y")
        assert chat.app.clipboard.startswith("| operation")
        await chat.press("alt+up")
        assert "> chosen: python · 3 lines · y copies it" in words(chat)
        await chat.press("y")
        assert chat.app.clipboard.startswith("def find")
        await chat.press("escape")
        assert "chosen" not in words(chat)
        chat.app.copy_to_clipboard("")
        await chat.press("alt+c")
        assert chat.app.clipboard.startswith("def find")


async def test_a_table_wider_than_the_page_is_moved(runtime: FakeRuntime) -> None:
    """It says that it is, and left and right show the rest, to its end and back."""
    runtime.engine.answer = WIDE_TABLE
    async with running(runtime, (80, 30)) as chat:
        await chat.send("Explain this")
        assert "wider than the page" in words(chat)
        assert "value 8" not in words(chat)
        await chat.press("alt+up", *["right"] * 30)
        assert "value 8" in words(chat)
        assert "column number 0" not in words(chat)
        await chat.press(*["left"] * 30)
        assert "value 8" not in words(chat)


@pytest.mark.parametrize(("width", "most"), [(200, 100), (80, 80)])
async def test_prose_has_a_readable_width(runtime: FakeRuntime, width: int, most: int) -> None:
    """However wide the terminal is."""
    runtime.engine.answer = "word " * 200
    async with running(runtime, (width, 60)) as chat:
        await chat.send("Explain this")
        body = chat.chat.query_one(AnswerBody)
        assert max(len(row.text) for row in body._rows) <= most
        assert body._rows[0].text.startswith("word word")


async def test_typing_after_a_mouse_selection_goes_to_the_message_box(
    runtime: FakeRuntime,
) -> None:
    """No letter acts on the answer that was clicked, and none is lost from a block that was chosen;
    a click on a receipt's line opens it.
    """
    async with running(runtime, (100, 40)) as chat:
        await chat.send("Explain one")
        await chat.pilot.click(AnswerBody, offset=(4, 0))
        await chat.press(*"elr")
        assert chat.text == "elr"
        chat.chat.composer.put("")
        await chat.press("alt+up")
        chat.app.simulate_key("m")
        for letter in "oreel":
            chat.app.simulate_key(letter)
        await chat.until(lambda: len(chat.text) == 6)
        assert chat.text == "moreel"
        assert len(runtime.engine.requests) == 1
        await chat.pilot.click("AnswerBlock .receipt")
        await chat.top(ReceiptScreen)
