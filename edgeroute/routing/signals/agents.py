"""Which agent asks and which part of it, told by the marks of rules/tables/agents.yaml.

Only what a program writes is read for the agent: headers, fields, system texts, tools. So a
person's words about an agent make nobody one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import msgspec

from edgeroute.agent_marks import Agent, Marks, agents, introducing_headers
from edgeroute.core.messages import Message, Text
from edgeroute.core.request import ChatRequest
from edgeroute.core.signals import ROLES, Role, Signal

_FIELDS: Final = ("metadata", "client_metadata")
_OPENING: Final = 400  # characters that are read of a text's beginning
_MAIN: Final[Role] = "main"
_UNKNOWN: Final = Signal("default", 0.0)


@dataclass(frozen=True, slots=True)
class Asker:
    """The agent and the part of it that ask, and what tells each; empty where nothing does."""

    agent: str = ""
    role: Role = ""
    agent_signal: Signal = _UNKNOWN
    role_signal: Signal = _UNKNOWN


def read_asker(request: ChatRequest) -> Asker:
    """Who asks ``request``: what its headers say counts more than its token, and that more than
    its texts.
    """
    seen = _Seen(request)
    name, signal = _agent(request, seen)
    if not name:
        return Asker()
    role, role_signal = _role(agents()[name], seen)
    return Asker(name, role, signal, role_signal)


class _Seen:
    """What marks are looked for in."""

    def __init__(self, request: ChatRequest) -> None:
        self.says: Final = {**_body_fields(request), **request.introduction}
        self.tools: Final = frozenset(tool.name for tool in request.tools)
        self.offers_tools: Final = bool(request.tools or request.extra.get("tools"))
        self.system: Final = [
            _opening(text) for text in _texts(request.messages, frozenset({"system"}))
        ]
        self._messages: Final = request.messages

    def said(self, wanted: Mapping[str, Sequence[str]]) -> bool:
        """Whether a header or field begins in a wanted way."""
        return any(
            value.startswith(tuple(starts))
            for name, starts in wanted.items()
            if (value := _value(self.says, name)) is not None
        )

    def has(self, marks: Marks) -> Signal | None:
        """What tells that one of ``marks`` is there."""
        if self.said(marks.says):
            return Signal("caller", 0.95)
        if self.opens(marks.system):
            return Signal("text", 0.9)
        if marks.asks and any(text.startswith(tuple(marks.asks)) for text in self._latest()):
            return Signal("text", 0.85)
        if marks.states and self._stands(marks):
            return Signal("text", 0.85)
        return Signal("structure", 0.8) if self.offers(marks.tools) else None

    def opens(self, openings: Sequence[str]) -> bool:
        """Whether a system text begins in one of these ways."""
        return any(text.startswith(tuple(openings)) for text in self.system)

    def offers(self, tools: Sequence[str]) -> bool:
        """Whether all of these tools are there, and there are any."""
        return bool(tools) and self.tools.issuperset(tools)

    def _latest(self) -> Iterator[str]:
        """How the texts begin that came after the last answer."""
        last = next(
            (at for at in reversed(range(len(self._messages))) if self._answers(at)),
            -1,
        )
        turn = self._messages[last + 1 :]
        return (_opening(text) for text in _texts(turn, frozenset({"user", "system"})))

    def _answers(self, at: int) -> bool:
        return self._messages[at].role == "assistant"

    def _stands(self, marks: Marks) -> bool:
        """Whether the latest line that says so turns a mode on."""
        for message in reversed(self._messages):
            for text in reversed([*_texts((message,), frozenset({"user", "system"}))]):
                on, off = _last_line(text, marks.states), _last_line(text, marks.until)
                if max(on, off) >= 0:
                    return on > off
        return False


def _agent(request: ChatRequest, seen: _Seen) -> tuple[str, Signal]:
    known = agents()
    for name, agent in known.items():
        if seen.said(agent.says):
            return name, Signal("caller", 0.95)
    if request.client_name in known:
        return request.client_name, Signal("caller", 0.9)
    for name, agent in known.items():
        if seen.opens(agent.system):
            return name, Signal("text", 0.9)
    for name, agent in known.items():
        if seen.offers(agent.tools):
            return name, Signal("structure", 0.8)
    by_part = [
        name
        for name, agent in known.items()
        if any(seen.opens(part.system) for part in agent.parts.values())
    ]
    return (by_part[0], Signal("text", 0.8)) if len(by_part) == 1 else ("", _UNKNOWN)


def _role(agent: Agent, seen: _Seen) -> tuple[Role, Signal]:
    for role in ROLES:
        signal = seen.has(agent.parts[role]) if role in agent.parts else None
        if signal:
            return role, signal
    role = _MAIN if seen.offers_tools else agent.without_tools
    return role, Signal("structure", 0.7) if role else _UNKNOWN


def _body_fields(request: ChatRequest) -> dict[str, str]:
    source = request.source or {}
    told = (source.get(field) for field in _FIELDS)
    pairs = chain.from_iterable(each.items() for each in told if isinstance(each, Mapping))
    return {
        name: value
        for name, value in pairs
        if name in introducing_headers() and isinstance(value, str)
    }


def _value(says: Mapping[str, str], name: str) -> str | None:
    """What a header or field holds; ``name/key`` is that key's text where it holds JSON."""
    name, _, key = name.partition("/")
    text = says.get(name)
    if text is None or not key:
        return text
    try:
        value = msgspec.json.decode(text, type=dict[str, object]).get(key)
    except msgspec.DecodeError:
        return None
    return value if isinstance(value, str) else None


def _texts(messages: Sequence[Message], roles: frozenset[str]) -> Iterator[str]:
    for message in messages:
        if message.role in roles:
            yield from (part.text for part in message.parts if isinstance(part, Text))


def _opening(text: str) -> str:
    return " ".join(text[:_OPENING].split())


def _last_line(text: str, openings: Sequence[str]) -> int:
    """Where the last line begins that opens in one of these ways; -1 where none does."""
    lines = "\n" + text
    return max((lines.rfind("\n" + opening) for opening in openings), default=-1)
