"""The words of the command line's own: moments, findings, and receipts as text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from edgeroute.core.receipt import Attempt, Receipt
from edgeroute.core.usage import Cost
from edgeroute.core.words import cost_words, seconds, sent_to, size, usage_words


def when(moment: datetime) -> str:
    """A moment in local time, to the minute."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def found(types: Mapping[str, int]) -> str:
    """Findings by type, named as rules name them: ``US_SSN, EMAIL_ADDRESS x2``."""
    return ", ".join(name if count == 1 else f"{name} x{count}" for name, count in types.items())


def receipt_line(receipt: Receipt) -> str:
    """A receipt in one line: who answered, what left, what it cost."""
    parts = [receipt.model or "no answer", _where(receipt)]
    if receipt.findings:
        parts.append(f"{found(receipt.findings)} found")
    elif receipt.rule == "privacy" and not receipt.error:
        parts.append(receipt.privacy_reason.rstrip("."))
    parts.append(usage_words(receipt.usage))
    if receipt.left_machine:
        parts.append(cost_words(receipt.cost))
    parts += [seconds(receipt.duration_ms), f"receipt {receipt.id}"]
    return " · ".join(filter(None, parts))


def receipt_text(receipt: Receipt, thumb: str = "") -> str:
    """A receipt in full; ``thumb`` is what the user thinks of the answer."""
    lines = [
        f"Receipt {receipt.id}",
        f"  when          {when(receipt.created)}, {seconds(receipt.duration_ms)}",
        f"  conversation  {receipt.conversation or '-'} ({receipt.asker})",
        f"  privacy       {receipt.mode.value}: {receipt.privacy_reason}",
    ]
    if receipt.findings:
        lines.append(f"  found         {found(receipt.findings)}")
    if receipt.masked:
        lines.append(f"  masked        {found(receipt.masked)}")
    if receipt.latched:
        lines.append("  latched       the conversation stays on this machine")
    error = f" ({receipt.error})" if receipt.error else ""
    lines += [
        f"  because       {receipt.because or '-'}",
        *([f"  taken for     {receipt.reasons.understood}"] * bool(receipt.reasons.understood)),
        f"  rule          {receipt.rule or '-'}",
        f"  answered by   {receipt.model or 'nobody'}{error}",
        f"  left          {_where(receipt)}",
        f"  cost          {_cost(receipt.cost)}",
        *([f"  expected      {receipt.reasons.cost}"] * bool(receipt.reasons.cost)),
    ]
    if thumb:
        lines.append(f"  your rating   {thumb}")
    lines += [f"  attempt {n}     {_attempt(one)}" for n, one in enumerate(receipt.attempts, 1)]
    lines += [f"  others        {text}" for text in receipt.reasons.others]
    lines += [f"  note          {text}" for text in receipt.notes if text != receipt.because]
    return "\n".join(lines)


def went(receipt: Receipt) -> str:
    """Where an answer was made, and why there, in the words of the chat app."""
    return f"{_where(receipt)} · {receipt.because}" if receipt.because else _where(receipt)


def _where(receipt: Receipt) -> str:
    sent = [f"{size(count)} to {host}" for host, count in sent_to(receipt).items()]
    return ", ".join(sent) or "nothing left this machine"


def _cost(cost: Cost) -> str:
    return "unknown" if cost.amount is None else f"{cost_words(cost)} ({cost.basis})"


def _attempt(attempt: Attempt) -> str:
    text = f"{attempt.model}: {attempt.outcome}, {seconds(attempt.duration_ms)}"
    if attempt.role != "answer":
        text = f"{text} ({attempt.role})"
    if attempt.usage.total:
        text += f", {usage_words(attempt.usage)}"
    if attempt.bytes_sent:
        text += f", {size(attempt.bytes_sent)} to {attempt.host}, {cost_words(attempt.cost)}"
    if attempt.error:
        text += f" - {attempt.error} {attempt.detail}".rstrip()
    return text
