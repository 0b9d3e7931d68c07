"""The chat app's own words: privacy modes, findings, ages, the line under an answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from edgeroute.core.display import safe_line
from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Receipt
from edgeroute.core.spending import SpendRow
from edgeroute.core.verdict import Finding, PrivacyMode
from edgeroute.core.words import cost_words, plural, seconds, sent_to, usage_words

MODE_WORDS: Mapping[PrivacyMode, str] = {
    PrivacyMode.AUTO: "AUTO",
    PrivacyMode.PRIVATE: "LOCAL ONLY",
    PrivacyMode.MASK: "MASK",
}
MODE_SENTENCES: Mapping[PrivacyMode, str] = {
    PrivacyMode.AUTO: "Personal data stays here; the rest goes where it fits best.",
    PrivacyMode.PRIVATE: "Nothing of this chat leaves this machine.",
    PrivacyMode.MASK: "Personal data is replaced by placeholders in what leaves.",
}
MODE_EXAMPLES: Mapping[PrivacyMode, str] = {
    PrivacyMode.AUTO: "a letter about a patient stays here, a question about SQL may leave",
    PrivacyMode.PRIVATE: "a question about SQL stays here too",
    PrivacyMode.MASK: "the letter leaves with <PERSON_1> in place of the name",
}
# Names that can be asked for in place of one model.
MODEL_ALIASES: Mapping[str, str] = {
    "auto": "what the rules pick",
    "local": "the model on this machine",
    "cascade": "cheap first, strong if in doubt",
    "ensemble": "several, and where they disagree",
}
THUMB_WORDS: Mapping[str | None, str] = {"up": "good", "down": "not good", None: ""}
_A_CENT = Decimal("0.01")
_TYPE_WORDS: Mapping[str, str] = {
    "PERSON": "name",
    "EMAIL_ADDRESS": "e-mail",
    "PHONE_NUMBER": "phone",
    "LOCATION": "place",
    "CREDIT_CARD": "card number",
    "IBAN_CODE": "IBAN",
    "IP_ADDRESS": "IP address",
    "DATE_OF_BIRTH": "date of birth",
}
_ACRONYMS = frozenset({"US", "UK", "SSN", "IBAN", "IP", "ID", "API", "URL", "JWT", "AWS", "NHS"})


def type_words(entity: str) -> str:
    """An entity type such as ``US_SSN`` in words."""
    name = safe_line(entity, 40)
    if name in _TYPE_WORDS:
        return _TYPE_WORDS[name]
    return " ".join(word if word in _ACRONYMS else word.lower() for word in name.split("_"))


def counted(types: Mapping[str, int]) -> str:
    """``{"PERSON": 2, "US_SSN": 1}`` as ``2 x name, US SSN``."""
    return ", ".join(
        type_words(kind) if count == 1 else f"{count} x {type_words(kind)}"
        for kind, count in types.items()
    )


def details(findings: tuple[Finding, ...]) -> str:
    """How many personal details: ``1 personal detail``, ``3 personal details``."""
    return plural(len(findings), "personal detail")


def dollars(amount: Decimal) -> str:
    """USD with two places, for totals."""
    return f"${amount:,.2f}"


def spent(row: SpendRow) -> str:
    """What ``row`` cost, for totals: ``$0.42``, ``at least $0.42``, ``cost unknown``."""
    amount = row.spent.amount or Decimal(0)
    if row.spent.basis != "unknown":
        return dollars(amount)
    return f"at least {dollars(amount)}" if amount >= _A_CENT else cost_words(row.spent)


def left(until: datetime, now: datetime) -> str:
    """The time until ``until``: ``4:12``, ``0:09``; empty once it is over."""
    rest = int((until - now).total_seconds())
    return f"{rest // 60}:{rest % 60:02d}" if rest > 0 else ""


def ago(moment: datetime, now: datetime) -> str:
    """``now``, ``5 min``, ``3 h``, ``yesterday``, ``12 Mar``."""
    passed = now - moment
    if passed < timedelta(minutes=1):
        return "now"
    if passed < timedelta(hours=1):
        return f"{int(passed.total_seconds() // 60)} min"
    if passed < timedelta(days=1):
        return f"{int(passed.total_seconds() // 3600)} h"
    if passed < timedelta(days=2):
        return "yesterday"
    return f"{moment.day} {moment:%b}"


def receipt_line(receipt: Receipt) -> tuple[str, str]:
    """The line under an answer: whether it left this machine, and the rest."""
    hosts = [safe_line(host, 60) for host in sent_to(receipt) if host]
    where = f"left to {', '.join(hosts)}" if hosts else "left this machine"
    parts = [
        safe_line(receipt.model or "no model", 60),
        safe_line(reason(receipt), 120),
        seconds(receipt.duration_ms),
        usage_words(receipt.usage),
        cost_words(receipt.cost),
    ]
    return where if receipt.left_machine else "stayed here", " · ".join(filter(None, parts))


def reason(receipt: Receipt) -> str:
    """Why the receipt's model answered, in the words of before it was sent."""
    failed = sum(1 for a in receipt.attempts if a.outcome == "failed" and a.role == "answer")
    tried = f" after {failed} failed" if failed else ""
    if receipt.masked:
        return f"masked {counted(receipt.masked)}{tried}"
    if receipt.route is Place.LOCAL and receipt.findings:
        return f"found {counted(receipt.findings)}"
    if receipt.route is Place.LOCAL and receipt.latched:
        return "this chat stays local"
    if receipt.route is Place.LOCAL and receipt.mode is PrivacyMode.PRIVATE:
        return "local only"
    return (receipt.reasons.because or receipt.why).rstrip(".") + tried
