"""What is made of a model's files once is used while these files, and itself, are unchanged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeroute.encoders import prepared
from edgeroute.encoders.adapted import adapter
from edgeroute.encoders.e5_file import FILE
from edgeroute.encoders.prepared import Prepared
from edgeroute.encoders.sentences import SentenceEncoder
from tests.support.model_files import require

MADE = "made"


def fill(draft: Path) -> None:
    """Make something."""
    (draft / "file").write_text(MADE)


def refuse(draft: Path) -> None:
    """Fail if anything is to be made."""
    raise AssertionError(draft)


def test_it_is_made_once(tmp_path: Path) -> None:
    """Who comes later finds it; nothing is begun before."""
    (tmp_path / "model").write_text("weights")
    assert not Prepared(tmp_path, ["model"]).begun
    made = Prepared(tmp_path, ["model"]).get("a", fill)
    assert made is not None
    assert (made / "file").read_text() == MADE
    later = Prepared(tmp_path, ["model"])
    assert later.begun
    assert later.get("a", refuse) == made


def test_of_another_file_it_is_made_anew(tmp_path: Path) -> None:
    """A file that was replaced is not known, whatever its size."""
    model = tmp_path / "model"
    model.write_text("weights")
    Prepared(tmp_path, ["model"]).get("a", fill)
    other = tmp_path / "other"
    other.write_text("thgiews")
    other.replace(model)
    assert not Prepared(tmp_path, ["model"]).begun


def test_what_others_may_change_is_not_used(tmp_path: Path) -> None:
    """A folder that others can write to is nobody's word."""
    (tmp_path / "model").write_text("weights")
    made = Prepared(tmp_path, ["model"]).get("a", fill)
    assert made is not None
    made.parent.chmod(0o777)
    again = Prepared(tmp_path, ["model"])
    assert not again.begun
    assert again.get("a", fill) is None


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    """Also where making it fails half-way."""
    (tmp_path / "model").write_text("weights")

    def half(draft: Path) -> None:
        fill(draft)
        raise OSError("no room")

    kept = Prepared(tmp_path, ["model"])
    assert kept.get("a", half) is None
    assert not any(next(tmp_path.glob(".prepared-*")).iterdir())
    assert Prepared(tmp_path / "model", ["model"]).get("a", fill) is None


def test_all_of_it_can_be_removed(tmp_path: Path) -> None:
    """With the model goes what was made of it."""
    (tmp_path / "model").write_text("weights")
    Prepared(tmp_path, ["model"]).get("a", fill)
    prepared.remove(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_what_is_kept_reads_as_the_model_does(tmp_path: Path) -> None:
    """Made now, found again, damaged, or nowhere to be kept: to the last bit the same vectors."""
    (tmp_path / FILE).symlink_to(require(f"e5/{FILE}"))
    text = "Anna Kowalska wohnt in Gr\u00f6\u00dfenl\u00fcder \u2603 und schreibt Briefe."
    first = SentenceEncoder(tmp_path, adapter()).read(text)[0]
    again = SentenceEncoder(tmp_path, adapter()).read(text)[0]
    (weights,) = tmp_path.glob(".prepared-*/*-3/weights.bin")
    data = bytearray(weights.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    weights.write_bytes(data)
    damaged = SentenceEncoder(tmp_path, adapter()).read(text)[0]
    assert not weights.exists()
    prepared.remove(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Prepared, "get", lambda *_: None)
        nowhere = SentenceEncoder(tmp_path, adapter()).read(text)[0]
    for other in (again, damaged, nowhere):
        assert other.starts == first.starts
        np.testing.assert_array_equal(other.vectors, first.vectors)
