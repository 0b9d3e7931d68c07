"""The receipt of a request: what was found, which rule matched, who received bytes, what it cost.

A receipt holds types and counts, never a value, a prompt or an answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import reduce
from operator import add
from typing import Any, Literal, Protocol

from edgeroute.core.comparison import Comparison
from edgeroute.core.model_card import Place
from edgeroute.core.reasons import UNTOLD, Reasons
from edgeroute.core.receipt_check import ReceiptCheck
from edgeroute.core.request import FrontDoor
from edgeroute.core.usage import FREE, UNKNOWN_COST, Cost, Usage
from edgeroute.core.verdict import PrivacyMode

Outcome = Literal["answered", "failed", "cancelled", "rejected", "interrupted"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One model that was tried.

    ``host`` and ``bytes_sent`` say who received how much; both are empty for a local model and for
    an attempt that failed before anything was written. ``error`` is an ``ErrorKind`` value.
    ``interrupted`` is what is kept before the bytes leave: it stands while the model answers, and
    for good where the program ended first. ``digest`` is the SHA-256 of the body that left, in hex;
    empty where none did, and where nothing of the request is to be kept.
    ``role`` is ``answer``, ``judge`` or ``verify``. ``rate`` is the price used, USD per million
    tokens, as text ``input/output``.
    """

    model: str
    place: Place
    started: datetime
    outcome: Outcome
    duration_ms: int = 0
    first_token_ms: int | None = None
    reason: str = ""
    error: str = ""
    detail: str = ""
    status: int | None = None
    host: str = ""
    bytes_sent: int = 0
    usage: Usage = field(default_factory=Usage)
    cost: Cost = UNKNOWN_COST
    rate: str = ""
    role: str = "answer"
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Why a request went where it went. ``client`` is the connected program that asked, ``agent``
    and ``role`` are what its requests tell of it; ``turn`` counts what the user has asked for in
    the conversation. ``compared`` is what it cost beside one model for everything, and
    ``cache_saved`` what the prompt cache saved; None where that is not known. ``reasons`` say in
    words why it went there.
    """

    id: str
    created: datetime
    conversation: str
    front_door: FrontDoor
    mode: PrivacyMode
    private: bool
    privacy_reason: str
    findings: Mapping[str, int]
    latched: bool
    rule: str
    why: str
    route: Place | None
    model: str
    attempts: tuple[Attempt, ...] = ()
    task: str = ""
    tier: str = ""
    user: str = ""
    input_tokens: int = 0
    duration_ms: int = 0
    first_token_ms: int | None = None
    error: str = ""
    notes: tuple[str, ...] = ()
    masked: Mapping[str, int] = field(default_factory=dict)
    client: str = ""
    agent: str = ""
    role: str = ""
    turn: int = 0
    compared: Comparison | None = None
    cache_saved: Decimal | None = None
    reasons: Reasons = UNTOLD

    @property
    def because(self) -> str:
        """Why the first model was asked, in a sentence, and why another one answered if one did.

        Of old receipts it is the rule's own sentence.
        """
        because = self.reasons.because or self.why
        failed = dict.fromkeys(
            a.model for a in self.attempts if (a.role, a.outcome) == ("answer", "failed")
        )
        if not failed or self.standing is None or self.standing.model in failed:
            return because
        return f"{because} {', '.join(failed)} could not answer, so {self.standing.model} did."

    @property
    def left_machine(self) -> bool:
        """Whether any byte of the prompt was sent to another machine."""
        return any(a.place is Place.CLOUD and a.bytes_sent > 0 for a in self.attempts)

    @property
    def usage(self) -> Usage:
        """Tokens of the attempt that answered, or whose answer was stopped."""
        counted = self.standing or last_answer(self.attempts, "cancelled")
        return counted.usage if counted else Usage()

    @property
    def standing(self) -> Attempt | None:
        """The attempt that gave the answer, which no judge's or verifier's is."""
        return last_answer(self.attempts, "answered")

    @property
    def asker(self) -> str:
        """The front door, and the program that came through it."""
        program = asked_by(self.client, self.agent, self.role)
        return f"{self.front_door}, {program}" if program else self.front_door

    @property
    def cost(self) -> Cost:
        """What all attempts cost together."""
        spent = [a.cost for a in self.attempts if a.bytes_sent or a.outcome == "answered"]
        return reduce(add, spent) if spent else FREE

    def as_json(self) -> dict[str, Any]:
        """The receipt for other programs: its fields, what left, and what all of it cost.

        Amounts are decimal text in USD, null where unknown; times are ISO 8601 in UTC.
        """
        fields: dict[str, Any] = _plain(asdict(self))
        return fields | {
            "left_machine": self.left_machine,
            "cost": _plain(asdict(self.cost)),
            "usage": _plain(asdict(self.usage)),
        }


class ReceiptRepository(Protocol):
    """All receipts, to be read."""

    def get(self, receipt: str, /) -> Receipt | None:
        """The receipt, or None. The beginning of an id will do where only one begins so."""
        ...

    def list(
        self,
        *,
        left_machine: bool = False,
        conversation: str = "",
        client: str = "",
        limit: int = 200,
    ) -> Sequence[Receipt]:
        """Receipts, latest first; with ``left_machine`` only those that sent a byte elsewhere, with
        ``client`` only those of one connected program or person.
        """
        ...

    def verify(self, head: str = "", /) -> ReceiptCheck:
        """Whether they are as they were written; ``head`` is what an earlier check gave."""
        ...


def asked_by(client: str, agent: str, role: str) -> str:
    """The program that asks in words: its own name, the agent that it is, and its part."""
    return ", ".join(dict.fromkeys(filter(None, (client, agent, role))))


def last_answer(attempts: Sequence[Attempt], outcome: Outcome) -> Attempt | None:
    """The last attempt at an answer, no judge's or verifier's, that ended with ``outcome``."""
    return next((a for a in reversed(attempts) if (a.role, a.outcome) == ("answer", outcome)), None)


def _plain(value: Any) -> Any:
    """``value`` in the types that JSON has."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | StrEnum) else value
