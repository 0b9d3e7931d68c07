"""What a caller asks survives our nouns, and turns share a serialized prefix."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edgeroute.core.messages import Message, Text
from edgeroute.core.request import ChatRequest
from edgeroute.wire.format import CachePlan, Target
from edgeroute.wire.formats import FORMATS
from edgeroute.wire.json_data import dump, load_object
from tests.support.wire import ALL, WIRES, card, requests, turns

STABLE = {
    "openai-chat": ("tools",),
    "anthropic-messages": ("tools", "system"),
    "openai-responses": ("tools", "instructions"),
}
MESSAGES = {
    "openai-chat": "messages",
    "anthropic-messages": "messages",
    "openai-responses": "input",
}


@pytest.mark.parametrize("wire", WIRES)
@settings(max_examples=12)
@given(data=st.data())
def test_a_request_survives_the_way_out_and_in(wire: str, data: st.DataObject) -> None:
    """Reading what we wrote gives the request back, in every format; providers store nothing."""
    request = data.draw(requests(wire))
    if wire == "anthropic-messages":  # neither goes with thinking, nor with each other
        drawn = dataclasses.replace(request.sampling, temperature=None, top_p=None)
        request = dataclasses.replace(request, sampling=drawn)
        assume(request.tool_choice in {"auto", "none"} or not request.reasoning_effort)
    body = FORMATS[wire].encode_request(request, Target(card(), stream=False))
    back = FORMATS[wire].decode_request(load_object(dump(body)))
    assert dataclasses.replace(back, store=True) == request
    assert back.store == (wire != "openai-responses")


@pytest.mark.parametrize("inner", WIRES)
@pytest.mark.parametrize("outer", WIRES)
@settings(max_examples=12)
@given(data=st.data())
def test_messages_mean_the_same_in_every_format(
    outer: str, inner: str, data: st.DataObject
) -> None:
    """A conversation that came in one format reads the same after a trip through another."""
    request = data.draw(requests(outer))
    target = Target(card(), stream=False)
    body = FORMATS[inner].encode_request(request, target)
    back = FORMATS[inner].decode_request(load_object(dump(body)))
    assert back.messages == request.messages
    assert back.tool_choice == request.tool_choice
    assert back.extra == (request.extra if inner == outer else {})


def grown(request: ChatRequest, more: list[Message]) -> ChatRequest:
    """The next request of a conversation: what was answered, and what is asked now."""
    answered, asked = Message("assistant", (Text("Yes."),)), Message("user", (Text("And?"),))
    return dataclasses.replace(request, messages=(*request.messages, answered, *more, asked))


@pytest.mark.parametrize("cache", [None, CachePlan(), CachePlan(duration="1h")])
@pytest.mark.parametrize("wire", WIRES)
@settings(max_examples=12)
@given(data=st.data())
def test_a_turn_extends_the_serialized_prefix(
    wire: str, cache: CachePlan | None, data: st.DataObject
) -> None:
    """Tools, system prompt and earlier messages keep their bytes from turn to turn."""
    first = data.draw(requests(wire))
    second = grown(first, data.draw(turns()))
    # Calls of tools that nobody offers are no turn of a conversation.
    assume(first.tools or not any(message.tool_calls for message in second.messages))
    made = [call.id for message in second.messages for call in message.tool_calls]
    assume(len(set(made)) == len(made))
    marks = card(abilities=ALL | {"cache_marks"}, cache_minimum_tokens=1)
    target = Target(marks, stream=True, session_id="s1", cache=cache)
    one, two = (FORMATS[wire].encode_request(each, target) for each in (first, second))
    for name in STABLE[wire]:
        assert dump({"": one.get(name)}) == dump({"": two.get(name)})
    assert dump(two).startswith(dump(one).removesuffix(b"]}"))
    assert list(two)[-1] == MESSAGES[wire]
    assert dump(one) == dump(FORMATS[wire].encode_request(first, target))
