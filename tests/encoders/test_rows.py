"""Rows of a table are read from its file one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.encoders.rows import Rows


def test_rows_come_in_the_order_in_which_they_are_asked_for(tmp_path: Path) -> None:
    """One may be asked for twice; one that is not there is an error, not fewer bytes."""
    table = tmp_path / "table"
    table.write_bytes(b"head" + b"aabbcc")
    rows = Rows(table, 4, 2)
    assert rows.read([2, 0, 2]) == b"ccaacc"
    assert rows.read([]) == b""
    with pytest.raises(ValueError, match="3"):
        rows.read([0, 3])
