"""Vectors of texts, from the real sentence model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeroute.core.errors import LocalModelError
from edgeroute.engine.admin.embeddings import SIZE, Embeddings
from tests.support.model_files import require


@pytest.fixture(scope="module")
def sentences() -> Embeddings:
    """The real sentence model."""
    return Embeddings(require("minilm/model.safetensors").parents[1])


def test_near_texts_have_near_vectors(sentences: Embeddings) -> None:
    """A paraphrase is nearer than another text; every vector has length one."""
    cook, rice, stock = (
        np.array(sentences.embed(text)[0])
        for text in ("How do I cook rice?", "What is the way to prepare rice?", "Stocks fell.")
    )
    assert cook @ rice > 0.8 > cook @ stock
    assert cook.shape == (SIZE,)
    assert float(np.linalg.norm(cook)) == pytest.approx(1, abs=1e-4)


def test_no_part_of_a_long_text_is_left_out(sentences: Embeddings) -> None:
    """The middle and the end of a text longer than the model's window count as its start does."""
    plain = "The committee discussed the budget of the village. " * 60
    middle = plain[:1_500] + "Whales sing under the polar ice. " * 5 + plain[1_500:]
    (one, tokens), (other, more) = sentences.embed(plain), sentences.embed(middle)
    assert tokens > 512
    assert more > tokens
    assert float(np.dot(one, other)) < 0.999
    assert sentences.embed("")[1] == 2


def test_a_missing_model_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    """Nothing is made up in its place."""
    with pytest.raises(LocalModelError, match="sends no text away"):
        Embeddings(tmp_path).embed("hi")
