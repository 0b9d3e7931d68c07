"""The app: what it loads, its themes, the user's keys, the first start."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from textual.filter import ANSIToTruecolor
from textual.widgets import OptionList

from edgeroute.core.errors import SettingsError
from edgeroute.core.verdict import PrivacyMode
from edgeroute.tui.app import ChatApp
from edgeroute.tui.screens.onboarding import OnboardingScreen
from edgeroute.tui.screens.picker import Picker
from edgeroute.tui.screens.providers import ProvidersScreen
from tests.tui.driver import running
from tests.tui.fake_runtime import FakeRuntime

HEAVY = ("spacy", "presidio_analyzer", "llama_cpp", "starlette", "onnxruntime", "numpy", "httpx")


def test_importing_the_app_loads_nothing_heavy() -> None:
    """The first paint waits for no detector, no model and no network library."""
    code = (
        "import edgeroute.tui.app, sys;"
        f"print([m for m in {HEAVY!r} if m in sys.modules], 'tree_sitter' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[] False"


def test_wrong_keys_stop_the_start(runtime: FakeRuntime) -> None:
    """A conflict in the user's keys is a settings error, not a surprise later."""
    runtime.chat = replace(runtime.chat, keys={"privacy": "ctrl+o"})
    with pytest.raises(SettingsError):
        ChatApp(runtime.real)


async def test_own_keys_work(runtime: FakeRuntime) -> None:
    """A remapped action listens to its new key only; an unbound one to none."""
    runtime.chat = replace(runtime.chat, keys={"privacy": "f9", "theme": "none"})
    async with running(runtime) as chat:
        await chat.press("ctrl+t", "f10")
        assert chat.chat.state.mode is PrivacyMode.AUTO
        assert chat.app.screen is chat.chat
        await chat.press("f9")
        await chat.until(lambda: chat.chat.state.mode is PrivacyMode.PRIVATE)


async def test_a_theme_is_chosen_and_kept(runtime: FakeRuntime) -> None:
    """f10 changes the theme at once and writes it to the settings."""
    async with running(runtime) as chat:
        await chat.send("Explain this")
        await chat.press("f10")
        await chat.top(Picker)
        await chat.press(*"edgeroute-light", "enter")
        await chat.until(lambda: chat.app.theme == "edgeroute-light")
        assert runtime.saved == {"chat.theme": "edgeroute-light"}


@pytest.mark.parametrize(
    ("name", "unreadable"),
    [("ansi-dark", {"blue", "black"}), ("ansi-light", {"yellow", "green", "cyan", "white"})],
)
async def test_the_terminals_own_colours_can_be_read(
    runtime: FakeRuntime, name: str, unreadable: set[str]
) -> None:
    """They are its own from the first paint, none is lost on its background, and the chosen line is
    marked by more than a background that there is not.
    """
    runtime.chat = replace(runtime.chat, theme=name)
    async with running(runtime) as chat:
        assert chat.app.native_ansi_color
        assert not any(one.enabled for one in chat.app._filters if isinstance(one, ANSIToTruecolor))
        used = chat.app.theme_variables
        for meaning in ("primary", "success", "local", "forced", "cloud", "masked", "personal"):
            assert used[meaning].removeprefix("ansi_").removeprefix("bright_") not in unreadable
        await chat.press("f5")
        await chat.until(lambda: isinstance(chat.app.screen, ProvidersScreen))
        rows = chat.app.screen.query_one(OptionList)
        assert rows.get_component_styles("option-list--option-highlighted").text_style.underline
        chat.app.theme = "edgeroute-dark"
        await chat.pilot.pause()
        assert not chat.app.native_ansi_color


@pytest.mark.parametrize("theme", ["edgeroute-light", "ansi-dark", "nonsense"])
async def test_any_theme_starts(runtime: FakeRuntime, theme: str) -> None:
    """Ours, Textual's and an unknown one all give a working app."""
    runtime.chat = replace(runtime.chat, theme=theme)
    async with running(runtime) as chat:
        await chat.chat.chats.open("c1")
        await chat.type("mail anna@example.com")
        assert "LOCAL" in chat.strip


async def test_the_first_start_asks_once_and_can_be_skipped(runtime: FakeRuntime) -> None:
    """The welcome page names the local model; Enter keeps the mode for new chats."""
    runtime.first_run = True
    async with running(runtime) as chat:
        await chat.top(OnboardingScreen)
        await chat.until(lambda: "AUTO" in chat.choices)
        await chat.press("down", "enter", "escape")
        await chat.until(lambda: chat.app.screen is chat.chat)
        assert runtime.saved == {"privacy.mode": "private"}
        assert chat.chat.state.mode is PrivacyMode.PRIVATE


async def test_keys_are_set_tested_and_deleted(runtime: FakeRuntime) -> None:
    """f5: the key goes to the keyring unseen, is tested at once, and can be deleted."""
    async with running(runtime) as chat:
        await chat.press("f5")
        await chat.until(lambda: chat.app.screen is not chat.chat)
        rows = chat.app.screen.query_one(OptionList)
        words = "\n".join(str(option.prompt) for option in rows.options)
        assert "paused 4:12" in words
        assert "no key" in words
        await chat.press("end", "s")
        await chat.until(lambda: len(chat.app.screen_stack) == 3)
        await chat.press(*"sk-secret", "enter")
        await chat.until(lambda: "openai" in runtime.providers.keys)
        assert runtime.providers.keys["openai"].reveal() == "sk-secret"
        await chat.until(lambda: "the key works" in chat.words("#result"))
        await chat.press("d")
        await chat.until(lambda: len(chat.app.screen_stack) == 3)
        await chat.press("y")
        await chat.until(lambda: not runtime.providers.keys)


async def test_the_palette_offers_the_commands(runtime: FakeRuntime) -> None:
    """ctrl+p knows what the slash commands do."""
    async with running(runtime) as chat:
        titles = [command.title for command in chat.app.get_system_commands(chat.chat)]
        assert any("What left this machine" in title for title in titles)


async def test_a_crash_shows_no_values(
    runtime: FakeRuntime, capsys: pytest.CaptureFixture[str]
) -> None:
    """The traceback of a defect holds no local variables, so no prompt."""
    secret = f"canary-{4711}"
    app = ChatApp(runtime.real)
    with pytest.raises(ZeroDivisionError):
        async with app.run_test():
            app.call_later(lambda secret=secret: 1 / 0)
    assert secret not in capsys.readouterr().err
