"""Before a front door opens: what the privacy check reads is fetched, the rest begins behind it."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Final

from edgeroute import __version__
from edgeroute.cli.progress import ProgressLine, redraw
from edgeroute.cli.shell import Shell, dim, note
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.private_file import write_private
from edgeroute.core.words import passed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edgeroute.core.local_models import Preparation

_LOOK_SECONDS: Final = 0.5
_TELL_SECONDS: Final = 20.0
_MARK: Final = "prepared"
_SWITCH: Final = "EDGEROUTE_PREPARE"


def get_ready(shell: Shell, *, behind: bool = True) -> None:
    """Have what decides about prompts here and, unless nothing is to go on ``behind``, what answers
    them under way.

    Where that cannot be fetched every prompt stays here, and the front door opens all the same.
    """
    if shell.remote or os.environ.get(_SWITCH, "").lower() == "never":
        return
    paths = shell.locked.paths
    mark, wanted = paths.state / _MARK, f"{__version__} {paths.models}"
    with suppress(OSError, UnicodeDecodeError):
        if mark.read_text("utf-8") == wanted:  # no room of the house is entered at every start
            return
    preparing = shell.locked.local.preparing
    support, local = preparing.missing_support(), preparing.missing()
    if behind and local and preparing.begin():
        note(
            "The local model is prepared behind this; `edgeroute models status` says how far it is."
        )
    if support:
        note("Fetching the models that read prompts for personal data (180 MB, only once) ...")
        shell.run(lambda: _fetch(shell, support))
    if not support and not local:
        with suppress(OSError):
            write_private(mark, wanted.encode())


async def _fetch(shell: Shell, missing: Sequence[str]) -> None:
    with closing(ProgressLine()) as progress:
        try:
            for name in missing:
                await shell.locked.admin.pull(name, progress)
        except EdgeRouteError as error:
            progress.close()
            note(f"{error.message} {error.hint}")
            note("Until they are here every prompt is taken for private and stays on this machine.")


class WaitingLine:
    """Says on standard error what the local model waits for, with the time since ``began``."""

    def __init__(self, look: Callable[[], Preparation]) -> None:
        self._look = look
        self._terminal = sys.stderr.isatty()
        self._began = self._told = time.monotonic()
        self._open = False

    async def run(self) -> None:
        """Go on saying it until cancelled."""
        try:
            while True:
                await asyncio.sleep(_LOOK_SECONDS)
                now = await asyncio.to_thread(self._look)
                if now.state == "running":
                    self._show(now)
                elif self._open:
                    self.close()
        finally:
            self.close()

    async def until_ready(self) -> None:
        """Say it until the work has ended, and how."""
        saying = asyncio.create_task(self.run())
        try:
            while (now := await asyncio.to_thread(self._look)).state == "running":  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            saying.cancel()
            await asyncio.gather(saying, return_exceptions=True)
        if now.state != "ready":
            raise EdgeRouteError(f"The local model is not ready: {now.sentence}", now.hint)
        note("This machine can answer by itself.")

    def _show(self, now: Preparation) -> None:
        waited = time.monotonic() - self._began
        text = f"Waiting for the local model, {passed(waited)}: {now.sentence}"
        if self._terminal:
            redraw(text)
            self._open = True
        elif waited < 1 or time.monotonic() - self._told >= _TELL_SECONDS:
            self._told = time.monotonic()
            note(dim(text))

    def close(self) -> None:
        """Wipe the line."""
        if self._open:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._open = False
