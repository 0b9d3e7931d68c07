"""Connected programs in the app: their profiles, and a way to change one."""

from __future__ import annotations

import msgspec
from textual.widgets import OptionList

from edgeroute.clients import ClientSettings
from edgeroute.tui.screens.picker import Picker
from tests.tui.driver import running
from tests.tui.fake_runtime import FakeRuntime


async def test_a_profile_is_told_and_leads_to_its_settings(runtime: FakeRuntime) -> None:
    """In words; Enter shows the settings of that program alone."""
    connected = {"codex": ClientSettings(), "cline": ClientSettings("mask", daily_usd=5)}
    runtime.settings = msgspec.structs.replace(runtime.settings, clients=connected)
    async with running(runtime) as chat:
        await chat.chat.actions.run("show_clients")
        await chat.top(Picker)
        await chat.press(*"cline")
        await chat.until(lambda: "privacy mask · tier as for all" in chat.words("#about"))
        assert "at most $5 a day" in chat.words("#about")
        page = chat.app.screen
        await chat.press("enter")
        await chat.until(lambda: chat.app.screen is not page)
        choices = chat.app.screen.query_one(OptionList)
        assert {str(one.id).rpartition(".")[0] for one in choices.options} == {"clients.cline"}


async def test_without_any_the_page_says_how_to_connect_one(runtime: FakeRuntime) -> None:
    """By the command that does it."""
    async with running(runtime) as chat:
        await chat.chat.actions.run("show_clients")
        await chat.top(Picker)
        assert "edgeroute connect" in chat.words("#empty")
