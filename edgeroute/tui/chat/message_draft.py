"""The next message: what stands in the message box, and the check of where it would go."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edgeroute.core.display import safe_line
from edgeroute.core.errors import StoreError
from edgeroute.core.local_models import LocalStatus
from edgeroute.tui.chat.checker import Checker, PromptCheck
from edgeroute.tui.chat.context import ChatContext
from edgeroute.tui.chat.state import NO_SYSTEM, Phase
from edgeroute.tui.chat.strip import blocked, no_command, second_opinion, strip_view
from edgeroute.tui.commands import matching, misspelt, parsed

if TYPE_CHECKING:
    from textual.timer import Timer

KEEP_SECONDS: Final = 1.0


class MessageDraft:
    """What Enter would send. ``on_checked`` hears of each check that is still of use."""

    def __init__(self, chat: ChatContext) -> None:
        self._chat = chat
        self._checker = Checker(chat.runtime, self._checked, asking=self._asking)
        self.local_state = "loading"
        self.local: LocalStatus | None = None
        self._told = ""  # why the local model could not be made ready
        self._kept: tuple[str, str] = ("", "")
        self._keeping: Timer | None = None
        self.on_checked: Callable[[PromptCheck], None] = lambda _: None

    @property
    def check(self) -> PromptCheck | None:
        """What is known of the message as it stands, once it is."""
        return self._checker.known(self._chat.state.version)

    def typed(self) -> None:
        """The text changed."""
        page = self._chat.page
        page.suggestions.offer(page.composer.text, Path.cwd())
        self.changed()

    def changed(self, **values: object) -> None:
        """Text, mode, model or attachments changed; ask again where it would go."""
        chat, page = self._chat, self._chat.page
        chat.state = chat.state.changed(**values)
        chat.show()
        if self._keeping is not None:
            self._keeping.stop()
        self._keeping = chat.screen.set_timer(KEEP_SECONDS, self.keep)
        typed = page.composer.text.rstrip()
        wrong = misspelt(typed)
        if not (typed.strip() or chat.state.attachments) or parsed(typed) or matching(typed):
            self._rest()
            return
        if wrong:
            self._rest()
            page.strip.view = no_command(wrong)
            return
        page.strip.view = page.strip.view.behind()
        self.ask()

    def keep(self) -> None:
        """Keep what stands in the message box, and what is queued, with the chat."""
        state = self._chat.state
        text = "\n\n".join(filter(None, [*state.queue, self._chat.page.composer.text]))
        if (state.id, text) != self._kept:
            with suppress(StoreError):
                self._chat.runtime.conversations.keep_note(state.id, "draft", text)
                self._kept = (state.id, text)

    def restore(self) -> None:
        """Bring back what was begun in the chat, and its system prompt."""
        state, conversations = self._chat.state, self._chat.runtime.conversations
        with suppress(StoreError):
            text, name = (conversations.note(state.id, kind) for kind in ("draft", "system"))
            self._kept = (state.id, text)
            self._chat.page.composer.put(text)
            self.instruct(name)

    def instruct(self, name: str) -> None:
        """Have the system prompt called ``name`` before the chat; NO_SYSTEM for none."""
        text = self._chat.runtime.chat.prompts.get(name, "")
        known = text or name == NO_SYSTEM
        self.changed(system=name if known else "", instructions=text)

    def begun(self, conversation: str) -> None:
        """The new chat is ``conversation`` now; the next new one begins empty."""
        with suppress(StoreError):
            conversations = self._chat.runtime.conversations
            conversations.keep_note("", "draft", "")
            conversations.keep_note("", "system", "")
            conversations.keep_note(conversation, "system", self._chat.state.system)

    def _rest(self) -> None:
        """Nothing stands there that could be sent."""
        self._checker.cancel()
        self._chat.page.composer.border_subtitle = ""
        self._chat.page.rest(self._chat.state)

    def ask(self, *, now: bool = False) -> None:
        """Check what Enter would send."""
        state, text = self._chat.state, self._chat.page.composer.text
        self._checker.ask(state.version, state.request(state.prompt(text)), text, now=now)

    async def check_text(self, text: str) -> PromptCheck:
        """The check of ``text`` as the next message."""
        state = self._chat.state
        return await self._checker.check(state.version, state.request(state.prompt(text)), text)

    def _checked(self, check: PromptCheck) -> None:
        if check.version == self._chat.state.version:
            self.show(check)
            self.on_checked(check)

    def _asking(self, model: str) -> None:
        """The strip says who is being asked for a second opinion."""
        if model:
            self._chat.page.strip.view = second_opinion(model)

    def show(self, check: PromptCheck) -> None:
        """The strip and the marks say what the check found."""
        page, runtime = self._chat.page, self._chat.runtime
        if check.explanation is None:
            page.strip.view = blocked(check.error)
            return
        page.strip.view = strip_view(
            check.explanation,
            found=check.findings,
            cards={**runtime.catalog.cards, **{card.id: card for card in runtime.local.cards()}},
            local_state=self.local_state,
            now=runtime.clock.now(),
            last_message=len(self._chat.state.context),
            asked=self._chat.state.model,
        )
        page.composer.show_findings(check.findings, page.strip.view.kind)

    async def refresh_local(self) -> None:
        """Say how the local model is; the strip may depend on it."""
        status = self.local = await self._chat.runtime.local.status()
        before, self.local_state = self.local_state, status.state
        page = self._chat.page
        page.preparing = status.detail if status.state == "preparing" else ""
        page.header.show_local(status.state, status.model or page.preparing.partition(";")[0])
        failure = status.detail if status.state == "missing" and status.warning else ""
        if failure and failure != self._told:
            self._chat.notify(safe_line(failure, 600), title="Local model", severity="error")
        self._told = failure or self._told
        if self._chat.state.phase is Phase.ANSWERING and not page.text:
            page.rest(self._chat.state)
        if before != self.local_state and self.check is not None:
            self.show(self.check)
