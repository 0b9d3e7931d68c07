"""What left this machine, on the screen: the list of it, each text, and the document of all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual.content import Content

from edgeroute.core.display import safe_line
from edgeroute.core.private_file import write_new
from edgeroute.core.sent import SentRequest
from edgeroute.core.words import cost_words, size
from edgeroute.engine.admin.sent_document import style_of
from edgeroute.tui.chat.context import ChatContext
from edgeroute.tui.keymap import ON_SENT
from edgeroute.tui.screens.dialogs import AskDialog
from edgeroute.tui.screens.picker import Picker, PickerChoice, PickerItem, filtered
from edgeroute.tui.screens.receipt import ReceiptScreen
from edgeroute.tui.screens.sent import SentScreen

if TYPE_CHECKING:
    from edgeroute.engine.admin.sent_requests import SentRequests

_ANSWERS: Final = 1_000  # the list's; the export of all has all
_FORMS: Final = (
    "A page that any browser opens. With .md it is Markdown, with .json it holds the very bytes."
)


class SentPages:
    """Opens them."""

    def __init__(self, chat: ChatContext) -> None:
        self._chat = chat

    @property
    def _sent(self) -> SentRequests:
        return self._chat.runtime.admin.sent

    async def show(self) -> None:
        """The list, until it is closed."""
        found = await asyncio.to_thread(self._sent.latest, limit=_ANSWERS)
        by_id = {one.id: one for one in found}

        async def take(choice: PickerChoice) -> str:
            request = by_id[choice.id]
            if choice.act == "open":
                return await self._read(request)
            if choice.act == "all":
                return await self._export(await asyncio.to_thread(self._sent.latest))
            chat = request.receipt.conversation
            return await self._export([one for one in found if one.receipt.conversation == chat])

        items = filtered([_item(one) for one in found])
        nothing = "Nothing left this machine."
        title = "What left this machine"
        await self._chat.ask(Picker(title, items, extra=ON_SENT, empty=nothing, take=take))

    async def _read(self, request: SentRequest) -> str:
        text, said = await asyncio.to_thread(self._sent.read, request), ""
        while (wish := await self._chat.ask(SentScreen(text))) is not None:
            if wish == "export":
                said = await self._export([request])
                self._chat.notify(said or "Not exported.")
            else:
                await self._chat.ask(ReceiptScreen(request.receipt))
        return said

    async def _export(self, requests: Sequence[SentRequest]) -> str:
        """Write the document of ``requests`` into a new file of the user's alone."""
        name = await self._chat.ask(AskDialog("Export to", _FORMS, value="what-left.html"))
        if not name:
            return ""
        style = style_of(Path(name).suffix)
        text = await asyncio.to_thread(self._sent.document, requests, style)
        try:
            written = write_new(Path(name), text)
        except OSError as error:
            return f"Not exported: {name}: {error.strerror or 'it failed'}."
        return f"Exported to {written}."


def _item(one: SentRequest) -> PickerItem:
    """When, which chat, to whom, how much; then what it cost and was for, where there is room."""
    attempt = one.attempt
    chat = safe_line(one.chat, 18) or "no title"
    host = safe_line(attempt.host, 18)
    masked = "masked" if one.receipt.masked else ""
    rest = [cost_words(attempt.cost), masked, one.kind, safe_line(attempt.model, 30)]
    look = Content.assemble(
        (f"{_when(attempt.started)}  ", "$muted"),
        (chat.ljust(19), "bold"),
        host.ljust(19),
        f"{size(attempt.bytes_sent):>8}  ",
        (" · ".join(filter(None, rest)), "$muted"),
    )
    words = (chat, host, attempt.model, masked, one.kind, one.receipt.rule, attempt.outcome)
    return PickerItem(one.id, look, " ".join(words))


def _when(moment: datetime) -> str:
    return f"{moment.astimezone():%d %b %H:%M}"
