"""Wire formats in tests: cards, targets, reading recorded streams, and arbitrary requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from edgeroute.core.answer import Answer, AnswerDraft
from edgeroute.core.events import (
    Delta,
    Finish,
    ImageDelta,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    UsageDelta,
)
from edgeroute.core.messages import File, Image, Message, Part, Text, ToolCall, ToolResult
from edgeroute.core.model_card import ModelCard
from edgeroute.core.request import ChatRequest, Sampling, Tool
from edgeroute.wire.format import Target
from edgeroute.wire.formats import FORMATS
from edgeroute.wire.json_data import dump_text
from edgeroute.wire.sse import SseParser, StreamDecoder

FIXTURES = Path(__file__).parent.parent / "wire" / "fixtures"
ALL = frozenset({"images", "files", "tools", "json_schema", "reasoning", "cache_key"})
ORIGIN = "acme/acme-1"
WIRES = tuple(FORMATS)


def card(**changes: Any) -> ModelCard:
    """A card with every ability that formats look at."""
    fields = {"abilities": ALL, "family": "acme-1"} | changes
    return ModelCard("acme/one", "acme", "one-2026", **fields)


def target(*, stream: bool = False, **changes: Any) -> Target:
    """A target for ``card(**changes)``."""
    return Target(card(**changes), stream=stream)


def wire_of(fixture: str) -> str:
    """The format that a recorded stream is written in."""
    prefixes = {"anthropic": "anthropic-messages", "responses": "openai-responses"}
    return prefixes.get(fixture.partition("_")[0].partition(".")[0], "openai-chat")


def read(decoder: StreamDecoder, data: bytes, size: int = 1 << 20) -> list[Delta]:
    """All deltas of a stream that arrives in pieces of ``size`` bytes."""
    parser, deltas = SseParser(), list[Delta]()
    for start in range(0, len(data), size):
        for event in parser.feed(data[start : start + size]):
            deltas += decoder.feed(event)
            if decoder.ended:
                return deltas
    return deltas + decoder.close()


def read_fixture(name: str, size: int = 1 << 20) -> list[Delta]:
    """All deltas of the recorded stream ``name``."""
    decoder = FORMATS[wire_of(name)].decoder()
    return read(decoder, (FIXTURES / name).read_bytes(), size)


def answer_of(deltas: list[Delta], origin: str = ORIGIN) -> Answer:
    """The answer that ``deltas`` add up to."""
    draft = AnswerDraft("acme/one", origin)
    for delta in deltas:
        match delta:
            case TextDelta(text):
                draft.add_text(text)
            case ReasoningDelta(text, payload):
                draft.add_reasoning(text, payload)
            case ToolCallDelta(index, call_id, name, arguments):
                draft.add_tool_call(index, call_id, name, arguments)
            case ImageDelta(image):
                draft.add_image(image)
            case UsageDelta(usage):
                draft.usage = usage
            case Finish(reason):
                draft.finish = reason
    return draft.answer()


words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=30
).filter(lambda text: text.strip() != "")
names = st.from_regex(r"\A[a-z][a-z0-9_]{0,15}\Z")
ids = st.from_regex(r"\Acall_[A-Za-z0-9]{1,12}\Z")
texts = st.builds(Text, words)
images = st.builds(Image, st.sampled_from(["image/png", "image/jpeg"]), st.binary(min_size=1))
files = st.builds(File, names, st.just("application/pdf"), st.binary(min_size=1, max_size=40))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
arguments = st.dictionaries(names, json_values, max_size=3).map(dump_text)
calls = st.builds(ToolCall, ids, names, arguments)
schemas = st.just({"type": "object", "properties": {"a": {"type": "string"}}})
tools = st.builds(Tool, names, words, schemas)


@st.composite
def user_turns(draw: st.DrawFn) -> Message:
    """A text, perhaps with attachments and more text after them."""
    parts: list[Part] = [draw(texts)]
    if draw(st.booleans()):
        parts += draw(st.lists(images | files, min_size=1, max_size=2))
    return Message("user", tuple(parts))


@st.composite
def turns(draw: st.DrawFn) -> list[Message]:
    """What the user says, what the model answers, and the tools that it calls on the way."""
    messages = [draw(user_turns())]
    if draw(st.booleans()):
        asked = draw(st.lists(calls, min_size=1, max_size=2, unique_by=lambda call: call.id))
        said: list[Part] = [draw(texts), *asked]
        messages.append(Message("assistant", tuple(said)))
        messages += [
            Message("tool", (ToolResult(call.id, (Text(draw(words)),)),)) for call in asked
        ]
    messages.append(Message("assistant", (draw(texts),)))
    return messages


parallel = st.sampled_from([None, True, False])
samplings = st.builds(
    Sampling,
    temperature=st.none() | st.sampled_from([0.0, 0.5, 1.0]),
    top_p=st.none() | st.sampled_from([0.1, 0.9]),
    max_output_tokens=st.integers(16, 4096),
)


@st.composite
def requests(draw: st.DrawFn, wire: str) -> ChatRequest:
    """A request that all three formats can say, as a caller of ``wire`` would send it."""
    messages: list[Message] = []
    if draw(st.booleans()):
        messages.append(Message("system", (draw(texts),)))
    for turn in draw(st.lists(turns(), max_size=3)):
        messages += turn
    made = [call.id for message in messages for call in message.tool_calls]
    assume(len(set(made)) == len(made))
    messages.append(draw(user_turns()))
    offered = tuple(
        draw(st.lists(tools, min_size=bool(made), max_size=2, unique_by=lambda tool: tool.name))
    )
    choice = draw(st.sampled_from(["auto", "required", "none", *[t.name for t in offered]]))
    # Responses are strict unless told otherwise, so this format always says which.
    strict = False if wire == "openai-responses" else None
    return ChatRequest(
        messages=tuple(messages),
        model="one-2026",
        tools=tuple(Tool(t.name, t.description, t.parameters, strict) for t in offered),
        tool_choice=choice if offered else "auto",
        parallel_tool_calls=draw(parallel) if offered and choice != "none" else None,
        response_format=draw(st.none() | schemas),
        sampling=draw(samplings),
        reasoning_effort=draw(st.sampled_from(["", "low", "high"])),
        wire=wire,
        extra=draw(st.dictionaries(names.map(lambda name: "x_" + name), json_values, max_size=2)),
        front_door="http",
    )
