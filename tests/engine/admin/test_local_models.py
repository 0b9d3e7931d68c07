"""Local models: whether they fit is told by this machine, and their speed by their own answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Attempt
from edgeroute.core.usage import Usage
from edgeroute.engine.admin.local_models import LocalModelStates, measured
from edgeroute.local.files.models import LocalModels
from edgeroute.local.hardware import GIB, Machine
from edgeroute.store.database.database import Database
from edgeroute.store.records.receipts import Receipts
from tests.support.receipts import attempt, receipt


def local(tokens: int, milliseconds: int, **more: Any) -> Attempt:
    """An answer of so many tokens that came within so many milliseconds after the first one."""
    usage = Usage(input_uncached=9, output_visible=tokens)
    return attempt(
        model="local/m",
        place=Place.LOCAL,
        usage=usage,
        duration_ms=milliseconds + 500,
        first_token_ms=500,
        **more,
    )


def test_speed_is_the_median_of_what_was_measured() -> None:
    """After the first token; what is too short or was answered elsewhere tells nothing."""
    told = [receipt(local(101, n)) for n in (5_000, 10_000, 60_000)]
    silent = [receipt(local(3, 1_000)), receipt(local(101, 0)), receipt()]
    assert measured(told + silent) == {"local/m": pytest.approx(10.0)}
    assert measured(silent) == {}


@pytest.mark.parametrize(("memory", "fit"), [(2, "too big"), (128, "fits")])
def test_fit_is_told_by_the_machine(tmp_path: Path, memory: int, fit: str) -> None:
    """With its memory and its window; a support set has none."""
    database = Database.open(tmp_path / "data" / "e.db")
    machine = Machine(memory=memory * GIB, cores=8)
    states = LocalModelStates(LocalModels(tmp_path / "m", machine=machine), Receipts(database))
    found = states.list("auto")
    largest = max((one for one in found if not one.support), key=lambda one: one.bytes)
    assert largest.fit == fit
    assert "tokens of context" in largest.words
    assert {one.fit for one in found if one.support} == {""}
    assert not any(one.used or one.present for one in found)
    assert f"{memory} GB memory" in states.machine
    database.close()
