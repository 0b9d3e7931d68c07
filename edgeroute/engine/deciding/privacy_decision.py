"""Whether a request must stay on this machine, and the sentence that says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from edgeroute.core.verdict import PrivacyMode, Verdict

_MASKED: Final = "Personal data is replaced by placeholders before anything leaves."
_PRIVATE_MODE: Final = "This conversation is set to stay on this machine."


@dataclass(frozen=True, slots=True)
class PrivacyDecision:
    """What was decided about the privacy of one request; the plan, `explain` and the receipt
    read it alike.

    ``latched`` says that the conversation stays local because of what it held before, for the
    reason ``latch_reason``. ``masked`` counts what is replaced by placeholders, by type; it is
    None where nothing is.
    """

    mode: PrivacyMode
    verdict: Verdict
    latched: bool = False
    latch_reason: str = ""
    masked: Mapping[str, int] | None = None

    @property
    def stays(self) -> bool:
        """Whether nothing of it may leave, not even masked."""
        bound = self.latched or self.mode is PrivacyMode.PRIVATE
        return bound or (self.verdict.private and self.masked is None)

    @property
    def reason(self) -> str:
        """Why it may or may not leave, in a sentence."""
        if not self.stays and self.masked is not None:
            return _MASKED
        if self.verdict.private:
            return self.verdict.reason
        if self.latched:
            return f"This conversation stays on this machine: {self.latch_reason}"
        return _PRIVATE_MODE if self.mode is PrivacyMode.PRIVATE else self.verdict.reason

    def as_json(self) -> dict[str, Any]:
        """The decision for other programs; findings are types and places, never values."""
        verdict = self.verdict
        return {
            "mode": self.mode.value,
            "private": self.stays,
            "reason": self.reason,
            "latched": self.latched,
            "complete": verdict.complete,
            "internal_code": verdict.internal_code,
            "types": dict(verdict.types),
            "masked": dict(self.masked or {}),
            "findings": [asdict(finding) for finding in verdict.findings],
        }
