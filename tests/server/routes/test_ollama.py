"""The routes that Ollama's clients look for."""

from __future__ import annotations

import json

import pytest

from tests.support.endpoint import Endpoint


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
    """Clients load and unload models so; here that happens by itself."""
    status, _, data = endpoint.ask("POST", path, {"model": "local", "keep_alive": 0})
    assert (status, json.loads(data)["done_reason"]) == (200, "unload")


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
