"""A request that a model does not accept is the caller's to change: what the caller is told."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import pytest

from edgeroute.server.serve import serving
from tests.support import replies
from tests.support.house import OPEN, PRIVATE, House, house
from tests.support.scripted_provider import (
    Behaviour,
    Close,
    Received,
    Reply,
    ScriptedProvider,
    always,
)

CHAT, RESPONSES, MESSAGES = "openai-chat", "openai-responses", "anthropic-messages"
PATHS = {CHAT: "/chat/completions", RESPONSES: "/responses", MESSAGES: "/messages"}
QUOTE = "as a canary wrote"
NOBODY = always([Close()])

wires = pytest.mark.parametrize("wire", [CHAT, RESPONSES, MESSAGES])


def openai_error(code: str | None, param: str | None = None) -> dict[str, Any]:
    """An error in OpenAI's shape, whose sentence quotes the prompt."""
    fields = {"message": QUOTE, "type": "invalid_request_error", "param": param, "code": code}
    return {"error": fields}


def anthropic_error(kind: str, message: str = QUOTE) -> dict[str, Any]:
    """An error in Anthropic's shape."""
    return {"type": "error", "error": {"type": kind, "message": message}}


def rejects(status: int, body: Mapping[str, Any]) -> Behaviour:
    """Every request is answered in this way."""
    return always(replies.json_body(body, status))


def too_long_here(asked: Received) -> Reply:
    """The local model's worker, for which every prompt is too long."""
    if asked.method == "GET":
        return replies.json_body({"object": "list", "data": [{"id": "m", "object": "model"}]})
    message = "The prompt has 19016 tokens, and m takes 16384."
    fields = {"message": message, "hint": "Shorten it.", "code": "context_length_exceeded"}
    return replies.json_body({"error": fields}, 400)


@dataclass
class Caller:
    """A program at the endpoint, and the managed API behind it."""

    home: House
    cloud: ScriptedProvider
    address: str
    token: str

    async def post(
        self, wire: str, text: str = OPEN, *, model: str = "cloud/m", stream: bool = False
    ) -> tuple[int, dict[str, Any]]:
        """Status and error of one request in a wire format."""
        earlier = (("user", "Good morning."), ("assistant", "Hello."))
        messages = [{"role": role, "content": said} for role, said in (*earlier, ("user", text))]
        said = {"input": messages} if wire == RESPONSES else {"messages": messages}
        body = {"model": model, "stream": stream, **said}
        if wire == MESSAGES:
            body["max_tokens"] = 50
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            headers = {"authorization": f"Bearer {self.token}"}
            url = f"{self.address}/v1{PATHS[wire]}"
            response = await client.post(url, json=body, headers=headers)
        assert QUOTE not in response.text
        return response.status_code, json.loads(response.text)["error"]


@asynccontextmanager
async def calling(
    tmp_path: Path, cloud: Behaviour, *, wire: str = CHAT, local: Behaviour = NOBODY
) -> AsyncIterator[Caller]:
    """An endpoint over one managed API that speaks ``wire`` and a local server."""
    with ScriptedProvider(cloud) as server:
        table = (
            f'[providers.cloud]\nbase_url = "{server.base_url}"\nwire = "{wire}"\nmodels = ["m"]\n'
        )
        async with (
            house(tmp_path, {}, local=local, settings=table) as home,
            serving(home.runtime, port=0) as listening,
        ):
            token = listening.token_file.read_text().strip()
            yield Caller(home, server, listening.address, token)


REJECTED = [
    (
        400,
        openai_error("invalid_function_parameters", "tools[0].function.parameters"),
        (400, "invalid_request_error", "invalid_function_parameters"),
    ),
    (400, openai_error(None), (400, "invalid_request_error", "invalid_request")),
    (409, openai_error(None), (400, "invalid_request_error", "invalid_request")),
    (
        400,
        openai_error("content_policy_violation"),
        (400, "invalid_request_error", "content_policy_violation"),
    ),
    (403, openai_error("moderation"), (400, "invalid_request_error", "moderation")),
    (413, openai_error(None), (413, "invalid_request_error", "request_too_large")),
    (422, openai_error("unprocessable"), (422, "invalid_request_error", "unprocessable")),
    (
        400,
        openai_error("context_length_exceeded", "messages"),
        (400, "invalid_request_error", "context_length_exceeded"),
    ),
    (
        413,
        openai_error("context_length_exceeded"),
        (400, "invalid_request_error", "context_length_exceeded"),
    ),
    (
        400,
        anthropic_error("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"),
        (400, "invalid_request_error", "context_length_exceeded"),
    ),
    (
        413,
        anthropic_error("request_too_large"),
        (413, "invalid_request_error", "request_too_large"),
    ),
]


@wires
async def test_what_a_provider_rejects_is_the_callers_to_change(tmp_path: Path, wire: str) -> None:
    """The caller gets a status that no client tries again, with the provider's own code and
    parameter, in its own format; an overflow is told as each client knows it.
    """
    async with calling(tmp_path, always([]), wire=wire) as caller:
        for (status, body, told), stream in itertools.product(REJECTED, (False, True)):
            caller.cloud.behave(rejects(status, body))
            got, error = await caller.post(wire, stream=stream)
            expected, kind, code = told
            assert got == expected, told
            if wire == MESSAGES:
                assert error["type"] == ("request_too_large" if got == 413 else kind), told
                overflow = code == "context_length_exceeded"
                assert error["message"].startswith("prompt is too long") is overflow, told
            else:
                assert (error["type"], error["code"]) == (kind, code)
                assert error["param"] == body["error"].get("param")
            assert len(caller.cloud.requests) == 1


@wires
async def test_a_prompt_too_long_for_the_local_model_is_the_callers_to_shorten(
    tmp_path: Path, wire: str
) -> None:
    """Private or not, an overflow here is the caller's fault: never a matter of keys or rights.

    A private prompt's caller reads what it holds, and where, without the value, and in no words by
    which it would only shorten; a model's name that would mean the cloud changes nothing, nor does
    a latch.
    """
    ways = ((OPEN, "local"), (PRIVATE, "local"), (PRIVATE, "cloud/m"), (PRIVATE, "cloud/m"))
    async with calling(tmp_path, always(replies.chat("No.")), local=too_long_here) as caller:
        for (text, model), stream in itertools.product(ways, (False, True)):
            status, error = await caller.post(wire, text, model=model, stream=stream)
            message = error["message"]
            assert (status, error["type"]) == (400, "invalid_request_error")
            if text == OPEN:
                assert "19016 tokens" in message
            overflow = text == OPEN
            if wire == MESSAGES:
                assert message.startswith("prompt is too long") is overflow
            else:
                code = "context_length_exceeded" if overflow else "privacy_refused"
                assert error["code"] == code
            if text == PRIVATE:
                assert "The user's text (message 3 of 3) holds 1 US social security" in message
                assert "521-44-9821" not in message
        assert caller.cloud.connections == 0


@wires
async def test_a_private_prompt_that_nobody_here_can_answer_is_refused_for_privacy(
    tmp_path: Path, wire: str
) -> None:
    """Not with 403, which clients take for a login, nor 503, which they try again for minutes."""
    async with calling(tmp_path, always(replies.chat("No."))) as caller:
        status, error = await caller.post(wire, PRIVATE)
        assert (status, error["type"]) == (400, "invalid_request_error")
        assert error.get("code", "privacy_refused") == "privacy_refused"


async def test_the_official_clients_do_not_try_again(tmp_path: Path) -> None:
    """OpenAI's and Anthropic's own clients raise a bad request after one call."""
    messages: Any = [{"role": "user", "content": OPEN}]
    rejected = rejects(400, openai_error("context_length_exceeded", "messages"))
    async with (
        calling(tmp_path, rejected) as caller,
        openai.AsyncOpenAI(base_url=f"{caller.address}/v1", api_key=caller.token) as gpt,
        anthropic.AsyncAnthropic(base_url=caller.address, api_key=caller.token) as claude,
    ):
        for stream in (False, True):
            with pytest.raises(openai.BadRequestError) as caught:
                await gpt.chat.completions.create(model="cloud/m", messages=messages, stream=stream)
            assert caught.value.code == "context_length_exceeded"
            assert caught.value.param == "messages"
            with pytest.raises(openai.BadRequestError) as caught:
                await gpt.responses.create(model="cloud/m", input=OPEN, stream=stream)
            assert caught.value.code == "context_length_exceeded"
            create: Any = claude.messages.create
            with pytest.raises(anthropic.BadRequestError, match="prompt is too long"):
                await create(model="cloud/m", messages=messages, max_tokens=50, stream=stream)
        assert len(caller.cloud.requests) == 6
