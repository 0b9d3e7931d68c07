"""The wait is told honestly."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from edgeroute.core.local_models import LocalState, LocalStatus
from edgeroute.tui.chat.asking import turns
from edgeroute.tui.chat.asking.wait import Wait
from tests.tui.driver import running
from tests.tui.fake_runtime import FakeRuntime


def status(state: LocalState, waiting: int = 0) -> LocalStatus:
    """A local model."""
    return LocalStatus(state, "m", "", "llamacpp", waiting=waiting)


@pytest.mark.parametrize(
    ("local", "said"),
    [
        (status("preparing"), "waiting until the local model is here"),
        (status("loading"), "loading the model into memory"),
        (status("stopped"), "starting the local model"),
        (status("answering", 1), "reading what was asked"),
        (status("answering", 3), "waiting for its turn behind 2 other requests"),
    ],
)
def test_before_its_first_words_it_says_what_it_waits_for(local: LocalStatus, said: str) -> None:
    """Of the local model, as it is; with the time that passed and how to stop it."""
    wait = Wait(100.0)
    wait.asks(here=True)
    assert wait.words(103.2, local) == f"{said} · 3.0 s · esc stops it and keeps what came"
    assert wait.words(100.2, local) == f"{said} · esc stops it and keeps what came"
    wait.asks(here=False)
    assert wait.words(103.2, local).startswith("waiting for its first words · ")


def test_then_it_says_how_fast() -> None:
    """Tokens are estimated, and only once a speed means something."""
    wait = Wait(100.0, here=True)
    wait.said("x" * 40, 110.0)
    assert "tokens/s" not in wait.words(110.5, None)
    wait.said("x" * 360, 112.0)
    assert (
        wait.words(112.0, None)
        == "writing · 12 s · ~50 tokens/s · esc stops it and keeps what came"
    )


async def test_the_line_stands_where_the_receipt_will(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the answer that is under way, and gone when it is there."""
    monkeypatch.setattr(turns, "_TICK", 0.02)
    runtime.local.now = status("loading")
    async with running(runtime) as chat:
        await chat.type("Explain, and hold, anna@example.com")
        await chat.press("enter")
        await chat.until(lambda: "writing · " in chat.words("AnswerBlock .receipt"))
        await chat.press("escape")
        await chat.idle()
        assert "writing" not in chat.words("AnswerBlock .receipt")


@pytest.mark.parametrize(("how", "rung"), [("bell", 1), ("off", 0), ("desktop", 0)])
async def test_a_long_answer_rings_once(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch, how: str, rung: int
) -> None:
    """A setting turns it off; a short answer is silent."""
    runtime.chat = replace(runtime.chat, notify=how)
    async with running(runtime) as chat:
        bells: list[int] = []
        monkeypatch.setattr(chat.app, "bell", lambda: bells.append(1))
        await chat.send("Explain this")
        assert bells == []
        monkeypatch.setattr(turns, "LONG_SECONDS", 0.0)
        await chat.send("Explain that")
        await asyncio.sleep(0)
        assert len(bells) == rung
