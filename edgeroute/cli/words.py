"""Amounts, sizes, times and receipts as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Attempt, Receipt
from edgeroute.core.usage import Cost

_UNITS = ("B", "kB", "MB", "GB")


def money(amount: Decimal | None) -> str:
    """USD with as many digits as the amount needs; an unknown amount says so."""
    if amount is None:
        return "unknown"
    if amount == 0:
        return "$0"
    return (
        f"${amount:.2f}"
        if abs(amount) >= 1
        else f"${amount:.2g}"
        if amount > Decimal("0.0001")
        else "<$0.0001"
    )


def spent(cost: Cost) -> str:
    """A cost; a sum that lacks something is not shown as if it were all."""
    if cost.basis == "unknown":
        return f"at least {money(cost.amount)}" if cost.amount else money(None)
    return money(cost.amount)


def size(count: float) -> str:
    """A number of bytes."""
    for unit in _UNITS[:-1]:
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} {_UNITS[-1]}"


def when(moment: datetime) -> str:
    """A moment in local time, to the minute."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def seconds(milliseconds: int | None) -> str:
    """A duration."""
    if milliseconds is None:
        return "-"
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def found(types: Mapping[str, int]) -> str:
    """Findings by type: ``US_SSN, EMAIL_ADDRESS x2``."""
    return ", ".join(name if count == 1 else f"{name} x{count}" for name, count in types.items())


def receipt_line(receipt: Receipt) -> str:
    """A receipt in one line: who answered, what left, what it cost."""
    parts = [receipt.model or "no answer", _where(receipt)]
    if receipt.findings:
        parts.append(f"{found(receipt.findings)} found")
    if receipt.usage.total:
        parts.append(f"{receipt.usage.input:,} in, {receipt.usage.output:,} out")
    if receipt.left_machine:
        cost = spent(receipt.cost)
        parts.append("unknown cost" if cost == money(None) else cost)
    parts += [seconds(receipt.duration_ms), f"receipt {receipt.id}"]
    return " · ".join(parts)


def receipt_text(receipt: Receipt, thumb: str = "") -> str:
    """A receipt in full; ``thumb`` is what the user thinks of the answer."""
    lines = [
        f"Receipt {receipt.id}",
        f"  when          {when(receipt.created)}, {seconds(receipt.duration_ms)}",
        f"  conversation  {receipt.conversation or '-'} ({receipt.front_door})",
        f"  privacy       {receipt.mode.value}: {receipt.privacy_reason}",
    ]
    if receipt.findings:
        lines.append(f"  found         {found(receipt.findings)}")
    if receipt.masked:
        lines.append(f"  masked        {found(receipt.masked)}")
    if receipt.latched:
        lines.append("  latched       the conversation stays on this machine")
    lines += [
        f"  rule          {receipt.rule or '-'}: {receipt.why}",
        f"  answered by   {receipt.model or 'nobody'}{_error(receipt.error)}",
        f"  left          {_where(receipt)}",
        f"  cost          {spent(receipt.cost)} ({receipt.cost.basis})",
    ]
    if thumb:
        lines.append(f"  your rating   {thumb}")
    lines += [f"  attempt {n}     {_attempt(one)}" for n, one in enumerate(receipt.attempts, 1)]
    lines += [f"  note          {text}" for text in receipt.notes]
    return "\n".join(lines)


def _where(receipt: Receipt) -> str:
    sent: dict[str, int] = {}
    for attempt in receipt.attempts:
        if attempt.place is Place.CLOUD and attempt.bytes_sent:
            sent[attempt.host] = sent.get(attempt.host, 0) + attempt.bytes_sent
    if not sent:
        return "nothing left this machine"
    return ", ".join(f"{size(count)} to {host}" for host, count in sent.items())


def _attempt(attempt: Attempt) -> str:
    text = f"{attempt.model}: {attempt.outcome}, {seconds(attempt.duration_ms)}"
    if attempt.role != "answer":
        text = f"{text} ({attempt.role})"
    if attempt.usage.total:
        text += f", {attempt.usage.input:,} in, {attempt.usage.output:,} out"
    if attempt.bytes_sent:
        text += f", {size(attempt.bytes_sent)} to {attempt.host}, {spent(attempt.cost)}"
    if attempt.error:
        text += f" - {attempt.error} {attempt.detail}".rstrip()
    return text


def _error(error: str) -> str:
    return f" ({error})" if error else ""
