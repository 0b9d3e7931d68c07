"""What the parts of the chat share."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from textual.notifications import SeverityLevel
from textual.screen import Screen

from edgeroute.tui.chat.page import ChatPage
from edgeroute.tui.chat.state import ChatState, Phase

if TYPE_CHECKING:
    from textual.timer import Timer

    from edgeroute.core.conversation import Conversation
    from edgeroute.wiring import Runtime

Result = TypeVar("Result")


class ChatContext:
    """The runtime behind the chat, the open chat's state, its page, and the screen it is on."""

    def __init__(self, runtime: Runtime, page: ChatPage, screen: Screen[None]) -> None:
        self.runtime, self.page, self.screen = runtime, page, screen
        self.state = ChatState(mode=runtime.new_mode)
        self.doomed: dict[str, Timer] = {}  # chats that are deleted and can still be brought back

    def update(self, **values: object) -> None:
        """Change what the next request does not depend on; nothing is drawn."""
        self.state = replace(self.state, **values)  # type: ignore[arg-type]

    def show(self) -> None:
        """Draw the state."""
        self.page.show(self.state)

    def chats(self, limit: int = 200) -> list[Conversation]:
        """The newest chats but for deleted ones, and for those that nothing was said in: a program
        whose first request was refused leaves one.
        """
        found = self.runtime.conversations.list(limit)
        said = [c for c in found if c.title or c.turns or c.id == self.state.id]
        return [c for c in said if c.id not in self.doomed]

    def show_chats(self) -> None:
        """Fill the side pane with the user's own; those of programs are in the list of all."""
        chats = [c for c in self.chats() if not c.program][:60]
        self.page.sidebar.show(chats, self.runtime.clock.now(), self.state.id)

    def show_money(self) -> None:
        """Say what today cost."""
        self.page.header.show_money(self.runtime.ledger.of_today(), self.runtime.daily_limit)

    def may_leave(self) -> bool:
        """Whether another chat may be opened; while an answer runs, a notice says what to do."""
        if self.state.phase is Phase.IDLE:
            return True
        self.notify("Wait for the answer, or stop it with esc.")
        return False

    def notify(
        self,
        text: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
    ) -> None:
        """A short notice."""
        self.screen.notify(text, title=title, severity=severity, timeout=timeout, markup=False)

    def open(self, screen: Screen[Any]) -> None:
        """Put ``screen`` over the chat."""
        self.screen.app.push_screen(screen)

    async def ask(self, dialog: Screen[Result]) -> Result:
        """What the user answers to ``dialog``."""
        answer: Result = await self.screen.app.push_screen_wait(dialog)
        return answer

    def run(self, work: Coroutine[Any, Any, None], group: str) -> None:
        """Do ``work`` beside the screen's messages; one of each ``group`` at a time."""
        self.screen.run_worker(work, group=group, exclusive=True)
