"""What left this machine, to be read: every request, the very text of it, one document of all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from edgeroute.core.clock import Clock
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.model_card import Place
from edgeroute.core.sent import Gone, SentPart, SentRequest, SentText
from edgeroute.engine.admin import sent_document
from edgeroute.engine.admin.sent_document import Style

if TYPE_CHECKING:
    from edgeroute.core.receipt import Receipt
    from edgeroute.store.chats.conversations import Conversations
    from edgeroute.store.records.receipts import Receipts
    from edgeroute.store.records.sent_bodies import SentBodies

_ALL: Final = 1_000_000
# An answer that has been under way for longer is not coming any more.
_LONGEST: Final = timedelta(hours=1)


class SentRequests:
    """All requests of which a byte left this machine, whoever they were for."""

    def __init__(
        self, receipts: Receipts, conversations: Conversations, sent: SentBodies, clock: Clock
    ) -> None:
        self._receipts = receipts
        self._conversations = conversations
        self._sent = sent
        self._clock = clock

    def latest(self, *, conversation: str = "", limit: int = _ALL) -> Sequence[SentRequest]:
        """The requests that left, of ``limit`` answers, the latest first."""
        found = self._receipts.list(left_machine=True, conversation=conversation, limit=limit)
        titles: dict[str, str] = {}
        return [one for receipt in found for one in reversed(self._of(receipt, titles))]

    def of(self, name: str) -> Sequence[SentRequest]:
        """Those of the conversation or of the receipt called ``name``, the latest first.

        Raises:
            EdgeRouteError: there is neither.
        """
        if self._conversations.get(name) is not None:
            return self.latest(conversation=name)
        receipt = self._receipts.get(name)
        if receipt is None:
            raise EdgeRouteError(
                f"There is no conversation or receipt {name!r}, or several begin so.",
                "`edgeroute history list` and `edgeroute receipts` show which there are.",
            )
        return [*reversed(self._of(receipt, {}))]

    def _of(self, receipt: Receipt, titles: dict[str, str]) -> list[SentRequest]:
        name = receipt.conversation
        if name not in titles:
            chat = self._conversations.get(name)
            titles[name] = chat.title if chat else ""
        return [
            SentRequest(receipt, attempt, titles[name])
            for attempt in receipt.attempts
            if attempt.place is Place.CLOUD and attempt.bytes_sent
        ]

    def read(self, request: SentRequest) -> SentText:
        """The text of ``request`` as it left, and how much of it had left for that host before."""
        return self._read(request, self._before(request))

    def document(self, requests: Sequence[SentRequest], style: Style = "markdown") -> str:
        """All of ``requests`` as one document to hand on, the earliest first."""
        last: dict[tuple[str, str], SentText] = {}
        texts = []
        for one in reversed(requests):
            place = one.receipt.conversation, one.attempt.host
            text = self._read(one, last.get(place))
            texts.append(text)
            if not text.gone:
                last[place] = text
        return sent_document.document(texts, self._clock.now(), style)

    def _read(self, request: SentRequest, before: SentText | None) -> SentText:
        body = self._sent.body(request.receipt.id, request.attempt.digest)
        if body is None:
            return SentText(request, gone=self._gone(request))
        found = _parts(body)
        known = _common(found, before.parts) if before else 0
        return SentText(
            request, found, known, before.request if before and known else None, "", body
        )

    def _before(self, request: SentRequest) -> SentText | None:
        """What of the same conversation had left for the same host before."""
        for one in self.latest(conversation=request.receipt.conversation):
            earlier = one.receipt.created < request.receipt.created
            if earlier and one.attempt.host == request.attempt.host:
                text = self._read(one, None)
                if not text.gone:
                    return text
        return None

    def _gone(self, request: SentRequest) -> Gone:
        attempt, receipt = request.attempt, request.receipt
        if not attempt.digest:
            return "unstored"
        if attempt.outcome == "interrupted":
            return "running" if self._clock.now() - receipt.created < _LONGEST else "ended"
        return "let go"


def _parts(body: bytes) -> Sequence[SentPart]:
    from edgeroute.wire.readable import sent_parts  # noqa: PLC0415

    return sent_parts(body)


def _common(one: Sequence[SentPart], other: Sequence[SentPart]) -> int:
    """How many parts both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
