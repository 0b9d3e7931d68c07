"""The words for money, time, sizes and what a receipt says, for every front door. Pure."""

from __future__ import annotations

from decimal import Decimal

from edgeroute.core.comparison import Comparison
from edgeroute.core.conversation import Conversation
from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Receipt
from edgeroute.core.usage import Cost, Usage

_UNITS = ("B", "kB", "MB", "GB")


def money(amount: Decimal | None) -> str:
    """USD, with as many places as the amount deserves; ``cost unknown`` where it is."""
    if amount is None:
        return "cost unknown"
    if amount == 0:
        return "free"
    if 0 < amount < Decimal("0.0001"):
        return "<$0.0001"
    sign, whole = "-" if amount < 0 else "", abs(amount)
    return f"{sign}${whole:.4f}" if whole < 1 else f"{sign}${whole:,.2f}"


def comparison_words(found: Comparison) -> str:
    """What routing saved or lost, against which model, and what the best single model costs."""
    saved = found.saved_by_routing
    verb = "saved" if saved >= 0 else "lost"
    text = (
        f"Routing {verb} {amount_words(abs(saved))}: {amount_words(found.cost)} instead of"
        f" {amount_words(found.premium)} with {found.premium_model} for everything and the same"
        " caching."
    )
    if found.single is None or found.single_model == found.premium_model:
        return text
    return f"{text} {found.single_model} alone would have cost {amount_words(found.single)}."


def amount_words(amount: Decimal) -> str:
    """USD that were saved or would have been paid: nothing is $0 there, and not free."""
    return money(amount) if amount else "$0"


def cost_words(cost: Cost) -> str:
    """A cost; ``~`` marks an estimate. A sum that lacks something is never shown as all of it."""
    if cost.basis == "unknown":
        return f"at least {money(cost.amount)}" if cost.amount else money(None)
    text = money(cost.amount)
    return f"~{text}" if cost.basis == "estimated" and cost.amount else text


def begun_by(conversation: Conversation) -> str:
    """Who began a conversation: ``app``, ``ask``, or the connected program by its name;
    ``fork`` where no receipt tells.
    """
    if conversation.front_door == "http":
        return conversation.client or "a program"
    unknown = "fork" if conversation.parent else ""
    return {"cli": "ask", "chat": "app"}.get(conversation.front_door, unknown)


def tokens(count: int) -> str:
    """``812``, ``12.4k``, ``128k``, ``1.2M``."""
    if count < 10_000:
        return str(count)
    short, unit = (count / 1000, "k") if count < 999_950 else (count / 1_000_000, "M")
    return f"{short:.1f}".removesuffix(".0") + unit


def usage_words(usage: Usage) -> str:
    """``812 in (640 cached), 164 out``; empty where nothing was counted."""
    if not usage.total:
        return ""
    cached = f" ({tokens(usage.cache_read)} cached)" if usage.cache_read else ""
    return f"{tokens(usage.input)} in{cached}, {tokens(usage.output)} out"


def seconds(milliseconds: int | None) -> str:
    """``340 ms``, ``1.9 s``, ``12 s``, ``2 min 5 s``; ``-`` where it is not known."""
    if milliseconds is None:
        return "-"
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    if milliseconds < 10_000:
        return f"{milliseconds / 1000:.1f} s"
    whole = milliseconds // 1000
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def passed(elapsed: float) -> str:
    """Whole seconds that go on: ``0 s``, ``12 s``, ``2 min 5 s``."""
    whole = int(elapsed)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def size(count: float) -> str:
    """A number of bytes: ``500 B``, ``1.6 GB``."""
    for unit in _UNITS[:-1]:
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} {_UNITS[-1]}"


def plural(count: int, noun: str) -> str:
    """``1 call``, ``2 calls``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def sentence(text: str) -> str:
    """``text`` with one full stop at its end."""
    return f"{text.rstrip().rstrip('.')}."


def sent_to(receipt: Receipt) -> dict[str, int]:
    """How many bytes left this machine, by host."""
    sent: dict[str, int] = {}
    for attempt in receipt.attempts:
        if attempt.place is Place.CLOUD and attempt.bytes_sent:
            sent[attempt.host] = sent.get(attempt.host, 0) + attempt.bytes_sent
    return sent
