"""Receipts on the screen."""

from __future__ import annotations

from edgeroute.tui.screens.receipt import ReceiptScreen
from tests.tui.driver import running
from tests.tui.fake_runtime import FakeRuntime


async def test_the_trace_shows_the_whole_receipt(runtime: FakeRuntime) -> None:
    """f2 names the rule, the host and the bytes."""
    async with running(runtime) as chat:
        await chat.send("Explain this")
        await chat.press("f2")
        await chat.top(ReceiptScreen)
        words = chat.words("#middle Static")
        assert "912 bytes to api.anthropic.com" in words
        assert "explanations go to the model" in words
