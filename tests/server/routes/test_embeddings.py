"""Embeddings: made here or not at all, readable by the official client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import openai
import pytest

from edgeroute.engine.admin.embeddings import MODEL, Embeddings
from edgeroute.engine.admin.token_texts import FILE
from tests.support.endpoint import Endpoint
from tests.support.model_files import require

PATH = "/v1/embeddings"


def test_the_official_client_reads_them(endpoint: Endpoint) -> None:
    """One vector for each text, as numbers or as the bytes that the client asks for by itself."""
    with openai.OpenAI(base_url=endpoint.address + "/v1", api_key=endpoint.token) as oai:
        ways: tuple[dict[str, Any], ...] = ({}, {"encoding_format": "float"})
        for way in ways:
            answer = oai.embeddings.create(model=MODEL, input=["a", "bcd"], **way)
            assert [item.embedding for item in answer.data] == [[1.0, 0.5], [3.0, 0.5]]
            assert (answer.model, answer.usage.total_tokens) == (MODEL, 4)
        whole = oai.embeddings.create(model=" Local", input="ab", dimensions=384)
        assert whole.data[0].embedding == [2.0, 0.5]


def test_another_models_name_is_refused(endpoint: Endpoint) -> None:
    """Vectors of two models must not be mixed, so no other name is answered in its place."""
    body = {"model": "text-embedding-3-small", "input": "hi"}
    status, _, data = endpoint.ask("POST", PATH, body)
    error = json.loads(data)["error"]
    assert (status, error["code"]) == (404, "model_not_found")
    assert MODEL in error["message"]


@pytest.mark.parametrize(
    "changes",
    [
        {"input": []},
        {"input": 5},
        {"input": [1, "2"]},
        {"input": [[1], "2"]},
        {"input": [True]},
        {"input": ["x"] * 2_049},
        {"input": "x" * 40_001},
        {"dimensions": 8},
        {"encoding_format": "hex"},
    ],
)
def test_what_cannot_be_embedded_is_refused(endpoint: Endpoint, changes: dict[str, Any]) -> None:
    """A wrong body is an error of the caller's that says what is expected."""
    status, _, data = endpoint.ask("POST", PATH, {"model": "local", "input": "hi"} | changes)
    assert status == 400
    assert json.loads(data)["error"]["message"]


def test_without_the_sentence_model_nothing_is_sent_away(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    """The answer says how to get the model."""
    endpoint.runtime.embeddings = Embeddings(tmp_path)
    status, _, data = endpoint.ask("POST", PATH, {"model": "local", "input": "hi"})
    assert status == 503
    assert "models pull minilm" in json.loads(data)["error"]["message"]


def test_token_numbers_are_read_as_their_text(endpoint: Endpoint, tmp_path: Path) -> None:
    """One list or several, as LangChain sends them by itself; without the table it is said so."""
    real = Embeddings(require(FILE).parents[1])
    endpoint.runtime.embeddings.token_texts = real.token_texts
    with openai.OpenAI(base_url=endpoint.address + "/v1", api_key=endpoint.token) as oai:
        for given, sizes in (([15339, 1917], [11.0]), ([[15339], [15339, 1917]], [5.0, 11.0])):
            answer = oai.embeddings.create(model=MODEL, input=given)
            assert [item.embedding[0] for item in answer.data] == sizes
        for wrong in ([[15339], "x"], [15339, "x"], [[True]], [[15339], 5]):
            with pytest.raises(openai.BadRequestError, match="input"):
                oai.embeddings.create(model=MODEL, input=cast("Any", wrong))
        endpoint.runtime.embeddings.token_texts = Embeddings(tmp_path).token_texts
        with pytest.raises(openai.BadRequestError, match="models pull cl100k"):
            oai.embeddings.create(model=MODEL, input=[15339])
