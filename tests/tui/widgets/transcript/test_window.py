"""Only a window of a long chat is mounted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.messages import assistant, user
from edgeroute.tui.widgets.transcript.block import Block
from edgeroute.tui.widgets.transcript.body import AnswerBody
from edgeroute.tui.widgets.transcript.window import SIZE, Window
from tests.tui.driver import running
from tests.tui.fake_runtime import FakeRuntime, turn_of

STEPS = st.lists(st.sampled_from(["older", "newer"]), max_size=30)


@given(st.integers(0, 500), STEPS)
def test_the_window_stays_inside_and_small(total: int, steps: list[str]) -> None:
    """Whatever way one scrolls, at most SIZE entries are mounted and none is skipped."""
    window = Window.tail(total)
    for step in steps:
        before = window
        window = window.older() if step == "older" else window.newer()
        assert 0 <= window.start <= window.end <= total
        assert window.end - window.start <= SIZE
        assert window.start <= before.end
        assert before.start <= window.end


@given(st.integers(1, 500), st.data())
def test_a_place_is_inside_the_window_around_it(total: int, data: st.DataObject) -> None:
    """Jumping to an entry mounts it."""
    at = data.draw(st.integers(0, total - 1))
    window = Window.around(at, total)
    assert window.start <= at < window.end
    assert window.end - window.start <= SIZE


async def test_a_long_chat_mounts_a_window_of_light_widgets(runtime: FakeRuntime) -> None:
    """A chat of 1,000 messages mounts 40; scrolling up loads earlier ones."""
    turns = [turn_of((user(f"question {n}"), assistant(f"answer **{n}**"))) for n in range(500)]
    runtime.conversations.stored["c2"] = turns
    async with running(runtime) as chat:
        await chat.chat.chats.open("c2")
        assert len(chat.chat.query(Block)) == SIZE
        assert len(chat.chat.query(AnswerBody)) == SIZE // 2
        assert chat.chat.page.transcript.blocks[-1].text == "answer **499**"
        await chat.chat.page.transcript.load_older()
        assert len(chat.chat.query(Block)) == SIZE
        assert chat.chat.page.transcript.blocks[0].text == "question 470"
        await chat.send("Explain this")
        assert len(chat.chat.query(Block)) <= SIZE + 1
        assert chat.chat.page.transcript.blocks[-2].text == "Explain this"


async def test_a_search_hit_opens_in_the_middle(runtime: FakeRuntime) -> None:
    """Opening at an exchange mounts what is around it and puts the cursor there."""
    turns = [turn_of((user(f"question {n}"), assistant(f"answer {n}"))) for n in range(100)]
    runtime.conversations.stored["c2"] = turns
    async with running(runtime) as chat:
        await chat.chat.chats.switch("c2", turn=50)
        await chat.until(lambda: any(b.has_focus for b in chat.chat.query(Block)))
        focused = next(b for b in chat.chat.query(Block) if b.has_focus)
        assert focused.text == "question 50"
        assert len(chat.chat.query(Block)) == SIZE


@pytest.mark.timeout(240)
@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_twenty_of_twenty_jumps_land(runtime: FakeRuntime, size: tuple[int, int]) -> None:
    """Ten in each size: wherever a search hit is in a long chat, its question stands at the top of
    the view, or as near to it as the end of the chat lets it, and stays there.
    """
    texts = [
        "short",
        "long " * 200,
        "1. a\n2. b\n\n```py\n" + "x = 1\n" * 20 + "```",
        "| a | b |\n|-|-|\n" + "| 1 | 2 |\n" * 12,
    ]
    turns = [
        turn_of((user(f"question {n}"), assistant(texts[n % 4] + f"\n\nanswer {n}")))
        for n in range(150)
    ]
    runtime.conversations.stored["c2"] = turns
    async with running(runtime, size) as chat:
        view = chat.chat.page.transcript
        for jump in range(10):
            turn = (jump * 67 + size[0]) % 150
            await chat.chat.chats.switch("c2", turn=turn)
            await chat.until(lambda: any(b.has_focus for b in chat.chat.query(Block)))
            await chat.pilot.pause(0.1)
            block = next(b for b in chat.chat.query(Block) if b.has_focus)
            assert block.text == f"question {turn}"
            at_end = view.scroll_y >= view.max_scroll_y and block.region.y > view.region.y
            assert block.region.y == view.region.y or (at_end and not view._window.later)
