# ruff: noqa: INP001  (a script beside what it writes, not a package)
"""Draws docs/images/chat.svg and, as a short film, walk.svg: the chat app over the tests' scripted
runtime, so no data of anybody.

python -m docs.picture
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Final

from edgeroute.tui.app import ChatApp
from tests.tui.driver import Driver
from tests.tui.fake_runtime import FakeRuntime

IMAGES: Final = Path(__file__).parent / "images"
SIZE: Final = (110, 32)
OPEN: Final = "Explain how a hash table works"
PRIVATE: Final = "Draft a reply to Anna Berg (anna@example.com, +47 412 34 567): no."


Frame = tuple[str, float]


async def frames() -> list[Frame]:
    """The app on its way from an open question to a private letter: pictures and their seconds."""
    runtime = FakeRuntime()
    app = ChatApp(runtime.real)
    app.animation_level = "none"
    taken: list[Frame] = []
    async with app.run_test(size=SIZE) as pilot:
        chat = Driver(app, pilot, runtime)

        async def take(seconds: float) -> None:
            await pilot.pause()
            drawn = app.export_screenshot(title="edgeroute")
            # Textual names fonts of another host: whoever looks should not fetch them.
            taken.append((re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL), seconds))

        await chat.until(lambda: chat.chat.draft.local_state == "ready")
        chat.chat.composer.cursor_blink = False
        await take(1.5)
        await chat.type(OPEN)
        await take(2.5)
        await chat.press("enter")
        await chat.idle()
        await take(3.0)
        for end in range(len(PRIVATE) // 3, len(PRIVATE) + 1, len(PRIVATE) // 3):
            chat.chat.composer.put(PRIVATE[: end if len(PRIVATE) - end > 2 else len(PRIVATE)])
            await chat.checked()
            await take(1.2)
        await take(2.5)
        await chat.press("enter")
        await chat.idle()
        await take(4.0)
    return taken


def film(taken: list[Frame]) -> str:
    """Pictures of one size one after the other, over and over, in one file without a script."""
    whole = sum(seconds for _, seconds in taken)
    size = re.search(r'viewBox="([^"]+)"', taken[0][0])
    assert size is not None
    rules, shown, at = [], [], 0.0
    for number, (drawn, seconds) in enumerate(taken):
        start, end = at / whole * 100, (at + seconds) / whole * 100
        at += seconds
        rules.append(
            f"@keyframes f{number} {{ 0%, {start:.2f}% {{ visibility: hidden }}"
            f" {start:.2f}%, {end:.2f}% {{ visibility: visible }}"
            f" {end:.2f}%, 100% {{ visibility: hidden }} }}"
            f" #f{number} {{ animation: f{number} {whole:.1f}s step-end infinite }}"
        )
        # Each picture has its own names: they would else be those of the last.
        own = re.sub(r"\bterminal-(?=[\w-])", f"t{number}-", drawn)
        shown.append(f'<g id="f{number}">{own}</g>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size[1]}">'
        f"<style>{' '.join(rules)}</style>{''.join(shown)}</svg>\n"
    )


if __name__ == "__main__":
    made = asyncio.run(frames())
    IMAGES.joinpath("chat.svg").write_text(made[-2][0], "utf-8")
    IMAGES.joinpath("walk.svg").write_text(film(made), "utf-8")
