"""What an agent's own steps say of its work: tests that pass or fail, edits that it takes back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import takewhile
from typing import Final, Literal

from edgeroute.core.messages import Message, Text, ToolCall, ToolResult
from edgeroute.word_lists import one_of

Sign = Literal["passed", "failed", "reverted", ""]
_READ: Final = 2_000  # characters of a command, and of the end of what it said


def sign_of(messages: Sequence[Message]) -> Sign:
    """What the results after the model's last answer say of what it did; ``""`` where nothing.

    An edit that is taken back says more than a test that fails, and that more than one that passes.
    """
    after = [*takewhile(lambda message: message.role != "assistant", reversed(messages))]
    if len(after) == len(messages):
        return ""
    calls = {call.id: call for call in messages[-len(after) - 1].tool_calls}
    found: set[Sign] = set()
    for message in after:
        for part in message.parts:
            call = calls.get(part.call_id) if isinstance(part, ToolResult) else None
            if call is not None and isinstance(part, ToolResult):
                found.add(_sign(call, part))
    order: tuple[Sign, ...] = ("reverted", "failed", "passed")
    return next((sign for sign in order if sign in found), "")


def _sign(call: ToolCall, result: ToolResult) -> Sign:
    command = f"{call.name} {call.arguments[:_READ]}".lower()
    if _reverts().search(command):
        return "" if result.is_error else "reverted"
    if not _tests().search(command):
        return ""
    text = "".join(part.text for part in result.parts if isinstance(part, Text))
    failed = result.is_error or _failed().search(text[-_READ:]) or _began_badly().match(text[:80])
    return "failed" if failed else "passed" if text.strip() else ""


@cache
def _reverts() -> re.Pattern[str]:
    return re.compile(rf"\b{one_of('agent_steps.reverts')}(?![\w-])")


@cache
def _tests() -> re.Pattern[str]:
    return re.compile(rf"\b{one_of('agent_steps.tests')}(?![\w-])")


@cache
def _failed() -> re.Pattern[str]:
    words = one_of("agent_steps.failed")
    counted = rf"\b[1-9]\d{{0,6}} {words}\b|\b{words}: [1-9]"
    return re.compile(rf"{counted}|^(?:FAIL|FAILED)\b", re.MULTILINE)


@cache
def _began_badly() -> re.Pattern[str]:
    return re.compile(rf"\s{{0,9}}<?{one_of('turns.failed_results')}\b", re.IGNORECASE)
