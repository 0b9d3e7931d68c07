"""The tool calls of a streamed chat completion, told apart whatever a host leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from edgeroute.core.events import ToolCallDelta
from edgeroute.wire.json_data import Json, dump_text, mapping, string


class CallTracker:
    """Gives every tool call one number, and its id and name once.

    Hosts number by ``index``; some leave it out, some number every parallel call 0 and only change
    the id, some repeat id and name in each fragment, some send no id at all.
    """

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._named: list[bool] = []
        self._begun: set[int] = set()
        self._numbers: dict[int, int] = {}
        self._signed: dict[int, Any] = {}

    @property
    def any(self) -> bool:
        """Whether there was any call."""
        return bool(self._ids)

    @property
    def signatures(self) -> list[Any]:
        """What Gemini has signed each call with, in their order; empty where it signed none."""
        return (
            [self._signed.get(number) for number in range(len(self._ids))] if self._signed else []
        )

    def close(self) -> Iterator[ToolCallDelta]:
        """The arguments of calls that came without any."""
        for number in range(len(self._ids)):
            if number not in self._begun:
                yield ToolCallDelta(number, arguments="{}")

    def feed(self, call: Json, answer_id: str) -> Iterator[ToolCallDelta]:
        """The delta of one fragment; ``answer_id`` makes up for a missing id."""
        function = mapping(call.get("function"))
        id_, name = string(call.get("id")), string(function.get("name"))
        number, fresh = self._number(call.get("index"), id_, name)
        if fresh:
            id_ = id_ or _made_up(answer_id, number)
            self._ids.append(id_)
            self._named.append(False)
        name = "" if self._named[number] else name
        self._named[number] = self._named[number] or bool(name)
        arguments = function.get("arguments")
        if isinstance(arguments, dict | list):
            arguments = dump_text(arguments)
        if arguments:
            self._begun.add(number)
        if call.get("extra_content"):
            self._signed[number] = call["extra_content"]
        if fresh or name or arguments:
            yield ToolCallDelta(number, id_ if fresh else "", name, string(arguments))

    def _number(self, index: object, id_: str, name: str) -> tuple[int, bool]:
        last = len(self._ids) - 1
        if not isinstance(index, int):
            if id_ in self._ids:
                return self._ids.index(id_), False
            fresh = last < 0 or bool(id_) or (bool(name) and self._named[last])
            return (last + 1, True) if fresh else (last, False)
        known = self._numbers.get(index)
        if known is not None and not (id_ and name and id_ != self._ids[known]):
            return known, False
        if id_ and id_ in self._ids:
            return self._ids.index(id_), False
        self._numbers[index] = last + 1
        return last + 1, True


def _made_up(answer_id: str, number: int) -> str:
    return f"call_{re.sub(r'[^A-Za-z0-9]', '', answer_id)[-24:]}_{number}"
