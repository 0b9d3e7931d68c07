"""Small changes that are kept apart from a model's own weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeroute.encoders.adapter import Adapter
from edgeroute.encoders.bert import WIDTH
from edgeroute.encoders.e5_file import FILE
from edgeroute.encoders.sentences import SentenceEncoder
from tests.support.model_files import require

PACKAGED = Path(__file__).parents[2] / "models" / "verdict" / "adapter.npz"


def written(path: Path, factor: float) -> Adapter:
    """An adapter of two layers, one weight of which it changes."""
    down, up = np.ones((2, WIDTH), np.float16), np.full((WIDTH, 2), factor, np.float16)
    held: dict[str, Any] = {"l0.q.down": down, "l0.q.up": up}
    held |= {"l1.q.down": down, "l1.q.up": up * 0}
    np.savez(path, **held)
    return Adapter(path)


def test_only_the_weights_that_it_names_change(tmp_path: Path) -> None:
    """To them the product of two narrow ones is added; all else goes through as it is."""
    adapter = written(tmp_path / "one.npz", 0.5)
    weight = np.zeros((WIDTH, WIDTH), np.float32)
    given = [("l0.q.weight", weight), ("l0.q.bias", weight[0]), ("l0.k.weight", weight)]
    found = dict(adapter.changed(given))
    assert (found["l0.q.weight"] == 1.0).all()
    assert not found["l0.q.bias"].any()
    assert not found["l0.k.weight"].any()
    assert adapter.layers == 2


def test_another_file_has_another_name(tmp_path: Path) -> None:
    """What was made of one is never taken for what is made of the other."""
    first, second = written(tmp_path / "a.npz", 0.5), written(tmp_path / "b.npz", 0.25)
    assert first.name != second.name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the model's file alone."""
    (tmp_path / FILE).symlink_to(require(f"e5/{FILE}"))
    return tmp_path


def test_one_file_is_read_by_each_adapter_of_its_own(folder: Path, tmp_path: Path) -> None:
    """Whichever was loaded first, and whatever was kept of the other."""
    text = "The harbour sleeps under the first snow."
    with np.load(PACKAGED) as held:
        np.savez(tmp_path / "half.npz", **{name: held[name] / 2 for name in held.files})
    first, half, again = (
        SentenceEncoder(folder, Adapter(path)).read(text)[0].mean()
        for path in (PACKAGED, tmp_path / "half.npz", PACKAGED)
    )
    assert np.array_equal(first, again)
    assert float(first @ half) < 0.99
