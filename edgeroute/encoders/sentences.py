"""What a text means, as vectors: the first layers of multilingual-e5-small, as an adapter changes
them.

Wang et al. 2024, "Multilingual E5 text embeddings". 130 tokens cost some 14 ms on one core.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from edgeroute.encoders.adapter import Adapter
from edgeroute.encoders.bert import COLUMNS, WIDTH, Bert
from edgeroute.encoders.e5_file import FILE, E5File
from edgeroute.encoders.e5_pieces import pieces_of
from edgeroute.encoders.pieces import END, START
from edgeroute.encoders.prepared import Prepared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

MOST_TOKENS: Final = 500  # the model was trained to read 512 at once
GLANCE: Final = 3  # layers that a glance reads
_CHARACTERS: Final = 20  # of a long text so many are looked at for each piece that is read
_SMALL: Final = 1e-6
QUERY: Final = "query: "  # what the model was trained to see before a text


class Reading(NamedTuple):
    """What the model made of a text: a vector of ``WIDTH`` numbers for each of its pieces, and
    where in the text each piece begins. ``starts`` of the marks around the text are -1.
    """

    starts: list[int]
    vectors: Any

    def mean(self) -> Array:
        """The mean of all vectors, of length 1."""
        return _unit(self.vectors.mean(axis=0))

    def within(self, places: Sequence[tuple[int, int]]) -> Array:
        """The mean of the vectors of what lies in ``places``, of length 1; zero where nothing does.

        A piece that begins one character earlier counts: it holds the gap before a word.
        """
        rows = [
            row
            for row, place in enumerate(self.starts)
            if place >= 0 and any(start - 1 <= place < end for start, end in places)
        ]
        return _unit(self.vectors[rows].mean(axis=0)) if rows else self.vectors[0] * 0


def _unit(vector: Array) -> Array:
    return vector / (float((vector * vector).sum()) ** 0.5 or 1.0)


class SentenceEncoder:
    """What an ``adapter`` makes of the model. Thread-safe."""

    def __init__(self, folder: Path, adapter: Adapter) -> None:
        """Load the model's file from ``folder``.

        Raises:
            EncoderMissing: it is absent or differs from the pinned digest.
        """
        kept = Prepared(folder, [FILE])
        file = E5File(folder, known=kept.begun)
        self._file = file
        self._pieces = pieces_of(file, kept)
        self._first, self._rest = (
            Bert(
                layers,
                lambda: adapter.changed(tensors(file, adapter.layers)),
                kept,
                f"{adapter.name}-{layers.start}",
            )
            for layers in (range(GLANCE), range(GLANCE, adapter.layers))
        )
        self._prompt = [number for _, number in self._pieces.cut(QUERY)]
        self._table = file.some_blocks("emb.word", WIDTH)
        file.let_go()
        self._places = file.numbers("emb.pos").reshape(-1, WIDTH) + file.numbers("emb.type")[:WIDTH]

    def read(self, text: str) -> list[Reading]:
        """``text`` in readings of at most ``MOST_TOKENS`` pieces each."""
        return [self.finished(one) for one in self.glance(text)]

    def glance(self, text: str) -> list[Reading]:
        """``text`` as the first layers read it, which may tell whether the rest is worth it."""
        cut = self._pieces.cut(text)
        step = MOST_TOKENS - len(self._prompt) - 2
        return [self._begun(cut[first : first + step]) for first in range(0, len(cut), step)]

    def finished(self, begun: Reading) -> Reading:
        """What ``glance`` began, read to the end."""
        return Reading(begun.starts, self._rest.hidden(begun.vectors))

    def brief(self, text: str, first: int, last: int) -> Array:
        """The vector of the ``first`` pieces of ``text`` and the ``last`` of what follows them."""
        cut = self._pieces.cut
        if len(text) > (first + last) * _CHARACTERS:
            head, tail = text[: first * _CHARACTERS], text[-last * _CHARACTERS :]
            pieces = [*cut(head)[:first], *cut(tail)[-last:]]
        else:
            found = cut(text)
            pieces = [*found[:first], *found[first:][-last:]]
        return self.finished(self._begun(pieces)).mean()

    def looked_up(self, text: str) -> Array:
        """What the model's table has for the pieces of ``text``, before any layer reads them: a row
        of length 1 for each.
        """
        ids = [number for _, number in self._pieces.cut(text)]
        rows: Array = self._file.unpacked(self._table(ids)) if ids else self._places[:0]
        lengths: Array = (rows * rows).sum(axis=1, keepdims=True) ** 0.5
        unit: Array = rows / (lengths + _SMALL)
        return unit

    def word(self, word: str) -> int | None:
        """The number of ``word`` where the model has one for all of it: no number, no common word.
        The commoner a word, the smaller its number, as a rule.
        """
        return self._pieces.whole(word)

    def _begun(self, cut: list[tuple[int, int]]) -> Reading:
        ids = [START, *self._prompt, *(number for _, number in cut), END]
        vectors = self._file.unpacked(self._table(ids)) + self._places[: len(ids)]
        starts = [-1] * (1 + len(self._prompt)) + [place for place, _ in cut] + [-1]
        return Reading(starts, self._first.hidden(vectors))


def tensors(file: E5File, layers: int) -> Iterator[tuple[str, Any]]:
    """The tensors of the first ``layers`` layers by the names that the graph has for them."""
    yield "embeddings_norm.weight", file.numbers("emb.ln.w")
    yield "embeddings_norm.bias", file.numbers("emb.ln.b")
    for layer in range(layers):
        for part, columns in COLUMNS.items():
            name = f"l{layer}.{part}"
            yield f"{name}.weight", file.unpacked(file.blocks(f"{name}.w", columns))
            yield f"{name}.bias", file.numbers(f"{name}.b")
        for part in ("aln", "oln"):
            yield f"l{layer}.{part}.weight", file.numbers(f"l{layer}.{part}.w")
            yield f"l{layer}.{part}.bias", file.numbers(f"l{layer}.{part}.b")
