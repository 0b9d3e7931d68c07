"""Providers: their state with its rest, where their key comes from, what keeps them back."""

from __future__ import annotations

from textual.widgets import OptionList

from edgeroute.tui.screens.providers import ProvidersScreen
from tests.tui.driver import running
from tests.tui.fake_runtime import FakeRuntime


async def test_state_key_and_cause_are_told(runtime: FakeRuntime) -> None:
    """A breaker counts down; a provider without a key says so and not that one is stored."""
    async with running(runtime) as chat:
        await chat.press("f5")
        await chat.top(ProvidersScreen)
        options = chat.app.screen.query_one(OptionList).options
        lines = [" ".join(str(one.prompt).split()) for one in options]
        assert lines[0] == "Anthropic ok key in the keyring"
        assert lines[2] == "Moonshot paused 4:12 key in the keyring"
        assert lines[3] == "OpenAI no key enter adds a key"
        await chat.press("down", "down")
        await chat.until(lambda: "3 outages" in chat.words("#about"))
        await chat.press("down")
        await chat.until(lambda: "not asked without a key" in chat.words("#about"))
