"""What a text means, as vectors: multilingual-e5-small in eight bits, run by onnxruntime.

Wang et al. 2024, "Multilingual E5 text embeddings". The graph ``models/verdict/encoder.onnx`` holds no
weights: they are unpacked from the model's own file and given to it, seven bits and a sign each, so
that no processor's sums overflow. 130 tokens cost some 14 ms on one core.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from edgeroute import datafile
from edgeroute.privacy.detecting.weighing.packed_model import WIDTH, PackedModel
from edgeroute.privacy.detecting.weighing.pieces import END, START, Pieces

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

MOST_TOKENS: Final = 500  # the model was trained to read 512 at once
_LAYERS: Final = 12
_MOST: Final = 63  # the largest weight
_QUERY: Final = "query: "  # what the model was trained to see before a text
_LINEAR: Final = {"q": WIDTH, "k": WIDTH, "v": WIDTH, "ao": WIDTH, "fi": WIDTH, "fo": 4 * WIDTH}


class Reading(NamedTuple):
    """What the model made of a text: a vector of ``WIDTH`` numbers for each of its pieces, and where
    in the text each piece begins. ``starts`` of the marks around the text are -1.
    """

    starts: list[int]
    vectors: Any

    def mean(self, start: int = -2, end: int = 1 << 30) -> Array:
        """The mean vector of what begins in ``[start, end)``, of length 1; zero where nothing does."""
        rows = [row for row, place in enumerate(self.starts) if start <= place < end]
        if not rows:
            return self.vectors[0] * 0
        total = self.vectors[rows].mean(axis=0)
        length = float((total * total).sum()) ** 0.5
        unit: Array = total / (length or 1.0)
        return unit


class Encoder:
    """The loaded model. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        """Load the model's file from ``folder``.

        Raises:
            ModelMissing: it is absent or differs from the pinned digest.
        """
        packed = PackedModel(folder)
        import numpy  # noqa: ICN001, PLC0415 - heavy, needed at the first scan only
        import onnxruntime  # noqa: PLC0415

        self._numpy = numpy
        self._packed = packed
        self._pieces = Pieces(packed.words, packed.scores, packed.rewritten)
        self._prompt = [number for _, number in self._pieces.cut(_QUERY)]
        self._table = packed.blocks("emb.word", WIDTH)
        self._places = (
            packed.numbers("emb.pos").reshape(-1, WIDTH) + packed.numbers("emb.type")[:WIDTH]
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        names, values = zip(*self._weights(), strict=True)
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in values]
        options.add_external_initializers(list(names), values)
        graph = datafile.packaged("models") / "verdict" / "encoder.onnx"
        self._session = onnxruntime.InferenceSession(
            graph.read_bytes(), options, providers=["CPUExecutionProvider"]
        )

    def read(self, text: str) -> list[Reading]:
        """``text`` in readings of at most ``MOST_TOKENS`` pieces each."""
        cut = self._pieces.cut(text)
        step = MOST_TOKENS - len(self._prompt) - 2
        return [self._reading(cut[first : first + step]) for first in range(0, len(cut), step)]

    def _reading(self, cut: list[tuple[int, int]]) -> Reading:
        numpy = self._numpy
        ids = [START, *self._prompt, *(number for _, number in cut), END]
        vectors = self._packed.unpacked(self._table[ids]) + self._places[: len(ids)]
        (hidden,) = self._session.run(
            ["hidden"], {"embeddings": vectors[numpy.newaxis].astype(numpy.float32)}
        )
        starts = [-1] * (1 + len(self._prompt)) + [place for place, _ in cut] + [-1]
        return Reading(starts, hidden[0])

    def _weights(self) -> Iterator[tuple[str, Any]]:
        """Every tensor of the graph, by the name that it has there."""
        packed = self._packed
        yield "embeddings_norm.weight", packed.numbers("emb.ln.w")
        yield "embeddings_norm.bias", packed.numbers("emb.ln.b")
        for layer in range(_LAYERS):
            for part, columns in _LINEAR.items():
                name = f"l{layer}.{part}"
                weight, scale = self._in_eight_bits(packed.blocks(f"{name}.w", columns))
                yield f"{name}.weight", weight
                yield f"{name}.scale", scale
                yield f"{name}.bias", packed.numbers(f"{name}.b")
            for part in ("aln", "oln"):
                yield f"l{layer}.{part}.weight", packed.numbers(f"l{layer}.{part}.w")
                yield f"l{layer}.{part}.bias", packed.numbers(f"l{layer}.{part}.b")

    def _in_eight_bits(self, blocks: Any) -> tuple[Any, Any]:
        """Weights of shape (columns, rows) as whole numbers, and the scale of each row."""
        numpy = self._numpy
        weight = self._packed.unpacked(blocks)
        scale = numpy.maximum(numpy.abs(weight).max(axis=1), 1e-9) / _MOST
        weight /= scale[:, numpy.newaxis]
        whole = numpy.rint(weight, out=weight).astype(numpy.int8)
        return numpy.ascontiguousarray(whole.T), scale.astype(numpy.float32)
