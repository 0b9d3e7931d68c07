"""The work behind the front doors: begun once for a user, seen by every process, stopped by any.

One process does the work and holds a lock; how far it is stands in a small file that others read.
"""

from __future__ import annotations

import asyncio
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

from edgeroute import __version__
from edgeroute.core import process_lock
from edgeroute.core.display import safe_line
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
_MOST_TRIES: Final = 3
_TAIL_BYTES: Final = 4_096
# How a process ends that was stopped, or that somebody or the system has killed.
_ENDED: Final = (None, 0, -signal.SIGTERM, -signal.SIGKILL)


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
        launch: Callable[[Path], subprocess.Popen[bytes]] | None = None,
    ) -> None:
        self._state = state
        self._models = models
        self._model = model
        self._uses_llamacpp = uses_llamacpp
        self._launch = launch or _launched
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = False

    @property
    def log(self) -> Path:
        """What the process that does the work said."""
        return self._state / LOG

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
        running = self._holder() is not None or self._still_starting()
        if not running and not self.missing():
            return Preparation("ready")
        written = self._written()
        if running:
            return replace(written, state="running")
        if written.state == "running" and (died := self._death(written)):
            self.write(died)
            return died
        return replace(written, state=_WITHOUT_PROCESS.get(written.state, written.state))

    def broken(self, now: Preparation, what: str) -> Preparation:
        """``now`` after a fault of EdgeRoute's own: it is not tried again by this version, unless
        the user asks for it.
        """
        return replace(
            now,
            state="failed",
            error=f"EdgeRoute itself failed while it prepared the local model: {what}.",
            hint=f"What it said is in {self.log}; please report it. `edgeroute models prepare`"
            " tries again.",
            broke=__version__,
        )

    def _death(self, written: Preparation) -> Preparation | None:
        """How it stands where the process ended without a word by a fault of its own; None where
        it was stopped from outside, as far as can be told.
        """
        process, self._process = self._process, None
        status = process.poll() if process is not None else None
        if status not in _ENDED:
            return self.broken(written, self._last_words() or f"it ended with the code {status}")
        if written.tries >= _MOST_TRIES:
            often = f"it was begun {written.tries} times and never came to an end"
            return self.broken(written, f"{often}. {self._last_words()}".rstrip(". "))
        return None

    def _last_words(self) -> str:
        """The last line of the log that says something."""
        with suppress(OSError), self.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _TAIL_BYTES))
            lines = log.read().decode("utf-8", "replace").splitlines()
            return safe_line(next(filter(str.strip, reversed(lines)), "").strip(), 300).rstrip(".")
        return ""

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
        after long work or by a fault of this version, or where EDGEROUTE_PREPARE is ``never``.
        """
        if not asked and os.environ.get(SWITCH, "").lower() == "never":
            return False
        now = self.now()
        cheap = now.broke != __version__ if now.broke else now.lasted < _CHEAP_SECONDS
        again = asked or (now.state == "failed" and cheap)
        if (again and now.state not in {"ready", "running"}) or now.state in {
            "needed",
            "interrupted",
        }:
            tries = 1 if again else now.tries + 1
            # Said before: whoever stops it from now on ends what has not even begun.
            self.write(Preparation("running", now.parts, time.time(), tries=tries))
            self._process = self._launch(self.log)
            self._starting = True
            return True
        return now.state == "running"

    @property
    def tries(self) -> int:
        """How often it was begun in a row without an end of its own."""
        written = self._written()
        return written.tries if written.state == "running" else 1

    @property
    def stopped(self) -> bool:
        """Whether the user has stopped it, perhaps before the process for it came so far."""
        return self._written().state == "stopped"

    @contextmanager
    def holding(self) -> Iterator[bool]:
        """Be the process that does the work while the block runs; false where another one is."""
        make_private_folder(self._state)
        with (self._state / LOCK).open("a+b") as lock:
            mine = process_lock.take(lock.fileno())
            if mine:
                process_lock.sign(lock.fileno())
            yield mine

    def write(self, now: Preparation) -> None:
        """Tell other processes how it stands."""
        with suppress(OSError):  # a full disk is told by the work itself
            write_private(self._state / FILE, msgspec.json.encode(now))

    async def stop(self) -> bool:
        """End the work, for good until it is asked for; false where nobody was at it.

        What has come so far is kept.
        """
        told = process_lock.Holder()
        # Before and after: who waits for an answer must not take the end for an accident, and a
        # process that is just starting reads it once it has the lock.
        self.write(replace(self._written(), state="stopped"))
        at_it = self._holder()
        began = self._still_starting()
        if began and self._process is not None:
            self._process.terminate()
        deadline = time.monotonic() + _END_SECONDS
        while at_it is not None:
            late = time.monotonic() > deadline
            if late or at_it != told:
                at_it.send(signal.SIGKILL if late else signal.SIGTERM)
                began, told = True, at_it
            await asyncio.sleep(0.05)
            at_it = self._holder()
        self.write(replace(self._written(), state="stopped"))
        return began

    def _holder(self) -> process_lock.Holder | None:
        """The process that does the work; None where none does."""
        found = process_lock.holder(self._state / LOCK)
        if found is not None:
            self._starting = False
        return found

    def _still_starting(self) -> bool:
        """Whether what was launched here has not come so far yet that it holds the lock."""
        process = self._process
        self._starting = self._starting and process is not None and process.poll() is None
        return self._starting

    def _written(self) -> Preparation:
        with suppress(OSError, msgspec.MsgspecError):
            return msgspec.json.decode((self._state / FILE).read_bytes(), type=Preparation)
        return Preparation("needed")


def _launched(log: Path) -> subprocess.Popen[bytes]:
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
