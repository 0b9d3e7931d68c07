"""How the main states look; a changed picture is a question, `--snapshot-update` the answer."""

from __future__ import annotations

from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot

from tests.tui import states
from tests.tui.driver import Driver
from tests.tui.fake_runtime import FakeRuntime
from tests.tui.states import State

WIDE, SMALL, HUGE = (120, 36), (80, 24), (200, 60)


def name(value: State | tuple[int, int] | str) -> str:
    """What a state, a size or a theme is called in the name of a picture."""
    if callable(value):
        return value.__name__
    return value if isinstance(value, str) else f"{value[0]}x{value[1]}"


@pytest.fixture(autouse=True)
def timeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """No picture tells how long it took to come about."""
    monkeypatch.setattr("edgeroute.tui.chat.asking.turns._TICK", 3600.0)
    monkeypatch.setattr("edgeroute.tui.chat.asking.turns.Turns._now", lambda _: 0.0)


@pytest.mark.parametrize(
    ("state", "size", "theme"),
    [
        (states.empty, WIDE, ""),
        (states.checking, WIDE, ""),
        (states.forced, WIDE, ""),
        (states.forced, SMALL, ""),
        (states.cloud, SMALL, ""),
        (states.streaming, SMALL, ""),
        (states.answered, WIDE, ""),
        (states.answered, WIDE, "edgeroute-light"),
        (states.failed, SMALL, ""),
        (states.latched, SMALL, ""),
        (states.helped, WIDE, ""),
        (states.planned, WIDE, ""),
        (states.traced, WIDE, ""),
        (states.spent, WIDE, ""),
        (states.listed, SMALL, ""),
        (states.own, SMALL, ""),
        (states.left, WIDE, ""),
        (states.left_text, WIDE, ""),
        (states.local_models, WIDE, ""),
        (states.settings, WIDE, ""),
        (states.rules, WIDE, ""),
        (states.rule_test, WIDE, ""),
        (states.clients, WIDE, ""),
        (states.providers, WIDE, ""),
        (states.normal, SMALL, ""),
        (states.welcomed, WIDE, ""),
    ],
    ids=name,
)
def test_looks_as_it_did(
    snap_compare: Any, runtime: FakeRuntime, state: State, size: tuple[int, int], theme: str
) -> None:
    """The picture of the state is the stored one."""
    app = states.app_in(runtime, state, theme)

    async def prepare(pilot: Pilot[int]) -> None:
        await states.bring(Driver(app, pilot, runtime), state)

    assert snap_compare(app, terminal_size=size, run_before=prepare)


@pytest.mark.parametrize("state", states.STATES, ids=name)
async def test_reads_as_it_did_at_every_size(
    snapshot: SnapshotAssertion, runtime: FakeRuntime, state: State
) -> None:
    """The words of the state stand where they stood, in a small, a usual and a large terminal that
    become one another.
    """
    app, frames = states.app_in(runtime, state), []
    async with app.run_test(size=SMALL) as pilot:
        await states.bring(Driver(app, pilot, runtime), state)
        for columns, rows in (SMALL, WIDE, HUGE):
            await pilot.resize_terminal(columns, rows)
            await pilot.pause()
            frames += [f"{columns}x{rows}", *Driver(app, pilot, runtime).frame]
    assert "\n".join(frames) == snapshot
