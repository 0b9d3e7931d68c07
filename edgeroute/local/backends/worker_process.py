"""The worker process from outside: found or started, one for the user, never twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import edgeroute
from edgeroute.core import process_lock
from edgeroute.core.errors import LocalModelError
from edgeroute.core.private_file import make_private_folder
from edgeroute.local import llamacpp_library
from edgeroute.local.backends.client import LocalClient

SOCKET: Final = "llama.sock"
LOCK: Final = "llama.lock"
LOG: Final = "llama.log"

_ALLOWED: Final = frozenset(
    {
        "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "HOME", "LANG", "LC_ALL", "LC_CTYPE",
        "LD_LIBRARY_PATH", "LOGNAME", "OMP_NUM_THREADS", "PATH", "ROCR_VISIBLE_DEVICES", "TMPDIR",
        "TZ", "USER",
    }
)  # fmt: skip
_LONGEST_SOCKET_PATH: Final = 100
_START_SECONDS: Final = 30.0
_END_SECONDS: Final = 3.0
_LOOK_SECONDS: Final = 10.0
_MOST_SILENT: Final = 3  # looks in a row


def scrubbed(environment: Mapping[str, str]) -> dict[str, str]:
    """What the worker may see of ``environment``: no key, no token, no proxy."""
    kept = {name: value for name, value in environment.items() if name in _ALLOWED}
    package_root = Path(edgeroute.__file__).resolve().parent.parent
    return kept | {
        "PYTHONPATH": os.pathsep.join([str(package_root), *llamacpp_library.search_path()]),
        "PYTHONDONTWRITEBYTECODE": "1",
        # Threads wait for each other awake for some microseconds, then asleep: sleeping at once
        # costs a third of the speed on a quiet machine, staying awake far more on a busy one.
        "GOMP_SPINCOUNT": "3000",
    }


def _is_safe(folder: os.stat_result) -> bool:
    """Whether no other user but the system's own can replace what lies in ``folder``."""
    sticky_or_closed = bool(folder.st_mode & stat.S_ISVTX) or not folder.st_mode & stat.S_IWOTH
    return folder.st_uid in {os.getuid(), 0} and sticky_or_closed


@dataclass(frozen=True, slots=True)
class WorkerProcess:
    """The worker whose socket lies in ``runtime`` and whose log lies in ``state``.

    The rest is told to a worker that is started; one that runs already keeps what it was told.
    """

    runtime: Path
    state: Path
    models: Path
    own: Path | None = None
    window: int = 0
    threads: int = 0
    pinned: tuple[str, ...] = ()
    idle_seconds: float = 600.0

    @property
    def client(self) -> LocalClient:
        """A way to talk to it."""
        return LocalClient(socket=self.runtime / SOCKET)

    async def health(self, seconds: float = _END_SECONDS) -> Mapping[str, Any] | None:
        """What a running worker says of itself within so many seconds; None where none runs."""
        if not (self.runtime / SOCKET).exists():
            return None
        with contextlib.suppress(LocalModelError):
            reply = await self.client.call("/health", seconds=seconds)
            if reply.status == 200:
                return reply.body
        return None

    async def ensure(self) -> LocalClient:
        """A running worker of this version, started if need be.

        Raises:
            LocalModelError: it cannot be started, or the place is not safe.
        """
        try:
            self._require_safe_place()
        except OSError as error:
            raise LocalModelError(
                f"No model can be run: {error.filename or self.runtime}: {error.strerror}.",
                "Set EDGEROUTE_HOME to a folder that you can write to.",
            ) from error
        health = await self.health()
        if health is not None and health.get("version") != edgeroute.__version__:
            await self.stop()
            health = None
        if health is None:
            await asyncio.to_thread(self._start)
            if await self.health() is None:
                # One holds the lock and takes connections but never answers.
                await self.stop()
                await asyncio.to_thread(self._start)
        return self.client

    def _require_safe_place(self) -> None:
        make_private_folder(self.runtime)
        status = self.runtime.lstat()
        own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
        # Whoever owns a folder above could put another in its place.
        if not own or not all(_is_safe(above.stat()) for above in self.runtime.absolute().parents):
            raise LocalModelError(
                f"{self.runtime} or a folder above it belongs to somebody else, so no model is "
                "run there.",
                "Remove it, or set EDGEROUTE_HOME to a folder of yours.",
            )
        if stat.S_IMODE(status.st_mode) != 0o700:
            self.runtime.chmod(0o700)
        if len(os.fsencode(self.runtime / SOCKET)) > _LONGEST_SOCKET_PATH:
            raise LocalModelError(
                f"The path {self.runtime} is too long for a socket.",
                "Set EDGEROUTE_HOME to a shorter one.",
            )

    def _start(self) -> None:
        command = [
            sys.executable,
            *("-s", "-P", "-m", "edgeroute.local.worker"),
            *("--runtime", str(self.runtime)),
            *("--models", str(self.models)),
            *("--log", str(self.state / LOG)),
            *("--window", str(self.window)),
            *("--threads", str(self.threads)),
            *("--idle-seconds", str(self.idle_seconds)),
        ]
        for model in self.pinned:
            command += ["--pinned", model]
        if self.own is not None:
            command += ["--own", str(self.own)]
        try:
            make_private_folder(self.state)
            # It ends as soon as the socket takes connections, ours or another worker's.
            done = subprocess.run(  # noqa: S603 - our own module
                command,
                env=scrubbed(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=_START_SECONDS,
                check=False,
                text=True,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise LocalModelError(
                "The process for the local model could not be started.",
                "Look at it with `edgeroute doctor`.",
            ) from error
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise LocalModelError(
                f"The process for the local model could not be started: {last}.",
                "Look at it with `edgeroute doctor`.",
            )

    def pid(self) -> int:
        """The id of the running worker; 0 where none runs."""
        found = process_lock.holder(self.runtime / LOCK)
        return found.pid if found else 0

    async def end_if_hung(self) -> None:
        """End the worker once it is there and answers nothing, not even how it is: whoever waits
        for it is told so then, and the next one finds a new one.
        """
        silent = 0
        while silent < _MOST_SILENT:
            await asyncio.sleep(_LOOK_SECONDS)
            # A machine that many share may keep even a small answer waiting for seconds.
            there = await self.health(_LOOK_SECONDS)
            silent = 0 if there is not None else silent + 1
        await self.stop()

    async def stop(self) -> None:
        """End the running worker, gently, then not."""
        running = process_lock.holder(self.runtime / LOCK)
        with contextlib.suppress(LocalModelError):
            await self.client.call("/shutdown", {}, seconds=_END_SECONDS)
        deadline = time.monotonic() + _END_SECONDS
        while running and process_lock.holder(self.runtime / LOCK) == running:
            if time.monotonic() > deadline:
                running.send(signal.SIGKILL)
            await asyncio.sleep(0.05)
