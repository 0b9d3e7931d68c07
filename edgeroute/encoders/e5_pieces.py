"""The pieces of words that multilingual-e5-small knows, mapped from a table that is made once."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Final

from edgeroute.encoders.e5_file import E5File
from edgeroute.encoders.piece_table import PieceTable, packed
from edgeroute.encoders.pieces import Pieces
from edgeroute.encoders.prepared import Prepared

_KEPT: Final = "pieces"
_TABLE: Final = "table.bin"


def pieces_of(file: E5File, kept: Prepared) -> Pieces:
    """What cuts texts into the pieces of ``file``."""
    return Pieces(_table(file, kept), file.scores(), file.rewritten, file.least)


def _table(file: E5File, kept: Prepared) -> PieceTable:
    def write(folder: Path) -> None:
        (folder / _TABLE).write_bytes(packed(file.words()))

    folder = kept.get(_KEPT, write)
    try:
        if folder is not None:
            with (folder / _TABLE).open("rb") as held:
                return PieceTable(memoryview(mmap.mmap(held.fileno(), 0, access=mmap.ACCESS_READ)))
    except (OSError, ValueError):
        kept.drop(_KEPT)
    return PieceTable(packed(file.words()))
