"""Models, health, counts, embeddings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

import anthropic
import openai
import pytest

from edgeroute import __version__
from edgeroute.core.cards import ModelCard
from tests.support.endpoint import Endpoint, FakeLocal


def test_models_are_listed_for_both_clients(endpoint: Endpoint) -> None:
    """The four names that are no model, the local model, the catalogue; not what is shut down."""
    cards = endpoint.runtime.catalog.cards
    cards["acme/old"] = ModelCard("acme/old", "acme", "old", shutdown=date(2026, 1, 1))
    expected = ["auto", "local", "cascade", "ensemble", "local/small", "acme/one"]
    try:
        url, key = endpoint.address, endpoint.token
        with openai.OpenAI(base_url=url + "/v1", api_key=key) as oai:
            assert [model.id for model in oai.models.list()] == expected
            assert oai.models.retrieve("acme/one").owned_by == "acme"
            assert oai.models.retrieve("auto").owned_by == "edgeroute"
            with pytest.raises(openai.NotFoundError):
                oai.models.retrieve("acme/none")
        with anthropic.Anthropic(base_url=url, api_key=key) as claude:
            assert [model.id for model in claude.models.list()] == expected
    finally:
        del cards["acme/old"]


def test_health_tells_of_the_local_model(endpoint: Endpoint) -> None:
    """Whether it runs, which version, and how the local model is."""
    status, _, data = endpoint.ask("GET", "/health")
    assert status == 200
    assert json.loads(data) == {
        "status": "ok",
        "version": __version__,
        "local": {"state": "ready", "model": "small", "detail": "It is ready."},
    }


def test_metrics_count_what_was_answered(endpoint: Endpoint) -> None:
    """A finished request appears in the counts."""

    def count() -> float:
        text = endpoint.ask("GET", "/metrics")[2].decode()
        name = 'edgeroute_duration_seconds_count{route="cloud"} '
        return next((float(x.removeprefix(name)) for x in text.splitlines() if name in x), 0)

    before = count()
    endpoint.post()
    endpoint.post(stream=True)
    assert count() == before + 2


def test_embeddings_are_never_sent_away(endpoint: Endpoint) -> None:
    """Without a local backend that makes them there are none, and the answer says so."""
    status, _, data = endpoint.ask("POST", "/v1/embeddings", {"model": "x", "input": "hi"})
    assert status == 501
    assert "sends no text away" in json.loads(data)["error"]["message"]


def test_embeddings_of_a_local_backend(endpoint: Endpoint) -> None:
    """A backend that makes embeddings is asked, one vector for each text."""

    class Embedding(FakeLocal):
        async def embed(self, texts: Sequence[str]) -> list[list[float]]:
            return [[float(len(text)), 0.5] for text in texts]

    endpoint.runtime.local = Embedding()
    with openai.OpenAI(base_url=endpoint.address + "/v1", api_key=endpoint.token) as oai:
        answer = oai.embeddings.create(model="local", input=["a", "bcd"])
    assert [item.embedding for item in answer.data] == [[1.0, 0.5], [3.0, 0.5]]
    for bad in ([], 5, [1]):
        assert endpoint.ask("POST", "/v1/embeddings", {"model": "x", "input": bad})[0] == 400
