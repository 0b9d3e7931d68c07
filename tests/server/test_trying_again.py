"""What a client is told of waiting: 429 and Retry-After, or that it need not try again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai.types.responses import ResponseFailedEvent

from tests.server.test_rejections import CHAT, MESSAGES, RESPONSES, Caller, calling, wires
from tests.support import replies
from tests.support.house import LOCAL_ANSWER, OPEN, PRIVATE
from tests.support.scripted_provider import Close, Received, Reply, always

KINDS = {
    429: {CHAT: "rate_limit_error", RESPONSES: "rate_limit_error", MESSAGES: "rate_limit_error"},
    503: {CHAT: "server_error", RESPONSES: "server_error", MESSAGES: "overloaded_error"},
}
OPENAIS = "This model's maximum context length is"
PATHS = {CHAT: "chat/completions", RESPONSES: "responses", MESSAGES: "messages"}


async def asked(caller: Caller, wire: str, **more: Any) -> httpx.Response:
    """The whole response to one request in a wire format."""
    said: dict[str, Any] = {"input": OPEN} if wire == RESPONSES else {}
    messages: list[Any] = [{"role": "user", "content": OPEN}]
    body = {"model": "cloud/m", **(said or {"messages": messages, "max_tokens": 50}), **more}
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        headers = {"authorization": f"Bearer {caller.token}"}
        return await client.post(f"{caller.address}/v1/{PATHS[wire]}", json=body, headers=headers)


def fails(status: int, headers: Mapping[str, str] | None = None, code: str = "x") -> Any:
    """Every request fails in this way."""
    return always(replies.json_body({"error": {"code": code}}, status, headers))


@wires
@pytest.mark.parametrize("stream", [False, True])
async def test_a_rate_limit_is_told_with_its_time(
    tmp_path: Path, wire: str, *, stream: bool
) -> None:
    """Where nothing but a rate limit stands in the way, every client knows when to come again; the
    next request, for which nobody is asked, hears the same.
    """
    async with calling(tmp_path, fails(429, {"retry-after": "37"})) as caller:
        for _ in range(2):
            response = await asked(caller, wire, stream=stream)
            error = response.json()["error"]
            assert (response.status_code, error["type"]) == (429, KINDS[429][wire])
            assert 30 <= int(response.headers["retry-after"]) <= 37
            if wire != MESSAGES:
                assert error["code"] == "rate_limit_exceeded"
        assert len(caller.cloud.requests) == 1


@wires
@pytest.mark.parametrize(
    ("status", "code"), [(401, "invalid_api_key"), (402, "insufficient_balance")]
)
async def test_what_waiting_does_not_mend_is_not_tried_again(
    tmp_path: Path, wire: str, status: int, code: str
) -> None:
    """A bad key and an empty account: 503 that says so, also while the provider rests for it."""
    async with calling(tmp_path, fails(status, code=code)) as caller:
        for _ in range(2):
            response = await asked(caller, wire)
            error = response.json()["error"]
            assert (response.status_code, error["type"]) == (503, KINDS[503][wire])
            assert response.headers["x-should-retry"] == "false"
            assert "retry-after" not in response.headers
        async with openai.AsyncOpenAI(
            base_url=f"{caller.address}/v1", api_key=caller.token
        ) as client:
            with pytest.raises(openai.InternalServerError):
                await client.chat.completions.create(
                    model="cloud/m", messages=[{"role": "user", "content": OPEN}]
                )


@wires
async def test_nobody_is_made_to_wait_for_an_hour(tmp_path: Path, wire: str) -> None:
    """A limit that lasts for longer than minutes is told with its time, and that a library should
    say so instead of waiting.
    """
    async with calling(tmp_path, fails(429, {"retry-after": "3600"})) as caller:
        response = await asked(caller, wire)
        assert response.status_code == 429
        assert 3500 <= int(response.headers["retry-after"]) <= 3600
        assert response.headers["x-should-retry"] == "false"


@wires
async def test_a_named_model_that_rests_says_for_how_long(tmp_path: Path, wire: str) -> None:
    """Its breaker is open and nothing here can answer: 503 with the time."""
    async with calling(tmp_path, always([Close()])) as caller:
        for _ in range(8):
            await asked(caller, CHAT)
        calls = len(caller.cloud.requests) + caller.cloud.connections
        response = await asked(caller, wire)
        assert len(caller.cloud.requests) + caller.cloud.connections == calls
        assert response.status_code == 503
        assert 1 <= int(response.headers["retry-after"]) <= 300
        assert "x-should-retry" not in response.headers


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("prompt is too long: 205000 tokens > 200000 maximum", (205_000, 200_000)),
        (f"{OPENAIS} 128000 tokens. However, you asked for 130000.", (130_000, 128_000)),
    ],
)
@wires
async def test_an_overflow_is_told_with_its_numbers(
    tmp_path: Path, wire: str, error: str, told: tuple[int, int]
) -> None:
    """In the words by which clients of each format know how much to leave out."""
    body = {"error": {"message": error, "code": "context_length_exceeded"}}
    async with calling(tmp_path, always(replies.json_body(body, 400))) as caller:
        said = (await asked(caller, wire)).json()["error"]
        tokens, window = told
        if wire == MESSAGES:
            start = f"prompt is too long: {tokens} tokens > {window} maximum"
        else:
            start = f"{OPENAIS} {window} tokens. However, your"
            assert f"resulted in {tokens} tokens" in said["message"]
            assert said["code"] == "context_length_exceeded"
        assert said["message"].startswith(start)


def _breaks(code: str) -> Any:
    """A streamed chat that says a word and then ends in an error."""

    def answer(_: Received) -> Reply:
        events = replies.chat_events(["One "])[:2]
        return replies.stream([*events, replies.event({"error": {"code": code, "message": "no"}})])

    return answer


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("rate_limit_exceeded", "rate_limit_exceeded"),
        ("context_length_exceeded", "context_length_exceeded"),
        ("server_is_overloaded", "server_error"),
    ],
)
async def test_a_stream_of_responses_ends_in_what_its_clients_wait_for(
    tmp_path: Path, code: str, told: str
) -> None:
    """`response.failed` with a code; the official types take it, but for the one code that stands
    in no schema and that agents know all the same.
    """
    async with (
        calling(tmp_path, _breaks(code)) as caller,
        openai.AsyncOpenAI(base_url=f"{caller.address}/v1", api_key=caller.token) as client,
    ):
        stream = await client.responses.create(model="cloud/m", input=OPEN, stream=True)
        events = [event async for event in stream]
        last = events[-1]
        assert isinstance(last, ResponseFailedEvent)
        assert last.response.error is not None
        assert (last.response.status, last.response.error.code) == ("failed", told)
        assert last.sequence_number == len(events) - 1
        if told != "context_length_exceeded":
            ResponseFailedEvent.model_validate(last.model_dump())


@wires
async def test_private_prompts_are_told_nothing_of_waiting(tmp_path: Path, wire: str) -> None:
    """No provider was asked, and none will be."""
    async with calling(tmp_path, fails(429, {"retry-after": "37"})) as caller:
        await asked(caller, CHAT)
        more = {"input": PRIVATE} if wire == RESPONSES else {
            "messages": [{"role": "user", "content": PRIVATE}]
        }  # fmt: skip
        response = await asked(caller, wire, **more)
        assert response.status_code == 400
        assert not {"retry-after", "x-should-retry"} & set(response.headers)


@wires
async def test_the_local_model_stands_in_for_a_named_one(tmp_path: Path, wire: str) -> None:
    """While it can answer, nobody has to wait."""

    def here(request: Received) -> Reply:
        if request.method == "GET":
            return replies.json_body({"object": "list", "data": [{"id": "m", "object": "model"}]})
        return replies.answer(request, LOCAL_ANSWER)

    async with calling(tmp_path, fails(429, {"retry-after": "37"}), local=here) as caller:
        response = await asked(caller, wire)
        assert response.status_code == 200
        assert response.headers["x-edgeroute-route"] == "local"
