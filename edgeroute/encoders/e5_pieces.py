"""The pieces of words that multilingual-e5-small knows, mapped from a table that is made once."""

from __future__ import annotations

from typing import Final

from edgeroute.encoders.e5_file import E5File
from edgeroute.encoders.piece_table import kept_table
from edgeroute.encoders.pieces import Pieces
from edgeroute.encoders.prepared import Prepared

_KEPT: Final = "pieces"


def pieces_of(file: E5File, kept: Prepared) -> Pieces:
    """What cuts texts into the pieces of ``file``."""
    table = kept_table(kept, _KEPT, file.words)
    return Pieces(table, file.scores(), file.rewritten, file.least)
