"""The keys that end something: esc, ctrl+c, quit."""

from __future__ import annotations

import asyncio

from edgeroute.tui.chat.answers.answer_actions import AnswerActions
from edgeroute.tui.chat.asking.retries import Retries
from edgeroute.tui.chat.asking.turns import Turns
from edgeroute.tui.chat.context import ChatContext

TWICE_SECONDS = 2.0


class Interrupts:
    """What a press means depends on what is under way, and on whether it is the second one."""

    def __init__(
        self, chat: ChatContext, turns: Turns, retries: Retries, answers: AnswerActions
    ) -> None:
        self._chat, self._turns, self._retries, self._answers = chat, turns, retries, answers
        self._last_press: tuple[str, float] = ("", 0.0)

    def _twice(self, key: str) -> bool:
        """Whether ``key`` is pressed for the second time in two seconds."""
        now = asyncio.get_running_loop().time()
        before, self._last_press = self._last_press, (key, now)
        return before[0] == key and now - before[1] < TWICE_SECONDS

    async def stop(self) -> None:
        """Close the suggestions, leave a block or vi's inserting, stop the answer; twice when idle:
        edit the last.
        """
        page = self._chat.page
        if page.suggestions.display:
            page.suggestions.display = False
        elif not page.composer.has_focus:
            page.composer.focus()
        elif page.composer.leave_inserting() or self._turns.stop() or await self._turns.unqueue():
            return
        elif self._twice("escape") and not page.text:
            await self._retries.edit_last()

    def interrupt(self) -> None:
        """Copy what is selected; else stop; twice quits."""
        selected = self._chat.page.composer.selected_text or self._chat.screen.get_selected_text()
        if selected:
            self._answers.copy(selected)
        elif not self._turns.stop():
            if self._twice("ctrl+c"):
                self.quit()
            else:
                self._chat.notify("Press ctrl+c again to quit.")

    def quit(self) -> None:
        """Stop what runs and leave."""
        self._turns.stop()
        self._chat.screen.app.exit()
