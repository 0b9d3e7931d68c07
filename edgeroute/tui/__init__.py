"""The chat app."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeroute.tui.ports import Runtime


def run(runtime: Runtime) -> int:
    """Run the chat app until the user leaves; the exit code of the program.

    Raises:
        SettingsError: the user's own keys are wrong.
    """
    from edgeroute.tui.app import ChatApp  # noqa: PLC0415 - Textual is loaded when it is needed

    app = ChatApp(runtime)
    app.run(mouse=runtime.chat.mouse)
    return app.return_code or 0
