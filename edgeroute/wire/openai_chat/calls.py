"""Tool calls that arrive in fragments, from hosts that number them well or badly."""

from __future__ import annotations

import re
from collections.abc import Iterator

from edgeroute.core.events import ToolCallDelta
from edgeroute.wire.fields import Json, mapping, string
from edgeroute.wire.json_text import dump_text


class CallTracker:
    """Gives every tool call one number, and its id and name once.

    Hosts number by ``index``; some leave it out, some number every parallel call 0 and only change
    the id, some repeat id and name in each fragment, some send no id at all.
    """

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._named: list[bool] = []
        self._numbers: dict[int, int] = {}

    @property
    def any(self) -> bool:
        """Whether there was any call."""
        return bool(self._ids)

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
