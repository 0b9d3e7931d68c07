"""Local models: fetched with progress and a way to stop, used, removed, and said how fast."""

from __future__ import annotations

from edgeroute.tui.screens.dialogs import Confirm
from edgeroute.tui.screens.local_models import LocalModelsScreen
from tests.tui.driver import Driver, running
from tests.tui.fake_runtime import FakeRuntime


async def opened(chat: Driver) -> None:
    """The page, filled."""
    await chat.chat.actions.run("show_models")
    await chat.top(LocalModelsScreen)
    await chat.until(lambda: "16 GB" in chat.words(".machine"))


async def test_what_is_known_of_the_chosen_one_is_told(runtime: FakeRuntime) -> None:
    """Whether it fits, and how fast it answered here."""
    async with running(runtime) as chat:
        await opened(chat)
        await chat.until(lambda: "fits · 21.4 tokens/s measured here" in chat.words("#about"))
        await chat.press("end")
        await chat.until(lambda: "too big · needs 22 GB" in chat.words("#about"))


async def test_a_download_goes_on_without_the_page_and_can_be_stopped(runtime: FakeRuntime) -> None:
    """Its line counts; c stops it; closed and opened again, the page shows it still."""
    async with running(runtime) as chat:
        await opened(chat)
        await chat.press("down", "down", "p")
        await chat.until(
            lambda: "fetching qwen3-4b: 50% of 2.5 GB, 8.0 MB/s" in chat.words("#result")
        )
        await chat.press("c")
        await chat.until(lambda: "goes on where it stopped" in chat.words("#result"))
        await chat.press("p")
        await chat.until(lambda: "50%" in chat.words("#result"))
        await chat.press("escape")
        await opened(chat)
        await chat.until(lambda: "50%" in chat.words("#result"))
        runtime.models.release.set()
        await chat.until(lambda: "is here and checked" in chat.words("#result"))
        await chat.until(lambda: any(one.present for one in chat.app.screen._rows[2:]))  # type: ignore[attr-defined]


async def test_only_a_model_that_is_here_is_used(runtime: FakeRuntime) -> None:
    """The setting is written; of another one the page says how to get it, of a support set why."""
    async with running(runtime) as chat:
        await opened(chat)
        await chat.press("enter")
        await chat.until(lambda: runtime.saved == {"local.model": "qwen2.5-coder-1.5b"})
        for said in ("answers nothing", "p fetches it"):
            await chat.press("down", "enter")
            await chat.until(lambda said=said: said in chat.words("#result"))  # type: ignore[misc]
        assert runtime.saved == {"local.model": "qwen2.5-coder-1.5b"}


async def test_files_are_deleted_after_a_question(runtime: FakeRuntime) -> None:
    """N keeps them."""
    async with running(runtime) as chat:
        await opened(chat)
        for key, there in (("n", True), ("y", False)):
            await chat.press("d")
            await chat.top(Confirm)
            await chat.press(key)
            await chat.top(LocalModelsScreen)
            await chat.pilot.pause(0.1)
            assert ("qwen2.5-coder-1.5b" in runtime.models.present) is there
