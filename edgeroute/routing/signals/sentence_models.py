"""What a prompt means, by two small sentence models: an English one, and one of many languages.

Where they disagree about a word, the other words of the sentence decide. Their vocabularies tell
slips of the fingers from words.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edgeroute.encoders import adapted
from edgeroute.encoders.bert import WIDTH, EncoderMissing
from edgeroute.encoders.sentences import SentenceEncoder
from edgeroute.routing.signals.embedding import BRIEF, Embedder
from edgeroute.routing.signals.spelling import Spelling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

SIZE: Final = 2 * WIDTH
# How many pieces of words of the start and of the end the second model reads.
PIECES: Final = (24, 12)
_FILES: Final = ("minilm/model.safetensors", "e5/e5-small-q4.bin")


class SentenceModels:
    """Both models. Thread-safe; build it with ``load``."""

    def __init__(self, english: Embedder, many: SentenceEncoder, words: Sequence[str]) -> None:
        self._english = english
        self._many = many
        own = {word: place for place, word in enumerate(words)}
        self._spelling = Spelling(own.get, english.word, many.word)

    @classmethod
    def load(cls, models: Path, words: Sequence[str]) -> SentenceModels | None:
        """The models in the folder ``models``; None where a file is missing or broken.

        ``words`` are known beside their vocabularies, the commonest first.
        """
        english = Embedder.load(models / "minilm")
        if english is None:
            return None
        try:
            return cls(english, adapted.load(models), words)
        except EncoderMissing:
            return None

    @staticmethod
    def are_in(models: Path) -> bool:
        """Whether their files are there."""
        return all((models / name).is_file() for name in _FILES)

    def vector(self, text: str) -> Array:
        """What the ends of ``text`` mean: ``SIZE`` numbers, each half of length 1."""
        import numpy as np  # noqa: PLC0415  (only when a text is first read)

        return np.concatenate([self.english(text), self.many(text)])

    def english(self, text: str) -> Array:
        """The first half of ``vector``, in a third of the time."""
        return self._english.embed(text, BRIEF)

    def many(self, text: str) -> Array:
        """The second half of ``vector``."""
        return self._many.brief(text, *PIECES)

    def mended(self, text: str) -> str:
        """``text`` with the slips of the fingers in its first words taken back."""
        return self._spelling.mended(text)
