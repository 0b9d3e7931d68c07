"""Whether a word belongs to a language, so that it says nothing about one person or place."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

from edgeroute.encoders.bert import EncoderMissing
from edgeroute.encoders.e5_file import FILE, E5File
from edgeroute.encoders.e5_pieces import pieces_of
from edgeroute.encoders.pieces import Pieces
from edgeroute.encoders.prepared import Prepared

_RARE: Final = -33.0  # the logarithm of how likely a word is; usual surnames lie at -20 to -30


class Rarity:
    """Asks the pieces of words that the sentence model in ``folder`` knows, of a hundred languages.

    Without the model no word is rare.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def known(self) -> bool:
        """Whether the model is there."""
        return self._pieces is not None

    def common(self, word: str) -> bool:
        """Whether others have, or use, ``word`` too."""
        if self._pieces is None:
            return True
        pieces, scores = self._pieces
        ways = {word, word.lower(), word.title()}
        likely = max(sum(scores[piece] for _, piece in pieces.cut(way)) for way in ways)
        return likely > _RARE

    @cached_property
    def _pieces(self) -> tuple[Pieces, Sequence[float]] | None:
        kept = Prepared(self._folder, [FILE])
        try:
            file = E5File(self._folder, known=kept.begun)
        except EncoderMissing:
            return None
        return pieces_of(file, kept), file.scores()
