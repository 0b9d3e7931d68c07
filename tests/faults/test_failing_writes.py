"""A disk that fails at the n-th write: whatever is kept or lost, nothing private leaves, what was
acknowledged stays, and who is answered without a record is told.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edgeroute.core.events import Answered, Notice
from edgeroute.core.messages import assistant, user
from edgeroute.core.model_card import Place
from tests.support.house import OPEN, PRIVATE, House, Seen, house

FRAME = 4096 + 24  # a page in the log, and its head
MORE = "And what else should I do?"
WRITES = (0, 1, 2, 3, 5, 8, 13, 21, 34)
READ_ONLY = """
import asyncio, subprocess, sys
from pathlib import Path
from tests.faults.test_failing_writes import MORE, talk, told
from tests.support.house import OPEN, PRIVATE, house

folder = Path(sys.argv[1])

def remount(how):
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)

async def main():
    async with house(folder / "home") as home:
        first = await home.ask(PRIVATE, conversation="old")
        await home.learned()
        home.stores.database.close()
        remount("ro")
        came = await talk(home)
        home.stores.database.close()
        remount("rw")
        print({one.receipt.route.value for one in came.values()}, all(map(told, came.values())))
        print(sum(MORE in str(r.body) for r in home.cloud["mock"].requests))
        print((await home.ask(MORE, conversation="old")).receipt.route.value)
        print((await home.ask(OPEN, conversation="after")).receipt.route.value)
        print(first.receipt.id in {one.id for one in home.runtime.receipts.list()})

asyncio.run(main())
"""


@contextmanager
def failing(log: Path, writes: int) -> Iterator[None]:
    """From here on the log takes so many pages; then every write to it fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = log.stat().st_size if log.exists() else 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + writes * FRAME + FRAME // 2, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def told(seen: Seen) -> bool:
    """Whether the answer says that something could not be saved."""
    return any(isinstance(e, Notice) and e.kind == "not_saved" for e in seen.events)


async def talk(home: House) -> dict[str, Seen]:
    """Open prompts, private ones, and what goes on with them by name and by history."""
    new = await home.ask(PRIVATE, conversation="new")
    said = [user(PRIVATE), assistant("Dear bank."), user(MORE)]
    return {
        "open": await home.ask(OPEN, conversation="open"),
        "new": new,
        "old, by name": await home.ask(MORE, conversation="old"),
        "new, by name": await home.ask(MORE, conversation="new"),
        "new, by history": await home.ask(said),
        "open again": await home.ask(OPEN, conversation="open"),
    }


@pytest.mark.parametrize("writes", WRITES)
async def test_the_nth_write_fails(tmp_path: Path, writes: int) -> None:
    """The log may hold ``writes`` pages more, and room comes back later."""
    async with house(tmp_path) as home:
        first = await home.ask(PRIVATE, conversation="old")
        before = await home.ask(OPEN, conversation="before")
        await home.learned()
        log = home.stores.database.path.with_name(f"{home.stores.database.path.name}-wal")
        sent = [r.body for r in home.cloud["mock"].requests]
        with failing(log, writes):
            came = await talk(home)
        sent = [r.body for r in home.cloud["mock"].requests][len(sent) :]
        assert not any(b"521-44" in body or MORE.encode() in body for body in sent)
        for name, seen in came.items():
            assert seen.terminals == 1, name
            if not name.startswith("open"):
                assert seen.receipt.route is not Place.CLOUD, name
        again = home.reopened()
        kept = {one.id for one in again.receipts.list(limit=100) if one.standing}
        assert {first.receipt.id, before.receipt.id} <= kept
        for name, seen in came.items():
            if isinstance(seen.end, Answered):
                assert told(seen) or seen.receipt.id in kept, name
        assert writes or all(map(told, came.values()))
        assert all(one.text for one in (came["open"], came["new"])), "a full disk costs no answer"
        assert (await home.ask(MORE, conversation="new")).receipt.route is Place.LOCAL
        after = await home.ask(OPEN, conversation="after")
        assert after.receipt.route is Place.CLOUD
        assert after.receipt.id in {one.id for one in again.receipts.list(limit=100)}
        assert again.admin.self_check.database().sound
        assert not again.receipts.verify().broken
        again._stores.database.close()


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system of its own")
def test_a_disk_that_becomes_read_only(tmp_path: Path) -> None:
    """Whatever cannot be read as latched or not stays here, each answer says that it is not saved,
    and all is as before once the disk can be written again.
    """
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    enter = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    if subprocess.run([*enter, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a file system")
    mount = f'mount -t tmpfs -o size=64m,mode=0700 none "{tmp_path}" && exec "$@"'
    done = subprocess.run(
        [*enter, mount, "sh", sys.executable, "-c", READ_ONLY, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["{'local'} True", "0", "local", "cloud", "True"]
