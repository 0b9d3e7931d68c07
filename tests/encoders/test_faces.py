"""The model that finds faces in pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeroute.encoders.bert import EncoderMissing
from edgeroute.encoders.faces import FILE, FaceModel
from tests.support.drawn import face, page
from tests.support.model_files import require


def test_a_face_is_told_from_a_page() -> None:
    """In pictures of any size."""
    model = FaceModel(require(FILE).parents[1])
    painted = face()
    assert model.likeliest(np.asarray(painted.resize((640, 640)))) > 0.5
    assert model.likeliest(np.asarray(painted.resize((401, 399)))) > 0.35
    words = page("def main() -> None:", "    print('hello')").convert("RGB")
    assert model.likeliest(np.asarray(words)) < 0.2


@pytest.mark.parametrize("content", [None, b"", b"no model", b"\x3a\x05ab"])
def test_a_missing_or_broken_model_is_said_so(content: bytes | None, tmp_path: Path) -> None:
    """Nothing is taken for a picture without a face."""
    if content is not None:
        (tmp_path / FILE).parent.mkdir()
        (tmp_path / FILE).write_bytes(content)
    with pytest.raises(EncoderMissing, match="centerface"):
        FaceModel(tmp_path)
