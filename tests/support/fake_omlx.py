"""A stand-in for oMLX, which runs on Apple Silicon only: its endpoints, errors and quirks."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

MODEL = "mlx-community/Qwen3.5-4B-MLX-4bit"


@dataclass
class FakeOMLX:
    """What the server does next. ``asked`` collects the bodies that it has received."""

    models: list[str] = field(default_factory=lambda: ["bge-small", MODEL])
    default: str = MODEL
    owner: str = "omlx"
    key: str = ""
    health_status: int = 200
    keepalive: Literal["chunk", "old-chunk", "comment", "off"] = "chunk"
    fallback: bool = False
    busy: int = 0
    too_large: bool = False
    break_after: int = -1
    error_in_stream: bool = False
    has_status: bool = True
    words: tuple[str, ...] = ("Hello", " there")
    asked: list[dict[str, Any]] = field(default_factory=list)

    def app(self) -> Starlette:
        """The application."""
        return Starlette(
            routes=[
                Route("/health", self._health),
                Route("/v1/models", self._models),
                Route("/v1/models/status", self._status),
                Route("/v1/chat/completions", self._chat, methods=["POST"]),
            ]
        )

    def _refused(self, request: Request) -> Response | None:
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            return _error(401, "Invalid API key")
        return None

    async def _health(self, request: Request) -> Response:
        body = {"status": "healthy", "default_model": self.default, "engine_pool": {}}
        return JSONResponse(body, self.health_status)

    async def _models(self, request: Request) -> Response:
        rows = [
            {"id": id_, "object": "model", "owned_by": self.owner, "max_model_len": 16_384}
            for id_ in self.models
        ]
        return self._refused(request) or JSONResponse({"object": "list", "data": rows})

    async def _status(self, request: Request) -> Response:
        if not self.has_status:
            return _error(404, "Not found")
        rows = [
            {
                "id": id_,
                "loaded": id_ == self.default,
                "model_type": "embedding" if id_.startswith("bge") else "llm",
                "max_context_window": 16_384,
            }
            for id_ in self.models
        ]
        return self._refused(request) or JSONResponse({"models": rows})

    async def _chat(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append(body)
        model = body["model"]
        refused = self._refused(request) or self._failure(model)
        if refused:
            return refused
        if model not in self.models:
            model = self.default
        if body.get("stream"):
            return StreamingResponse(self._stream(model), media_type="text/event-stream")
        return Response(self._whole(model), media_type="application/json")

    def _failure(self, model: str) -> Response | None:
        if self.busy:
            self.busy -= 1
            return _error(409, "Model is loading")
        if self.too_large:
            return _error(507, "Not enough memory for this model")
        if model not in self.models and not self.fallback:
            return _error(404, f"Model {model} not found. Available: {self.models}")
        return None

    async def _stream(self, model: str) -> AsyncIterator[bytes]:
        if self.keepalive == "comment":
            yield b": keep-alive\n\n"
        elif self.keepalive != "off":
            id_ = "chatcmpl-keepalive" if self.keepalive == "old-chunk" else "chatcmpl-1"
            name = model if self.keepalive == "old-chunk" else "keepalive"
            yield _frame(_chunk(id_, name, {"role": "assistant", "content": ""}) | {"created": 0})
        for place, word in enumerate(self.words):
            if place == self.break_after:
                return
            if place == 1 and self.error_in_stream:
                yield _frame({"error": {"message": "engine failed", "type": "server_error"}})
                yield b"data: [DONE]\n\n"
                return
            yield _frame(_chunk("chatcmpl-1", model, {"content": word}))
        yield _frame(_chunk("chatcmpl-1", model, {}, "stop"))
        usage = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
        yield _frame(_chunk("chatcmpl-1", model, {}) | {"choices": [], "usage": usage})
        yield b"data: [DONE]\n\n"

    def _whole(self, model: str) -> bytes:
        message = {"role": "assistant", "content": "".join(self.words)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return b"   " + json.dumps({"id": "1", "model": model, "choices": [choice]}).encode()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Serve on a free port of this machine; gives the address with ``/v1``."""
        async with serving(self.app()) as root:
            yield f"{root}/v1"


@asynccontextmanager
async def serving(app: Any, **options: Any) -> AsyncIterator[str]:
    """Serve ``app`` in this event loop, with uvicorn's ``options``; gives its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(
            app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1, **options
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            scheme = "https" if options.get("ssl_certfile") else "http"
            yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


def _chunk(
    id_: str, model: str, delta: dict[str, Any], finish: str | None = None
) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": id_, "object": "chat.completion.chunk", "created": 1, "model": model} | {
        "choices": [choice]
    }


def _frame(body: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(body)}\n\n".encode()


def _error(status: int, message: str) -> Response:
    return JSONResponse({"error": {"message": message, "type": "error", "code": None}}, status)
