"""The whole receipt of an answer: what was found, which rule, who was tried, who received bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content

from edgeroute.core.display import safe_line
from edgeroute.core.reasons import task_words
from edgeroute.core.receipt import Attempt, Receipt
from edgeroute.core.words import cost_words, seconds, sent_to, tokens, usage_words
from edgeroute.tui.screens.page import PanelScreen, line, pair, section
from edgeroute.tui.words import MODE_WORDS, THUMB_WORDS, counted

if TYPE_CHECKING:
    from edgeroute.engine.recording.feedback import Thumb


_OWN = {"chat": "you, in the chat app", "cli": "you, on the command line"}


class ReceiptScreen(PanelScreen[None]):
    """A receipt in full."""

    def __init__(self, receipt: Receipt, thumb: Thumb | None = None) -> None:
        super().__init__(f"Receipt {receipt.id}", classes="reading")
        self.receipt = receipt
        self.thumb = thumb

    def body(self) -> ComposeResult:
        """Decision, attempts, money."""
        receipt = self.receipt
        hosts = ", ".join(f"{host} ({count:,} bytes)" for host, count in sent_to(receipt).items())
        where = (
            (f"left this machine: {hosts}", "$cloud")
            if receipt.left_machine
            else ("stayed on this machine", "$local")
        )
        yield section("Decision")
        yield pair("where", safe_line(where[0]), style=f"bold {where[1]}")
        yield pair("answered by", safe_line(receipt.model) or "nobody")
        yield pair("why", safe_line(receipt.because))
        yield pair("rule", safe_line(receipt.rule) or "none")
        if self.thumb:
            yield pair("you found it", THUMB_WORDS[self.thumb])
        yield section("Privacy")
        yield pair("mode", MODE_WORDS[receipt.mode])
        yield pair("found", counted(receipt.findings) or "nothing personal")
        if receipt.privacy_reason != receipt.because:
            yield pair("because", safe_line(receipt.privacy_reason))
        if receipt.masked:
            yield pair("masked", counted(receipt.masked))
        if receipt.latched:
            yield pair("chat", "stays local from here on")
        yield section("Request")
        yield pair("asked by", _OWN.get(receipt.asker) or safe_line(receipt.asker))
        taken_for = receipt.reasons.understood or task_words(receipt.task)
        yield pair("taken for", safe_line(taken_for, 300))
        yield pair("tier", receipt.tier or "balanced")
        yield pair("input", f"~{tokens(receipt.input_tokens)} tokens")
        yield pair("time", self._time())
        yield pair("cost", cost_words(receipt.cost))
        yield section("Attempts" if receipt.attempts else "No attempts")
        for number, attempt in enumerate(receipt.attempts, 1):
            yield from _attempt(number, attempt)
        if receipt.notes:
            yield section("Notes")
            for note in receipt.notes:
                yield line(safe_line(note, 400))
        if receipt.error:
            yield pair("ended", safe_line(receipt.error), style="$error")

    def _time(self) -> str:
        first = self.receipt.first_token_ms
        start = f", first word after {seconds(first)}" if first is not None else ""
        return seconds(self.receipt.duration_ms) + start


def _attempt(number: int, attempt: Attempt) -> ComposeResult:
    style = {"answered": "$local", "rejected": "$muted"}.get(attempt.outcome, "$error")
    role = f" as {attempt.role}" if attempt.role != "answer" else ""
    outcome = attempt.outcome if not attempt.error else f"{attempt.outcome}: {attempt.error}"
    model = safe_line(attempt.model + role, 60)
    yield line(Content.assemble((f"{number}  ", "$muted"), (model, "bold"), "  ", (outcome, style)))
    facts = [
        safe_line(attempt.reason, 100),
        safe_line(attempt.detail, 100),
        seconds(attempt.duration_ms),
        f"{attempt.bytes_sent:,} bytes to {safe_line(attempt.host, 60)}"
        if attempt.bytes_sent
        else "no byte left",
        usage_words(attempt.usage),
        cost_words(attempt.cost) if attempt.bytes_sent or attempt.outcome == "answered" else "",
    ]
    yield line("   " + " · ".join(filter(None, facts)), "dim")
