"""The first start, step by step."""

from __future__ import annotations

import pytest
from textual.widgets import OptionList, Static

from edgeroute.core.local_models import LocalStatus
from edgeroute.core.verdict import PrivacyMode
from edgeroute.tui.screens.dialogs import AskDialog
from edgeroute.tui.screens.onboarding import STEPS, OnboardingScreen
from tests.tui.driver import Driver, running
from tests.tui.fake_runtime import FakeRuntime


@pytest.fixture
def fresh(runtime: FakeRuntime) -> FakeRuntime:
    """A first start."""
    runtime.first_run = True
    return runtime


async def at(chat: Driver, step: str) -> None:
    """Go on to ``step``."""
    await chat.top(OnboardingScreen)
    for number, (name, _) in enumerate(STEPS, 1):
        await chat.until(lambda n=number: f"{n} of 5" in chat.words("#heading"))  # type: ignore[misc]
        if name == step:
            await chat.pilot.pause()
            return
        await chat.press("right")


async def test_every_mode_has_an_example_and_is_kept(fresh: FakeRuntime) -> None:
    """Enter keeps the mode for new chats, the open one included, and goes on."""
    async with running(fresh) as chat:
        await at(chat, "privacy")
        await chat.until(lambda: "stays here too" in chat.choices)
        await chat.press("down", "enter")
        await chat.until(lambda: "2 of 5" in chat.words("#heading"))
        assert fresh.saved == {"privacy.mode": "private"}
        await chat.press("escape")
        await chat.until(lambda: chat.chat.state.mode is PrivacyMode.PRIVATE)


async def test_a_model_is_chosen_by_what_fits(fresh: FakeRuntime) -> None:
    """Size, expected speed and what is here are named; what is missing is fetched behind it."""
    fresh.local.now = LocalStatus("preparing", "", "compiling llama.cpp, 36%", "llamacpp")
    fresh.local.preparing.lacks = ["llamacpp"]
    async with running(fresh) as chat:
        await at(chat, "model")
        await chat.until(lambda: "qwen3.5-2b" in chat.choices)
        assert "1.3 GB" in chat.choices
        assert "about 34 tokens a second" in chat.choices
        await chat.until(lambda: "compiling llama.cpp, 36%" in chat.words("#result"))
        await chat.press("down", "enter")
        await chat.until(lambda: "3 of 5" in chat.words("#heading"))
        assert fresh.saved == {"local.model": "qwen3.5-0.8b"}
        assert fresh.local.preparing.begun == 1


async def test_a_key_is_hidden_and_tested(fresh: FakeRuntime) -> None:
    """The key goes to the keyring unseen, and what it is worth is said."""
    async with running(fresh) as chat:
        await at(chat, "keys")
        await chat.until(lambda: "no key" in chat.choices)
        await chat.press("end", "enter")
        await chat.top(AskDialog)
        await chat.press(*"sk-secret", "enter")
        await chat.until(lambda: "the key works" in chat.words("#result"))
        assert fresh.providers.keys["openai"].reveal() == "sk-secret"


async def test_a_client_is_named_with_its_command(
    fresh: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is installed is offered; where the terminal cannot be lent, the command is said."""
    monkeypatch.setattr("shutil.which", lambda name: "/bin/codex" if name == "codex" else None)
    async with running(fresh) as chat:
        await at(chat, "client")
        await chat.until(lambda: "Codex" in chat.choices)
        assert "Claude" not in chat.choices
        await chat.press("enter")
        await chat.until(lambda: "edgeroute connect codex" in chat.words("#result"))


async def test_the_question_lands_in_the_message_box(fresh: FakeRuntime) -> None:
    """Nothing is sent: the question stands in the box, checked."""
    async with running(fresh) as chat:
        await at(chat, "question")
        await chat.until(lambda: "doctor" in chat.choices)
        await chat.press("enter")
        await chat.until(lambda: chat.app.screen is chat.chat)
        assert chat.text.startswith("What can a local model")
        assert not fresh.engine.requests


async def test_all_of_it_can_be_skipped_and_done_again(fresh: FakeRuntime) -> None:
    """Right goes through to the end, left goes back, esc leaves; /setup opens it anew."""
    async with running(fresh) as chat:
        await at(chat, "question")
        await chat.press("left")
        await chat.until(lambda: "4 of 5" in chat.words("#heading"))
        await chat.press("right", "right")
        await chat.until(lambda: chat.app.screen is chat.chat)
        assert fresh.saved == {}
        chat.chat.composer.insert("/setup")
        await chat.press("enter")
        await at(chat, "privacy")


@pytest.mark.parametrize("step", [name for name, _ in STEPS])
async def test_its_keys_are_in_view_on_a_small_screen(fresh: FakeRuntime, step: str) -> None:
    """At 80 columns and 24 lines the line with the keys and a choice are inside the panel."""
    async with running(fresh, size=(80, 24)) as chat:
        await at(chat, step)
        panel = chat.app.screen.query_one("#panel").region
        keys = chat.app.screen.query_one("#keys", Static).region
        choices = chat.app.screen.query_one(OptionList).region
        assert panel.contains_region(keys)
        assert panel.contains_region(choices)
        assert choices.height >= 3
        assert panel.height <= 24
