"""While a model is slow, official clients see events, and join a right answer from the rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from typing import Any

import anthropic
import openai
import pytest

from edgeroute.core.events import Answered, AttemptStarted, Event, TextDelta
from edgeroute.core.request import ChatRequest
from tests.support.endpoint import (
    ANSWER,
    MODEL,
    RECEIPT,
    Endpoint,
    ScriptedEngine,
    asked,
    planned,
    running,
    thinking_script,
)

WORDS = "Hello there"


class SlowEngine(ScriptedEngine):
    """Plays its script with long pauses before the first word and between words."""

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event]:
        """The events of the script, slowly."""
        async for event in super().stream(request):
            yield event
            await asyncio.sleep(0.3)


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """An endpoint with a slow model that keeps streams alive after a tenth of a second."""
    with running(tmp_path_factory.mktemp("slow"), keep_alive_seconds=0.1) as endpoint:
        endpoint.runtime.engine = SlowEngine()
        yield endpoint


async def test_responses_go_on_by_their_own_events(slow: Endpoint) -> None:
    """The response is created once, is in progress again and again, every number is the next one,
    and the client's own accumulated answer is right.
    """
    async with (
        openai.AsyncOpenAI(base_url=f"{slow.address}/v1", api_key=slow.token) as client,
        client.responses.stream(model="auto", input="hi") as stream,
    ):
        events = [event async for event in stream]
        answer = await stream.get_final_response()
    kinds = [event.type for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds.count("response.created") == 1
    assert kinds.count("response.in_progress") >= 4
    first = kinds.index("response.output_text.delta")
    assert "response.in_progress" in kinds[2:first]
    assert "response.in_progress" in kinds[first:]
    numbers = [event.sequence_number for event in events if hasattr(event, "sequence_number")]
    assert numbers == sorted(set(numbers))
    assert answer.output_text == WORDS


async def test_chats_go_on_by_empty_pieces(slow: Endpoint) -> None:
    """Pieces without words come between the words; the joined message has one role."""
    messages: Any = [{"role": "user", "content": "hi"}]
    async with (
        openai.AsyncOpenAI(base_url=f"{slow.address}/v1", api_key=slow.token) as client,
        client.chat.completions.stream(model="auto", messages=messages) as stream,
    ):
        chunks = [event.chunk async for event in stream if event.type == "chunk"]
        answer = await stream.get_final_completion()
    empty = [one for one in chunks if one.choices and not one.choices[0].delta.to_dict()]
    assert len(empty) >= 4
    message = answer.choices[0].message
    assert (message.role, message.content) == ("assistant", WORDS)


async def test_messages_go_on_by_pings(slow: Endpoint) -> None:
    """The client hears pings, and its message is right."""
    messages: Any = [{"role": "user", "content": "hi"}]
    async with anthropic.AsyncAnthropic(base_url=slow.address, api_key=slow.token) as client:
        raw = await client.messages.with_raw_response.create(
            model="auto", messages=messages, max_tokens=9, stream=True
        )
        pings = (await raw.http_response.aread()).count(b"event: ping")
        assert pings >= 4
        async with client.messages.stream(model="auto", messages=messages, max_tokens=9) as stream:
            assert await stream.get_final_text() == WORDS


async def test_old_completions_go_on_by_empty_pieces(slow: Endpoint) -> None:
    """Pieces without words come, and the words add up."""
    async with openai.AsyncOpenAI(base_url=f"{slow.address}/v1", api_key=slow.token) as client:
        stream = await client.completions.create(model="auto", prompt="hi", stream=True)
        pieces = [one.choices[0].text async for one in stream if one.choices]
    assert pieces.count("") >= 4
    assert "".join(pieces) == WORDS


OTHER = "acme/two"


@pytest.fixture
def rescued(slow: Endpoint) -> Iterator[Endpoint]:
    """The slow endpoint, whose first model fails after a while and whose second one answers."""
    before = slow.runtime.engine.script
    slow.runtime.engine.script = [
        planned(),
        AttemptStarted(1, MODEL, "It is cheap."),
        AttemptStarted(2, OTHER, "The first one failed."),
        TextDelta("Hello there"),
        Answered(replace(ANSWER, model=OTHER), replace(RECEIPT, model=OTHER)),
    ]
    yield slow
    slow.runtime.engine.script = before


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/v1/responses",
                                  "/v1/completions", "/api/chat"])  # fmt: skip
def test_nothing_names_a_model_that_failed(rescued: Endpoint, path: str) -> None:
    """Once the stream is kept alive, neither headers nor any piece names the model that failed;
    what has words in it names the one that answered.
    """
    status, headers, said = rescued.ask("POST", path, asked(path, stream=True))
    assert status == 200
    assert "x-edgeroute-model" not in headers
    assert MODEL.encode() not in said
    assert OTHER.encode() in said


@pytest.mark.parametrize("model", ["auto", MODEL])
def test_thoughts_are_sealed_for_who_had_them(slow: Endpoint, model: str) -> None:
    """However the model was asked for, its thinking is handed on so that it can be handed back."""
    before = slow.runtime.engine.script
    slow.runtime.engine.script = thinking_script()
    try:
        body = asked("/v1/messages", stream=True) | {"model": model}
        said = slow.ask("POST", "/v1/messages", body)[2]
    finally:
        slow.runtime.engine.script = before
    assert b"signature_delta" in said
