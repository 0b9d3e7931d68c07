"""What can be done with the message before it is sent: privacy, route, model, files, editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from textual import work
from textual.content import Content

from edgeroute.core.display import safe_line
from edgeroute.core.model_card import Place
from edgeroute.core.verdict import PrivacyMode
from edgeroute.tui.chat.chats import ChatShelf
from edgeroute.tui.chat.state import loosens
from edgeroute.tui.screens.dialogs import AskDialog, Confirm
from edgeroute.tui.screens.findings import findings_picker, value_of
from edgeroute.tui.screens.picker import Picker, PickerItem, filtered
from edgeroute.tui.screens.plan import PlanScreen
from edgeroute.tui.words import MODE_SENTENCES, MODE_WORDS, WAYS


class ChatMessage(ChatShelf):
    """The page with everything around the message box."""

    def action_newline(self) -> None:
        """A new line in the message."""
        if self.composer.has_focus:
            self.composer.insert("\n")

    @work(exclusive=True, group="dialog")
    async def action_cycle_privacy(self) -> None:
        """The next privacy mode."""
        await self.change_privacy(self.state.next_mode)

    @work(exclusive=True, group="dialog")
    async def action_set_privacy(self, mode: str) -> None:
        """Go to the privacy mode."""
        await self.change_privacy(PrivacyMode(mode))

    async def change_privacy(self, wanted: PrivacyMode) -> None:
        """Tightening happens at once; loosening is confirmed; a latched chat is never loosened."""
        current = self.state.mode
        if wanted is current:
            return
        if loosens(current, wanted):
            if self.state.latched:
                self.notify(
                    f"{self.state.latch_reason or 'It held personal data'}. ctrl+n begins another.",
                    title="This chat stays local",
                    severity="warning",
                    markup=False,
                )
                return
            sure = Confirm(
                f"Change this chat from {MODE_WORDS[current]} to {MODE_WORDS[wanted]}?",
                f"{MODE_SENTENCES[wanted]} Earlier messages of this chat may leave with the next.",
                f"Change to {MODE_WORDS[wanted]}",
            )
            if not await self.app.push_screen_wait(sure):
                return
        if self.state.id:
            self.runtime.conversations.set_mode(self.state.id, wanted)
        self.request_changed(mode=wanted)

    @work(exclusive=True, group="dialog")
    async def action_show_plan(self) -> None:
        """The plan for what stands in the message box."""
        if not self.text:
            self.notify("Type a message first: the plan depends on it.")
            return
        version, prompt = self.state.version, self.state.prompt(self.composer.text)
        check = self.checker.known(version) or await self.checker.check(
            version, self.state.request(prompt), self.composer.text
        )
        if check.explanation is None:
            self.notify(check.error, severity="error")
            return
        chosen = await self.app.push_screen_wait(PlanScreen(check.explanation))
        if chosen:
            self.request_changed(model=chosen)

    @work(exclusive=True, group="dialog")
    async def action_pick_model(self, name: str = "") -> None:
        """The model for the next message; the privacy check still decides whether it may."""
        cards = self.runtime.catalog.cards
        if name and (name in cards or name in WAYS):
            self.request_changed(model=name)
            return
        now = self.runtime.clock.now()
        items = [
            PickerItem(way, Content.assemble((way.ljust(36), "bold"), meaning))
            for way, meaning in WAYS.items()
        ]
        for card in cards.values():
            rate = card.prices.rate(now)
            price = (
                f"${rate.input} in, ${rate.output} out per 1M tokens" if rate else "price unknown"
            )
            here = card.place is Place.LOCAL
            items.append(
                PickerItem(
                    card.id,
                    Content.assemble(
                        (safe_line(card.id, 34).ljust(36), "bold"),
                        ("stays here" if here else price, "$local" if here else "$muted"),
                    ),
                )
            )
        picker = Picker("Model for the next message", filtered(items), value=name)
        chosen = await self.app.push_screen_wait(picker)
        if chosen is not None:
            self.request_changed(model=chosen.id)

    @work(exclusive=True, group="dialog")
    async def action_show_findings(self) -> None:
        """What was found in the message; choosing one means that it is not personal."""
        text = self.composer.text
        findings = (await self.runtime.inspector.scan(text, full=True)).findings if text else ()
        chosen = await self.app.push_screen_wait(findings_picker(text, findings))
        if chosen is None:
            return
        value = value_of(text, findings)(chosen.id)
        sure = Confirm(
            "Never count this as personal data again?",
            f"{safe_line(value, 80)}\n\nFrom now on it may leave this machine. Only a keyed hash of"
            " it is kept in your allow list.",
            "Not personal",
        )
        if await self.app.push_screen_wait(sure):
            self.runtime.lists.allow(value)
            self.request_changed()

    @work(exclusive=True, group="dialog")
    async def action_attach(self, path: str = "") -> None:
        """Attach a file."""
        text = "Its content is checked like the message. Images count as private."
        name: str | None = path or await self.app.push_screen_wait(AskDialog("Attach a file", text))
        if name:
            self.attach_file(name)

    def action_open_editor(self) -> None:
        """Write the message in $EDITOR."""
        editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
        handle, name = tempfile.mkstemp(suffix=".md")
        path = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(self.composer.text)
            with self.app.suspend():
                subprocess.run([*editor, name], check=False)  # noqa: S603 - the user's own editor
            self.composer.put(path.read_text("utf-8").rstrip("\n"))
        except OSError as error:
            self.notify(f"{editor[0]}: {error.strerror}. Set $EDITOR.")
        finally:
            path.unlink(missing_ok=True)

    @work(exclusive=True, group="dialog")
    async def action_search_prompts(self) -> None:
        """Search what was asked before."""
        prompts = self.runtime.conversations.prompts()
        items = [PickerItem(str(at), Content(safe_line(p, 100)), p) for at, p in enumerate(prompts)]
        picker = Picker("What you asked before", filtered(items), empty="Nothing asked yet.")
        chosen = await self.app.push_screen_wait(picker)
        if chosen is not None:
            self.composer.put(prompts[int(chosen.id)])
