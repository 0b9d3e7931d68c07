"""Callers who hang up, engines that are slow."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from typing import Any

import pytest

from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.events import AttemptStarted, Event, TextDelta
from edgeroute.server.answer.engine_response import HungUp, answering
from tests.support.endpoint import MODEL, Endpoint, asked, planned, running, script


def head(endpoint: Endpoint, *, stream: bool) -> bytes:
    """A chat completion written by hand."""
    body = json.dumps({"messages": [{"role": "user", "content": "hi"}], "stream": stream})
    return (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{endpoint.port}\r\n"
        f"Authorization: Bearer {endpoint.token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("after", [0, 2, 3])
def test_hanging_up_stops_the_engine(endpoint: Endpoint, after: int, stream: Any) -> None:
    """A caller who goes away, before or after the first word, closes the engine's generator.

    The engine closes within a quarter of a second; the test only waits for it to happen.
    """
    endpoint.engine.hang_after = after
    with socket.create_connection(("127.0.0.1", endpoint.port), timeout=20) as connection:
        connection.sendall(head(endpoint, stream=stream))
        assert endpoint.engine.hanging.wait(20)
        assert not endpoint.engine.closed.is_set()
        received = b""
        while stream and after == 3 and b"Hello" not in received:
            received += connection.recv(65536)
    assert endpoint.engine.closed.wait(20)


def test_a_reset_connection_stops_the_engine(endpoint: Endpoint) -> None:
    """A connection that breaks is a caller who is gone."""
    endpoint.engine.hang_after = 3
    with socket.create_connection(("127.0.0.1", endpoint.port), timeout=20) as connection:
        connection.sendall(head(endpoint, stream=True))
        assert endpoint.engine.hanging.wait(20)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert endpoint.engine.closed.wait(20)


def test_a_finished_answer_closes_its_engine(endpoint: Endpoint) -> None:
    """Nothing is left behind by an answer that was read to its end."""
    for stream in (False, True):
        endpoint.engine.closed.clear()
        endpoint.post(stream=stream)
        assert endpoint.engine.closed.wait(20)


def test_a_caller_who_does_not_read_is_given_up(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader who stops reading in the middle ends the answer, and holds nothing for ever."""
    monkeypatch.setattr("edgeroute.server.answer.engine_response.SEND_SECONDS", 0.3)
    endpoint.engine.script = script(*["x" * 100_000] * 1000)
    with socket.create_connection(("127.0.0.1", endpoint.port), timeout=20) as connection:
        connection.sendall(head(endpoint, stream=True))
        assert endpoint.engine.closed.wait(20)


@pytest.mark.parametrize(
    "path",
    ["/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/completions", "/api/chat",
     "/api/generate"],
)  # fmt: skip
def test_who_does_not_stream_can_be_rescued_to_the_end(endpoint: Endpoint, path: str) -> None:
    """A caller who reads no word before the end gets whole answers only; a stream is as before."""
    for stream, commit in ((False, "complete"), (True, None)):
        endpoint.ask("POST", path, asked(path, stream=stream))
        assert endpoint.engine.requests[-1].commit == commit


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """An endpoint that keeps streams alive after a tenth of a second."""
    with running(tmp_path_factory.mktemp("slow"), keep_alive_seconds=0.1) as endpoint:
        yield endpoint


@pytest.mark.parametrize(
    ("path", "sign"),
    [
        ("/v1/chat/completions", b'"delta":{}'),
        ("/v1/messages", b"event: ping\n"),
        ("/v1/responses", b"event: response.in_progress\n"),
    ],
)
def test_a_slow_model_does_not_lose_its_caller(impatient: Endpoint, path: str, sign: bytes) -> None:
    """While a model reads a long prompt the stream stays alive; its headers do not name a model
    that may yet fail.
    """
    engine = impatient.engine
    engine.hang_after = 2
    body = {"messages": [{"role": "user", "content": "hi"}], "input": "hi", "stream": True}
    text = json.dumps(body)
    request = head(impatient, stream=True).replace(b"/v1/chat/completions", path.encode())
    request = request.partition(b"Content-Length")[0]
    request += f"Content-Length: {len(text)}\r\n\r\n{text}".encode()
    with socket.create_connection(("127.0.0.1", impatient.port), timeout=20) as connection:
        connection.sendall(request)
        received = b""
        while received.count(sign) < 2:
            received += connection.recv(65536)
    assert b"x-edgeroute-receipt: r1" in received
    assert MODEL.encode() not in received
    assert received.startswith(b"HTTP/1.1 200 OK")


class CountingEngine:
    """An engine that notes how far it got."""

    def __init__(self, events: list[Event]) -> None:
        self.events = events
        self.given = 0

    async def stream(self, _: object) -> AsyncGenerator[Event]:
        """The events, counted."""
        for event in self.events:
            self.given += 1
            yield event


async def never() -> Any:
    """A caller who stays."""
    await asyncio.Event().wait()


async def test_events_come_in_order_and_end() -> None:
    """Every event is given once and in order; to ask for more is an error, for ever."""
    engine: Any = CountingEngine(script("a", "b"))
    async with answering(engine, None, never) as events:  # type: ignore[arg-type]
        assert [await events.next() for _ in engine.events] == engine.events
        for _ in range(2):
            with pytest.raises(EdgeRouteError, match="broke off"):
                await events.next()


async def test_a_slow_reader_slows_the_engine() -> None:
    """The engine does not run far ahead of a reader who does not read."""
    many: list[Event] = [TextDelta("x")] * 10_000
    engine: Any = CountingEngine(many)
    async with answering(engine, None, never) as events:  # type: ignore[arg-type]
        for _ in range(5):
            await events.next()
        for _ in range(200):
            await asyncio.sleep(0)
        assert engine.given < 200


async def test_who_wants_the_whole_answer_is_not_told_of_its_pieces() -> None:
    """What nobody would read holds up neither the engine nor the reader."""
    many: list[Event] = [*([TextDelta("x")] * 1_000), AttemptStarted(1, MODEL, "")]
    engine: Any = CountingEngine(many)
    async with answering(engine, None, never, whole=True) as events:  # type: ignore[arg-type]
        assert await events.next() == many[-1]


async def test_impatience_loses_no_event() -> None:
    """However often the reader stops waiting, no event is lost."""

    class Slow:
        async def stream(self, _: object) -> AsyncGenerator[Event]:
            for number in range(50):
                await asyncio.sleep(0.001)
                yield TextDelta(str(number))

    engine: Any = Slow()
    got: list[Event] = []
    async with answering(engine, None, never) as events:  # type: ignore[arg-type]
        while len(got) < 50:
            with suppress(TimeoutError):
                got.append(await events.next(0.0005))
    assert got == [TextDelta(str(number)) for number in range(50)]


async def test_a_gone_caller_is_noticed_at_once() -> None:
    """The reader of the events hears of it before any more of them."""

    async def gone() -> Any:
        return {"type": "http.disconnect"}

    engine: Any = CountingEngine([planned(), AttemptStarted(1, MODEL, "")])
    async with answering(engine, None, gone) as events:  # type: ignore[arg-type]
        await asyncio.sleep(0)
        with pytest.raises(HungUp):
            await events.next()


async def test_an_engine_that_breaks_is_heard_of() -> None:
    """An error of the engine reaches the reader after the events before it."""

    class Broken:
        async def stream(self, _: object) -> AsyncGenerator[Event]:
            yield TextDelta("a")
            raise RuntimeError("broken")

    engine: Any = Broken()
    async with answering(engine, None, never) as events:  # type: ignore[arg-type]
        assert await events.next() == TextDelta("a")
        with pytest.raises(RuntimeError, match="broken"):
            await events.next()
