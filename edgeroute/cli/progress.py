"""Progress lines on standard error, to be closed.

That of a download or a compilation is redrawn on a terminal, and one line for each tenth elsewhere;
a count and a wait show on a terminal only.
"""

from __future__ import annotations

import sys
import time
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Final

from edgeroute.cli.shell import note
from edgeroute.core.display import safe_line
from edgeroute.core.words import size

if TYPE_CHECKING:
    from edgeroute.core.local_models import Progress

_WIDTH: Final = 24  # of the bar
_LEAST_BAR: Final = 6
_FRAME: Final = 3  # its brackets and a space
_ANY: Final = 1_000
_REDRAW_SECONDS: Final = 0.1


class ProgressLine:
    """Shows what a download reports."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._drawn = 0.0
        self._open = False
        self._tenth: dict[tuple[str, str], int] = {}

    def __call__(self, progress: Progress) -> None:
        """Show one report."""
        if progress.text:
            self.close()
            note(safe_line(progress.text, 400))
            return
        share = progress.done / progress.total if progress.total else 0.0
        whole = progress.done >= progress.total > 0
        if self._terminal:
            now = time.monotonic()
            if now - self._drawn >= _REDRAW_SECONDS or whole:
                self._drawn = now
                redraw(_line(progress, share, columns()))
                self._open = True
            if whole:
                self.close()
            return
        key, tenth = (progress.step, progress.file), int(share * 10)
        if tenth > self._tenth.get(key, -1):
            self._tenth[key] = tenth
            note(_line(progress, share, _ANY))

    def close(self) -> None:
        """Leave the line as it is and begin the next one."""
        if self._open:
            sys.stderr.write("\n")
            self._open = False


class CountLine:
    """Shows which of ``total`` steps is being taken."""

    def __init__(self, total: int = 0) -> None:
        self._total = total
        self._taken = 0
        self._terminal = sys.stderr.isatty()

    def close(self) -> None:
        """Wipe the line."""
        self._write("")

    def step(self, text: str) -> None:
        """Begin the next step."""
        self.show(self._taken + 1, self._total, text)

    def show(self, taken: int, total: int, text: str) -> None:
        """Step ``taken`` of ``total`` is being taken."""
        self._taken, self._total = taken, total
        self._write(f"{taken} of {total}: {safe_line(text, 60)}")

    def _write(self, text: str) -> None:
        if self._terminal:
            redraw(text)


def redraw(text: str) -> None:
    """Put ``text`` in place of the last line, cut to its width: what wraps cannot be redrawn."""
    sys.stderr.write(f"\r\x1b[K{text[: columns()]}")
    sys.stderr.flush()


def columns() -> int:
    """How many characters of a line can be written without its going on in the next."""
    return max(20, get_terminal_size().columns - 1)


def _line(progress: Progress, share: float, room: int) -> str:
    """What is done to which file, and how far it is; the bar gives way to ``room`` characters."""
    what = {"verify": "checking", "compile": "compiling"}.get(progress.step, "fetching")
    speed = f", {size(progress.speed)}/s" if progress.speed else ""
    far = f"{size(progress.done)} of {size(progress.total)}{speed}"
    if progress.step == "compile":
        far = f"{progress.done} of {progress.total} files" if progress.total else "beginning"
    before, after = f"{what} {safe_line(progress.file, 40)} ", f"{share:4.0%} {far}"
    wide = min(_WIDTH, room - len(before) - len(after) - _FRAME)
    bar = f"[{'#' * int(share * wide):<{wide}}] " if wide >= _LEAST_BAR else ""
    return f"{before}{bar}{after}"
