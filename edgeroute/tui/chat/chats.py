"""What can be done with chats: open, name, delete, fork, export, pin, search."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.content import Content

from edgeroute.core.display import safe, safe_line
from edgeroute.tui.chat.state import Phase
from edgeroute.tui.chat.turns import ChatTurns
from edgeroute.tui.screens.dialogs import AskDialog, Confirm
from edgeroute.tui.screens.picker import Picker, PickerItem, filtered
from edgeroute.tui.widgets.chat_list import row
from edgeroute.tui.words import ago

if TYPE_CHECKING:
    from edgeroute.core.conversation import SearchHit

_KEYS = {"r": "rename", "d": "delete", "b": "fork", "x": "export", "p": "pin"}


def snippet(hit: SearchHit) -> Content:
    """The found text on one line, with what was found marked."""
    text = hit.snippet.replace("\n", " ")
    content = Content(text) if text == safe(text) else Content(safe_line(text))
    for start, end in hit.marks:
        content = content.stylize("bold $primary", start, end)
    return content


def write_new(path: Path, text: str) -> Path:
    """Write ``text`` to a file that does not exist yet and that only its owner can read."""
    target = path.expanduser().absolute()
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return target


class ChatShelf(ChatTurns):
    """The page with its chats."""

    async def switch_chat(self, conversation: str, *, turn: int | None = None) -> None:
        """Open another chat unless an answer is running."""
        if self.state.phase is not Phase.IDLE:
            self.notify("Wait for the answer, or stop it with esc.")
            return
        await self.open_chat(conversation, turn=turn)
        if turn is None:
            self.composer.focus()

    @work(exclusive=True, group="dialog")
    async def action_show_chats(self) -> None:
        """The list of chats, until one is opened or the list is closed."""
        now = self.runtime.clock.now()
        while True:
            chats = {chat.id: chat for chat in self.runtime.conversations.list()}
            items = [PickerItem(c.id, row(c, now, 60), c.title) for c in chats.values()]
            chosen = await self.app.push_screen_wait(
                Picker("Chats", filtered(items), keys=_KEYS, empty="No chats yet.")
            )
            if chosen is None:
                return
            if chosen.key == "enter":
                await self.switch_chat(chosen.id)
                return
            await self._change(chosen.id, chosen.key)

    async def _change(self, chat: str, key: str) -> None:
        conversations = self.runtime.conversations
        found = conversations.get(chat)
        if found is None:
            return
        if key == "r":
            title = await self.app.push_screen_wait(AskDialog("Rename", value=found.title))
            if title:
                self._rename(chat, title)
        elif key == "d":
            await self._delete(chat, found.title)
        elif key == "b":
            conversations.fork(chat, len(conversations.turns(chat)))
        elif key == "x":
            await self.export(chat, found.title)
        elif key == "p":
            conversations.pin(chat, not found.pinned)
        self.refresh_chats()

    def _rename(self, chat: str, title: str) -> None:
        clean = safe_line(title, 120)
        self.runtime.conversations.rename(chat, clean)
        if chat == self.state.id:
            self.state = replace(self.state, title=clean)
            self.show_state()
        self.refresh_chats()

    async def _delete(self, chat: str, title: str) -> None:
        text = "The messages are erased from this machine. This cannot be undone."
        name = safe_line(title, 50) or "this chat"
        if not await self.app.push_screen_wait(Confirm(f"Delete {name}?", text, "Delete")):
            return
        if chat == self.state.id:
            if self.state.phase is not Phase.IDLE:
                self.notify("Wait for the answer, or stop it with esc.")
                return
            await self.open_new(self.runtime.new_mode)
        self.runtime.conversations.delete(chat)

    async def export(self, chat: str, title: str) -> None:
        """Write a chat to a Markdown file that only its owner can read."""
        name = re.sub(r"[^\w-]+", "-", safe_line(title, 50)).strip("-").lower() or "chat"
        path = await self.app.push_screen_wait(
            AskDialog("Export to", "A Markdown file; the chat itself stays.", value=f"{name}.md")
        )
        if not path:
            return
        try:
            written = write_new(Path(path), self.runtime.conversations.export(chat))
        except OSError as error:
            self.notify(f"{path}: {error.strerror or 'it failed'}.", title="Not exported")
            return
        self.notify(str(written), title="Exported")

    @work(exclusive=True, group="dialog")
    async def action_find(self, words: str = "") -> None:
        """Search the text of all chats and go to the place."""
        now = self.runtime.clock.now()

        def source(typed: str) -> Sequence[PickerItem]:
            hits = self.runtime.conversations.search(typed) if len(typed) > 1 else ()
            return [
                PickerItem(
                    f"{hit.position} {hit.conversation}",
                    Content.assemble(
                        (safe_line(hit.title, 50) or "new chat", "bold"),
                        (f"  {ago(hit.created, now)}", "$muted"),
                        "\n",
                        snippet(hit),
                    ),
                )
                for hit in hits
            ]

        chosen = await self.app.push_screen_wait(
            Picker(
                "Search all chats",
                source,
                placeholder="words to find",
                empty="Type at least two letters.",
                value=words,
            )
        )
        if chosen is not None:
            position, _, chat = chosen.id.partition(" ")
            await self.switch_chat(chat, turn=int(position))

    async def action_new_chat(self) -> None:
        """Begin a new chat."""
        if self.state.phase is Phase.IDLE:
            await self.open_new(self.runtime.new_mode)
        else:
            self.notify("Wait for the answer, or stop it with esc.")

    async def fork(self, turns: int) -> None:
        """Go to a new chat that begins with the first ``turns`` exchanges of this one."""
        if self.state.id:
            forked = self.runtime.conversations.fork(self.state.id, turns)
            await self.switch_chat(forked.id)

    async def action_fork_here(self) -> None:
        """A new chat that begins like this one."""
        if self.state.id:
            await self.fork(len(self.runtime.conversations.turns(self.state.id)))

    @work(exclusive=True, group="dialog")
    async def action_rename_chat(self, title: str = "") -> None:
        """Give this chat a name."""
        if not self.state.id:
            return
        name: str | None = title or await self.app.push_screen_wait(
            AskDialog("Rename", value=self.state.title)
        )
        if name:
            self._rename(self.state.id, name)

    @work(exclusive=True, group="dialog")
    async def action_export_chat(self) -> None:
        """Write this chat to a file."""
        if self.state.id:
            await self.export(self.state.id, self.state.title)

    def action_toggle_sidebar(self) -> None:
        """Show or hide the chats at the left."""
        self.sidebar.toggle_class("-toggled")
