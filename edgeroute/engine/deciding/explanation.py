"""Where a request would go and why, before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from edgeroute.core.plan import Plan
from edgeroute.core.signals import Signals
from edgeroute.core.verdict import PrivacyMode, Verdict


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decision for one request.

    ``latched`` says that the conversation stays local because of what it held before;
    ``otherwise`` is the model that would have been chosen had nothing forced the request to stay
    here. ``masked`` counts what would be replaced by placeholders, by type.
    """

    mode: PrivacyMode
    verdict: Verdict
    latched: bool
    latch_reason: str
    signals: Signals
    plan: Plan
    otherwise: str = ""
    masked: Mapping[str, int] = field(default_factory=dict)

    @property
    def stays(self) -> bool:
        """Whether nothing of it may leave, not even masked."""
        bound = self.latched or self.mode is PrivacyMode.PRIVATE
        return bound or (self.verdict.private and not self.masked)

    @property
    def reason(self) -> str:
        """Why it may or may not leave, in a sentence."""
        if self.latched:
            return self.latch_reason
        if self.masked:
            return "Personal data is replaced by placeholders before anything leaves."
        if self.mode is PrivacyMode.PRIVATE and not self.verdict.private:
            return "This conversation is set to stay on this machine."
        return self.verdict.reason

    def as_json(self) -> dict[str, Any]:
        """The documented object: privacy, signals, rule and candidates."""
        signals = asdict(self.signals)
        origins = signals.pop("origins")
        return {
            "privacy": {
                "mode": self.mode.value,
                "private": self.stays,
                "reason": self.reason,
                "latched": self.latched,
                "complete": self.verdict.complete,
                "internal_code": self.verdict.internal_code,
                "types": dict(self.verdict.types),
                "masked": dict(self.masked),
                "findings": [asdict(finding) for finding in self.verdict.findings],
            },
            "signals": signals
            | {
                "origins": {
                    name: {"origin": origin["origin"], "confidence": origin["confidence"]}
                    for name, origin in origins
                }
            },
            "rule": self.plan.rule,
            "why": self.plan.why,
            "strategy": self.plan.strategy,
            "verify": self.plan.verify,
            "candidates": [
                {"model": candidate.model, "reason": candidate.reason, "place": candidate.place}
                for candidate in self.plan.candidates
            ],
            "skipped": [asdict(skipped) for skipped in self.plan.skipped],
            "notes": list(self.plan.notes),
        }
