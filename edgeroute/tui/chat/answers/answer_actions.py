"""What can be done with the questions and answers on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeroute.core.display import safe_line
from edgeroute.core.errors import StoreError
from edgeroute.core.words import plural
from edgeroute.tui.chat.answers.receipts import ReceiptPages
from edgeroute.tui.chat.asking.retries import Retries
from edgeroute.tui.chat.chats import Chats
from edgeroute.tui.chat.context import ChatContext
from edgeroute.tui.chat.state import Phase
from edgeroute.tui.widgets.transcript.block import AnswerBlock, Block, BlockAction
from edgeroute.tui.widgets.transcript.error_card import ErrorCard

if TYPE_CHECKING:
    from edgeroute.engine.recording.feedback import Thumb


class AnswerActions:
    """Walking over blocks, copying, rating, and handing on the rest."""

    def __init__(
        self, chat: ChatContext, chats: Chats, retries: Retries, receipts: ReceiptPages
    ) -> None:
        self._chat, self._chats, self._retries, self._receipts = chat, chats, retries, receipts

    def move(self, step: int) -> None:
        """Move the block cursor; below the last block is the message box."""
        if not self._chat.page.transcript.move(step):
            self._chat.page.composer.focus()

    async def on_block(self, block: Block, action: BlockAction) -> None:
        """A key on a question or an answer."""
        if action == "copy":
            self.copy(block.chosen_text)
        elif action == "branch":
            await self._chats.fork(block.turn + 1)
        elif action == "details":
            self._receipts.of_block(block)
        elif action in {"up", "down"}:
            self._rate(self._chat.page.transcript.answer(block.turn), action)
        elif self._chat.state.phase is Phase.IDLE and action == "edit":
            await self._retries.edit(block.turn)
        elif self._chat.state.phase is Phase.IDLE:
            await self._retries.ask_again(block.turn, here=action == "again_local")

    async def on_card(self, card: ErrorCard.Pressed) -> None:
        """A button on the error card."""
        if card.action == "copy_error":
            self.copy(card.details)
        else:
            self._chat.page.composer.focus()
            await self._retries.again(here=card.action == "again_local")

    def copy_last(self) -> None:
        """Copy the newest code block on the screen; where there is none, the newest answer."""
        answers = list(self._chat.page.transcript.query(AnswerBlock))
        codes = [code for answer in answers for code in answer.body.codes]
        if not answers:
            self._chat.notify("There is no answer to copy yet.")
        else:
            self.copy(codes[-1] if codes else answers[-1].text)

    def copy(self, text: str) -> None:
        """To the clipboard, through the terminal."""
        self._chat.screen.app.copy_to_clipboard(text)
        characters = plural(len(text), "character")
        self._chat.notify(f"{characters}, through the terminal (OSC 52).", title="Copied")

    def thumb(self, thumb: Thumb) -> None:
        """Rate the answer that is chosen, else the last one."""
        transcript, chosen = self._chat.page.transcript, self._chat.screen.focused
        block = chosen if isinstance(chosen, Block) else transcript.last_answer
        self._rate(transcript.answer(block.turn) if block else None, thumb)

    def _rate(self, answer: AnswerBlock | None, thumb: Thumb) -> None:
        """Keep what the user thinks of ``answer``; the same word again takes it back."""
        if answer is None or answer.receipt is None:
            self._chat.notify("There is no answer to rate yet.")
            return
        wanted = None if answer.thumb == thumb else thumb
        try:
            self._chat.runtime.memory.rate(answer.receipt, wanted)
        except StoreError as error:
            self._chat.notify(safe_line(str(error), 300), title="Not kept", severity="error")
            return
        answer.rated(wanted)
