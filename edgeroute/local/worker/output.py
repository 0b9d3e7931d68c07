"""What a model's raw text means: thinking, visible text, tool calls."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Sequence
from typing import Any, Final

from edgeroute.core.events import ReasoningDelta, TextDelta, ToolCallDelta
from edgeroute.core.request import Tool
from edgeroute.wire.think import ThinkTags, overlap

Meaning = TextDelta | ReasoningDelta | ToolCallDelta

_OPEN: Final = "<tool_call>"
_CLOSE: Final = "</tool_call>"
_FUNCTION: Final = re.compile(r"<function=([^>\n]+)>(.*?)(?:</function>|\Z)", re.DOTALL)
_PARAMETER: Final = re.compile(
    r"<parameter=([^>\n]+)>\n?(.*?)(?:\n?</parameter>|(?=<parameter=)|\Z)", re.DOTALL
)
_FENCE: Final = re.compile(r"```(?:json)?\s*(.*?)\s*```", re.DOTALL)


class OutputReader:
    """Reads a stream cut at any place.

    Without ``tools`` nothing counts as a call; ``calls`` is how many there were. ``thinking`` says
    that the stream begins inside a thought. ``bare`` also takes an answer that is nothing but the
    JSON of a call for one: the smallest models forget the tags around it.
    """

    def __init__(
        self, tools: Sequence[Tool] = (), *, thinking: bool = False, bare: bool = False
    ) -> None:
        self._think = ThinkTags(open=thinking)
        self._bare = bare and bool(tools)
        self._tools = {tool.name: tool for tool in tools}
        self._held = ""
        self._inside = False
        # A conversation holds the calls of many answers, and no two have one id.
        self._mark = secrets.token_hex(4)
        self.calls = 0

    def feed(self, text: str) -> Iterator[Meaning]:
        """What is certain after ``text``."""
        for kind, piece in self._think.feed(text):
            yield from self._thought(piece) if kind == "thinking" else self._visible(piece)

    def close(self) -> Iterator[Meaning]:
        """What was held back when the stream ended."""
        for kind, piece in self._think.close():
            yield from self._thought(piece) if kind == "thinking" else self._visible(piece)
        held, self._held = self._held, ""
        bare = _bare_call(held, self._tools) if self._bare else None
        if self._inside:
            yield from self._call(held)
        elif bare is not None:
            yield from self._call(bare)
        elif held.strip() or (held and not self.calls):
            yield TextDelta(held)

    @staticmethod
    def _thought(piece: str) -> Iterator[Meaning]:
        if piece:
            yield ReasoningDelta(piece)

    def _visible(self, piece: str) -> Iterator[Meaning]:
        if not self._tools:
            if piece:
                yield TextDelta(piece)
            return
        self._held += piece
        if self._bare and _may_be_bare(self._held):
            return
        self._bare = False
        while True:
            mark = _CLOSE if self._inside else _OPEN
            before, found, after = self._held.partition(mark)
            if not found:
                break
            self._held = after
            if self._inside:
                yield from self._call(before)
            elif before.strip():
                yield TextDelta(before.rstrip() if not self.calls else before.strip())
            self._inside = not self._inside
        if not self._inside:
            yield from self._release()

    def _release(self) -> Iterator[Meaning]:
        """Let go of text that cannot be the beginning of a call, nor white space before one."""
        cut = self._held.find("<")
        while cut >= 0 and not _OPEN.startswith(self._held[cut : cut + len(_OPEN)]):
            cut = self._held.find("<", cut + 1)
        ready = self._held if cut < 0 else self._held[:cut]
        ready = ready.rstrip()
        if ready:
            self._held = self._held[len(ready) :]
            yield TextDelta(ready)

    def _call(self, text: str) -> Iterator[Meaning]:
        read = read_call(text, self._tools)
        if read is None:
            yield TextDelta(f"{_OPEN}{text}{_CLOSE}")
            return
        name, arguments = read
        index, self.calls = self.calls, self.calls + 1
        yield ToolCallDelta(index, f"call_{self._mark}_{index}", name, arguments)


class Verbatim:
    """Takes a stream for text as it is."""

    calls = 0

    @staticmethod
    def feed(text: str) -> Iterator[Meaning]:
        """The text itself."""
        if text:
            yield TextDelta(text)

    @staticmethod
    def close() -> Iterator[Meaning]:
        """Nothing is held back."""
        yield from ()


def _may_be_bare(text: str) -> bool:
    head = text.lstrip()[:3]
    return head.startswith("{") or "```".startswith(head)


def _bare_call(text: str, tools: dict[str, Tool]) -> str | None:
    """The JSON of a call where ``text`` is nothing else and names one of ``tools``."""
    fenced = _FENCE.fullmatch(text.strip())
    body = fenced.group(1) if fenced else text.strip()
    try:
        call = json.loads(body)
    except (ValueError, RecursionError):
        return None
    named = isinstance(call, dict) and call.get("name") in tools and "arguments" in call
    return body if named else None


def read_call(text: str, tools: dict[str, Tool]) -> tuple[str, str] | None:
    """The name and the JSON arguments of one call in either of Qwen's forms; None for neither."""
    body = text.strip()
    function = _FUNCTION.search(body)
    if function is not None:
        name = function.group(1).strip()
        properties = tools[name].parameters.get("properties") if name in tools else None
        known: dict[str, Any] = properties if isinstance(properties, dict) else {}
        arguments = {
            key.strip(): _value(value, known.get(key.strip()))
            for key, value in _PARAMETER.findall(function.group(2))
        }
        return name, json.dumps(arguments, ensure_ascii=False)
    try:
        call, _ = json.JSONDecoder().raw_decode(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(call, dict) or not isinstance(call.get("name"), str):
        return None
    given = call.get("arguments", call.get("parameters", {}))
    if isinstance(given, str):
        return call["name"], given
    return call["name"], json.dumps(given, ensure_ascii=False)


def _value(text: str, schema: object) -> Any:
    """A parameter's value: text where the tool wants text, else what it is as JSON."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    if kind == "string":
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if kind is None and not isinstance(value, dict | list) else value


class StopWatch:
    """Ends a text before the first of some strings, holding back what may be their beginning."""

    def __init__(self, stops: tuple[str, ...]) -> None:
        self.found = False
        self._stops = tuple(filter(None, stops))
        self._held = ""

    def feed(self, text: str) -> str:
        """The text that is certain."""
        if not self._stops:
            return text
        self._held += text
        places = [self._held.find(stop) for stop in self._stops]
        hits = [place for place in places if place >= 0]
        if hits:
            self.found = True
            ready, self._held = self._held[: min(hits)], ""
            return ready
        keep = max(overlap(self._held, stop) for stop in self._stops)
        cut = len(self._held) - keep
        ready, self._held = self._held[:cut], self._held[cut:]
        return ready

    def close(self) -> str:
        """What was held back when the text ended."""
        held, self._held = self._held, ""
        return held
