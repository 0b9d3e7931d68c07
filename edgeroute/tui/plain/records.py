"""What is on record, in plain mode: the last receipt, what left this machine, what was spent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edgeroute.core.display import safe_line
from edgeroute.core.sent import GONE_WORDS, SentRequest
from edgeroute.core.words import cost_words, plural, size
from edgeroute.tui.plain.commands import PlainCommand
from edgeroute.tui.plain.context import PlainContext
from edgeroute.tui.words import THUMB_WORDS, dollars, receipt_line

if TYPE_CHECKING:
    from edgeroute.engine.recording.feedback import Thumb

_LISTED = "/left numbers what left."


class PlainRecords:
    """What became of the answers."""

    def __init__(self, talk: PlainContext) -> None:
        self._talk = talk
        self._sent: Sequence[SentRequest] = ()

    def commands(self) -> list[PlainCommand]:
        """What can be asked of them."""
        return [
            PlainCommand("/why", "", "the last receipt", lambda _: self.why()),
            PlainCommand(
                "/left", "[NUMBER or FILE]",
                "what left this machine; its very text; all of it as a document (.md .html .json)",
                self.left,
            ),
            PlainCommand("/good", "", "the last answer was good", lambda _: self.rate("up")),
            PlainCommand("/bad", "", "the last answer was not", lambda _: self.rate("down")),
            PlainCommand("/unrated", "", "take that back", lambda _: self.rate(None)),
            PlainCommand("/cost", "", "what was spent", lambda _: self.cost()),
        ]  # fmt: skip

    def why(self) -> None:
        """Why the last answer went where it went."""
        talk = self._talk
        receipt = talk.runtime.receipts.get(talk.receipt) if talk.receipt else None
        if receipt is None:
            talk.write("Receipt: none yet.")
            return
        talk.write("Receipt: " + " · ".join(receipt_line(receipt)))
        talk.write(f"Rule: {safe_line(receipt.rule) or 'none'}: {safe_line(receipt.because)}")
        talk.write(f"Privacy: {safe_line(receipt.privacy_reason)}")
        for number, attempt in enumerate(receipt.attempts, 1):
            sent = f"{attempt.bytes_sent} bytes to {attempt.host}" if attempt.bytes_sent else "none"
            talk.write(
                f"Attempt {number}: {safe_line(attempt.model)}, {attempt.outcome},"
                f" {cost_words(attempt.cost)}, left: {sent}"
            )

    def left(self, what: str) -> None:
        """What left, the text of one request, or a document of all."""
        if not what:
            self._list()
        elif what.isdecimal():
            ids = [one.id for one in self._sent]
            if found := self._talk.numbered(what, ids, _LISTED):
                self._read(self._sent[ids.index(found)])
        else:
            self._document(Path(what))

    def _list(self) -> None:
        self._sent = self._talk.runtime.admin.sent.latest(limit=50)
        for number, one in enumerate(self._sent, 1):
            attempt = one.attempt
            facts = [
                f"{attempt.started.astimezone():%d %b %H:%M}",
                safe_line(one.chat, 40) or "no title",
                f"to {safe_line(attempt.host, 60)}",
                size(attempt.bytes_sent),
                cost_words(attempt.cost),
                "masked" if one.receipt.masked else "",
                one.kind,
            ]
            self._talk.write(f"Left {number}: {', '.join(filter(None, facts))}")
        if not self._sent:
            self._talk.write("Left: nothing.")

    def _read(self, request: SentRequest) -> None:
        """The facts, then the text."""
        from edgeroute.engine.admin.sent_document import again, facts  # noqa: PLC0415

        text = self._talk.runtime.admin.sent.read(request)
        for name, value in facts(text, request.chat or request.receipt.conversation):
            self._talk.write(f"{name[0].upper()}{name[1:]}: {value}")
        if text.gone:
            self._talk.write(f"Text: {GONE_WORDS[text.gone]}")
        if said := again(text):
            self._talk.write(f"Note: {said}")
        for part in text.parts[text.known :]:
            self._talk.text(f"Left as {safe_line(part.label, 60)}", part.text)

    def _document(self, path: Path) -> None:
        from edgeroute.engine.admin.sent_document import style_of  # noqa: PLC0415

        sent = self._talk.runtime.admin.sent
        self._talk.save(path, sent.document(sent.latest(), style_of(path.suffix)))

    def rate(self, thumb: Thumb | None) -> None:
        """What the user thinks of the last answer."""
        talk = self._talk
        receipt = talk.runtime.receipts.get(talk.receipt) if talk.receipt else None
        if receipt is None or not receipt.model:
            talk.error("there is no answer to rate yet.")
            return
        talk.runtime.memory.rate(receipt, thumb)
        talk.write(f"Rated: {THUMB_WORDS[thumb] or 'nothing'}.")

    def cost(self) -> None:
        """What was spent, today and on each model."""
        self._talk.write(f"Today: {dollars(self._talk.runtime.ledger.today())}")
        for row in self._talk.runtime.ledger.rows("model"):
            calls = plural(row.calls, "call")
            self._talk.write(f"Model: {safe_line(row.label)}, {calls}, {cost_words(row.spent)}")
