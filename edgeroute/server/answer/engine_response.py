"""The answer to a prompt over HTTP: whole, or streamed in the caller's format."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, get_args

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from edgeroute.core.answer import Frame
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.events import Answered, Event, Failed, Folded, Piece, pieces_of
from edgeroute.core.request import ChatRequest
from edgeroute.server.headers import HeaderTracker
from edgeroute.server.http_refusal import as_response, request_name
from edgeroute.wire.format import CallerFormat, Envelope, StreamEncoder
from edgeroute.wire.json_data import dump
from edgeroute.wire.openai_responses.stored import ended

if TYPE_CHECKING:
    from edgeroute.engine.engine import Engine
    from edgeroute.server.answer.stored_responses import Keeping
    from edgeroute.server.context import ServerContext

SEND_SECONDS: Final = 60.0
# How far the engine may run ahead of a slow reader.
_AHEAD: Final = 64
_AT_ONCE: Final = 64 * 1024  # bytes
_WORDS: Final = (*get_args(Piece), Frame)
_LAST: Final = (Answered, Failed)
_NAMING: Final = (*_WORDS, Answered)


@dataclass(frozen=True, slots=True)
class DecodedRequest:
    """A request, and how its caller wants the answer.

    ``usage`` asks for counts in a stream; ``ignored`` are options that change nothing here.
    ``keeping`` says what is to be kept of the answer.
    """

    request: ChatRequest
    form: CallerFormat
    stream: bool
    usage: bool = True
    ignored: Sequence[str] = ()
    keeping: Keeping | None = None


class EngineResponse:
    """An ASGI response that runs the engine. A caller who hangs up ends it."""

    def __init__(self, context: ServerContext, decoded: DecodedRequest) -> None:
        self._context = context
        self._decoded = decoded
        self._tracker = HeaderTracker()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        engine = self._context.runtime.engine
        request = self._context.asked_by(scope, self._decoded.request)
        with self._context.metrics.under_way(), suppress(HungUp):
            stream = self._decoded.stream
            async with answering(engine, request, receive, whole=not stream) as events:
                if stream:
                    await self._stream(events, scope, receive, send)
                else:
                    response = await self._whole(events, scope["path"])
                    await response(scope, receive, send)
        if self._tracker.receipt is not None:
            self._context.metrics.count(self._tracker.receipt)

    async def _whole(self, events: EngineTask, path: str) -> Response:
        event: Event | None = None
        while not isinstance(event, _LAST):
            event = await events.next()
            self._tracker.learn(event)
        headers = self._headers()
        if isinstance(event, Failed):
            return as_response(event.error, path, headers.items())
        body = self._decoded.form.encode_answer(event.answer, self._envelope())
        await self._keep(body)
        return Response(dump(body), 200, headers, "application/json")

    async def _stream(self, events: EngineTask, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for the first word, so that status and headers are right, then send as it comes.

        A caller who is kept waiting gets the headers before that: who answers is then told by what
        comes after them.
        """
        event = await self._first(events)
        if isinstance(event, Failed):
            headers = self._headers().items()
            await as_response(event.error, scope["path"], headers)(scope, receive, send)
            return
        assert self._decoded.form.encoder is not None
        envelope = self._envelope()
        envelope.model = self._decoded.request.model or "auto"
        encoder = self._decoded.form.encoder(envelope)
        kind = {"content-type": self._decoded.form.media_type}
        await _deliver(send, _start(kind | self._headers(known=event is not None)))
        said, named = bytearray(), ""
        while True:
            if isinstance(event, _NAMING) and named != self._tracker.model:
                envelope.model = named = self._tracker.model
                # Of a whole answer every part says itself where it comes from.
                envelope.origin = self._context.origin_of(envelope.model)
            said += b"".join(encoder.idle() if event is None else self._say(event, encoder))
            if isinstance(event, _LAST) or self._lost(event):
                break
            # What came together goes out together.
            if said and not (events.more and len(said) < _AT_ONCE):
                await _deliver(send, _body(bytes(said)))
                said.clear()
            event = await self._next(events)
        if isinstance(event, Answered):
            body = ended(bytes(said))
            if body is not None and not body.get("output"):
                body = self._decoded.form.encode_answer(event.answer, envelope)
            await self._keep(body)
        await _deliver(send, _body(bytes(said), more=False))

    async def _keep(self, body: Mapping[str, Any] | None) -> None:
        """Keep the answer before its caller has read it, who may go on from it at once."""
        keeping, receipt = self._decoded.keeping, self._tracker.receipt
        if keeping is not None and receipt is not None:
            await keeping.keep(body, receipt, self._decoded.request)

    async def _first(self, events: EngineTask) -> Event | None:
        """The first event that has words in it, or the terminal one.

        None if that is slow to come.
        """
        while True:
            event = await self._next(events)
            if event is None and self._tracker.model:
                return None
            if isinstance(event, Answered | Failed):
                return event
            if isinstance(event, Piece | Frame) and not self._tracker.may_withdraw:
                return event

    async def _next(self, events: EngineTask) -> Event | None:
        """The next event, or None where it keeps the caller waiting."""
        event = events.here()
        try:
            event = event or await events.next(self._context.keep_alive_seconds)
        except TimeoutError:
            return None
        self._tracker.learn(event)
        return event

    def _lost(self, event: Event | None) -> bool:
        """Whether words were withdrawn that the caller has read already."""
        return isinstance(event, Folded) and not self._tracker.may_withdraw

    def _say(self, event: Event, encoder: StreamEncoder) -> list[bytes]:
        if self._lost(event):
            withdrawn = EdgeRouteError("The answer was withdrawn while it came.", "Try again.")
            return encoder.error(withdrawn)
        if not self._tracker.may_withdraw or isinstance(event, Failed):
            return encoder.feed(event)
        if not isinstance(event, Answered):
            return []
        told = (*pieces_of(event.answer), event)
        return [said for one in told for said in encoder.feed(one)]

    def _headers(self, *, known: bool = True) -> dict[str, str]:
        told = self._tracker.as_headers(known=known)
        if self._decoded.ignored:
            unused = f'299 - "Not used here: {", ".join(self._decoded.ignored)}"'
            told["Warning"] = ", ".join(filter(None, (told.get("Warning"), unused)))
        return told

    def _envelope(self) -> Envelope:
        return Envelope(
            id=self._decoded.form.id_prefix + self._tracker.receipt_id,
            model=self._tracker.model,
            created=int(self._context.runtime.clock.now().timestamp()),
            usage=self._decoded.usage,
            custom_tools=frozenset(t.name for t in self._decoded.request.tools if t.custom),
            echo=self._decoded.keeping.echo if self._decoded.keeping else {},
            request_id=request_name(self._tracker.receipt_id),
        )


def _start(headers: dict[str, str]) -> dict[str, object]:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": 200, "headers": raw}


def _body(piece: bytes, *, more: bool = True) -> dict[str, object]:
    return {"type": "http.response.body", "body": piece, "more_body": more}


async def _deliver(send: Send, message: dict[str, object]) -> None:
    """Send, or give the caller up who has stopped reading."""
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await send(message)
    except TimeoutError:
        raise HungUp from None


class HungUp(Exception):
    """The caller is gone; nobody reads the answer."""


class EngineTask:
    """The events of one request, in order.

    The engine runs in one task of its own, which is cancelled, and so closed, as soon as the
    caller hangs up. It waits while ``_AHEAD`` events are not read. Who wants the ``whole`` answer
    at once is not told of its pieces.
    """

    def __init__(
        self, events: AsyncGenerator[Event], receive: Receive, *, whole: bool = False
    ) -> None:
        self._whole = whole
        self._events: deque[Event] = deque()
        self._news, self._room = asyncio.Event(), asyncio.Event()
        self._running = asyncio.create_task(self._run(events))
        self._gone = asyncio.create_task(_hung_up(receive))
        for task in (self._running, self._gone):
            task.add_done_callback(lambda _: self._news.set())

    async def _run(self, events: AsyncGenerator[Event]) -> None:
        async with aclosing(events):
            async for event in events:
                if self._whole and isinstance(event, _WORDS):
                    continue
                while len(self._events) >= _AHEAD:
                    self._room.clear()
                    await self._room.wait()
                self._events.append(event)
                if not self._whole or isinstance(event, _LAST) or len(self._events) >= _AHEAD:
                    self._news.set()

    @property
    def more(self) -> bool:
        """Whether the next event is there already."""
        return bool(self._events)

    def here(self) -> Event | None:
        """The next event where it is there already and somebody reads it."""
        if not self._events or self._gone.done():
            return None
        self._room.set()
        return self._events.popleft()

    async def next(self, patience: float | None = None) -> Event:
        """The next event.

        Raises:
            TimeoutError: none came within ``patience`` seconds; ask again.
            HungUp: the caller is gone.
            EdgeRouteError: the engine ended without a last word.
        """
        if not (self._events or self._running.done() or self._gone.done()):
            self._news.clear()
            async with asyncio.timeout(patience):
                await self._news.wait()
        if self._gone.done():
            raise HungUp
        if event := self.here():
            return event
        self._running.result()
        raise EdgeRouteError("The answer broke off inside EdgeRoute.", "Try again.")

    async def close(self) -> None:
        """Stop the engine."""
        for task in (self._running, self._gone):
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):  # it has been told, or nobody asks
                await task


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@asynccontextmanager
async def answering(
    engine: Engine, request: ChatRequest, receive: Receive, *, whole: bool = False
) -> AsyncIterator[EngineTask]:
    """Answer ``request`` while the block runs; leaving it early stops the engine."""
    task = EngineTask(engine.stream(request), receive, whole=whole)
    try:
        yield task
    finally:
        await task.close()
