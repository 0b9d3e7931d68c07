"""The runtime: built of parts when they are needed, and closed to front doors where it must be."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeroute import config
from edgeroute.core.secret import Secret
from edgeroute.privacy.gate import Gate
from edgeroute.providers.egress import Door
from edgeroute.store.chats.conversations import Conversations
from edgeroute.store.chats.masks import ConversationMasks
from edgeroute.store.database.database import Database
from edgeroute.store.keys.keys import Keys
from edgeroute.wiring import Runtime
from tests.support.house import OPEN, house, paths

KEPT_FROM_FRONT_DOORS = (Database, Keys, Door, Gate, Conversations, ConversationMasks)


def _public(thing: object, way: str, seen: dict[int, object]) -> Iterator[tuple[str, object]]:
    """Everything of ours that public names lead to from ``thing``, with the way there."""
    if id(thing) in seen or not type(thing).__module__.startswith("edgeroute."):
        return
    seen[id(thing)] = thing
    yield way, thing
    for name in dir(thing):
        if not name.startswith("_"):
            yield from _public(getattr(thing, name), f"{way}.{name}", seen)


async def test_a_front_door_reaches_nothing_that_could_change_privacy(tmp_path: Path) -> None:
    """No public name of the runtime leads to the database, a key, the door, the gate or a mask."""
    async with house(tmp_path) as home:
        await home.ask(OPEN)
        found = dict(_public(home.runtime, "runtime", {}))
        assert {"runtime.engine", "runtime.conversations", "runtime.admin.policies"} <= set(found)
        reached = [way for way, thing in found.items() if isinstance(thing, KEPT_FROM_FRONT_DOORS)]
        assert reached == []


def test_nothing_is_opened_before_it_is_needed(tmp_path: Path) -> None:
    """A runtime that nobody used has touched no file, and closing it is no trouble."""
    runtime = Runtime(paths(tmp_path), config.parse(""))
    assert runtime.first_run
    asyncio.run(runtime.close())
    assert [*tmp_path.iterdir()] == []


async def test_the_first_run_lasts_until_something_is_set_up_or_asked(tmp_path: Path) -> None:
    """Whoever began with `doctor` or `models status` is offered the first steps all the same."""
    runtime = Runtime(paths(tmp_path), config.parse(""))
    assert runtime.conversations.list() == []
    assert runtime.paths.data.exists()
    assert runtime.first_run
    await runtime.close()
    async with house(tmp_path) as home:
        await home.ask(OPEN)
        assert not home.runtime.first_run


async def test_a_saved_setting_counts_at_once(tmp_path: Path) -> None:
    """What is saved through one part is what every other part reads."""
    async with house(tmp_path) as home:
        policies = home.runtime.admin.policies
        assert policies.current.name == "test"
        home.runtime.save("router.policy", "local-first")
        assert home.runtime.settings.router.policy == "local-first"
        assert policies.current.name == "local-first"


async def test_another_policy_leaves_the_rest_as_it_is(tmp_path: Path) -> None:
    """A runtime for a comparison shares folders, clock and passphrase, and changes nothing here."""
    async with house(tmp_path) as home:
        home.stores.passphrase = Secret("word")
        other = home.runtime.with_policy("local-first")
        assert other.admin.policies.current.name == "local-first"
        assert other.paths == home.runtime.paths
        assert other._stores.passphrase == Secret("word")
        assert home.runtime.admin.policies.current.name == "test"
        await other.close()


@pytest.mark.parametrize("needed", [True, False])
def test_a_passphrase_is_asked_for_where_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, needed: bool
) -> None:
    """With a keyring nobody is asked."""
    runtime = Runtime(paths(tmp_path), config.parse(""))
    monkeypatch.setattr(type(runtime._stores), "needs_passphrase", needed)
    asked: list[Secret] = []

    def ask() -> Secret:
        asked.append(Secret("word"))
        return asked[-1]

    runtime.unlock(ask)
    assert len(asked) == needed
    assert (runtime._stores.passphrase is not None) is needed
