"""Whether a request must stay on this machine, and the sentences that say why and where."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from edgeroute.core.messages import Message, ToolResult
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import PrivacyMode, Verdict

_MASKED: Final = "Personal data is replaced by placeholders before anything leaves."
_PRIVATE_MODE: Final = "This conversation is set to stay on this machine."
_MESSAGE: Final = re.compile(r"messages\[(\d+)\]")
_MOST: Final = 3
_NAME: Final = re.compile(r"[A-Za-z_][\w.-]{0,59}")  # anything else may be more than a name
_ROLES: Final = {
    "system": "the system prompt",
    "user": "a message of the user",
    "assistant": "an earlier answer",
    "tool": "a tool's result",
}


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
            "weight": verdict.weight,
            "second_opinions": [asdict(opinion) for opinion in verdict.opinions],
        }


def held_from(
    request: ChatRequest, verdict: Verdict, known: int
) -> tuple[int, tuple[Message, ...]]:
    """From which message on ``request`` holds what was found, system messages not counted, and the
    messages up to the first in which something was found.

    What was found elsewhere (in tools, a system prompt) counts from the first message after the
    ``known`` ones, though no message holds it. The place is 0 where nobody knows it.
    """
    said = [number for number, one in enumerate(request.messages) if one.role != "system"]
    found = [_MESSAGE.fullmatch(finding.where) for finding in verdict.findings]
    numbers = [int(match[1]) if match else -1 for match in found]
    within = min((said.index(number) + 1 for number in numbers if number in said), default=0)
    beginning = tuple(request.messages[number] for number in said[:within])
    if any(number not in said for number in numbers):
        return min(within or known + 1, known + 1), beginning
    return within, beginning


def private_places(request: ChatRequest, verdict: Verdict) -> str:
    """A sentence that names the messages in which ``verdict`` has found something.

    Empty where there is no choice, or nothing was found in a message.
    """
    found = [_MESSAGE.fullmatch(finding.where) for finding in verdict.findings]
    numbers = list(dict.fromkeys(int(match[1]) for match in found if match))
    if not numbers or len(request.messages) == 1:
        return ""
    calls = {call.id: call.name for each in request.messages for call in each.tool_calls}
    shown = [
        f"message {number + 1} of {len(request.messages)}, {_kind(request.messages[number], calls)}"
        for number in numbers[:_MOST]
    ]
    more = " and more" if len(numbers) > _MOST else ""
    return f"It is in {'; in '.join(shown)}{more}."


def _kind(message: Message, calls: dict[str, str]) -> str:
    """Who wrote ``message``, or which tool's result it is."""
    results = (part for part in message.parts if isinstance(part, ToolResult))
    names = (result.name or calls.get(result.call_id, "") for result in results)
    name = next(filter(_NAME.fullmatch, names), "")
    return f"a result of the tool {name}" if name else _ROLES[message.role]
