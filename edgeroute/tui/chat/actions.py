"""What the keys and commands of the chat do, by name."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from inspect import isawaitable
from typing import Any

from textual.actions import parse

from edgeroute.tui.chat.context import ChatContext

Dialog = Callable[..., Coroutine[Any, Any, None]]


class Actions:
    """``quick`` ones are done within the screen's messages; ``dialogs`` ask something and go on
    beside them, one at a time.
    """

    def __init__(
        self,
        chat: ChatContext,
        quick: Mapping[str, Callable[..., object]],
        dialogs: Mapping[str, Dialog],
    ) -> None:
        self._chat, self._quick, self._dialogs = chat, quick, dialogs

    async def run(self, call: str, *arguments: str) -> None:
        """Do what ``call`` says, such as ``thumb('up')``, with ``arguments`` after its own."""
        _, name, given = parse(call)
        if name in self._dialogs:
            self._chat.run(self._dialogs[name](*given, *arguments), "dialog")
            return
        result = self._quick[name](*given, *arguments)
        if isawaitable(result):
            await result
