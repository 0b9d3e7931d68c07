"""Where a request would go and why, before anything is sent."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from edgeroute.core.plan import Plan
from edgeroute.core.reasons import UNTOLD, Reasons
from edgeroute.core.signals import Signals
from edgeroute.engine.deciding.privacy_decision import PrivacyDecision


@dataclass(frozen=True, slots=True)
class Explanation:
    """What `explain` shows of the decision for one request.

    ``otherwise`` is the model that would have been chosen had nothing forced the request to stay
    here. ``client`` is the connected program that asks; ``reasons`` say it all in words.
    """

    privacy: PrivacyDecision
    signals: Signals
    plan: Plan
    otherwise: str = ""
    client: str = ""
    reasons: Reasons = UNTOLD

    def as_json(self) -> dict[str, Any]:
        """The documented object: privacy, signals, rule and candidates."""
        signals = asdict(self.signals)
        origins = signals.pop("origins")
        return {
            "privacy": self.privacy.as_json(),
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
            "reasons": asdict(self.reasons),
            "client": self.client,
        }
