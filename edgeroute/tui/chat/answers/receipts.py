"""Receipts on the screen: of one answer, and of the last one."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from edgeroute.core.errors import StoreError
from edgeroute.core.receipt import Receipt
from edgeroute.tui.chat.context import ChatContext
from edgeroute.tui.screens.receipt import ReceiptScreen
from edgeroute.tui.widgets.transcript.block import Block
from edgeroute.tui.widgets.transcript.error_card import ErrorCard

if TYPE_CHECKING:
    from edgeroute.engine.recording.feedback import Thumb
    from edgeroute.wiring import Runtime


def thumb_of(runtime: Runtime, receipt: str) -> Thumb | None:
    """What the user thinks of the answer with that receipt; None where it cannot be read."""
    with suppress(StoreError):
        return runtime.memory.thumb(receipt)
    return None


class ReceiptPages:
    """Opens receipts."""

    def __init__(self, chat: ChatContext) -> None:
        self._chat = chat

    def of_block(self, block: Block) -> None:
        """The receipt of an answer, or of the answer to a question."""
        answer = self._chat.page.transcript.answer(block.turn)
        if answer is not None and answer.receipt:
            self._chat.open(ReceiptScreen(answer.receipt, answer.thumb))
        else:
            self._chat.notify("There is no receipt for this one.")

    def last(self) -> None:
        """Why the last answer, or failure, went where it went."""
        transcript = self._chat.page.transcript
        cards = [card for card in transcript.query(ErrorCard) if card.receipt]
        last = transcript.last_answer
        receipt = cards[-1].receipt if cards else last.receipt if last else None
        if receipt is None:
            self._chat.notify("No answer yet.")
        else:
            self._chat.open(self._page(receipt))

    def _page(self, receipt: Receipt) -> ReceiptScreen:
        return ReceiptScreen(receipt, thumb_of(self._chat.runtime, receipt.id))
