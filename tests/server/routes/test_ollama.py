"""The routes that Ollama's clients look for."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from edgeroute.server.access.clients import ClientTokens
from edgeroute.server.serve import serving
from tests.support import replies
from tests.support.endpoint import MODEL, Endpoint
from tests.support.house import LOCAL_ANSWER, OPEN, house
from tests.support.scripted_provider import always


def test_models_are_listed_and_shown(endpoint: Endpoint) -> None:
    """What is listed can be shown, with the tag that Ollama adds to a name."""
    status, _, data = endpoint.ask("GET", "/api/tags")
    names = [model["name"] for model in json.loads(data)["models"]]
    assert (status, names[:2]) == (200, ["auto", "local"])
    status, _, data = endpoint.ask("POST", "/api/show", {"model": "auto:latest"})
    assert status == 200
    assert "completion" in json.loads(data)["capabilities"]
    assert "version" in json.loads(endpoint.ask("GET", "/api/version")[2])
    assert endpoint.ask("GET", "/api/ps")[0] == 200


@pytest.mark.parametrize("path", ["/api/chat", "/api/generate"])
def test_an_empty_request_only_wakes_the_model(endpoint: Endpoint, path: str) -> None:
    """Clients load and unload models so; here that happens by itself. A wish that means nothing is
    refused as elsewhere.
    """
    body = {"model": "local", "keep_alive": 0}
    status, _, data = endpoint.ask("POST", path, body)
    assert (status, json.loads(data)["done_reason"]) == (200, "unload")
    assert endpoint.ask("POST", path, body, X_EdgeRoute_Tier="AAA")[0] == 400


def test_errors_are_in_ollamas_form(endpoint: Endpoint) -> None:
    """One sentence, under the status that says whose fault it is."""
    for path, body, expected in (
        ("/api/show", {"model": "nobody/knows"}, 404),
        ("/api/chat", {"messages": 5}, 400),
        ("/api/pull", {"model": "x"}, 404),
    ):
        status, _, data = endpoint.ask("POST", path, body)
        assert status == expected
        assert isinstance(json.loads(data)["error"], str)


def test_answers_stream_unless_told_otherwise(endpoint: Endpoint) -> None:
    """Ollama's clients expect lines of JSON where they say nothing."""
    body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}
    status, _, data = endpoint.ask("POST", "/api/chat", body)
    assert status == 200
    assert json.loads(data.splitlines()[-1])["done"] is True
    _, _, data = endpoint.ask("POST", "/api/chat", body | {"stream": False})
    assert json.loads(data)["message"]["role"] == "assistant"


def test_v1_may_be_left_away(endpoint: Endpoint) -> None:
    """Some programs take the bare address; the front page says what this is."""
    assert endpoint.ask("GET", "/models")[0] == 200
    body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}
    assert endpoint.ask("POST", "/chat/completions", body)[0] == 200
    assert b"EdgeRoute" in endpoint.ask("GET", "/")[2]


def test_options_that_change_nothing_are_named(endpoint: Endpoint) -> None:
    """In a header, whole or streamed; a name that is none is not repeated."""
    options = {"temperature": 0, "top_k": 3, "num_ctx": 9, 'x"\r\nX-Evil: 1': 1}
    body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}], "options": options}
    for stream in (True, False):
        _, headers, _ = endpoint.ask("POST", "/api/chat", body | {"stream": stream})
        assert headers["warning"] == '299 - "Not used here: num_ctx, top_k"'
    _, headers, _ = endpoint.ask("POST", "/api/generate", {"prompt": "hi", "stream": False})
    assert "warning" not in headers


async def test_a_connected_program_has_its_profile_here_too(tmp_path: Path) -> None:
    """It is told of the managed models that it may use, and asks under its own name."""
    settings = '[clients.desk]\nmodels = ["two/*"]\nprivacy = "private"\n'
    answers = {name: always(replies.chat("Yes.")) for name in ("one", "two")}
    async with house(tmp_path, answers, settings=settings) as home:
        token = ClientTokens(home.runtime.paths.state).make("desk").reveal()
        async with (
            serving(home.runtime, port=0) as listening,
            httpx.AsyncClient(
                base_url=listening.address,
                headers={"authorization": f"Bearer {token}"},
                trust_env=False,
            ) as client,
        ):
            listed = (await client.get("/api/tags")).json()["models"]
            names = {model["name"] for model in listed}
            body = {"model": "auto", "prompt": OPEN, "stream": False}
            answer = await client.post("/api/generate", json=body)
    assert "two/m" in names
    assert "one/m" not in names
    assert any(name.startswith("local/") for name in names)
    assert answer.json()["response"] == LOCAL_ANSWER
    assert home.bytes_out == 0


def test_vectors_are_as_ollama_gives_them(endpoint: Endpoint) -> None:
    """For several texts, and for one in the older form; another model makes none."""
    status, _, data = endpoint.ask("POST", "/api/embed", {"model": "auto", "input": ["a", "bcd"]})
    found = json.loads(data)
    assert (status, found["embeddings"]) == (200, [[1.0, 0.5], [3.0, 0.5]])
    assert found["prompt_eval_count"] == 4
    status, _, data = endpoint.ask("POST", "/api/embeddings", {"model": "auto", "prompt": "abc"})
    assert (status, json.loads(data)) == (200, {"embedding": [3.0, 0.5]})
    status, _, data = endpoint.ask("POST", "/api/embed", {"model": MODEL, "input": "a"})
    assert (status, "no embeddings" in json.loads(data)["error"]) == (404, True)
