"""The work behind the front doors: begun once for a user, seen by every process, stopped by any.

One process does the work and holds a lock; how far it is stands in a small file that others read.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from edgeroute.core.errors import LocalModelError
from edgeroute.core.local_models import Preparation, PreparationState
from edgeroute.core.model_card import ModelCard
from edgeroute.core.private_file import make_private_folder, write_private
from edgeroute.local import llamacpp_library
from edgeroute.local.files.models import LocalModels

FILE: Final = "preparation.json"
LOCK: Final = "preparation.lock"
LOG: Final = "preparation.log"
SWITCH: Final = "EDGEROUTE_PREPARE"
LLAMACPP: Final = "llamacpp"
_COMMAND: Final = ("-s", "-P", "-m", "edgeroute", "models", "prepare", "--behind")
_WITHOUT_PROCESS: Final[Mapping[PreparationState, PreparationState]] = {
    "running": "interrupted",
    "ready": "needed",
}
_END_SECONDS: Final = 5.0
_CHEAP_SECONDS: Final = 60.0


class Preparing:
    """What a local answer still needs, and who is fetching it. ``state`` is the folder of the file.

    ``model`` gives what the settings name as the local model, ``uses_llamacpp`` whether llama.cpp
    runs it; ``launch`` starts the process, with its messages in a file.
    """

    def __init__(
        self,
        state: Path,
        models: LocalModels,
        *,
        model: Callable[[], str],
        uses_llamacpp: Callable[[], bool],
        launch: Callable[[Path], object] | None = None,
    ) -> None:
        self._state = state
        self._models = models
        self._model = model
        self._uses_llamacpp = uses_llamacpp
        self._launch = launch or _launched
        self._process: object = None

    def missing_support(self) -> Sequence[str]:
        """What reads prompts and is not here, by name."""
        return self._models.missing_support()

    def missing(self) -> list[str]:
        """What is not here: ``llamacpp``, and the model as the settings name it."""
        if not self._uses_llamacpp():
            return []
        missing = [] if llamacpp_library.found() else [LLAMACPP]
        try:
            self._models.choose(self._model())
        except LocalModelError:
            missing.append(self._model())
        return missing

    def title(self, file: str) -> str:
        """What people call what ``file`` belongs to."""
        builds = self._models.catalogue.builds.values()
        return next((build.id for build in builds if build.file == file), file)

    def now(self) -> Preparation:
        """How it stands; cheap enough to be asked with every request."""
        running = self._holder() != 0
        if not running and not self.missing():
            return Preparation("ready")
        written = self._written()
        if running:
            return replace(written, state="running")
        return replace(written, state=_WITHOUT_PROCESS.get(written.state, written.state))

    def coming(self) -> ModelCard | None:
        """The model that is being fetched, where that is known: not always the one that fits best,
        since a source may not deliver it.
        """
        builds = self._models.catalogue.builds
        named = (builds.get(part.name) for part in self._written().parts)
        build = next((one for one in named if one is not None), None)
        return build.card(self._models.window(build)) if build is not None else None

    @property
    def absent(self) -> str:
        """The sentence that says why this machine cannot answer now; empty where it can."""
        if not self.missing():
            return ""
        now = self.now()
        if now.state == "running":
            return f"The local model is being prepared: {now.sentence}."
        return f"There is no local model here yet: {now.sentence.rstrip('.')}."

    def begin(self, *, asked: bool = False) -> bool:
        """Have another process fetch what is missing; whether one is at it.

        Unless the user has ``asked`` for it, nothing is begun where it was stopped, where it failed
        after long work, or where EDGEROUTE_PREPARE is ``never``.
        """
        if not asked and os.environ.get(SWITCH, "").lower() == "never":
            return False
        now = self.now()
        again = asked or (now.state == "failed" and now.lasted < _CHEAP_SECONDS)
        if (again and now.state not in {"ready", "running"}) or now.state in {
            "needed",
            "interrupted",
        }:
            self._process = self._launch(self._state / LOG)
            return True
        return now.state == "running"

    @contextmanager
    def holding(self) -> Iterator[bool]:
        """Be the process that does the work while the block runs; false where another one is."""
        make_private_folder(self._state)
        with (self._state / LOCK).open("a+", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            lock.seek(0)
            lock.truncate()
            lock.write(str(os.getpid()))
            lock.flush()
            yield True

    def write(self, now: Preparation) -> None:
        """Tell other processes how it stands."""
        with suppress(OSError):  # a full disk is told by the work itself
            write_private(self._state / FILE, msgspec.json.encode(now))

    async def stop(self) -> bool:
        """End the work, for good until it is asked for; false where nobody was at it.

        What has come so far is kept.
        """
        pid = self._holder()
        # Before and after: who waits for an answer must not take the end for an accident.
        self.write(replace(self._written(), state="stopped"))
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + _END_SECONDS
            while self._holder() == pid:
                if time.monotonic() > deadline:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                await asyncio.sleep(0.05)
        self.write(replace(self._written(), state="stopped"))
        return pid != 0

    def _holder(self) -> int:
        """The id of the process that does the work; 0 where none does."""
        with (
            suppress(OSError, ValueError),
            (self._state / LOCK).open("r+", encoding="ascii") as lock,
        ):
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return int(lock.read() or 0)
        return 0

    def _written(self) -> Preparation:
        with suppress(OSError, msgspec.MsgspecError):
            return msgspec.json.decode((self._state / FILE).read_bytes(), type=Preparation)
        return Preparation("needed")


def _launched(log: Path) -> object:
    """The process that does the work; it outlives this one."""
    make_private_folder(log.parent)
    with log.open("wb") as messages:
        return subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, *_COMMAND],
            stdin=subprocess.DEVNULL,
            stdout=messages,
            stderr=messages,
            start_new_session=True,
        )
