"""Replies of a scripted provider: the bytes that managed APIs really send."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.scripted_provider import Close, Received, Reply, Send, Sleep, Step

_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 429: "Too Many Requests"}


def head(
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    *,
    content_type: str = "application/json",
) -> bytes:
    """A status line and headers, up to the empty line."""
    fields = {"content-type": content_type, **(headers or {})}
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in fields.items() if value]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def whole(
    body: bytes,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    *,
    content_type: str = "application/json",
) -> Reply:
    """A complete response; the connection stays open."""
    length = {"content-length": str(len(body))}
    return [Send(head(status, {**length, **(headers or {})}, content_type=content_type) + body)]


def json_body(
    body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Reply:
    """A complete JSON response."""
    return whole(json.dumps(body, ensure_ascii=False).encode(), status, headers)


def error(
    status: int,
    code: str = "",
    *,
    message: str = "An error of the scripted provider.",
    kind: str = "invalid_request_error",
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """An error in OpenAI's shape."""
    body = {"error": {"message": message, "type": kind, "param": None, "code": code or None}}
    return json_body(body, status, headers)


def chunk(data: bytes) -> bytes:
    """``data`` as one chunk of a chunked body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


LAST_CHUNK = b"0\r\n\r\n"


def event(data: Mapping[str, Any] | str, name: str = "") -> bytes:
    """One server-sent event."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    prefix = f"event: {name}\n" if name else ""
    return f"{prefix}data: {text}\n\n".encode()


DONE = event("[DONE]")


def stream(events: Sequence[bytes | Step], headers: Mapping[str, str] | None = None) -> Reply:
    """A chunked stream of events and other steps that ends as it should."""
    steps: list[Step] = [stream_head(headers)]
    steps += [Send(chunk(item)) if isinstance(item, bytes) else item for item in events]
    return [*steps, Send(LAST_CHUNK)]


def cut_stream(events: Sequence[bytes | Step], *, framed: bool = True) -> Reply:
    """A stream that ends too early: in the middle of a chunked body, or without any framing,
    where only the missing end mark tells.
    """
    headers = None if framed else {"transfer-encoding": "", "connection": "close"}
    steps: list[Step] = [stream_head(headers)]
    for item in events:
        if isinstance(item, bytes):
            steps.append(Send(chunk(item) if framed else item))
        else:
            steps.append(item)
    return [*steps, Close()]


def stream_head(headers: Mapping[str, str] | None = None) -> Send:
    """The head of a chunked event stream."""
    fields = {"transfer-encoding": "chunked", **(headers or {})}
    return Send(head(200, fields, content_type="text/event-stream"))


Tokens = tuple[int, int]


def chat_events(
    pieces: Sequence[str],
    *,
    model: str = "scripted",
    usage: bool = True,
    done: bool = True,
    tokens: Tokens | None = None,
) -> list[bytes]:
    """The events of a streamed chat completion; ``tokens`` are what it says that it used."""
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model}

    def of(delta: Mapping[str, Any], finish: str | None = None) -> bytes:
        return event(base | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    events = [of({"role": "assistant", "content": ""})]
    events += [of({"content": piece}) for piece in pieces]
    events.append(of({}, "stop"))
    if usage:
        used = chat_usage(*_used(pieces, tokens))
        events.append(event(base | {"choices": [], "usage": used}))
    return [*events, DONE] if done else events


def _used(pieces: Sequence[str], tokens: Tokens | None) -> Tokens:
    """Tokens out and in: as given (in, out), or one for each piece."""
    return (tokens[1], tokens[0]) if tokens else (len(pieces), 9)


def chat_usage(output: int, prompt: int = 9) -> dict[str, Any]:
    """Usage in OpenAI's shape."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": output,
        "total_tokens": prompt + output,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def chat(
    text: str,
    *,
    model: str = "scripted",
    headers: Mapping[str, str] | None = None,
    tokens: Tokens | None = None,
) -> Reply:
    """A streamed chat completion, a word per event."""
    return stream(chat_events(words(text), model=model, tokens=tokens), headers)


def chat_whole(text: str, *, model: str = "scripted", tokens: Tokens | None = None) -> Reply:
    """A chat completion in one body."""
    message = {"role": "assistant", "content": text, "refusal": None}
    return json_body(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": chat_usage(*_used(words(text), tokens)),
        }
    )


def messages_events(
    pieces: Sequence[str], *, model: str = "scripted", tokens: Tokens | None = None
) -> list[bytes]:
    """The events of a streamed Anthropic message."""
    output, prompt = _used(pieces, tokens)

    def of(name: str, **fields: Any) -> bytes:
        return event({"type": name, **fields}, name)

    start: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": prompt, "output_tokens": 1},
    }
    return [
        of("message_start", message=start),
        of("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        event({"type": "ping"}, "ping"),
        *(
            of("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
            for piece in pieces
        ),
        of("content_block_stop", index=0),
        of(
            "message_delta",
            delta={"stop_reason": "end_turn", "stop_sequence": None},
            usage={"output_tokens": output},
        ),
        of("message_stop"),
    ]


def messages(text: str, *, model: str = "scripted", tokens: Tokens | None = None) -> Reply:
    """A streamed Anthropic message, a word per event."""
    return stream(messages_events(words(text), model=model, tokens=tokens))


def messages_whole(text: str, *, model: str = "scripted", tokens: Tokens | None = None) -> Reply:
    """An Anthropic message in one body."""
    output, prompt = _used(words(text), tokens)
    return json_body(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": prompt, "output_tokens": output},
        }
    )


def answer(request: Received, text: str, *, model: str = "", tokens: Tokens | None = None) -> Reply:
    """What fits the request: by its path a message or a chat completion, streamed or not.

    A GET is answered with a list of models. ``tokens`` (in, out) are reported as used.
    """
    if request.method == "GET":
        return json_body({"object": "list", "data": [{"id": "scripted", "object": "model"}]})
    body = request.json
    name = model or str(body.get("model", "scripted"))
    streamed = bool(body.get("stream"))
    if request.path.endswith("/messages"):
        made = messages if streamed else messages_whole
    else:
        made = chat if streamed else chat_whole
    return made(text, model=name, tokens=tokens)


def slowly(events: Sequence[bytes], seconds: float) -> list[bytes | Step]:
    """``events`` with a pause before each."""
    return [item for one in events for item in (Sleep(seconds), one)]


def words(text: str) -> list[str]:
    """``text`` in pieces of one word with the space after it."""
    parts = text.split(" ")
    return [part + (" " if number + 1 < len(parts) else "") for number, part in enumerate(parts)]


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


def pictures(*data: bytes, usage: Mapping[str, Any] | None = None) -> Reply:
    """Drawn pictures; by default one, which used 50 tokens of text and 1,000 of image."""
    used = usage or {
        "input_tokens": 50,
        "input_tokens_details": {"text_tokens": 50, "image_tokens": 0},
        "output_tokens": 1000,
        "total_tokens": 1050,
    }
    entries = [{"b64_json": base64.b64encode(each).decode()} for each in data or (PNG,)]
    return json_body({"created": 1, "data": entries, "usage": used})
