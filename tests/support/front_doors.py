"""A client of each front door over one runtime: the engine itself, and the endpoint in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from edgeroute.core.secret import Secret
from edgeroute.server.access.guard import Rules
from edgeroute.server.context import ServerContext
from edgeroute.server.serve import build
from edgeroute.wiring import Runtime

_TOKEN = "a-token-of-the-tests-" + "x" * 24
_PORT = 8377
PATHS = {
    "chat": "/v1/chat/completions",
    "messages": "/v1/messages",
    "responses": "/v1/responses",
    "legacy": "/v1/completions",
}


async def post(
    runtime: Runtime, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """The endpoint's answer to ``body``, through its guard and all of its routes."""
    app = build(ServerContext(runtime), Rules(Secret(_TOKEN), _PORT))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=f"http://127.0.0.1:{_PORT}", timeout=60
    ) as client:
        fields = {"authorization": f"Bearer {_TOKEN}", **(headers or {})}
        return await client.post(path, json=body, headers=fields)


def body_of(form: str, turns: list[tuple[str, str]], **fields: Any) -> dict[str, Any]:
    """A body in the format ``form`` for a history of roles and texts."""
    messages = [{"role": role, "content": text} for role, text in turns]
    if form == "responses":
        return {"model": "auto", "input": messages, "store": True} | fields
    if form == "legacy":
        return {"model": "auto", "prompt": turns[-1][1]} | fields
    limit = {"max_tokens": 200} if form == "messages" else {}
    return {"model": "auto", "messages": messages} | limit | fields


def text_of(form: str, response: httpx.Response) -> str:
    """What a client would show and send back as the assistant's turn; empty after a failure."""
    if response.status_code != 200:
        return ""
    if response.headers["content-type"].startswith("text/event-stream"):
        return _streamed(form, response.text)
    body = response.json()
    if form == "chat":
        return str(body["choices"][0]["message"]["content"] or "")
    if form == "legacy":
        return str(body["choices"][0]["text"])
    if form == "messages":
        return "".join(part.get("text", "") for part in body["content"])
    parts = [part for item in body["output"] for part in item.get("content", [])]
    return "".join(part.get("text", "") for part in parts)


def id_of(response: httpx.Response) -> str:
    """The id of a stored response, whole or streamed; empty where it is not stored."""
    text = response.text.rstrip().rpartition("data: ")[2]
    found = json.loads(text) if text.startswith("{") else {}
    found = found.get("response", found)
    return str(found["id"]) if found.get("store") else ""


def _streamed(form: str, stream: str) -> str:
    lines = (line[5:].strip() for line in stream.splitlines() if line.startswith("data:"))
    events = [json.loads(line) for line in lines if line.startswith("{")]
    if any("error" in event or event.get("type") == "error" for event in events):
        return ""
    if form == "chat":
        deltas = (event["choices"][0]["delta"] for event in events if event.get("choices"))
        return "".join(delta.get("content") or "" for delta in deltas)
    if form == "legacy":
        return "".join(event["choices"][0]["text"] for event in events if event.get("choices"))
    if form == "messages":
        return "".join(event.get("delta", {}).get("text", "") for event in events)
    wanted = "response.output_text.delta"
    return "".join(event["delta"] for event in events if event.get("type") == wanted)
