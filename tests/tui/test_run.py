"""Running the chat app from its start to its end."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from edgeroute import tui
from edgeroute.tui.app import ChatApp
from tests.support.house import OPEN, house, request


async def test_leaving_after_a_managed_answer_ends_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections that were kept are let go of where they were opened, whoever closes after it."""

    async def asked_once(self: ChatApp, **_: Any) -> None:
        async for _event in self.runtime.engine.stream(request(OPEN)):
            pass

    monkeypatch.setattr(ChatApp, "run_async", asked_once)
    monkeypatch.setattr("edgeroute.tui.terminal.needs_lines", lambda *_, **__: False)
    monkeypatch.setattr("edgeroute.tui.terminal._watch", lambda *_: None)
    async with house(tmp_path) as home:
        assert await asyncio.to_thread(tui.run, home.runtime) == 0
        assert home.cloud["mock"].requests
