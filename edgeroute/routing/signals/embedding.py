"""Sentence vectors of prompts, from all-MiniLM-L6-v2. Of a long text only its ends are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from edgeroute.encoders import minilm
from edgeroute.encoders.bert import WIDTH, EncoderMissing
from edgeroute.routing.signals.structure import NAMES, shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

SIZE: Final = WIDTH
DESCRIBED: Final = SIZE + len(NAMES)  # numbers of a prompt that is remembered
# How many tokens of the start and of the end are read: `BRIEF` tells what is asked for, in a
# third of the time that `WIDE` takes, which also tells what it is about.
WIDE: Final = (96, 32)
BRIEF: Final = (20, 10)
# Of a long text only so many characters for each token are looked at.
_CHARACTERS: Final = 20


class Embedder:
    """Turns texts into unit vectors of ``SIZE`` numbers. Thread-safe; build it with ``load``."""

    def __init__(self, model: minilm.MiniLM) -> None:
        self._model = model

    @classmethod
    def load(cls, folder: Path) -> Embedder | None:
        """The embedder whose files lie in ``folder``; ``None`` where they are missing or broken.

        All who ask for the same folder share one.
        """
        if folder not in _LOADED:
            try:
                _LOADED[folder] = cls(minilm.load(folder))
            except EncoderMissing:
                return None
        return _LOADED[folder]

    def embed(self, text: str, window: tuple[int, int] = WIDE) -> Array:
        """The vector of ``text``, of which ``window`` says how much is read.

        Vectors of different windows are not to be compared.
        """
        return self._model.of_tokens(self._ends(text, *window))

    def word(self, word: str) -> int | None:
        """The number of ``word`` in the model's vocabulary; commoner words have smaller ones."""
        return self._model.word(word)

    def embed_whole(self, text: str) -> tuple[Array, int]:
        """The vector of all of ``text``, and how many tokens that is.

        What is longer than the model reads at once is read piece by piece; the mean of the pieces'
        vectors counts, each by its length.
        """
        import numpy as np  # noqa: PLC0415  (only when a text is first embedded)

        ids, step = self._model.tokens(text), minilm.MOST_TOKENS
        pieces = [ids[n : n + step] for n in range(0, len(ids), step)] or [[]]
        total = np.zeros(SIZE, dtype=np.float32)
        for piece in pieces:
            total += np.float32(len(piece) or 1) * self._model.of_tokens(piece)
        return total / np.linalg.norm(total), len(ids) + 2 * len(pieces)

    def _ends(self, text: str, first: int, last: int) -> tuple[int, ...]:
        """The ``first`` tokens of ``text`` and the ``last`` of what follows them."""
        tokens = self._model.tokens
        if len(text) > (first + last) * _CHARACTERS:
            head = tokens(text[: first * _CHARACTERS])[:first]
            tail = tokens(text[-last * _CHARACTERS :])[-last:]
        else:
            ids = tokens(text)
            head, tail = ids[:first], ids[first:][-last:]
        return (*head, *tail)


_LOADED: Final[dict[Path, Embedder]] = {}


def describe(text: str, embedder: Embedder) -> Array:
    """The numbers under which a prompt is remembered: its sentence vector, then its shape."""
    import numpy as np  # noqa: PLC0415

    form = np.array(shape(text), dtype=np.float32)
    return np.concatenate([embedder.embed(text, WIDE), form])
