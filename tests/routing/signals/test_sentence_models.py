"""The two sentence models: both or none, and what they know of words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeroute.routing.signals.sentence_models import SIZE, SentenceModels
from tests.support.model_files import require


@pytest.fixture(scope="module")
def models() -> SentenceModels:
    """Both models."""
    require("e5/e5-small-q4.bin")
    folder = require("minilm/model.safetensors").parents[1]
    assert SentenceModels.are_in(folder)
    found = SentenceModels.load(folder, ("kubernetes",))
    assert found is not None
    return found


def test_a_text_has_a_vector_of_both(models: SentenceModels) -> None:
    """Each half is of length 1; the second one knows what the same means in another language."""
    one, same, other = map(
        models.vector, ("write a poem about rain", "schreib ein Gedicht über Regen", "what is 15%")
    )
    assert one.shape == (SIZE,)
    half = SIZE // 2
    assert np.linalg.norm(one[:half]) == pytest.approx(1, abs=1e-3)
    assert np.linalg.norm(one[half:]) == pytest.approx(1, abs=1e-3)
    assert one[half:] @ same[half:] > one[half:] @ other[half:]


def test_of_a_long_text_the_ends_are_read(models: SentenceModels) -> None:
    """What stands in the middle changes nothing."""
    one, other = (
        models.vector("summarize this: " + middle * 2_000 + " in one sentence, please tell me")
        for middle in ("river ", "river ")
    )
    assert (one == other).all()
    changed = models.vector("summarize this: " + "river " * 1_000 + "X " + "river " * 999 + " end")
    assert changed.shape == one.shape


def test_slips_are_told_from_words(models: SentenceModels) -> None:
    """Words of the vocabularies and of our own prompts are known."""
    assert models.mended("expalin how kubernetes runs a fucntion") == (
        "explain how kubernetes runs a function"
    )
    assert models.mended("erklären und explicar") == "erklären und explicar"


def test_without_one_there_are_none(tmp_path: Path) -> None:
    """A missing file is no error."""
    assert not SentenceModels.are_in(tmp_path)
    assert SentenceModels.load(tmp_path, ()) is None
