"""The X-EdgeRoute headers: what a caller may ask for, and what an answer tells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, get_args

from edgeroute.core.answer import Frame
from edgeroute.core.display import safe_line
from edgeroute.core.events import (
    DOUBTS,
    Answered,
    AttemptStarted,
    Event,
    Failed,
    Notice,
    Piece,
    Planned,
)
from edgeroute.core.model_card import Place
from edgeroute.core.plan import Plan
from edgeroute.core.receipt import Receipt
from edgeroute.core.request import TIERS, ChatRequest
from edgeroute.core.signals import TASKS
from edgeroute.core.verdict import PrivacyMode
from edgeroute.server.http_refusal import HttpRefusal

_PREFIX: Final = "x-edgeroute-"
REQUEST_HEADERS: Final = tuple(
    _PREFIX + name for name in ("privacy", "conversation", "tier", "task", "user", "deadline")
)
RESPONSE_HEADERS: Final = (
    *(_PREFIX.encode() + name for name in (b"receipt", b"model", b"route", b"reason", b"warning")),
    b"warning",
    b"retry-after",
    b"x-should-retry",
)
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    _PREFIX + "privacy": tuple(PrivacyMode),
    _PREFIX + "tier": TIERS,
    _PREFIX + "task": TASKS,
}
"""What those may say that name a choice."""
_WORDS: Final = (*get_args(Piece), Frame)
_SECONDS: Final = re.compile(r"[0-9]{1,5}(\.[0-9]{1,3})?", re.ASCII)
_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,128}", re.ASCII)


def apply(request: ChatRequest, headers: Mapping[str, str]) -> ChatRequest:
    """``request`` with what the caller's headers ask for.

    Raises:
        HttpRefusal: a value that means nothing, or a header of ours that does not exist. A mistyped
            wish for privacy must not pass in silence.
    """
    for name, times in Counter([*headers]).items():
        if name.startswith(_PREFIX) and name not in REQUEST_HEADERS:
            raise _bad(name, "does not exist", REQUEST_HEADERS)
        if name.startswith(_PREFIX) and times > 1:
            raise HttpRefusal(400, "bad_header", f"The header {name} came twice.", "Send it once.")
    mode = _choice(headers, "privacy")
    tier = _choice(headers, "tier")
    conversation = headers.get(_PREFIX + "conversation", "")
    if conversation and not _ID.fullmatch(conversation):
        raise HttpRefusal(400, "bad_header", "X-EdgeRoute-Conversation is not a conversation's id.")
    return replace(
        request,
        privacy=PrivacyMode(mode) if mode else None,
        tier=next((each for each in TIERS if each == tier), None),
        task=_choice(headers, "task"),
        conversation=conversation,
        deadline=_seconds(headers.get(_PREFIX + "deadline", "")),
        user=safe_line(headers.get(_PREFIX + "user", "") or request.user, 100),
    )


def _choice(headers: Mapping[str, str], name: str) -> str:
    allowed = CHOICES[_PREFIX + name]
    value = headers.get(_PREFIX + name, "").strip().lower()
    if value and value not in allowed:
        raise _bad(_PREFIX + name, "has no such value", allowed)
    return value


def _seconds(value: str) -> float:
    if not value:
        return 0.0
    if not _SECONDS.fullmatch(value) or not float(value):
        raise HttpRefusal(
            400,
            "bad_header",
            "X-EdgeRoute-Deadline is no number of seconds.",
            "Send how long the local model may keep you waiting, like 30.",
        )
    return float(value)


def _bad(name: str, what: str, allowed: tuple[str, ...]) -> HttpRefusal:
    choices = ", ".join(allowed)
    return HttpRefusal(400, "bad_header", f"The header {name} {what}.", f"Use one of: {choices}.")


def _warning(sentence: str) -> str:
    """A lasting warning as RFC 7234 writes it."""
    quoted = sentence.replace("\\", "").replace('"', "'")
    return f'299 - "{quoted}"' if quoted else ""


class HeaderTracker:
    """Learns from the engine's events what the answer's headers tell.

    ``warning`` says that another model doubts the answer, or what this one was not told of, or else
    that a part of the history was lost;
    ``receipt`` is there at the end. That another model answers than the one that was named is told
    in HTTP's own header for warnings. ``may_withdraw`` says whether words may yet be withdrawn,
    which a caller who has read them cannot undo.
    """

    def __init__(self) -> None:
        self.receipt_id = self.model = self.reason = self.warning = ""
        self._lost = ""
        self.route: Place | None = None
        self.receipt: Receipt | None = None
        self._plan: Plan | None = None
        self._because = ""
        self.may_withdraw = False

    def as_headers(self, *, known: bool = True) -> dict[str, str]:
        """The headers; text is cut and kept to ASCII.

        Where it is not ``known`` who answers, they name the model under way only where no other
        one could come after it: a header cannot be taken back.
        """
        plan = self._plan
        known = known or plan is None or plan.candidates[-1].model == self.model
        values = {
            "X-EdgeRoute-Receipt": self.receipt_id,
            "X-EdgeRoute-Model": self.model if known else "",
            "X-EdgeRoute-Route": self.route.value if self.route and known else "",
            "X-EdgeRoute-Reason": self.reason
            if known or plan is None
            else self._because or plan.why,
            "X-EdgeRoute-Warning": self.warning or self._lost,
            "Warning": _warning(self._plan.warning if self._plan else ""),
        }
        return {
            name: safe_line(value).encode("ascii", "replace").decode("ascii")
            for name, value in values.items()
            if value
        }

    def learn(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, _WORDS):  # most are, and tell nothing of this
            return
        match event:
            case Planned(plan=plan, receipt_id=receipt_id, because=because, reason=reason):
                self._plan, self._because = plan, because
                self.may_withdraw = plan.strategy != "single" or bool(plan.verify)
                self.receipt_id, self.reason = receipt_id, reason
            case AttemptStarted(model=model, reason=reason):
                self.warning = ""
                self.model, self.route = model, self._place(model)
                self.reason = self._why(model) or reason or self.reason
            case Notice(kind=kind, text=text) if kind in DOUBTS or kind in {"left_out", "queue"}:
                self.warning = text
            case Notice(kind="history_lost", text=text):
                self._lost = text
            case Answered(receipt=receipt):
                self.receipt, self.receipt_id = receipt, receipt.id
                self.model, self.route = receipt.model, receipt.route
                if receipt.standing:
                    self.reason = self._why(receipt.standing.model) or receipt.standing.reason
            case Failed(receipt=receipt):
                self.receipt, self.receipt_id = receipt, receipt.id

    def _why(self, model: str) -> str:
        """Why the first model is asked, in the words of `explain`; empty for the ones after it."""
        return self._because if self._plan and model == self._plan.first.model else ""

    def _place(self, model: str) -> Place | None:
        candidates = self._plan.candidates if self._plan else ()
        return next((each.place for each in candidates if each.model == model), None)
