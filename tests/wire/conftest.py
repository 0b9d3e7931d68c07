"""Answers and their streams, for all formats."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from edgeroute.core.answer import Answer
from edgeroute.core.events import Answered, Event, ReasoningDelta, TextDelta, ToolCallDelta
from edgeroute.core.messages import Message, Reasoning, Text, ToolCall
from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Receipt
from edgeroute.core.usage import Usage
from edgeroute.core.verdict import PrivacyMode
from edgeroute.wire.format import Envelope, WireFormat
from edgeroute.wire.sse import ServerSentEvent, SseParser
from tests.support.wire import ORIGIN

Streams = Callable[[WireFormat, Answer, Envelope], list[ServerSentEvent]]


@pytest.fixture
def answers() -> list[tuple[Answer, Envelope]]:
    """A plain answer, one that thinks and calls tools, one cut short, one refused."""
    spent = Usage(10, 20, 3, 0, 7, 5)
    thought = Reasoning("Hm.\u2028", ORIGIN, '{"reasoning_content":"Hm."}')
    late = Reasoning("", ORIGIN, '{"type":"redacted_thinking"}')
    calls = (ToolCall("c1", "f", '{"a":1}'), ToolCall("c2", "g", "{}"))
    messages = [
        (Message("assistant", (Text("Yes."),)), "stop"),
        (Message("assistant", (thought, Text("I look."), *calls, late)), "tool_calls"),
        (Message("assistant", (Text("Too lo"),)), "length"),
        (Message("assistant", (Text("No."),)), "refusal"),
    ]
    return [
        (
            Answer(message, finish, spent, "acme/one"),  # type: ignore[arg-type]
            Envelope(f"x_{number}", "acme/one", 1795000000, origin=ORIGIN),
        )
        for number, (message, finish) in enumerate(messages)
    ]


def events_of(answer: Answer) -> list[Event]:
    """What the engine would have told while ``answer`` came."""
    events: list[Event] = []
    index = 0
    for part in answer.message.parts:
        if isinstance(part, Text):
            events += [TextDelta(piece) for piece in (part.text[:2], part.text[2:])]
        elif isinstance(part, Reasoning):
            events.append(ReasoningDelta(part.text))
            events.append(ReasoningDelta(payload=part.payload))
        elif isinstance(part, ToolCall):
            events.append(ToolCallDelta(index, part.id, part.name))
            events.append(ToolCallDelta(index, arguments=part.arguments))
            index += 1
    receipt = Receipt(
        id="r",
        created=datetime(2026, 1, 1, tzinfo=UTC),
        conversation="c",
        front_door="http",
        mode=PrivacyMode.AUTO,
        private=False,
        privacy_reason="",
        findings={},
        latched=False,
        rule="default",
        why="",
        route=Place.CLOUD,
        model=answer.model,
    )
    return [*events, Answered(answer, receipt)]


@pytest.fixture
def streams() -> Streams:
    """What our endpoint streams for an answer, as a client's SSE parser reads it."""

    def stream(wire: WireFormat, answer: Answer, envelope: Envelope) -> list[ServerSentEvent]:
        assert wire.encoder is not None
        encoder, parser = wire.encoder(envelope), SseParser()
        data = b"".join(piece for event in events_of(answer) for piece in encoder.feed(event))
        return parser.feed(data)

    return stream
