"""What a local server answers, on its way to the caller."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from edgeroute.core.events import Failed
from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest, Tool
from edgeroute.local.backends.answers import passing_wire
from edgeroute.server.serve import serving
from edgeroute.store.database.codec import dump
from tests.support import replies
from tests.support.house import PRIVATE, house
from tests.support.scripted_provider import Received, Reply

CHANCE = {"token": "Yes", "logprob": -0.25, "bytes": [89, 101, 115], "top_logprobs": []}


def _server(asked: Received) -> Reply:
    if asked.method == "GET":
        return replies.json_body({"data": [{"id": "m"}]})
    choice = {"index": 0, "delta": {"content": "Yes"}, "logprobs": {"content": [CHANCE]}}
    end = {"index": 0, "delta": {}, "finish_reason": "stop"}
    head = {"id": "c", "object": "chat.completion.chunk", "model": "theirs"}
    return replies.stream([replies.event(head | {"choices": [one]}) for one in (choice, end)])


@pytest.mark.parametrize("stream", [True, False])
async def test_log_probabilities_reach_who_asked_for_them(tmp_path: Path, *, stream: bool) -> None:
    """Whole or streamed, under our name, for a prompt that stays here."""
    async with house(tmp_path, local=_server) as home, serving(home.runtime, port=0) as listening:
        body: dict[str, Any] = {"model": "auto", "logprobs": True, "stream": stream}
        body["messages"] = [{"role": "user", "content": PRIVATE}]
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            token = listening.token_file.read_text().strip()
            reply = await client.post(
                f"{listening.address}/v1/chat/completions",
                json=body,
                headers={"authorization": f"Bearer {token}"},
            )
    if stream:
        lines = [line[6:] for line in reply.text.splitlines() if line.startswith("data: {")]
        found = [json.loads(line) for line in lines]
        told = [one for chunk in found for one in chunk["choices"] if one.get("logprobs")]
        model = found[0]["model"]
    else:
        told, model = reply.json()["choices"], reply.json()["model"]
    assert told[0]["logprobs"]["content"] == [CHANCE]
    assert model != "theirs"


def test_only_who_asks_for_them_gets_answers_as_they_come() -> None:
    """Where tools are offered the answer is read first: calls may stand in its words."""
    source: dict[str, Any] = {"logprobs": True}
    asked = ChatRequest((user("Hi"),), wire="openai-chat", source=source, extra=source)
    assert passing_wire(asked) == "openai-chat"
    for other in (
        ChatRequest((user("Hi"),), wire="openai-chat", source=source),
        ChatRequest((user("Hi"),), wire="anthropic-messages", source=source, extra=source),
        ChatRequest(
            (user("Hi"),), wire="openai-chat", source=source, extra=source, tools=(Tool("f"),)
        ),
    ):
        assert passing_wire(other) == ""


async def test_no_record_repeats_a_local_servers_words(tmp_path: Path) -> None:
    """What a server says may quote the prompt: its caller reads it, no record keeps it."""
    quoted = "cannot read 521-44-9821"

    def fails(request: Received) -> Reply:
        if request.method == "GET":
            return replies.json_body({"object": "list", "data": [{"id": "m", "object": "model"}]})
        return replies.error(400, message=f"template error: {quoted}")

    async with house(tmp_path, local=fails) as home:
        for store in (True, False):
            seen = await home.ask(PRIVATE, store=store)
            assert isinstance(seen.end, Failed)
            assert quoted in seen.end.error.message
            assert quoted not in dump(home.runtime.receipts.get(seen.receipt.id))
            assert "failed with status 400" in seen.receipt.attempts[0].detail
