"""What can be done in the message box: lines, suggestions, files, the editor, earlier prompts."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from textual.content import Content

from edgeroute.core.attached_file import read_attachment, typed_path
from edgeroute.core.display import safe_line
from edgeroute.tui.chat.context import ChatContext
from edgeroute.tui.chat.message_draft import MessageDraft
from edgeroute.tui.chat.page import part_name
from edgeroute.tui.screens.dialogs import AskDialog
from edgeroute.tui.screens.picker import Picker, PickerItem, filtered
from edgeroute.tui.widgets.composer import Choose, Composer
from edgeroute.tui.widgets.suggestions import file_token


class ComposerActions:
    """Everything that writes into the message box or goes with it."""

    def __init__(self, chat: ChatContext, draft: MessageDraft) -> None:
        self._chat, self._draft = chat, draft
        self._composer, self._suggestions = chat.page.composer, chat.page.suggestions

    def newline(self) -> None:
        """A new line in the message."""
        if self._composer.has_focus:
            self._composer.insert("\n")

    # Suggestions

    def choose(self, what: Choose) -> None:
        """A key for the suggestions."""
        if what == "up":
            self._suggestions.action_cursor_up()
        elif what == "down":
            self._suggestions.action_cursor_down()
        elif what == "take":
            self.take_suggestion()
        else:
            self._suggestions.display = False

    def take_suggestion(self) -> None:
        """Complete the command, go into the folder, or attach the file."""
        chosen = self._suggestions.chosen
        self._suggestions.display = False
        text = self._composer.text
        before = text[: len(text) - len(file_token(text) or "") - 1]
        if chosen.startswith("/"):
            self._composer.put(f"{chosen} ")
            self._composer.post_message(Composer.Submitted())
        elif chosen.endswith("/"):
            self._composer.put(before + chosen)
        elif chosen:
            self._composer.put(before)
            self.attach_file(chosen[1:])

    # Files

    async def attach(self, path: str = "") -> None:
        """Attach a file."""
        name: str | None = path or await self._chat.ask(
            AskDialog("Attach a file", self._chat.runtime.admin.attachments)
        )
        if name:
            self.attach_file(name)

    def attach_file(self, name: str) -> None:
        """Attach a file to the next message; its content is checked like the text."""
        try:
            path = typed_path(name)
            label = self._chat.runtime.admin.own.label(path)
            part = read_attachment(path, label)
        except (OSError, ValueError) as error:
            told = f"{name}: {error.strerror}." if isinstance(error, OSError) else str(error)
            self._chat.notify(told, title="Not attached", severity="error")
            return
        self._draft.changed(attachments=(*self._chat.state.attachments, part))

    def detach(self, name: str = "") -> None:
        """Take the last attachment off the message, or the one called ``name``."""
        parts = self._chat.state.attachments
        found = next((p for p in reversed(parts) if not name or part_name(p) == name), None)
        if found is None:
            self._chat.notify("Nothing like that is attached." if name else "Nothing is attached.")
            return
        self._draft.changed(attachments=tuple(part for part in parts if part is not found))
        self._chat.notify(f"{part_name(found)} is not sent.", title="Taken off")

    # Earlier prompts

    def recall(self, step: int) -> None:
        """Walk over what was asked before: -1 is one further back."""
        prompts = self._chat.runtime.conversations.prompts(100)
        at = self._chat.state.recalled - step
        if -1 <= at < len(prompts):
            self._chat.update(recalled=at)
            self._composer.put(prompts[at] if at >= 0 else "")

    async def search_prompts(self) -> None:
        """Search what was asked before."""
        prompts = self._chat.runtime.conversations.prompts()
        items = [PickerItem(str(at), Content(safe_line(p, 100)), p) for at, p in enumerate(prompts)]
        picker = Picker(
            "What you asked before", filtered(items), empty="Nothing asked yet.", verb="take"
        )
        chosen = await self._chat.ask(picker)
        if chosen is not None:
            self._composer.put(prompts[int(chosen.id)])

    def open_editor(self) -> None:
        """Write the message in $EDITOR."""
        editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
        handle, name = tempfile.mkstemp(suffix=".md")
        path = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(self._composer.text)
            with self._chat.screen.app.suspend():
                subprocess.run([*editor, name], check=False)  # noqa: S603 - the user's own editor
            self._composer.put(path.read_text("utf-8").rstrip("\n"))
        except OSError as error:
            self._chat.notify(f"{editor[0]}: {error.strerror}. Set $EDITOR.")
        except UnicodeDecodeError:
            self._chat.notify(f"{editor[0]} wrote no text in UTF-8; the message is as it was.")
        finally:
            path.unlink(missing_ok=True)
