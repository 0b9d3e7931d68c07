"""A BERT encoder in eight bits, run by onnxruntime.

The graphs ``models/encoders/bert-*.onnx`` hold no weights: whoever has a model's own file unpacks
them and gives them to the graph, seven bits and a sign each, so that no processor's sums
overflow. Activations are quantised as they come, one text at a time, so that a text is read alike
whatever is read beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from edgeroute import datafile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

WIDTH: Final = 384
# The weights of a layer, and how many numbers each takes in.
COLUMNS: Final = {"q": WIDTH, "k": WIDTH, "v": WIDTH, "ao": WIDTH, "fi": WIDTH, "fo": 4 * WIDTH}
# The parts of a layer by the names that the transformers library has for them.
LAYER_PARTS: Final = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip
_MOST: Final = 63  # the largest weight


class EncoderMissing(Exception):
    """A file of ``model`` is not there, or is not the pinned one."""

    def __init__(self, message: str, model: str) -> None:
        super().__init__(message)
        self.model = model


class Bert:
    """An encoder of ``layers`` layers. Thread-safe.

    ``tensors`` are named as models/encoders/graphs.py names them; a weight of shape (out, in) is
    rounded here, one after the other, so that all of them are never in memory in full precision.
    """

    def __init__(self, layers: int, tensors: Iterable[tuple[str, Array]]) -> None:
        import onnxruntime  # noqa: PLC0415 - heavy, needed at the first scan only

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Texts have all lengths: what is kept for one is of no use to the next.
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        given = dict(_rounded(tensors))
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in given.values()]
        options.add_external_initializers(list(given), values)
        graph = datafile.packaged("models") / "encoders" / f"bert-{layers}.onnx"
        self._session = onnxruntime.InferenceSession(
            graph.read_bytes(), options, providers=["CPUExecutionProvider"]
        )

    def hidden(self, embeddings: Array) -> Array:
        """What the last layer says of each token, of shape (tokens, WIDTH), as ``embeddings``
        are.
        """
        (hidden,) = self._session.run(["hidden"], {"embeddings": embeddings[None]})
        rows: Array = hidden[0]
        return rows


def _rounded(tensors: Iterable[tuple[str, Array]]) -> Iterator[tuple[str, Any]]:
    """The tensors as the graph wants them: weights as whole numbers of shape (in, out), scaled."""
    import numpy  # noqa: ICN001, PLC0415

    for name, tensor in tensors:
        if tensor.ndim == 1:
            yield name, tensor
            continue
        most = numpy.maximum(tensor.max(axis=1), -tensor.min(axis=1))
        scale = numpy.maximum(most, 1e-9) / _MOST
        whole = tensor / scale[:, None]
        numpy.rint(whole, out=whole)
        yield name, numpy.ascontiguousarray(whole.astype(numpy.int8).T)
        yield name.replace(".weight", ".scale"), scale.astype(numpy.float32)
