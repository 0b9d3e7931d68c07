"""The chat app."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Final

from edgeroute.tui import terminal

if TYPE_CHECKING:
    from edgeroute.wiring import Runtime

_SWITCH_SECONDS: Final = 0.001


def run(runtime: Runtime, *, plain: bool = False) -> int:
    """Run the chat until the user leaves; the exit code of the program.

    ``plain`` writes labelled lines; so does a terminal that cannot be drawn on, and ACCESSIBLE.

    Raises:
        SettingsError: the user's own keys are wrong.
    """
    if plain or terminal.needs_lines(
        os.environ, terminal=sys.stdin.isatty() and sys.stdout.isatty()
    ):
        from edgeroute.tui.plain import run as run_lines  # noqa: PLC0415 - loaded when needed

        return run_lines(runtime)

    from edgeroute.tui.app import ChatApp  # noqa: PLC0415 - Textual is not for plain mode

    app = ChatApp(runtime)

    # The check reads in a thread; a key waits for at most this long until that thread makes room.
    sys.setswitchinterval(_SWITCH_SECONDS)

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
