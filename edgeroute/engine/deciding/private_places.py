"""Where in a request something private stands, in words: never what it says."""

from __future__ import annotations

import re
from typing import Final

from edgeroute.core.messages import Message, ToolResult
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import Verdict

_MESSAGE: Final = re.compile(r"messages\[(\d+)\]")
_MOST: Final = 3
_NAME: Final = re.compile(r"[A-Za-z_][\w.-]{0,59}")  # anything else may be more than a name
_ROLES: Final = {
    "system": "the system prompt",
    "user": "a message of the user",
    "assistant": "an earlier answer",
    "tool": "a tool's result",
}


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
