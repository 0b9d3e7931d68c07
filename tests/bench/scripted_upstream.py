"""A provider that answers at once, for timings: ``python -m tests.bench.scripted_upstream PORT``.

It speaks OpenAI's chat format, whole or as a stream of 50 tokens, over kept connections. As little
as possible stands between a request and its answer, so that what is measured is the way there.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Final

TOKENS: Final = 50
_BASE: Final = {"id": "c1", "created": 1_700_000_000, "model": "m"}
_USAGE: Final = {"prompt_tokens": 20, "completion_tokens": TOKENS, "total_tokens": 20 + TOKENS}


def _whole() -> bytes:
    message = {"role": "assistant", "content": "word " * TOKENS}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = _BASE | {"object": "chat.completion", "choices": [choice], "usage": _USAGE}
    return _response(json.dumps(body).encode(), "application/json")


def _streamed() -> bytes:
    events = [_event({"role": "assistant", "content": ""})]
    events += [_event({"content": "word "}) for _ in range(TOKENS)]
    events += [_event({}, "stop"), _data(_chunk([]) | {"usage": _USAGE}), b"data: [DONE]\n\n"]
    return _response(b"".join(events), "text/event-stream")


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    return _data(_chunk([{"index": 0, "delta": delta, "finish_reason": finish}]))


def _chunk(choices: list[dict[str, object]]) -> dict[str, object]:
    return _BASE | {"object": "chat.completion.chunk", "choices": choices}


def _data(content: object) -> bytes:
    return b"data: " + json.dumps(content).encode() + b"\n\n"


def _response(body: bytes, kind: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


_WHOLE: Final = _whole()
_STREAMED: Final = _streamed()


class _Connection(asyncio.Protocol):
    """Reads requests one after the other and answers each."""

    def __init__(self) -> None:
        self._held = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """A piece of a request."""
        self._held += data
        head, found, rest = self._held.partition(b"\r\n\r\n")
        if not found or self._transport is None:
            return
        length = next(
            int(line.partition(b":")[2])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        if len(rest) < length:
            return
        body, self._held = rest[:length], rest[length:]
        streams = b'"stream":true' in body.replace(b": ", b":")
        self._transport.write(_STREAMED if streams else _WHOLE)


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Connection, "127.0.0.1", port)
    print("ready", flush=True)  # noqa: T201 - whoever started it waits for this
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
