"""The parts of the local model, as the settings want them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgeroute import config
from edgeroute.core.clock import SystemClock
from edgeroute.core.errors import LocalModelError
from edgeroute.wiring import local as module
from edgeroute.wiring.installation import Installation
from edgeroute.wiring.local import LocalParts


@pytest.mark.parametrize(
    ("text", "loads"),
    [
        ("", 0),
        ("preload = true", 1),
        ('preload = true\nbackend = "box"', 0),
    ],
)
async def test_the_model_is_loaded_before_it_is_asked_where_that_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, loads: int
) -> None:
    """Only with the setting, only where the own worker answers first, and no failure stops what
    is starting.
    """
    asked: list[int] = []

    async def write(backend: Any, *, tokens: int) -> float:
        assert backend.name == "llamacpp"
        asked.append(tokens)
        raise LocalModelError("There is no local model on this machine yet.")

    monkeypatch.setattr(module, "written_per_second", write)
    monkeypatch.setenv("EDGEROUTE_HOME", str(tmp_path))
    paths = config.Paths.find()
    paths.settings.parent.mkdir(parents=True)
    box = '[local.endpoints.box]\nbase_url = "http://127.0.0.1:9/v1"\n'
    paths.settings.write_text(f"[local]\n{text}\n{box}", "utf-8")
    installation = Installation(paths, config.load(paths.settings), SystemClock())
    stores: Any = None
    parts = LocalParts(installation, stores)
    monkeypatch.setattr(LocalParts, "keys", {})
    await parts.preload()
    assert asked == [1] * loads
