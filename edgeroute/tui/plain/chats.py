"""The chats in plain mode: listed and opened by number, found, named, copied, exported, deleted."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from edgeroute.core.display import safe_line
from edgeroute.core.errors import StoreError
from edgeroute.core.verdict import PrivacyMode
from edgeroute.tui.chat.pictures import answer_text
from edgeroute.tui.chat.state import NO_SYSTEM, ChatState
from edgeroute.tui.plain.commands import PlainCommand
from edgeroute.tui.plain.context import PlainContext
from edgeroute.tui.words import MODE_SENTENCES, MODE_WORDS, ago

_LISTED = "/chats lists the chats."


class PlainChats:
    """The open chat and the other ones."""

    def __init__(self, talk: PlainContext) -> None:
        self._talk = talk
        self._stored = talk.runtime.conversations

    def commands(self) -> list[PlainCommand]:
        """What can be done with them."""
        return [
            PlainCommand("/new", "", "begin a new chat", lambda _: self.new()),
            PlainCommand("/chats", "", "list the chats, numbered", lambda _: self.list()),
            PlainCommand("/open", "NUMBER", "open one of them", self.open),
            PlainCommand("/find", "WORDS", "search all chats", self.find),
            PlainCommand("/fork", "", "go on in a copy of this chat", lambda _: self.fork()),
            PlainCommand("/rename", "TITLE", "give this chat a name", self.rename),
            PlainCommand("/export", "[FILE]", "write this chat to a Markdown file", self.export),
            PlainCommand("/delete", "[NUMBER]", "delete this chat, or that one", self.delete),
            PlainCommand("/undo", "", "bring back what was deleted last", lambda _: self.undo()),
            PlainCommand("/system", "[NAME or none]", "its system prompt", self.system),
            PlainCommand("/auto /private /mask", "", "its privacy mode", lambda _: None),
        ]

    def say_mode(self) -> None:
        """How much of this chat stays here."""
        state = self._talk.state
        self._talk.write(f"Privacy: {MODE_WORDS[state.mode]}. {MODE_SENTENCES[state.mode]}")
        if state.latched:
            reason = safe_line(state.latch_reason)
            self._talk.write(f"Privacy: this chat stays local. {reason}")

    def set_mode(self, mode: PrivacyMode) -> None:
        """Another privacy mode; a laxer one after a yes, and never where the chat is held here."""
        talk = self._talk
        if mode.strictness < talk.state.mode.strictness:
            if talk.state.latched:
                talk.error("this chat stays local. /new begins another.")
                return
            if not talk.sure(f"Change from {MODE_WORDS[talk.state.mode]} to {MODE_WORDS[mode]}?"):
                return
        if talk.state.id:
            self._stored.set_mode(talk.state.id, mode)
        talk.state = talk.state.changed(mode=mode)
        self.say_mode()

    def new(self) -> None:
        """A new chat."""
        version = self._talk.state.version + 1
        self._talk.state = ChatState(mode=self._talk.runtime.new_mode, version=version)
        self._talk.write("Chat: a new one.")
        self.say_mode()

    def list(self) -> None:
        """The latest chats, numbered."""
        now = self._talk.runtime.clock.now()
        chats = [chat for chat in self._stored.list(50) if chat.id != self._talk.doomed]
        self._talk.listed = [chat.id for chat in chats]
        for number, chat in enumerate(chats, 1):
            place = "stays local" if chat.latched else chat.place or "new"
            title = safe_line(chat.title, 60) or "new chat"
            self._talk.write(f"Chat {number}: {title}, {place}, {ago(chat.updated, now)}")
        if not chats:
            self._talk.write("Chats: none yet.")

    def open(self, number: str) -> None:
        """Go on in a listed chat."""
        chat = self._talk.numbered(number, self._talk.listed, _LISTED)
        if not chat:
            return
        self._talk.resume(chat)
        self._talk.write(f"Chat: {safe_line(self._talk.state.title, 60)}")
        self.say_mode()
        for message in self._talk.state.messages[-4:]:
            if text := answer_text(message):
                self._talk.text("You" if message.role == "user" else "Answer", text)

    def find(self, words: str) -> None:
        """Chats that hold ``words``, numbered."""
        found = self._stored.search(words, 20) if words else ()
        hits = [hit for hit in found if hit.conversation != self._talk.doomed]
        self._talk.listed = [hit.conversation for hit in hits]
        for number, hit in enumerate(hits, 1):
            snippet = safe_line(hit.snippet, 120)
            self._talk.write(f"Found {number}: {safe_line(hit.title, 50)}: {snippet}")
        if not hits:
            self._talk.write("Found: nothing.")

    def fork(self) -> None:
        """A copy of this chat, to go on in."""
        if not self._begun():
            return
        self._talk.resume(self._stored.fork(self._talk.state.id).id)
        self._talk.write(f"Chat: {safe_line(self._talk.state.title, 60)}")

    def rename(self, title: str) -> None:
        """Another name for this chat."""
        name = safe_line(title, 120)
        if not name:
            self._talk.error("/rename needs a title.")
        elif self._begun():
            self._stored.rename(self._talk.state.id, name)
            self._talk.state = replace(self._talk.state, title=name)
            self._talk.write(f"Chat: {name}")

    def export(self, path: str) -> None:
        """Write this chat into a new Markdown file."""
        if not self._begun():
            return
        title = safe_line(self._talk.state.title, 50)
        name = re.sub(r"[^\w-]+", "-", title).strip("-").lower() or "chat"
        text = self._stored.export(self._talk.state.id)
        self._talk.save(Path(path or f"{name}.md"), text)

    def delete(self, number: str) -> None:
        """Delete this chat, or a listed one, after a yes."""
        talk = self._talk
        if number:
            chat = talk.numbered(number, talk.listed, _LISTED)
        else:
            chat = talk.state.id if self._begun() else ""
        row = self._stored.get(chat) if chat else None
        if row is None:
            return
        title = safe_line(row.title, 50) or "this chat"
        if not talk.sure(f"Delete {title}? It is erased from this machine when you leave."):
            return
        self.erase()
        talk.doomed = chat
        # Written down, so that it is erased though this be killed.
        self._stored.keep_note(chat, "deleted", "deleted")
        talk.listed = [each for each in talk.listed if each != chat]
        talk.write(f"Deleted: {title}. /undo brings it back until you delete another or leave.")
        if chat == talk.state.id:
            self.new()

    def undo(self) -> None:
        """Bring back the chat that was deleted last, and go on in it."""
        chat, self._talk.doomed = self._talk.doomed, ""
        if not chat:
            self._talk.write("Undo: nothing was deleted that could still be brought back.")
            return
        self._stored.keep_note(chat, "deleted", "")
        self._talk.resume(chat)
        self._talk.write(f"Chat: {safe_line(self._talk.state.title, 60)}, brought back.")
        self.say_mode()

    def erase(self) -> None:
        """Erase what was deleted, before this was killed too."""
        self._talk.doomed = ""
        with suppress(StoreError):  # it is tried again at the next start
            for chat in self._stored.noted("deleted"):
                self._stored.delete(chat)

    def system(self, name: str) -> None:
        """Choose the system prompt that goes before this chat, kept with it; or list all."""
        talk = self._talk
        prompts = talk.runtime.chat.prompts
        if name == "none" or name in prompts:
            chosen = NO_SYSTEM if name == "none" else name
            self._stored.keep_note(talk.state.id, "system", chosen)
            talk.instruct(chosen)
            talk.write(f"System prompt: {safe_line(name)}.")
            return
        if name:
            talk.error(f"there is no system prompt {safe_line(name, 60)}.")
        for each, text in prompts.items():
            mark = ", in use" if each == talk.state.system else ""
            talk.write(f"System prompt: {safe_line(each, 40)}{mark}: {safe_line(text, 120)}")
        if not prompts:
            talk.write("System prompt: none yet. [chat.prompts] in config.toml holds them.")

    def _begun(self) -> bool:
        """Whether anything was said here yet; if not, that is told."""
        if not self._talk.state.id:
            self._talk.error("this chat is empty.")
        return bool(self._talk.state.id)
