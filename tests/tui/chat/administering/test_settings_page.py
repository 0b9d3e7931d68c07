"""Settings in the app: all of them, checked before they are kept, written as `config set` does."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from textual.widgets import Input, OptionList

from edgeroute import config
from edgeroute.tui.screens.dialogs import AskDialog
from edgeroute.tui.screens.picker import Picker
from tests.tui.driver import Driver, running
from tests.tui.fake_runtime import FakeRuntime


@pytest.fixture
def file(runtime: FakeRuntime, tmp_path: Path) -> Path:
    """A settings file with a comment."""
    file = tmp_path / "config.toml"
    file.write_text('# mine\n[router]\ntier = "premium"\n')
    runtime.paths = SimpleNamespace(settings=file)
    runtime.settings = config.load(file)
    return file


def content(file: Path) -> str:
    """What it holds."""
    return file.read_text()


async def at(chat: Driver, words: str) -> None:
    """The page, with what holds ``words``."""
    await chat.chat.actions.run("show_settings", words)
    await chat.top(Picker)
    await chat.until(lambda: chat.app.screen.query_one(OptionList).option_count > 0)


def row(chat: Driver) -> str:
    """The line that is highlighted."""
    choices = chat.app.screen.query_one(OptionList)
    return str(choices.get_option_at_index(choices.highlighted or 0).prompt)


async def test_value_and_origin_are_told_and_what_it_is_for(
    runtime: FakeRuntime, file: Path
) -> None:
    """A value of the user's own says so; the help is the settings' own."""
    del file
    async with running(runtime) as chat:
        await at(chat, "router.tier")
        assert '"premium"' in row(chat)
        assert row(chat).endswith("config.toml")
        await chat.until(lambda: "how much quality may cost" in chat.words("#about"))
        assert 'Default: "balanced"' in chat.words("#about")


async def test_one_of_a_few_is_chosen_and_written(runtime: FakeRuntime, file: Path) -> None:
    """The file keeps its comments; the list shows the new value at once."""
    async with running(runtime) as chat:
        await at(chat, "router.tier")
        page = chat.app.screen
        await chat.press("enter")
        await chat.until(
            lambda: isinstance(chat.app.screen, Picker) and chat.app.screen is not page
        )
        await chat.press(*"free", "enter")
        await chat.until(lambda: chat.app.screen is page and "It is kept" in chat.words("#result"))
        assert '"free"' in row(chat)
        assert content(file) == '# mine\n[router]\ntier = "free"\n'


async def test_a_wrong_value_is_told_and_not_written(runtime: FakeRuntime, file: Path) -> None:
    """The file stays as it was; a text is kept as a text, whatever it looks like."""
    before = content(file)
    async with running(runtime) as chat:
        for key, value, said in (
            ("server.port", "many", "Not kept"),
            ("network.proxy", "8080", "It is kept"),
        ):
            await at(chat, key)
            await chat.press("enter")
            await chat.top(AskDialog)
            chat.app.screen.query_one(Input).value = value
            await chat.press("enter")
            await chat.until(lambda said=said: said in chat.words("#result"))  # type: ignore[misc]
            if said == "Not kept":
                assert content(file) == before
            await chat.press("escape")
        assert config.load(file).network.proxy == "8080"


async def test_a_policy_that_is_not_there_is_refused(runtime: FakeRuntime, file: Path) -> None:
    """Without one nothing could be asked any more."""
    async with running(runtime) as chat:
        await at(chat, "router.policy")
        await chat.press("enter")
        await chat.top(AskDialog)
        chat.app.screen.query_one(Input).value = "nobodys"
        await chat.press("enter")
        await chat.until(lambda: "nobodys" in chat.words("#result"))
        assert "nobodys" not in content(file)
