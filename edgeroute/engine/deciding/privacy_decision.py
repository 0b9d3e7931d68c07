"""Whether a request must stay on this machine, and the sentences that say why and where."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from edgeroute.core.messages import Message, ToolCall, ToolResult
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import PrivacyMode, Verdict

_MASKED: Final = "Personal data is replaced by placeholders before anything leaves."
_PRIVATE_MODE: Final = "This conversation is set to stay on this machine."
_BY_ORIGIN: Final = (
    "It comes from a tool, a folder or a file whose contents always count as private here."
)
_MESSAGE: Final = re.compile(r"messages\[(\d+)\]")
_MOST: Final = 3
_NAME: Final = re.compile(r"[A-Za-z_][\w.-]{0,59}")  # anything else may be more than a name
_PATH: Final = re.compile(r"(?=[^\n]{0,100}[./])[\w./~-]{1,100}")
_ONE_NOUN: Final = re.compile(r"(?!.* (?:of|or|and) )[^,]*[a-z]")  # whose plural is regular
_ROLES: Final = {
    "system": "The system prompt",
    "user": "The user's text",
    "assistant": "An earlier answer",
    "tool": "A tool's result",
}


@dataclass(frozen=True, slots=True)
class PrivacyDecision:
    """What was decided about the privacy of one request; the plan, `explain` and the receipt
    read it alike.

    ``latched`` says that the conversation stays local because of what it held before, for the
    reason ``latch_reason``. ``masked`` counts what is replaced by placeholders, by type; it is
    None where nothing is. ``labels`` are words for the types that were found; ``maskable`` says
    that masks can cover all of them.
    """

    mode: PrivacyMode
    verdict: Verdict
    latched: bool = False
    latch_reason: str = ""
    masked: Mapping[str, int] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    maskable: bool = False

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
            return why_private(self.verdict)
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


def why_private(verdict: Verdict) -> str:
    """Why a private text is so, in a sentence for people."""
    found = verdict.findings
    by_origin = bool(found) and all(finding.source == "origin" for finding in found)
    return _BY_ORIGIN if by_origin else verdict.reason


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


def private_places(request: ChatRequest, privacy: PrivacyDecision) -> str:
    """What was found in the first messages that hold anything, and how often, in sentences.

    A tool and its file are named where nothing was found in the call. Never a value.
    """
    found: dict[int, Counter[str]] = {}
    for finding in dict.fromkeys(privacy.verdict.findings):
        match = _MESSAGE.fullmatch(finding.where)
        if match and int(match[1]) < len(request.messages):
            kind = "" if finding.source == "origin" else finding.type
            found.setdefault(int(match[1]), Counter())[kind] += 1
    calls = {
        call.id: call
        for number, message in enumerate(request.messages)
        if number not in found and privacy.verdict.complete
        for call in message.tool_calls
    }
    told = [
        f"{_place(request.messages, number, calls)} {_held(types, privacy.labels)}."
        for number, types in sorted(found.items())[:_MOST]
    ]
    more = ["So do other messages."] if len(found) > _MOST else []
    return " ".join([*told, *more])


def _place(messages: Sequence[Message], number: int, calls: Mapping[str, ToolCall]) -> str:
    """What ``messages[number]`` is: who wrote it, or which tool's result it is."""
    message, all_of = messages[number], len(messages)
    for part in message.parts:
        if isinstance(part, ToolResult):
            call = calls.get(part.call_id)
            if call is None or not _NAME.fullmatch(call.name):
                return f"A tool's result (message {number + 1} of {all_of})"
            path = _path(call)
            return f"The result of {call.name} ({path or f'message {number + 1} of {all_of}'})"
    return f"{_ROLES[message.role]} (message {number + 1} of {all_of})"


def _path(call: ToolCall) -> str:
    """The one file that the call names, if it looks like nothing more than that."""
    try:
        given = json.loads(call.arguments)
    except ValueError:
        return ""
    values = given.values() if isinstance(given, dict) else ()
    paths = [one for one in values if isinstance(one, str) and _PATH.fullmatch(one)]
    return paths[0] if len(paths) == 1 else ""


def _held(types: Counter[str], labels: Mapping[str, str]) -> str:
    """``holds 3 e-mail addresses and 1 telephone number``."""
    if "" in types:
        return "counts as private because of where it comes from"
    counted = [_counted(labels.get(kind, kind), count) for kind, count in types.most_common(_MOST)]
    more = ["more"] if len(types) > _MOST else []
    *first, last = [*counted, *more]
    return f"holds {', '.join(first)} and {last}" if first else f"holds {last}"


def _counted(label: str, count: int) -> str:
    if count == 1:
        return f"1 {label}"
    if not _ONE_NOUN.fullmatch(label):
        return f"{count} x {label}"
    return f"{count} {label}{'es' if label.endswith('s') else 's'}"
