"""The worker's side of the socket: OpenAI chat completions and a few words about itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from edgeroute import __version__
from edgeroute.core.errors import EdgeRouteError
from edgeroute.local.worker.reply import Reply, error_body
from edgeroute.local.worker.sampler import wishes
from edgeroute.local.worker.service import WorkerService
from edgeroute.local.worker.steps import Asked
from edgeroute.wire import fill
from edgeroute.wire.errors import WireError
from edgeroute.wire.format import Envelope
from edgeroute.wire.formats import FORMATS
from edgeroute.wire.json_data import load_object, number
from edgeroute.wire.openai_chat.answer import frame

T = TypeVar("T")

_MAX_BODY_BYTES: Final = 64 * 1024 * 1024
_MAX_TOP: Final = 20
_ASIDE: Final = "edgeroute_aside"  # a question that leaves the conversation in the cache
_URGENT: Final = "edgeroute_urgent"  # somebody waits for the answer
_PRIVATE: Final = "edgeroute_private"  # nobody else could give it
_DEADLINE: Final = "edgeroute_deadline"  # seconds that it may wait for its turn


class _Gone(Exception):
    """The caller has hung up."""


def build(service: WorkerService, shut_down: Callable[[], None]) -> Starlette:
    """The application around ``service``; ``shut_down`` ends the process."""

    async def health(_: Request) -> Response:
        host = service.host
        return JSONResponse(
            {
                "status": "ok",
                "version": __version__,
                "pid": os.getpid(),
                "state": service.state,
                "model": host.build.id if host else "",
                "window": host.window if host else 0,
                "idle_seconds": service.idle_seconds,
                "waiting": service.turns.waiting,
                "expected_seconds": service.turns.expected_seconds,
            }
        )

    async def models(_: Request) -> Response:
        there = await asyncio.to_thread(service.models.present)
        rows = [{"id": one.id, "object": "model", "owned_by": "edgeroute"} for one in there]
        return JSONResponse({"object": "list", "data": rows})

    async def stop(_: Request) -> Response:
        shut_down()
        return JSONResponse({"status": "ending"})

    return Starlette(
        routes=[
            Route("/health", health),
            Route("/v1/models", models),
            Route("/v1/chat/completions", partial(_chat, service), methods=["POST"]),
            Route("/shutdown", stop, methods=["POST"]),
        ],
        exception_handlers={EdgeRouteError: _tell},
    )


async def _tell(_: Request, error: Exception) -> Response:
    assert isinstance(error, EdgeRouteError)
    status, body = error_body(error)
    return JSONResponse(body, status)


async def _body(request: Request) -> Any:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > _MAX_BODY_BYTES:
            raise WireError("The request has more than 64 MiB.")
    return load_object(bytes(data))


async def _chat(service: WorkerService, request: Request) -> Response:
    body = await _body(request)
    asked = replace(FORMATS["openai-chat"].decode_request(body), fill=body.get(fill.FIELD) is True)
    options = body.get("stream_options") or {}
    stream = body.get("stream") is True
    logprobs = body.get("logprobs") is True
    counted = not stream or options.get("include_usage") is True
    name = f"chatcmpl-{secrets.token_hex(8)}"
    reply = Reply(Envelope(name, asked.model, int(time.time()), counted), logprobs=logprobs)
    kwargs = body.get("chat_template_kwargs") or {}
    aside = body.get(_ASIDE) is True
    steps = service.answer(
        Asked(
            request=asked,
            thinking=kwargs.get("enable_thinking") is True,
            wishes=wishes(body),
            top=min(int(body.get("top_logprobs") or 0), _MAX_TOP) if logprobs else None,
            aside=aside,
            urgent=aside or body.get(_URGENT) is True,
            private=body.get(_PRIVATE) is True,
            deadline=number(body.get(_DEADLINE), _DEADLINE) or 0.0,
        )
    )
    frames = _frames(reply, steps)
    try:
        # An error before the first token still has a status of its own.
        first = await _unless_gone(request, anext(frames))
    except _Gone:
        await frames.aclose()
        return Response(status_code=499)
    if stream:
        return _Stream(first, frames)
    try:
        await _unless_gone(request, _drain(frames))
    except _Gone:
        await frames.aclose()
        return Response(status_code=499)
    return JSONResponse(reply.whole())


async def _frames(reply: Reply, steps: AsyncGenerator[Any, None]) -> AsyncGenerator[bytes, None]:
    async with contextlib.aclosing(steps) as open_steps:
        async for step in open_steps:
            data = b"".join(reply.feed(step))
            if data:
                yield data


async def _drain(frames: AsyncIterator[bytes]) -> None:
    async for _ in frames:
        pass


async def _unless_gone(request: Request, work: Awaitable[T]) -> T:
    """The result of ``work``, or ``_Gone`` as soon as the caller hangs up."""

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(watch())
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise _Gone
        return await working
    finally:
        for task in (working, watching):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task


class _Stream(StreamingResponse):
    """A stream whose source is closed whatever becomes of the caller."""

    def __init__(self, first: bytes, frames: AsyncGenerator[bytes, None]) -> None:
        self._frames = frames
        super().__init__(self._whole(first), media_type="text/event-stream")

    async def _whole(self, first: bytes) -> AsyncIterator[bytes]:
        yield first
        try:
            async for data in self._frames:
                yield data
        except EdgeRouteError as error:
            yield frame(error_body(error)[1])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._frames.aclose()
