"""Names of models over HTTP: an unknown one is 404 in the caller's own format, and goes nowhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import pytest

from edgeroute.server.serve import serving
from tests.support import replies
from tests.support.house import LOCAL_ANSWER, OPEN, PRIVATE, House, house
from tests.support.scripted_provider import Close, Received, Reply, ScriptedProvider, always

MESSAGES: list[Any] = [{"role": "user", "content": OPEN}]
SENTENCE = "There is no model `mokc/m`. Did you mean `mock/m`"
BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": MESSAGES},
    "/v1/responses": {"input": OPEN},
    "/v1/messages": {"messages": MESSAGES, "max_tokens": 50},
    "/v1/messages/count_tokens": {"messages": MESSAGES},
    "/v1/responses/input_tokens": {"input": OPEN},
    "/v1/completions": {"prompt": OPEN},
    "/v1/images/generations": {"prompt": OPEN},
    "/v1/embeddings": {"input": OPEN},
    "/edgeroute/v1/explain": {"prompt": OPEN},
}
ANSWERED = tuple(BODIES)[:3]


@asynccontextmanager
async def served(folder: Path, **more: Any) -> AsyncIterator[tuple[House, httpx.AsyncClient]]:
    """A house behind its endpoint, and a client that knows the token."""
    async with house(folder, **more) as home, serving(home.runtime, port=0) as listening:
        token = listening.token_file.read_text().strip()
        async with httpx.AsyncClient(
            base_url=listening.address,
            headers={"authorization": f"Bearer {token}"},
            timeout=20,
            trust_env=False,
        ) as client:
            yield home, client


async def test_an_unknown_name_is_refused_everywhere(tmp_path: Path) -> None:
    """Every route that takes a model answers 404, whole or streamed; no byte leaves, none is asked
    here, and a list of other models to fall back on changes nothing.
    """
    async with served(tmp_path) as (home, client):
        for path, body in BODIES.items():
            streamed = {} if "images" in path else {"stream": True}
            for more in ({}, streamed, {"fallbacks": ["mock/m"], "models": ["mock/m"]}):
                reply = await client.post(path, json={"model": "mokc/m", **body, **more})
                error = reply.json()["error"]
                assert reply.status_code == 404, path
                if path.startswith("/v1/messages"):
                    assert error["type"] == "not_found_error"
                else:
                    assert error["code"] == "model_not_found"
                if path != "/v1/embeddings":
                    assert error["message"].startswith(SENTENCE), path
        listed = await client.get("/v1/models/mokc/m")
        assert (listed.status_code, home.bytes_out) == (404, 0)
        assert not home.local.requests


async def test_official_clients_know_the_error(tmp_path: Path) -> None:
    """Each raises its own NotFoundError with the nearest name."""
    async with served(tmp_path) as (home, client):
        address, token = str(client.base_url), client.headers["authorization"].split()[1]
        async with openai.AsyncOpenAI(
            base_url=f"{address}/v1", api_key=token, max_retries=0
        ) as oai:
            with pytest.raises(openai.NotFoundError, match="mock/m"):
                await oai.chat.completions.create(model="mokc/m", messages=MESSAGES)
            with pytest.raises(openai.NotFoundError, match="mock/m"):
                await oai.responses.create(model="mokc/m", input=OPEN)
        async with anthropic.AsyncAnthropic(
            base_url=address, api_key=token, max_retries=0
        ) as claude:
            with pytest.raises(anthropic.NotFoundError, match="mock/m"):
                await claude.messages.create(model="mokc/m", messages=MESSAGES, max_tokens=9)
        assert home.bytes_out == 0


@pytest.mark.parametrize("path", ANSWERED)
async def test_local_is_local_however_it_is_spelled(tmp_path: Path, path: str) -> None:
    """No byte leaves for any of them, and a model that is not here is said to be missing."""
    async with served(tmp_path) as (home, client):
        for name in ("Local", "LOCAL", " local", "local ", "Local/M", "local/here"):
            reply = await client.post(path, json={"model": name, **BODIES[path]})
            assert reply.headers["x-edgeroute-route"] == "local", name
            assert LOCAL_ANSWER in reply.text
        reply = await client.post(path, json={"model": "LOCAL/qwen3-4b", **BODIES[path]})
        assert reply.status_code == 404
        assert "Ask for `local` or `local/m`." in reply.json()["error"]["message"]
        assert home.bytes_out == 0


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("name", [["local"], {"id": "local"}, 5, False])
async def test_a_name_that_is_no_text_is_refused(tmp_path: Path, path: str, name: object) -> None:
    """It must not be read as if no model had been named."""
    async with served(tmp_path) as (home, client):
        reply = await client.post(path, json={"model": name, **BODIES[path]})
        assert reply.status_code == 400
        assert home.bytes_out == 0


async def test_explain_takes_the_model_of_a_prompt(tmp_path: Path) -> None:
    """What would happen is told for the model that is named."""
    async with served(tmp_path) as (_, client):
        asked = {"prompt": OPEN, "model": "LOCAL"}
        told = (await client.post("/edgeroute/v1/explain", json=asked)).json()
        assert [one["place"] for one in told["candidates"]] == ["local"]


OPENAI_KEY = "OPENAI_API_KEY"


def openai_in_small(asked: Received) -> Reply:
    """It speaks chat completions and Responses."""
    if not asked.path.endswith("/responses"):
        return replies.answer(asked, "From OpenAI.")
    part = {"type": "output_text", "text": "From OpenAI.", "annotations": []}
    message = {"type": "message", "id": "m", "role": "assistant", "content": [part]}
    body = {"id": "r", "object": "response", "status": "completed", "output": [message]}
    if asked.json.get("stream"):
        item = {"type": "response.output_item.done", "output_index": 0, "item": message}
        done = {"type": "response.completed", "response": body}
        return replies.stream([replies.event(item), replies.event(done)])
    return replies.json_body(body)


@asynccontextmanager
async def with_openai(folder: Path) -> AsyncIterator[tuple[House, httpx.AsyncClient]]:
    """The same with OpenAI behind it, which answers over loopback."""
    with ScriptedProvider(openai_in_small) as server:
        table = f'[keys]\nenvironment = true\n[providers.openai]\nbase_url = "{server.base_url}"\n'
        async with served(folder, settings=table) as both:
            yield both


@pytest.mark.parametrize("path", ANSWERED)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_familys_name_is_answered_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, *, stream: bool
) -> None:
    """The nearest model of the vendor answers, and headers say that it is not the one named."""
    monkeypatch.setenv(OPENAI_KEY, "sk-test-0123456789abcdef")
    async with with_openai(tmp_path) as (home, client):
        body = {"model": "gpt-5.4-2026-03-05", "stream": stream, **BODIES[path]}
        reply = await client.post(path, json=body)
        said = "gpt-5.4-2026-03-05 is not offered here; gpt-5.5 is the nearest."
        assert reply.status_code == 200
        assert reply.headers["x-edgeroute-route"] == "cloud"
        assert reply.headers["x-edgeroute-model"] == "openai/gpt-5.5"
        assert reply.headers["x-edgeroute-reason"] == said
        assert reply.headers["warning"] == f'299 - "{said}"'
        exact = await client.post(path, json={**body, "model": "gpt-5.5"})
        assert "warning" not in exact.headers
        assert home.bytes_out == 0  # of the vendor that nobody named


async def test_a_familys_name_is_shown_as_it_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a client reads of a model is of the one that would answer; without a key there is none,
    and an exact name needs none.
    """
    async with with_openai(tmp_path) as (_, client):
        for key, status in (("", 404), ("sk-test-0123456789abcdef", 200)):
            monkeypatch.setenv(OPENAI_KEY, key)
            listed = await client.get("/v1/models/gpt-5.4-2026-03-05")
            shown = await client.post("/api/show", json={"model": "gpt-5.4-2026-03-05"})
            assert listed.status_code == shown.status_code == status
            exact = await client.get("/v1/models/gpt-5.5")
            assert exact.json()["id"] == "openai/gpt-5.5"
        assert listed.json() == exact.json()
        window = listed.json()["context_window"]
        assert shown.json()["model_info"]["edgeroute.context_length"] == window


@pytest.mark.parametrize("path", ANSWERED)
async def test_without_a_key_the_command_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """404 for what could leave, an answer from here for what could not."""
    monkeypatch.delenv(OPENAI_KEY, raising=False)
    async with with_openai(tmp_path) as (home, client):
        for name in ("gpt-5.4", "gpt-5.5", "openai/gpt-5.5"):
            reply = await client.post(path, json={"model": name, **BODIES[path]})
            assert reply.status_code == 404
            assert "edgeroute keys set openai" in reply.json()["error"]["message"]
            said = {"messages": [{"role": "user", "content": PRIVATE}]}
            private = said if "messages" in BODIES[path] else {"input": PRIVATE}
            here = await client.post(path, json={"model": name, **BODIES[path], **private})
            assert here.headers["x-edgeroute-route"] == "local"
            assert LOCAL_ANSWER in here.text
        assert home.bytes_out == 0


@pytest.mark.parametrize("path", ANSWERED)
@pytest.mark.parametrize("name", ["local/here", "LOCAL", " Local / m ", "local/m", "Local/HERE"])
async def test_local_that_is_down_is_never_the_cloud(tmp_path: Path, path: str, name: str) -> None:
    """An endpoint of the user's own that does not answer is 503, which may pass by itself."""
    async with served(tmp_path, local=always([Close()])) as (home, client):
        for stream in (False, True):
            reply = await client.post(path, json={"model": name, "stream": stream, **BODIES[path]})
            assert reply.status_code == 503, reply.text
            assert "x-should-retry" not in reply.headers
        assert home.bytes_out == 0
