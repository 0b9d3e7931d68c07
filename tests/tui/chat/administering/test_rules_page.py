"""Rules in the app: in words, tried on a prompt without sending it, and switched."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from textual.widgets import OptionList

from edgeroute.tui.screens.dialogs import AskDialog
from edgeroute.tui.screens.picker import Picker
from edgeroute.tui.screens.plan import PlanScreen
from edgeroute.tui.screens.rule import RuleScreen
from tests.tui.driver import Driver, running
from tests.tui.fake_runtime import FakeRuntime


async def opened(chat: Driver) -> None:
    """The rules."""
    await chat.chat.actions.run("show_rules")
    await chat.top(Picker)


async def test_each_rule_is_told_in_words_and_in_full(runtime: FakeRuntime) -> None:
    """When it decides, where the request goes, why; Enter tells what happens when that fails."""
    async with running(runtime) as chat:
        await opened(chat)
        await chat.press(*"must-be")
        await chat.until(lambda: "When domain is medical or legal: large" in chat.words("#about"))
        await chat.press("enter")
        await chat.top(RuleScreen)
        assert "What happens when that fails" in chat.words("#middle Static")


async def test_a_prompt_is_tried_and_not_sent(runtime: FakeRuntime) -> None:
    """The engine's own plan is shown, and Enter on it takes nothing."""
    async with running(runtime) as chat:
        await opened(chat)
        await chat.press("ctrl+t")
        await chat.top(AskDialog)
        await chat.press(*"mail a@b.no", "enter")
        await chat.top(PlanScreen)
        assert "e-mail" in chat.words("#middle Static")
        await chat.press("enter")
        assert isinstance(chat.app.screen, PlanScreen)
        await chat.press("escape")
        await chat.until(lambda: "Nothing was sent" in chat.words("#result"))
        assert runtime.engine.requests == []
        assert chat.chat.state.model == "auto"


async def test_another_policy_is_put_in_force(runtime: FakeRuntime, tmp_path: Path) -> None:
    """It is written into the settings, and the page goes on with its rules."""
    file = tmp_path / "config.toml"
    file.write_text("")
    runtime.paths = SimpleNamespace(settings=file)
    async with running(runtime) as chat:
        await opened(chat)
        page = chat.app.screen
        await chat.press("ctrl+o")
        await chat.until(
            lambda: isinstance(chat.app.screen, Picker) and chat.app.screen is not page
        )
        assert chat.app.screen.query_one(OptionList).option_count > 1
        await chat.press(*"coding-assistant", "enter")
        await chat.until(
            lambda: "switched" in chat.words("#result") or "in force" in chat.words("#result")
        )
        if "Not switched" not in chat.words("#result"):
            assert runtime.saved == {"router.policy": "coding-assistant"}
            await chat.press("escape")
            await chat.until(lambda: "coding-assistant" in chat.words("#heading"))
