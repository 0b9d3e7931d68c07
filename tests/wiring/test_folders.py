"""EdgeRoute's own folders on a machine where none of them exists yet."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from edgeroute import config
from edgeroute.core.errors import EdgeRouteError, StoreError
from edgeroute.core.messages import Image, assistant, user
from edgeroute.core.pictures import save
from edgeroute.local.backends.worker_process import WorkerProcess
from edgeroute.local.files.partial_download import PartFile
from edgeroute.local.files.pull import Puller
from edgeroute.privacy.detecting.user_lists import Lists
from edgeroute.server.access.token import read_or_make, token_path
from edgeroute.server.serve import _bind_unix
from edgeroute.settings import Settings
from edgeroute.store.database.database import Database
from edgeroute.wiring import Runtime


@pytest.fixture
def paths(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[config.Paths]:
    """The default folders of a user with an empty home and the usual umask."""
    for name in [name for name in os.environ if name.startswith(("EDGEROUTE_", "XDG_"))]:
        monkeypatch.delenv(name)
    # Sockets lie below it, and their paths must be short.
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("h")))
    before = os.umask(0o022)
    yield config.Paths.find()
    os.umask(before)


async def _pull(paths: config.Paths) -> None:
    async with Puller(paths.models, None):
        pass


async def _part(paths: config.Paths) -> None:
    PartFile(paths.models / "model.gguf").close()


async def _worker(paths: config.Paths) -> None:
    with pytest.raises(EdgeRouteError, match="could not be started"):
        await WorkerProcess(paths.runtime, paths.state, paths.models).ensure()


async def _token(paths: config.Paths) -> None:
    read_or_make(token_path(paths.state))


async def _socket(paths: config.Paths) -> None:
    _bind_unix(paths.runtime / "endpoint.sock").close()


async def _settings(paths: config.Paths) -> None:
    config.change(paths.settings, "router.tier", "premium")


async def _lists(paths: config.Paths) -> None:
    Lists(paths.config, b"k" * 32).allow("x")


async def _picture(paths: config.Paths) -> None:
    save([Image("image/png", b"\x89PNG")], paths.data / "pictures", "fox")


async def _database(paths: config.Paths) -> None:
    with Database.open(paths.data / "edgeroute.db").transaction():
        pass


@pytest.mark.parametrize(
    "make",
    [_pull, _part, _worker, _token, _socket, _settings, _lists, _picture, _database],
)
async def test_whoever_makes_a_folder_makes_it_private(
    paths: config.Paths,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[config.Paths], Awaitable[None]],
) -> None:
    """Every folder that appears under an empty home is 0700, the ones above the wanted included."""

    def no_process(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(subprocess, "run", no_process)
    await make(paths)
    modes = {
        path: stat.S_IMODE(path.stat().st_mode)
        for path in (paths.runtime, *Path.home().rglob("*"))
        if path.is_dir()
    }
    assert modes
    assert set(modes.values()) == {0o700}, modes


async def test_the_first_turn_after_a_pull_is_saved(paths: config.Paths) -> None:
    """Models come first, into a folder inside the data folder; the database opens all the same."""
    await _pull(paths)
    runtime = Runtime(paths, Settings())
    _save_a_turn(runtime)
    await runtime.close()


async def test_an_own_folder_that_was_left_open_is_closed(
    paths: config.Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The default folders of an older installation become private at the start."""
    monkeypatch.setattr("edgeroute.boundary.lockdown.install", lambda: None)
    for folder in (paths.config, paths.data, paths.state):
        folder.mkdir(parents=True)
    runtime = Runtime.open()
    _save_a_turn(runtime)
    await runtime.close()
    for folder in (paths.config, paths.data, paths.state):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_folder_that_the_user_chose_is_left_as_it_is(
    paths: config.Paths, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Under EDGEROUTE_HOME a data folder may be shared with others: it is refused, not changed."""
    monkeypatch.setattr("edgeroute.boundary.lockdown.install", lambda: None)
    monkeypatch.setenv("EDGEROUTE_HOME", str(tmp_path / "shared"))
    data = tmp_path / "shared" / "data"
    data.mkdir(parents=True)
    runtime = Runtime.open()
    with pytest.raises(StoreError, match="chmod 700"):
        _save_a_turn(runtime)
    await runtime.close()
    assert stat.S_IMODE(data.stat().st_mode) == 0o755


def _save_a_turn(runtime: Runtime) -> None:
    """Keep one turn without a keyring, and read it back."""
    stores = runtime._stores
    stores.database._key = None
    chats = stores.conversations
    chat = chats.create()
    turn = chats.append(chat.id, [user("Hi"), assistant("Hello")])
    assert chats.turns(chat.id) == [turn]
