"""A managed API on loopback that does exactly what it is told, and keeps every byte it gets.

In a thread::

    with ScriptedProvider(always(replies.chat("Hello"))) as provider:
        ... provider.base_url ...
        assert provider.requests[0].json["model"] == "m"

In a process of its own, ended by its pid (``Popen.terminate``), at the latest after ``--seconds``::

    python -m tests.support.scripted_provider --fault S04 --record received.jsonl --seconds 60

Its first line on stdout is the base URL. ``--record`` appends one JSON object per request.
A reply is a sequence of steps, so that a script can stop in the middle of anything.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Send:
    """Write these bytes."""

    data: bytes


@dataclass(frozen=True)
class Sleep:
    """Say nothing for so many seconds, or until the client hangs up."""

    seconds: float


@dataclass(frozen=True)
class Close:
    """End the connection in good order (FIN)."""


@dataclass(frozen=True)
class Reset:
    """Break the connection (RST)."""


Step = Send | Sleep | Close | Reset
Reply = Sequence[Step]


@dataclass(frozen=True)
class Received:
    """One request as it came. ``at`` is monotonic, in seconds; ``number`` counts from 1."""

    number: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


Behaviour = Callable[[Received], Reply]


def always(reply: Reply) -> Behaviour:
    """The same reply every time."""
    return lambda _: reply


def in_order(*replies: Reply) -> Behaviour:
    """One reply after the other; the last one for ever."""
    return lambda request: replies[min(request.number, len(replies)) - 1]


@dataclass
class _Log:
    requests: list[Received] = field(default_factory=list)
    connections: int = 0
    bytes_received: int = 0
    hang_ups: int = 0
    open_connections: int = 0


class ScriptedProvider:
    """The server. Everything it saw is in ``requests``, ``connections``, ``bytes_received`` and
    ``hang_ups`` (connections that the client ended in the middle of a reply).
    """

    def __init__(
        self,
        behaviour: Behaviour | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        record: Path | None = None,
    ) -> None:
        self._behaviour = behaviour or always([Close()])
        self._tls = tls
        self._host = host
        self._record = record
        self._log = _Log()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="scripted-provider", daemon=True)
        self._started = threading.Event()
        self._stop: asyncio.Event | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._started.wait(10):
            raise RuntimeError("the scripted provider did not start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """Stop listening, as a server that is gone; once is enough."""
        stop = self._stop
        if stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(stop.set)
        self._thread.join(10)

    @property
    def base_url(self) -> str:
        """What to put into settings."""
        return f"{'https' if self._tls else 'http'}://{self._host}:{self.port}/v1"

    @property
    def requests(self) -> list[Received]:
        """Every request that came whole."""
        return self._log.requests

    @property
    def connections(self) -> int:
        """How many connections were opened."""
        return self._log.connections

    @property
    def bytes_received(self) -> int:
        """How many bytes came (after TLS)."""
        return self._log.bytes_received

    @property
    def hang_ups(self) -> int:
        """How many connections the client ended in the middle of a reply."""
        return self._log.hang_ups

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        return self._log.open_connections

    def behave(self, behaviour: Behaviour) -> None:
        """Change the script from the next request on, which is number 1 again."""
        self._behaviour = behaviour
        self._log.requests.clear()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        tasks: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._connection(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        server = await asyncio.start_server(accept, self._host, 0)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._log.connections += 1
        self._log.open_connections += 1
        try:
            if self._tls:
                await self._encrypt(writer, self._tls)
            while (request := await self._request(reader)) is not None:
                reply = self._behaviour(request)
                if not await self._play(reply, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self._log.open_connections -= 1
            writer.close()
            with suppress(ConnectionError, ssl.SSLError, TimeoutError):
                # TLS would wait long for a farewell from a client that is gone.
                await asyncio.wait_for(writer.wait_closed(), 0.2 if self._tls else 1)
            writer.transport.abort()

    @staticmethod
    async def _encrypt(writer: asyncio.StreamWriter, context: ssl.SSLContext) -> None:
        try:
            await writer.start_tls(context)
        except OSError:
            writer.transport.abort()
            raise

    async def _request(self, reader: asyncio.StreamReader) -> Received | None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            self._log.bytes_received += len(error.partial)
            return None
        self._log.bytes_received += len(head)
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, path, _ = first.split(" ", 2)
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        size = int(headers.get("content-length", "0"))
        body = await reader.readexactly(size)
        self._log.bytes_received += len(body)
        number = len(self._log.requests) + 1
        request = Received(number, method, path, headers, body, time.monotonic())
        self._log.requests.append(request)
        if self._record is not None:
            self._write_down(request)
        return request

    def _write_down(self, request: Received) -> None:
        assert self._record is not None
        line = {
            "method": request.method,
            "path": request.path,
            "headers": dict(request.headers),
            "body": base64.b64encode(request.body).decode(),
        }
        with self._record.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    async def _play(
        self, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Play the steps; whether the connection stays open for another request."""
        hung_up = asyncio.ensure_future(reader.read(1))
        try:
            for step in reply:
                if isinstance(step, Send):
                    writer.write(step.data)
                    await writer.drain()
                elif isinstance(step, Sleep):
                    await asyncio.wait([hung_up], timeout=step.seconds)
                elif isinstance(step, Reset):
                    reset(writer)
                    return False
                else:
                    return False
                if hung_up.done():
                    self._log.hang_ups += 1
                    return False
        except ConnectionError:
            self._log.hang_ups += 1
            return False
        finally:
            hung_up.cancel()
            with suppress(asyncio.CancelledError, ConnectionError, ssl.SSLError):
                await hung_up
        return True


def reset(writer: asyncio.StreamWriter) -> None:
    """Break the connection (RST)."""
    connection: socket.socket | None = writer.get_extra_info("socket")
    if connection is not None:
        linger = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


def main() -> None:
    """Serve one fault or a plain answer until the time is up."""
    # Run as a program, this file is another module than the one that the replies import.
    from tests.support import faults, replies
    from tests.support.scripted_provider import ScriptedProvider as Provider

    parser = argparse.ArgumentParser()
    parser.add_argument("--fault", choices=sorted(faults.FAULTS), default="")
    parser.add_argument("--text", default="A plain answer.")
    parser.add_argument("--record", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    plain: Behaviour = lambda request: replies.answer(request, options.text)  # noqa: E731
    behaviour = faults.FAULTS[options.fault].behaviour() if options.fault else plain
    with Provider(behaviour, record=options.record) as provider:
        print(provider.base_url, flush=True)  # noqa: T201
        time.sleep(options.seconds)


if __name__ == "__main__":
    main()
