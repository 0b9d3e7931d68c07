"""The chat app."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeroute.wiring import Runtime


def run(runtime: Runtime, *, plain: bool = False) -> int:
    """Run the chat until the user leaves; the exit code of the program.

    ``plain`` writes labelled lines; so does a terminal that cannot be drawn on, and ACCESSIBLE.

    Raises:
        SettingsError: the user's own keys are wrong.
    """
    from edgeroute.tui import plain as lines  # noqa: PLC0415 - loaded when it is needed

    if plain or lines.wanted(os.environ, terminal=sys.stdin.isatty() and sys.stdout.isatty()):
        return lines.run(runtime)

    from edgeroute.tui import terminal  # noqa: PLC0415
    from edgeroute.tui.app import ChatApp  # noqa: PLC0415 - Textual is not for plain mode

    app = ChatApp(runtime)

    async def drawn() -> None:
        terminal.ended_by(lambda code: app.exit(return_code=code))
        try:
            await app.run_async(mouse=runtime.chat.mouse)
        finally:
            # Kept connections can be let go of only on the loop that they were opened on.
            await runtime.close()

    with terminal.ending_with_terminal(), terminal.drawn_on_terminal():
        asyncio.run(drawn())
    return app.return_code or 0
