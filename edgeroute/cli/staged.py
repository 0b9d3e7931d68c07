"""What stands ready to be committed in git: each file's staged content, and which lines are new."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from edgeroute.core.errors import EdgeRouteError

_HUNK: Final = re.compile(rb"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_DIFF: Final = ("diff", "--cached", "--relative", "--no-ext-diff", "--no-textconv", "--no-color")
_CHANGED: Final = "--diff-filter=ACMR"


class StagedFile(NamedTuple):
    """``lines`` are the new lines as ranges ``(first, last)``, from 1; what is no text has none."""

    name: str
    content: bytes
    lines: tuple[tuple[int, int], ...]

    def added(self, first: int, last: int) -> bool:
        """Whether one of the lines ``first`` to ``last`` is new."""
        return any(first <= end and last >= start for start, end in self.lines)


def staged_files(paths: Sequence[Path] = ()) -> Iterator[StagedFile]:
    """The files below this folder whose content is staged; only ``paths`` where some are named.

    Raises:
        EdgeRouteError: this is no git repository, or git is not here.
    """
    _git("rev-parse", "--show-toplevel")
    names = _git(*_DIFF, "--name-only", "-z", "--ignore-submodules", _CHANGED, "--", *paths)
    for raw in filter(None, names.split(b"\0")):
        name = raw.decode("utf-8", "surrogateescape")
        hunks = _HUNK.findall(_git(*_DIFF, "--unified=0", "--", f":(literal){name}"))
        ranges = [(int(first), int(first) + int(count or 1) - 1) for first, count in hunks]
        lines = tuple((first, last) for first, last in ranges if last >= first)
        yield StagedFile(name, _git("show", f":./{name}"), lines)


def _git(*arguments: str | Path) -> bytes:
    program = shutil.which("git")
    if program is None:
        raise EdgeRouteError("git is not installed.", "Name the files instead of --staged.")
    done = subprocess.run(  # noqa: S603 - our own arguments, and paths behind `--`
        [program, *map(str, arguments)], capture_output=True, check=False
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise EdgeRouteError(
            f"git could not say what is staged: {said[-1] if said else 'no reason given'}",
            "Run it inside a repository, or name the files instead of --staged.",
        )
    return done.stdout
