"""A model is loaded once for each folder, and again only where loading failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.encoders.bert import EncoderMissing
from edgeroute.encoders.shared import Shared


def test_all_who_ask_share_one_model() -> None:
    """The second one is given the first one's."""
    loaded: list[Path] = []

    def load(folder: Path) -> object:
        loaded.append(folder)
        return object()

    models = Shared(load)
    assert models.of(Path("a")) is models.of(Path("a"))
    assert models.of(Path("a")) is not models.of(Path("b"))
    assert loaded == [Path("a"), Path("b")]


def test_a_model_that_is_put_there_later_is_found() -> None:
    """What was missing is looked for again."""
    there = False

    def load(folder: Path) -> str:
        if not there:
            raise EncoderMissing("It is missing.", folder.name)
        return "model"

    models = Shared(load)
    with pytest.raises(EncoderMissing):
        models.of(Path("a"))
    there = True
    assert models.of(Path("a")) == "model"
