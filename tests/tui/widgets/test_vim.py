"""The keys of vi in the message box."""

from __future__ import annotations

from dataclasses import replace

from tests.tui.driver import running
from tests.tui.fake_runtime import FakeRuntime

TEXT = "one two three\nfour five\n  six"

CASES = [
    # what is pressed from the beginning of TEXT, the text and the cursor after it
    ("x", "ne two three\nfour five\n  six", (0, 0)),
    ("3x", " two three\nfour five\n  six", (0, 0)),
    ("dw", "two three\nfour five\n  six", (0, 0)),
    ("wdw", "one three\nfour five\n  six", (0, 4)),
    ("2dw", "three\nfour five\n  six", (0, 0)),
    ("d$", "\nfour five\n  six", (0, 0)),
    ("wD", "one \nfour five\n  six", (0, 4)),
    ("dd", "four five\n  six", (0, 0)),
    ("2dd", "  six", (0, 0)),
    ("Gdd", "one two three\nfour five", (1, 0)),
    ("3dd", "", (0, 0)),
    ("jdk", "  six", (0, 0)),
    ("ddp", "four five\none two three\n  six", (1, 0)),
    ("yyP", "one two three\n" + TEXT, (0, 0)),
    ("ywwP", "one one two three\nfour five\n  six", (0, 8)),
    ("e", TEXT, (0, 2)),
    ("eee", TEXT, (0, 12)),
    ("wwb", TEXT, (0, 4)),
    ("G^", TEXT, (2, 2)),
    ("2G", TEXT, (1, 0)),
    ("Ggg", TEXT, (0, 0)),
    ("jl0", TEXT, (1, 0)),
    ("$", TEXT, (0, 13)),
    ("ddu", TEXT, (0, 0)),
    ("dduU", "four five\n  six", (0, 0)),
    ("dz", TEXT, (0, 0)),
    ("cwno", "no two three\nfour five\n  six", (0, 2)),
    ("ccno", "no\nfour five\n  six", (0, 2)),
    ("Ano", "one two threeno\nfour five\n  six", (0, 15)),
    ("GIno", "one two three\nfour five\n  nosix", (2, 4)),
    ("ono", "one two three\nno\nfour five\n  six", (1, 2)),
    ("jOno", "one two three\nno\nfour five\n  six", (1, 2)),
    ("ano", "onone two three\nfour five\n  six", (0, 3)),
    ("Cno", "no\nfour five\n  six", (0, 2)),
    ("99999x", "\nfour five\n  six", (0, 0)),
]


async def test_keys_do_what_they_do_in_vi(runtime: FakeRuntime) -> None:
    """Motions, operators and counts, and inserting by the usual letters."""
    runtime.chat = replace(runtime.chat, vim=True)
    async with running(runtime) as chat:
        box = chat.chat.composer
        for keys, text, cursor in CASES:
            box.load_text(TEXT)
            await chat.press("escape")
            box.move_cursor((0, 0))
            await chat.press(*keys)
            assert (chat.text, box.cursor_location) == (text, cursor), keys


async def test_it_is_said_which_mode_holds(runtime: FakeRuntime) -> None:
    """NORMAL stands in the edge of the box; enter sends from both."""
    runtime.chat = replace(runtime.chat, vim=True)
    async with running(runtime) as chat:
        await chat.type("Explain this")
        assert "NORMAL" not in str(chat.chat.composer.border_title)
        await chat.press("escape")
        assert "NORMAL" in str(chat.chat.composer.border_title)
        await chat.press("enter")
        await chat.idle()
        assert len(runtime.engine.requests) == 1


async def test_without_the_setting_letters_are_letters(runtime: FakeRuntime) -> None:
    """Esc changes nothing in the box."""
    async with running(runtime) as chat:
        await chat.press("a", "escape", "x")
        assert chat.text == "ax"
