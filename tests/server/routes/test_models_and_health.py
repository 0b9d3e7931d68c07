"""Models, health, counts."""

from __future__ import annotations

import json
from datetime import date

import anthropic
import openai
import pytest

from edgeroute import __version__
from edgeroute.core.model_card import ModelCard
from tests.support.endpoint import Endpoint


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
            assert oai.models.retrieve("Local/SMALL").id == "local/small"
            with pytest.raises(openai.NotFoundError, match="mean `acme/one`"):
                oai.models.retrieve("acme/onee")
        with anthropic.Anthropic(base_url=url, api_key=key) as claude:
            assert [model.id for model in claude.models.list()] == expected
    finally:
        del cards["acme/old"]


def test_codex_gets_a_list_that_it_can_read(endpoint: Endpoint) -> None:
    """It wants `models` beside `data`, and writes errors over every session without it."""
    listed = json.loads(endpoint.ask("GET", "/v1/models?client_version=0.171.0")[2])
    assert listed["models"] == []
    assert listed["data"]
    assert "models" not in json.loads(endpoint.ask("GET", "/v1/models")[2])


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
