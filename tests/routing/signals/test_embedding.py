"""Sentence vectors, against what the model is known for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeroute.routing.signals.embedding import BRIEF, SIZE, Embedder
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


def test_a_window_reads_the_start_and_the_end(embedder: Embedder) -> None:
    """What lies between the start and the end of a long text changes nothing."""
    start, end = "Please summarise this report. " * 20, " And keep it short, please." * 20
    one = embedder.embed(f"{start}{'apples ' * 300}{end}", BRIEF)
    other = embedder.embed(f"{start}{'engines ' * 300}{end}", BRIEF)
    assert np.array_equal(one, other)
    assert one @ embedder.embed(f"{end}{start}", BRIEF) < 0.99


def test_a_file_with_other_numbers_is_refused(tmp_path: Path) -> None:
    """A file that does not hold the numbers it should gives no embedder, and no crash."""
    for name in ("tokenizer.json", "model.safetensors"):
        source = require(f"minilm/{name}")
        (tmp_path / name).write_bytes(source.read_bytes()[:2_000_000])
    assert Embedder.load(tmp_path) is None


def test_missing_files_are_no_error(tmp_path: Path) -> None:
    """Without its files there is no embedder, and nobody crashes."""
    assert Embedder.load(tmp_path) is None
