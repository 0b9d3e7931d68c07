"""A store that was lost or damaged: what was latched cannot be known, so old chats stay here."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from edgeroute.core.events import Notice, TextDelta
from edgeroute.core.messages import Message, assistant, user
from edgeroute.core.model_card import Place
from edgeroute.server.headers import HeaderTracker
from edgeroute.store.database import sqlite
from tests.support.house import OPEN, PRIVATE, House, Seen, house

MORE = "And what else should I do?"


def cut(path: Path, part: float) -> None:
    """Keep only the first ``part`` of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])


def overwrite(path: Path, start: int, length: int, fill: bytes = b"\0") -> None:
    """Write over a piece of a file."""
    with path.open("r+b") as file:
        file.seek(start)
        file.write(fill * length)


def every_page(path: Path) -> None:
    """Spoil the middle of every second page."""
    for page in range(1, path.stat().st_size // 4096, 2):
        overwrite(path, page * 4096 + 8, 2048, b"\xff")


def without(path: Path) -> None:
    """Remove it with its log."""
    for one in path.parent.glob(path.name + "*"):
        if one.suffix != ".id":
            one.unlink()


HARMS: dict[str, Callable[[Path], None]] = {
    "header": lambda path: overwrite(path, 0, 100),
    "zeros": lambda path: overwrite(path, 0, path.stat().st_size),
    "truncated": lambda path: cut(path, 0.4),
    "empty": lambda path: cut(path, 0),
    "pages": every_page,
    "gone": without,
}


async def latched(home: House) -> tuple[str, list[Message]]:
    """The name and the history of a conversation that is bound to this machine."""
    first = await home.ask(PRIVATE, conversation="mine")
    assert first.receipt.route is Place.LOCAL
    return "mine", [user(PRIVATE), assistant(first.text)]


def told(seen: Seen) -> list[str]:
    """What was said about the loss."""
    return [e.text for e in seen.events if isinstance(e, Notice) and e.kind == "history_lost"]


async def settled(home: House, *, log: bool = False) -> Path:
    """The database file of a house whose processes have ended."""
    await home.learned()
    path = home.stores.database.path
    if log:
        copies = [shutil.copy(one, f"{one}.kept") for one in path.parent.glob(path.name + "*")]
        home.stores.database.close()
        for copy in map(Path, copies):
            copy.rename(str(copy).removesuffix(".kept"))
    else:
        home.stores.database.flush()
        home.stores.database.close()
    return path


async def ask_all(home: House, name: str, history: Sequence[Message]) -> list[Seen]:
    """Go on with the same conversation by name, by its history, and with part of it."""
    onward = [*history[:-1], assistant("Something else was said."), user(MORE)]
    return [
        await home.ask(MORE, conversation=name),
        await home.ask([user("My letter."), *history[1:], user(MORE)]),
        await home.ask([user("My letter."), *onward[1:]]),
    ]


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
async def test_after_a_loss_old_conversations_stay_here(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    """Nothing of an old conversation leaves, after restarts neither, until the user accepts it."""
    async with house(tmp_path) as home:
        name, history = await latched(home)
        harm(await settled(home))
        for _ in range(2):
            for seen in await ask_all(home, name, history):
                assert seen.receipt.route is Place.LOCAL
                assert "accept-loss" in told(seen)[0]
            home.stores.database.close()
        assert home.bytes_out == 0
        assert "accept-loss" in home.runtime.admin.self_check.database().lost
        assert (await home.ask(OPEN)).receipt.route is Place.CLOUD


async def test_programs_read_it_in_a_header(tmp_path: Path) -> None:
    """An answer over HTTP says it before its first word, whatever else it has to say."""
    async with house(tmp_path) as home:
        await home.ask(OPEN)
        without(await settled(home))
        tracker = HeaderTracker()
        for event in (await home.ask(OPEN)).events:
            tracker.learn(event)
            if isinstance(event, TextDelta):
                break
        assert "accept-loss" in tracker.as_headers()["X-EdgeRoute-Warning"]


async def test_the_user_ends_it(tmp_path: Path) -> None:
    """After `accept-loss` what only the loss held goes on; what is known to be private stays."""
    async with house(tmp_path) as home:
        await home.ask(OPEN, conversation="open")
        await latched(home)
        await home.ask("Which trees grow fast?", conversation="elsewhere")
        every = await settled(home)
        with closing(sqlite.connect(every, home.stores._database_key())) as connection:
            page = connection.execute(
                "SELECT rootpage FROM sqlite_master WHERE name = 'alerts'"
            ).fetchone()[0]
        overwrite(every, (page - 1) * 4096, 4096, b"\x11")
        assert (await home.ask(MORE, conversation="open")).receipt.route is Place.LOCAL
        again = home.reopened()
        assert again.conversations.accept_loss() >= 2
        await again.close()
        open_again = await home.ask("Which trees grow fast?", conversation="open")
        assert not told(open_again)
        assert open_again.receipt.route is Place.CLOUD
        assert (await home.ask("Trees?", conversation="mine")).receipt.route is Place.LOCAL


async def test_what_is_found_meanwhile_outlives_the_acceptance(tmp_path: Path) -> None:
    """A conversation that showed personal data while the loss held it stays here for that."""
    async with house(tmp_path) as home:
        await home.ask(OPEN)
        without(await settled(home))
        await home.ask(OPEN, conversation="mine")
        await home.ask(PRIVATE, conversation="mine")
        home.runtime.conversations.accept_loss()
        assert (await home.ask(OPEN, conversation="mine")).receipt.route is Place.LOCAL


LOG_HARMS: dict[str, Callable[[Path], None]] = {
    "header": lambda log: overwrite(log, 0, 32),
    "zeros": lambda log: overwrite(log, 0, log.stat().st_size),
    "middle": lambda log: overwrite(log, log.stat().st_size // 2, 600, b"\x7f"),
    "first frame": lambda log: overwrite(log, 100, 600, b"\x7f"),
    "truncated": lambda log: cut(log, 0.3),
    "gone": Path.unlink,
}


@pytest.mark.parametrize("harm", LOG_HARMS.values(), ids=LOG_HARMS)
async def test_a_damaged_log_loses_no_latch(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    """A latch lies in the file as well as in its log, so a killed process's log may be lost."""
    async with house(tmp_path) as home:
        name, history = await latched(home)
        path = await settled(home, log=True)
        harm(path.with_name(path.name + "-wal"))
        for asked, called in ((MORE, name), ([*history, user(MORE)], "")):
            seen = await home.ask(asked, conversation=called)
            assert seen.receipt.route is Place.LOCAL
        assert home.bytes_out == 0


@pytest.mark.parametrize("harm", ["header", "zeros", "first frame"])
async def test_a_damaged_log_is_told(tmp_path: Path, harm: str) -> None:
    """SQLite drops the rest of a damaged log in silence; the user hears of it."""
    async with house(tmp_path) as home:
        await home.ask(OPEN, conversation="open")
        path = await settled(home, log=True)
        LOG_HARMS[harm](path.with_name(path.name + "-wal"))
        assert told(await home.ask("Which trees grow fast?"))
        assert (await home.ask(MORE, conversation="open")).receipt.route is Place.LOCAL


async def test_a_killed_process_lost_nothing(tmp_path: Path) -> None:
    """A log that a killed process left behind is no loss."""
    async with house(tmp_path) as home:
        await home.ask(OPEN, conversation="open")
        await settled(home, log=True)
        seen = await home.ask("Which trees grow fast?", conversation="open")
        assert not told(seen)
        assert seen.receipt.route is Place.CLOUD


async def test_another_process_hears_of_the_loss(tmp_path: Path) -> None:
    """A process that had the file open goes on with the one in its place, and says what it says."""
    async with house(tmp_path) as home:
        await home.ask(OPEN, conversation="open")
        without(home.stores.database.path)
        other = home.reopened()
        assert other.admin.self_check.database().lost
        await other.close()
        seen = await home.ask(MORE, conversation="open")
        assert told(seen)
        assert seen.receipt.route is Place.LOCAL
