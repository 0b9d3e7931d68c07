"""A conversation as providers take it: calls and results in pairs, ids and names within limits.

Callers bring what an interrupt, another model or another wire format has left: calls without a
result, results without their call, words between the two, ids that repeat.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from edgeroute.core.messages import Message, Reasoning, Text, ToolCall, ToolResult
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.request import ChatRequest, Sampling, Tool
from edgeroute.wire.format import Target
from edgeroute.wire.parts import as_text, leading_systems, plain
from edgeroute.wire.schemas import as_object

NAME_CHARACTERS: Final = 64
_ID_CHARACTERS: Final = {"openai-chat": 40}
_OTHER_ID_CHARACTERS: Final = 64
_BAD: Final = re.compile(r"[^a-zA-Z0-9_-]")
_HEAD: Final = re.compile(r"[a-zA-Z_]")
_MARK: Final = 8
_CHOICES: Final = frozenset({"auto", "none", "required"})
_INTERRUPTED: Final = Text("[The call was interrupted: it has no result.]")
_ORPHAN: Final = Text("[The result of a tool that was called earlier:]")
_GO_ON: Final = Message("user", (Text("Go on."),))


def fitted(request: ChatRequest, target: Target) -> ChatRequest:
    """``request`` as ``target`` takes it. What was whole before keeps its words and its order."""
    card = target.card
    if request.fill:  # two texts around a gap are no conversation
        return request
    here = card.place is Place.LOCAL
    named: Callable[[str], str] = str if here else tool_name
    choice = request.tool_choice
    if choice not in _CHOICES:
        known = any(tool.name == choice for tool in request.tools)
        choice = named(choice) if known else "auto"
    limit = _ID_CHARACTERS.get(card.wire, _OTHER_ID_CHARACTERS)
    messages = _Pairs(limit, named).fit(request.messages)
    spoken = [message for message in messages if _speaks(message, card)]
    messages = _with_user(spoken or [_GO_ON][: len(messages)])
    return replace(
        request,
        messages=tuple(_one_system(messages) if here else messages),
        tools=tuple(_tools(request.tools, named)),
        sampling=_within(request.sampling, target),
        tool_choice=choice,
    )


def _within(sampling: Sampling, target: Target) -> Sampling:
    """No longer an answer than the model gives; of a user's own provider nobody knows that."""
    most, asked = target.card.max_output_tokens, sampling.max_output_tokens
    if target.own or target.card.place is Place.LOCAL or asked is None or asked <= most:
        return sampling
    return replace(sampling, max_output_tokens=most)


def tool_name(name: str) -> str:
    """A tool's name in the characters and the length that every provider takes.

    Names that fit stay as they are; two different ones do not become one.
    """
    clean = _BAD.sub("_", name)
    if not _HEAD.match(clean):
        clean = f"tool_{clean}"
    if clean == name and len(name) <= NAME_CHARACTERS:
        return name
    return f"{clean[: NAME_CHARACTERS - _MARK - 1]}_{_mark(name)}"


def full_names(tools: Iterable[Tool]) -> Mapping[str, str]:
    """The tools' own names by those under which providers know them, where these differ."""
    return {short: tool.name for tool in tools if (short := tool_name(tool.name)) != tool.name}


def _mark(text: str) -> str:
    """What tells ``text`` from others: letters only, which nobody takes for a secret."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=_MARK).digest()
    return "".join(chr(ord("a") + byte % 26) for byte in digest)


def _tools(tools: Sequence[Tool], named: Callable[[str], str]) -> Iterator[Tool]:
    """Each name once: a tool that comes twice is refused."""
    seen: set[str] = set()
    for tool in tools:
        if tool.name not in seen:
            seen.add(tool.name)
            yield replace(tool, name=named(tool.name), parameters=as_object(tool.parameters))


class _Pairs:
    """Puts every result behind its call, under an id that no other call has."""

    def __init__(self, limit: int, named: Callable[[str], str]) -> None:
        self._limit = limit
        self._named = named
        self._calls = 0
        self._used: set[str] = set()
        self._waiting: defaultdict[str, deque[str]] = defaultdict(deque)
        self._results: dict[str, ToolResult] = {}
        self._order: dict[str, int] = {}

    def fit(self, messages: Iterable[Message]) -> list[Message]:
        """``messages`` with each call's result right behind it, whenever that came."""
        renamed = [each for message in messages for each in self._renamed(message)]
        return [each for message in renamed for each in self._answered(message)]

    def _renamed(self, message: Message) -> Iterator[Message]:
        if message.role == "tool":
            for part in message.parts:
                if isinstance(part, ToolResult) and not self._taken(part):
                    yield Message("user", (_ORPHAN, *part.parts))
            return
        parts = tuple(self._call(p) if isinstance(p, ToolCall) else p for p in message.parts)
        yield message if parts == message.parts else replace(message, parts=parts)

    def _call(self, call: ToolCall) -> ToolCall:
        self._calls += 1
        fresh = _BAD.sub("_", call.id) or f"call_{self._calls}"
        if len(fresh) > self._limit:
            fresh = f"{fresh[: self._limit - _MARK - 1]}_{_mark(call.id)}"
        if fresh in self._used:
            ending = f"_{self._calls}_{_mark(f'{call.id} {self._calls}')}"
            fresh = fresh[: self._limit - len(ending)] + ending
        self._used.add(fresh)
        self._waiting[call.id].append(fresh)
        name = self._named(call.name)
        return call if (fresh, name) == (call.id, call.name) else replace(call, id=fresh, name=name)

    def _taken(self, result: ToolResult) -> bool:
        """Whether a call waits for ``result``, which then belongs to it."""
        waiting = self._waiting[result.call_id]
        if not waiting:
            return False
        fresh = waiting.popleft()
        self._order[fresh] = len(self._order)
        same = fresh == result.call_id
        self._results[fresh] = result if same else replace(result, call_id=fresh)
        return True

    def _answered(self, message: Message) -> Iterator[Message]:
        yield message
        came, missing = [], []
        for call in message.tool_calls:
            if call.id in self._results:
                came.append(self._results[call.id])
            else:
                missing.append(ToolResult(call.id, (_INTERRUPTED,), call.name, is_error=True))
        came.sort(key=lambda result: self._order[result.call_id])
        yield from (Message("tool", (result,)) for result in (*came, *missing))


def _speaks(message: Message, card: ModelCard) -> bool:
    """Whether anything in ``message`` can be said to the model; empty turns are refused."""
    return any(
        bool(part.text.strip())
        if isinstance(part, Text)
        else part.origin == card.origin and bool(part.payload)
        if isinstance(part, Reasoning)
        else True
        for part in message.parts
    )


def _with_user(messages: list[Message]) -> list[Message]:
    """A conversation in which a user says something, as templates and providers demand."""
    if not messages or any(message.role == "user" for message in messages):
        return messages
    systems = leading_systems(messages)
    if systems == len(messages):
        return [*messages[:-1], replace(messages[-1], role="user")]
    return [*messages[:systems], _GO_ON, *messages[systems:]]


def _one_system(messages: list[Message]) -> list[Message]:
    """All that the system says in one message at the start: local templates know no other."""
    systems = [message for message in messages if message.role == "system"]
    if not systems or messages[:1] == systems:
        return messages
    said = [as_text(part) for message in systems for part in plain(message.parts)]
    rest = [message for message in messages if message.role != "system"]
    return [Message("system", (Text("\n\n".join(filter(None, said))),)), *rest]
