"""The sentence models say the same of a text whatever is read beside it, and nothing if damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeroute.encoders import adapted
from edgeroute.encoders.bert import EncoderMissing
from edgeroute.encoders.e5_file import FILE
from edgeroute.encoders.minilm import MiniLM
from edgeroute.encoders.sentences import MOST_TOKENS, SentenceEncoder
from edgeroute.routing.signals.embedding import Embedder
from tests.support.model_files import require


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    """The real multilingual model, as it was taught."""
    return adapted.load(require(f"e5/{FILE}").parents[1])


def test_meaning_is_the_same_in_two_languages(encoder: SentenceEncoder) -> None:
    """A sentence is nearer to its translation than to another sentence of its own language."""
    said, meant, other = (
        encoder.read(text)[0].mean()
        for text in (
            "My son is ill.",
            "\u041c\u043e\u0439 \u0441\u044b\u043d \u0431\u043e\u043b\u0435\u043d.",
            "The train leaves at nine.",
        )
    )
    assert float(said @ meant) > float(said @ other)


def test_every_piece_knows_its_place(encoder: SentenceEncoder) -> None:
    """The vector of a word's place is not that of the whole text; no place, no vector."""
    reading = encoder.read("Anna called Bert")[0]
    name = reading.within([(0, 4)])
    assert np.linalg.norm(name) == pytest.approx(1, abs=1e-3)
    assert not np.allclose(name, reading.mean())
    assert not reading.within([]).any()


def test_a_long_text_is_read_in_parts(encoder: SentenceEncoder) -> None:
    """No part is longer than the model reads at once; nothing without words is read."""
    parts = encoder.read("word " * 1200)
    assert len(parts) > 2
    assert max(len(part.starts) for part in parts) <= MOST_TOKENS
    assert encoder.read("  \n ") == []


def test_a_damaged_file_is_no_model(tmp_path: Path) -> None:
    """A missing or changed file is said, and which model it is of."""
    with pytest.raises(EncoderMissing, match="not here") as missing:
        SentenceEncoder(tmp_path, adapted.adapter())
    assert missing.value.model == "e5"
    (tmp_path / FILE).write_bytes(b"E5S1 and more")
    with pytest.raises(EncoderMissing, match="damaged"):
        SentenceEncoder(tmp_path, adapted.adapter())
    with pytest.raises(EncoderMissing, match="English"):
        MiniLM(tmp_path)


def test_eight_bits_say_what_the_full_model_says() -> None:
    """The English model in eight bits is within a hundredth or two of the same in 32."""
    folder = require("minilm/model.safetensors").parent
    full = Embedder.load(folder)
    assert full is not None
    text = "The tenant has not paid for three months and asks for time until spring."
    assert float(MiniLM(folder).vector(text) @ full.embed_whole(text)[0]) > 0.97


def test_the_table_has_a_row_of_length_1_for_each_piece(encoder: SentenceEncoder) -> None:
    """Words that come again have the same row."""
    rows = encoder.looked_up("red and red")
    assert np.allclose((rows * rows).sum(axis=1), 1, atol=1e-3)
    assert np.array_equal(rows[0], rows[-1])
    assert not len(encoder.looked_up(" "))
