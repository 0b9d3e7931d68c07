"""Progress on a terminal."""

from __future__ import annotations

import io
import os

import pytest

from edgeroute.cli.progress import CountLine, ProgressLine
from edgeroute.core.local_models import Progress

MB = 1_000_000


class Terminal(io.StringIO):
    """Standard error of a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.mark.parametrize("columns", [30, 60, 80, 120])
def test_a_progress_line_is_drawn_over_itself(
    monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """No draw is as wide as the terminal, where it would begin another line each time; what is done
    to which file and how far it is come first.
    """
    drawn = Terminal()
    monkeypatch.setattr("sys.stderr", drawn)
    monkeypatch.setattr(
        "edgeroute.cli.progress.get_terminal_size", lambda: os.terminal_size((columns, 24))
    )
    line = ProgressLine()
    monkeypatch.setattr("edgeroute.cli.progress._REDRAW_SECONDS", 0.0)
    for done in (10 * MB, 45 * MB, 90 * MB):
        line(Progress("download", "e5/sentences-small-q4.bin", done, 90 * MB, 14 * MB))
    count = CountLine(3)
    count.step("a very long name of a step that is taken, and what it is about at length")
    rows = [row.rstrip("\n") for row in drawn.getvalue().split("\r\x1b[K") if row]
    assert len(rows) == 4
    assert max(len(row) for row in rows) < columns
    if columns >= 60:
        assert "fetching e5/sentences-small-q4.bin" in rows[1]
        assert " 50%" in rows[1]
    assert ("[############" in rows[1]) == (columns >= 120)
