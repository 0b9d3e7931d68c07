"""Sentence vectors, against what the model is known for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeroute.routing.embedding import SIZE, Embedder
from tests.support.model_files import require


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    """The real sentence model."""
    found = Embedder.load(require("minilm/model.safetensors").parent)
    assert found is not None
    return found


def test_paraphrases_are_near_and_other_texts_far(embedder: Embedder) -> None:
    """A paraphrase is nearer than a related text, and that nearer than any other."""
    one = embedder.embed("How do I cook rice?")
    same = embedder.embed("What is the way to prepare rice?")
    related = embedder.embed("Which wine goes with pasta?")
    other = embedder.embed("The stock market fell today.")
    assert one @ same > 0.8
    assert one @ same > one @ related > one @ other


@pytest.mark.parametrize("text", ["", "x", "日本語", "word " * 5_000, "\x00\ud800"])
def test_any_text_has_a_unit_vector(embedder: Embedder, text: str) -> None:
    """Vectors have one length and one size, also of empty and very long texts."""
    vector = embedder.embed(text)
    assert vector.shape == (SIZE,)
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-4)


def test_missing_files_are_no_error(tmp_path: Path) -> None:
    """Without its files there is no embedder, and nobody crashes."""
    assert Embedder.load(tmp_path) is None
