"""The chats: open, name, delete, fork, export, pin, search."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual.content import Content

from edgeroute.core.display import safe, safe_line
from edgeroute.core.errors import StoreError
from edgeroute.core.messages import File, Image
from edgeroute.core.private_file import write_new
from edgeroute.core.verdict import PrivacyMode
from edgeroute.tui.chat.context import ChatContext
from edgeroute.tui.chat.message_draft import MessageDraft
from edgeroute.tui.chat.page import part_name
from edgeroute.tui.chat.pictures import answer_text
from edgeroute.tui.chat.state import ChatState, opened
from edgeroute.tui.keymap import ON_CHAT
from edgeroute.tui.screens.dialogs import AskDialog, Confirm
from edgeroute.tui.screens.picker import Picker, PickerItem, filtered
from edgeroute.tui.widgets.chat_list import row
from edgeroute.tui.widgets.transcript.transcript import Entry
from edgeroute.tui.words import ago

if TYPE_CHECKING:
    from edgeroute.core.conversation import SearchHit, Turn

UNDO_SECONDS: Final = 10.0


def snippet(hit: SearchHit) -> Content:
    """The found text on one line, with what was found marked."""
    text = hit.snippet.replace("\n", " ")
    content = Content(text) if text == safe(text) else Content(safe_line(text))
    for start, end in hit.marks:
        content = content.stylize("bold $primary", start, end)
    return content


class Chats:
    """The open chat and the other ones."""

    def __init__(self, chat: ChatContext, draft: MessageDraft) -> None:
        self._chat, self._draft = chat, draft
        self._stored = chat.runtime.conversations

    # Opening

    async def open(self, conversation: str, *, turn: int | None = None) -> None:
        """Show a stored chat, at its end or at exchange ``turn``."""
        row = self._stored.get(conversation)
        if row is None:
            self._chat.notify("That chat is gone.", severity="warning")
            return
        turns = self._stored.turns(conversation)
        messages = [message for each in turns for message in each.messages]
        entries = entries_of(turns)
        at = next((n for n, entry in enumerate(entries) if entry.turn == turn), None)
        await self._show(
            opened(row, messages, self._chat.state.version),
            entries,
            at if turn is not None else None,
        )

    async def open_new(self, mode: PrivacyMode) -> None:
        """An empty chat; it is stored with its first message."""
        await self._show(ChatState(mode=mode, version=self._chat.state.version + 1))
        self._chat.page.composer.focus()

    async def _show(
        self, state: ChatState, entries: Sequence[Entry] = (), at: int | None = None
    ) -> None:
        elsewhere = state.id != self._chat.state.id
        if elsewhere:
            self._draft.keep()
        self._chat.state = state
        await self._chat.page.transcript.show(entries, at=at)
        self._chat.show_chats()
        if elsewhere:
            self._draft.restore()
        self._draft.changed()

    async def switch(self, conversation: str, *, turn: int | None = None) -> None:
        """Open another chat unless an answer is running."""
        if not self._chat.may_leave():
            return
        await self.open(conversation, turn=turn)
        if turn is None:
            self._chat.page.composer.focus()

    async def new(self) -> None:
        """Begin a new chat."""
        if self._chat.may_leave():
            await self.open_new(self._chat.runtime.new_mode)

    async def fork(self, turns: int) -> None:
        """Go to a new chat that begins with the first ``turns`` exchanges of this one."""
        if self._chat.state.id:
            forked = self._stored.fork(self._chat.state.id, turns)
            await self.switch(forked.id)

    async def fork_here(self) -> None:
        """A new chat that begins like this one."""
        if self._chat.state.id:
            await self.fork(len(self._stored.turns(self._chat.state.id)))

    # The list

    async def choose(self) -> None:
        """The list of chats, until one is opened or the list is closed."""
        now = self._chat.runtime.clock.now()
        while True:
            chats = sorted(self._chat.chats(), key=lambda c: bool(c.program))  # one's own first
            items = [PickerItem(c.id, row(c, now, 60), f"{c.title} {c.program}") for c in chats]
            chosen = await self._chat.ask(
                Picker("Chats", filtered(items), extra=ON_CHAT, empty="No chats yet.")
            )
            if chosen is None:
                return
            if chosen.act == "open":
                await self.switch(chosen.id)
                return
            await self._change(chosen.id, chosen.act)

    async def _change(self, chat: str, act: str) -> None:
        conversations = self._stored
        found = conversations.get(chat)
        if found is None:
            return
        if act == "rename":
            title = await self._chat.ask(AskDialog("Rename", value=found.title))
            if title:
                self._rename(chat, title)
        elif act == "delete":
            await self._delete(chat, found.title)
        elif act == "fork":
            conversations.fork(chat, len(conversations.turns(chat)))
        elif act == "export":
            await self._export(chat, found.title)
        elif act == "pin":
            conversations.pin(chat, not found.pinned)
        self._chat.show_chats()

    def _rename(self, chat: str, title: str) -> None:
        clean = safe_line(title, 120)
        self._stored.rename(chat, clean)
        if chat == self._chat.state.id:
            self._chat.update(title=clean)
            self._chat.show()
        self._chat.show_chats()

    async def _delete(self, chat: str, title: str) -> None:
        text = (
            f"The messages are erased from this machine, {UNDO_SECONDS:.0f} seconds from now."
            " Until then /undo brings it back."
        )
        name = safe_line(title, 50) or "this chat"
        if not await self._chat.ask(Confirm(f"Delete {name}?", text, "Delete")):
            return
        if chat == self._chat.state.id:
            if not self._chat.may_leave():
                return
            await self.open_new(self._chat.runtime.new_mode)
        self._mark(chat, "deleted")
        timer = self._chat.screen.set_timer(UNDO_SECONDS, lambda: self._erase_doomed(chat))
        self._chat.doomed[chat] = timer
        self._chat.notify(f"/undo brings {name} back.", title="Deleted", timeout=UNDO_SECONDS)

    def _mark(self, chat: str, text: str) -> None:
        """Write down that ``chat`` is deleted, so that it is erased though the app be killed."""
        with suppress(StoreError):
            self._chat.runtime.conversations.keep_note(chat, "deleted", text)

    def _erase(self, chat: str) -> None:
        self._chat.doomed.pop(chat, None)
        try:
            self._stored.delete(chat)
        except StoreError as error:
            if self._stored.get(chat) is not None:
                self._chat.notify(f"{error} It is tried again at the next start.", title="Delete")

    def _erase_doomed(self, chat: str) -> None:
        if chat in self._chat.doomed:
            self._erase(chat)

    def erase_deleted(self) -> None:
        """Erase what was deleted and not brought back, before the app was ended or killed too."""
        deleted = set(self._chat.doomed)
        with suppress(StoreError):
            deleted.update(self._chat.runtime.conversations.noted("deleted"))
        for chat in deleted:
            self._erase(chat)

    async def undo_delete(self) -> None:
        """Bring back the chat that was deleted last."""
        if not self._chat.doomed:
            self._chat.notify("Nothing was deleted that could still be brought back.")
            return
        chat, timer = self._chat.doomed.popitem()
        timer.stop()
        self._mark(chat, "")
        await self.switch(chat)

    async def delete_one(self, chat: str) -> None:
        """Delete ``chat``, once the user is sure."""
        await self._change(chat, "delete")

    async def _export(self, chat: str, title: str) -> None:
        """Write a chat to a Markdown file that only its owner can read."""
        name = re.sub(r"[^\w-]+", "-", safe_line(title, 50)).strip("-").lower() or "chat"
        path = await self._chat.ask(
            AskDialog("Export to", "A Markdown file; the chat itself stays.", value=f"{name}.md")
        )
        if not path:
            return
        try:
            written = write_new(Path(path), self._stored.export(chat))
        except OSError as error:
            self._chat.notify(f"{path}: {error.strerror or 'it failed'}.", title="Not exported")
            return
        self._chat.notify(str(written), title="Exported")

    async def find(self, words: str = "") -> None:
        """Search the text of all chats and go to the place."""
        now = self._chat.runtime.clock.now()

        def source(typed: str) -> Sequence[PickerItem]:
            found = self._stored.search(typed) if len(typed) > 1 else ()
            hits = [hit for hit in found if hit.conversation not in self._chat.doomed]
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

        chosen = await self._chat.ask(
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
            await self.switch(chat, turn=int(position))

    # The open one

    async def rename(self, title: str = "") -> None:
        """Give this chat a name."""
        state = self._chat.state
        if not state.id:
            return
        name: str | None = title or await self._chat.ask(AskDialog("Rename", value=state.title))
        if name:
            self._rename(state.id, name)

    async def export(self) -> None:
        """Write this chat to a file."""
        if self._chat.state.id:
            await self._export(self._chat.state.id, self._chat.state.title)


def entries_of(turns: Sequence[Turn]) -> list[Entry]:
    """What the transcript shows of stored turns: questions and answers, not tool traffic."""
    entries: list[Entry] = []
    for number, turn in enumerate(turns):
        for message in turn.messages:
            if message.role == "user":
                files = tuple(part_name(p) for p in message.parts if isinstance(p, File | Image))
                entries.append(Entry("user", message.text, number, files=files))
            elif message.role == "assistant" and (text := answer_text(message)):
                entries.append(Entry("answer", text, number, turn.receipt))
    return entries
