"""Asking a question anew: edited, once more, or here only."""

from __future__ import annotations

from edgeroute.tui.chat.asking.turns import Turns
from edgeroute.tui.chat.chats import Chats
from edgeroute.tui.chat.context import ChatContext
from edgeroute.tui.chat.state import Phase
from edgeroute.tui.widgets.transcript.error_card import ErrorCard


class Retries:
    """Questions that are asked again. Nothing is lost: all but the last one go on in a fork."""

    def __init__(self, chat: ChatContext, turns: Turns, chats: Chats) -> None:
        self._chat, self._turns, self._chats = chat, turns, chats

    async def edit(self, turn: int) -> None:
        """Bring question ``turn`` back into the message box, in a fork."""
        questions = self._chat.state.questions
        if turn >= len(questions):
            return
        replaced = self._receipt_of(turn)
        await self._chats.fork(turn)
        self._chat.update(replaces=replaced)
        self._chat.page.composer.put(questions[turn])
        self._chat.page.composer.focus()

    async def edit_last(self) -> None:
        """Bring the last question back, if there is one."""
        if self._chat.state.questions:
            await self.edit(len(self._chat.state.questions) - 1)

    async def ask_again(self, turn: int, *, here: bool) -> None:
        """Ask the last question anew in its place, an earlier one in a fork."""
        chat = self._chat
        questions, stored = chat.state.questions, chat.runtime.conversations
        if turn >= len(questions):
            return
        chat.page.composer.focus()
        replaced = self._receipt_of(turn)
        if turn + 1 == len(stored.turns(chat.state.id)):
            stored.keep_turns(chat.state.id, turn)
            await self._chats.open(chat.state.id)
        else:
            await self._chats.fork(turn)
        chat.update(replaces=replaced)
        await self._turns.send(questions[turn], here=here)

    async def again(self, *, here: bool = False) -> None:
        """Ask the last question again; after a failure, the one that failed."""
        page, questions, sent = self._chat.page, self._chat.state.questions, self._turns.sent
        if self._chat.state.phase is not Phase.IDLE:
            return
        kept = sent is not None and questions[-1:] == [sent.text]
        if page.transcript.query(ErrorCard) and sent is not None and not kept:
            if page.text == sent.text:
                page.composer.put("")
            await self._turns.send(sent.text, here=here)
        elif questions:
            await self.ask_again(len(questions) - 1, here=here)
        else:
            self._chat.notify("There is nothing to ask again yet.")

    async def again_local(self) -> None:
        """Ask the last question again, here only."""
        await self.again(here=True)

    def _receipt_of(self, turn: int) -> str:
        """The receipt of the answer in exchange ``turn``; empty where there is none."""
        turns = self._chat.runtime.conversations.turns(self._chat.state.id)
        return turns[turn].receipt if turn < len(turns) else ""
