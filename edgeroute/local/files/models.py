"""The models folder: what is there, what suits this machine, fetching and removing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from edgeroute.core.errors import ErrorKind, LocalModelError
from edgeroute.core.local_models import OnProgress, Progress
from edgeroute.local import hardware
from edgeroute.local.files import catalogue, checks, recommend
from edgeroute.local.files.catalogue import Build, Catalogue, PinnedFile
from edgeroute.local.files.pull import Fetch, Puller
from edgeroute.local.files.recommend import Recommendation
from edgeroute.local.hardware import Machine

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class LocalModelRow:
    """One line of ``edgeroute models list``. ``bytes`` is the size on disk once it is there."""

    id: str
    name: str
    bytes: int
    licence: str
    present: bool
    recommended: bool
    kind: Literal["model", "support"]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull ended with; ``already`` says that nothing had to be fetched."""

    id: str
    path: Path
    already: bool


class LocalModels:
    """The models in ``folder``; the user's ``own`` folder may add builds (local.yaml)."""

    def __init__(
        self,
        folder: Path,
        own: Path | None = None,
        *,
        machine: Machine | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.folder = folder
        self._own = own
        self._machine = machine
        self._present: tuple[int, tuple[Build, ...]] | None = None
        self._best: tuple[tuple[Build, ...], Build | None] | None = None
        self._now = now

    @cached_property
    def catalogue(self) -> Catalogue:
        """Everything that can be fetched."""
        return catalogue.load(self._own)

    @cached_property
    def machine(self) -> Machine:
        """The machine that recommendations are made for."""
        return self._machine or hardware.read_machine()

    @property
    def hosts(self) -> tuple[str, ...]:
        """The only hosts that a pull may touch, with their sub-domains."""
        return self.catalogue.hosts

    def list(self) -> tuple[LocalModelRow, ...]:
        """Every build and support set, those on disk first."""
        best = {advice.build.id for advice in self.recommend()[:1]}
        rows = [
            LocalModelRow(
                build.id,
                build.name,
                build.bytes,
                build.licence,
                present=checks.present(self.folder, build.pinned),
                recommended=build.id in best,
                kind="model",
                note=f"{build.memory_gb:g} GB memory",
            )
            for build in self.catalogue.builds.values()
        ]
        rows += [
            LocalModelRow(
                one.id,
                one.id,
                one.bytes,
                one.licence,
                present=all(checks.present(self.folder, file) for file in one.files),
                recommended=False,
                kind="support",
                note=one.purpose,
            )
            for one in self.catalogue.support.values()
        ]
        return tuple(sorted(rows, key=lambda row: not row.present))

    def recommend(self, pace: float = 0.0) -> tuple[Recommendation, ...]:
        """The builds that suit this machine, best first; ``pace`` as for one."""
        return tuple(recommend.recommend(self.catalogue, self.machine, pace))

    def slower(self, pace: float = 0.0) -> tuple[Recommendation, ...]:
        """Builds that answer better and slower than those."""
        return tuple(recommend.slower(self.catalogue, self.machine, pace))

    def build(self, id: str) -> Build:  # noqa: A002
        """The build ``id``, with or without ``local/`` before it.

        Raises:
            LocalModelError: nothing has that id.
        """
        name = id.removeprefix("local/")
        try:
            return self.catalogue.builds[name]
        except KeyError:
            raise self._unknown(name) from None

    def _unknown(self, id: str) -> LocalModelError:  # noqa: A002
        return LocalModelError(
            f"No local model is called {id}.",
            "See `edgeroute models list` for those that can be fetched.",
            kind=ErrorKind.UNKNOWN_MODEL,
        )

    def present(self) -> tuple[Build, ...]:
        """The builds whose files are on disk, by name and size."""
        try:
            stamp = self.folder.stat().st_mtime_ns  # changes with every file that comes or goes
        except OSError:
            return ()
        if self._present is None or self._present[0] != stamp:
            builds = self.catalogue.builds.values()
            there = tuple(one for one in builds if checks.present(self.folder, one.pinned))
            self._present = stamp, there
        return self._present[1]

    def missing_support(self) -> tuple[str, ...]:
        """The support sets, but the optional ones, of which a file is not on disk."""
        return tuple(
            one.id
            for one in self.catalogue.support.values()
            if not one.optional and not all(checks.present(self.folder, file) for file in one.files)
        )

    def choose(self, wanted: str = AUTO) -> Build:
        """The build that answers when ``wanted`` is asked for: what it names, or the best on disk.

        Raises:
            LocalModelError: it is unknown, or nothing is on disk.
        """
        if wanted not in {AUTO, "local", ""}:
            build = self.build(wanted)
            if checks.present(self.folder, build.pinned):
                return build
            raise LocalModelError(
                f"The local model {build.id} is not on this machine.",
                f"Fetch it with `edgeroute models pull {build.id}`.",
                kind=ErrorKind.UNKNOWN_MODEL,
            )
        present = self.present()
        if self._best is None or self._best[0] is not present:
            best = recommend.best_present(self.catalogue, self.machine, present)
            self._best = present, best
        best = self._best[1]
        if best is None:
            raise LocalModelError(
                "There is no local model on this machine yet.",
                "Fetch one that fits with `edgeroute models pull`.",
                kind=ErrorKind.UNKNOWN_MODEL,
            )
        return best

    def window(self, build: Build, wanted: int = 0) -> int:
        """The tokens of context that ``build`` gets on this machine; ``wanted`` 0 is by memory."""
        return recommend.fit_window(build, self.machine.memory, wanted)

    async def pull(
        self,
        id: str = AUTO,  # noqa: A002
        fetch: Fetch | None = None,
        progress: OnProgress = lambda _: None,
    ) -> Pulled:
        """Have the build or support set ``id`` on disk, whole and checked.

        ``auto`` takes the best build for this machine that any source delivers. ``fetch`` of
        ``None`` leaves Hugging Face out.

        Raises:
            LocalModelError: unknown, not to be had, no room, or the place is not safe.
        """
        async with Puller(self.folder, fetch, progress, now=self._now) as puller:
            if id == AUTO:
                return await self._pull_best(puller, progress)
            name = id.removeprefix("local/")
            pinned = self._files(name)
            already = [await puller.pull(file) for file in pinned]
        return self._pulled(name, pinned, progress, already=all(already))

    async def _pull_best(self, puller: Puller, progress: OnProgress) -> Pulled:
        advice = self.recommend()
        for number, one in enumerate(advice, 1):
            try:
                already = await puller.pull(one.build.pinned)
            except LocalModelError as error:
                if number == len(advice):
                    raise
                text = f"{error.message} The next smaller model is tried."
                progress(Progress("note", one.build.file, text=text))
            else:
                return self._pulled(one.build.id, (one.build.pinned,), progress, already=already)
        raise AssertionError("a machine always has a recommendation")

    def _pulled(
        self,
        id: str,  # noqa: A002
        pinned: tuple[PinnedFile, ...],
        progress: OnProgress,
        *,
        already: bool,
    ) -> Pulled:
        first = self.folder / pinned[0].file
        path = first if len(pinned) == 1 else first.parent
        state = "is there already" if already else "was fetched"
        text = f"{id} {state} and is right: {path}"
        progress(Progress("done", pinned[0].file, text=text))
        return Pulled(id, path, already)

    def _files(self, id: str) -> tuple[PinnedFile, ...]:  # noqa: A002
        try:
            return tuple(self.catalogue.files(id))
        except KeyError:
            raise self._unknown(id) from None

    def use(self, id: str) -> Build:  # noqa: A002
        """The build ``id`` once it is known to be usable; the caller writes the setting.

        Raises:
            LocalModelError: unknown, not on disk, or not the right file.
        """
        build = self.choose(id)
        self.path(build)
        return build

    def remove(self, id: str) -> int:  # noqa: A002
        """Delete the files of ``id``; the number of bytes freed.

        Raises:
            LocalModelError: unknown.
        """
        from edgeroute.encoders import prepared  # noqa: PLC0415 - only here

        pinned = self._files(id.removeprefix("local/"))
        for folder in {(self.folder / file.file).parent for file in pinned}:
            prepared.remove(folder)
        return sum(checks.remove(self.folder, file) for file in pinned)

    def path(self, build: Build) -> Path:
        """The file of ``build``, once it is known to be right (by its note, or by its hash).

        Raises:
            LocalModelError: missing, changed, or writable by others.
        """
        return checks.require_trusted(self.folder, build.pinned, now=self._now)

    def support_path(self, id: str) -> Path | None:  # noqa: A002
        """The folder of the support set ``id`` if all its files are there and right, else None."""
        try:
            for file in self.catalogue.support[id].files:
                checks.require_trusted(self.folder, file, now=self._now)
        except LocalModelError:
            return None
        return self.folder / id
