# ruff: noqa: INP001  (a script beside what it writes, not a package)
"""Draws docs/images/chat.svg: the chat app over the tests' scripted runtime, so no data of anybody.

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

TARGET: Final = Path(__file__).parent / "images" / "chat.svg"
SIZE: Final = (110, 32)
OPEN: Final = "Explain how a hash table works"
PRIVATE: Final = "Draft a reply to Anna Berg (anna@example.com, +47 412 34 567): no."


async def picture() -> str:
    """The app with one answer and a private message in the box, as SVG."""
    runtime = FakeRuntime()
    app = ChatApp(runtime.real)
    app.animation_level = "none"
    async with app.run_test(size=SIZE) as pilot:
        chat = Driver(app, pilot, runtime)
        await chat.until(lambda: chat.chat.draft.local_state == "ready")
        chat.chat.composer.cursor_blink = False
        await chat.send(OPEN)
        await chat.type(PRIVATE)
        await pilot.pause()
        drawn = app.export_screenshot(title="edgeroute")
    # Textual names fonts of another host: whoever looks at the picture should not fetch them.
    return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)


if __name__ == "__main__":
    TARGET.write_text(asyncio.run(picture()), "utf-8")
