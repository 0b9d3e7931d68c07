"""What local servers say of their models."""

from __future__ import annotations

from typing import Any

import pytest

from edgeroute.local.backends.offers import Offer, chatting, offers


def one(row: dict[str, Any], **more: object) -> Offer:
    """The one offer in an answer that holds ``row``."""
    found = offers({"data": [row], **more})
    assert found is not None
    (offer,) = found
    return offer


@pytest.mark.parametrize(
    ("row", "window"),
    [
        ({"id": "m", "meta": {"n_ctx": 1_024, "n_ctx_train": 32_768}}, 1_024),
        ({"id": "m", "meta": {"n_ctx_train": 32_768}}, 32_768),
        ({"id": "m", "max_model_len": 8_192}, 8_192),
        ({"id": "m", "max_context_length": 131_072, "loaded_context_length": 4_096}, 4_096),
        ({"id": "m", "context_window": 2_048}, 2_048),
        ({"id": "m", "context_length": "4096"}, 0),
        ({"id": "m"}, 0),
    ],
)
def test_windows_are_read_from_what_each_engine_reports(row: dict[str, Any], window: int) -> None:
    """What is loaded counts before what the model was trained for."""
    assert one(row).window == window


@pytest.mark.parametrize(
    ("row", "chats"),
    [
        ({"id": "qwen3-8b"}, True),
        ({"id": "Qwen/Qwen3-Embedding-0.6B"}, False),
        ({"id": "BAAI/bge-reranker-v2"}, False),
        ({"id": "whisper-large"}, False),
        ({"id": "x", "type": "embeddings"}, False),
        ({"id": "x", "type": "vlm"}, True),
        ({"id": "x", "architecture": {"output_modalities": ["image"]}}, False),
        ({"id": "x", "capabilities": ["embedding"]}, False),
        ({"id": "my-embedder-tuned-to-chat", "capabilities": ["completion"]}, True),
    ],
)
def test_what_answers_no_prompt_is_told_apart(row: dict[str, Any], *, chats: bool) -> None:
    """By what the server says of it, else by its name."""
    assert one(row).chats is chats
    assert bool(chatting([one(row)])) is chats


def test_a_second_list_tells_more() -> None:
    """llama.cpp says in one list what it is for and in another how much it takes."""
    more = {"models": [{"name": "a.gguf", "capabilities": ["embedding"]}]}
    assert not one({"id": "a.gguf", "meta": {"n_ctx": 512}}, **more).chats


@pytest.mark.parametrize("body", [{}, {"data": {}}, {"error": "no"}])
def test_another_answer_is_no_list(body: dict[str, Any]) -> None:
    """It is told apart from a server without models."""
    assert offers(body) is None
    assert offers({"data": []}) == ()
