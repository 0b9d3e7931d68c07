"""A BERT encoder in eight bits, run by onnxruntime.

The graphs ``models/encoders/bert-*.onnx`` hold no weights: whoever has a model's own file unpacks
them and gives them to the graph, seven bits and a sign each, so that no processor's sums
overflow; this is done once, and kept. Activations are quantised as they come, one text at a time,
so that a text is read alike whatever is read beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edgeroute import datafile
from edgeroute.encoders.onnx_runtime import PROVIDERS, onnx_runtime, session_options
from edgeroute.encoders.prepared import Prepared

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
_FIRST: Final = "embeddings_norm"
_KEPT, _MODEL, _PROBE = "encoder", "model.onnx", "probe.bin"
_WRITTEN: Final = {
    "session.optimized_model_external_initializers_file_name": "weights.bin",
    "session.optimized_model_external_initializers_min_size_in_bytes": "1024",
    "session.save_external_prepacked_constant_initializers": "1",
}
_PROBED: Final = 4  # tokens
_STEP: Final = 2_654_435_761  # 2^32 by the golden ratio (Knuth, Art of Computer Programming, 6.4)


class EncoderMissing(Exception):
    """A file of ``model`` is not there, or is not the pinned one."""

    def __init__(self, message: str, model: str) -> None:
        super().__init__(message)
        self.model = model


class Bert:
    """The ``layers`` of an encoder. Thread-safe.

    ``tensors`` gives theirs, and perhaps those of others, named as models/encoders/graphs.py names
    them; a weight of shape (out, in) is rounded here, one after the other, so that all of them are
    never in memory in full precision. What comes of it is ``kept``, and mapped from there: it is
    believed while it reads a few numbers as it did when it was made. ``name`` tells apart what is
    made of the same file in several ways.
    """

    def __init__(
        self,
        layers: range,
        tensors: Callable[[], Iterable[tuple[str, Array]]],
        kept: Prepared,
        name: str = _KEPT,
    ) -> None:
        folder = kept.get(name, lambda draft: _write(draft, _given(layers, tensors)))
        session = None if folder is None else _kept(folder)
        if session is None:
            kept.drop(name)
            session = _session(*_given(layers, tensors))
        self._session = session

    def hidden(self, embeddings: Array) -> Array:
        """What the last layer says of each token, of shape (tokens, WIDTH), as ``embeddings`` are;
        those are what the layer before said where there is one.
        """
        return _read(self._session, embeddings)


def _given(
    layers: range, tensors: Callable[[], Iterable[tuple[str, Array]]]
) -> tuple[Path, dict[str, Any]]:
    """The graph of ``layers``, and their weights."""
    file = f"bert-{layers.start}-{layers.stop}.onnx"
    known = {f"l{number}" for number in layers}
    if layers.start == 0:
        known.add(_FIRST)
    wanted = ((name, one) for name, one in tensors() if name.partition(".")[0] in known)
    return datafile.packaged("models") / "encoders" / file, dict(_rounded(wanted))


def _options() -> Any:
    options = session_options()
    # Texts have all lengths: what is kept for one is of no use to the next.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    return options


def _session(graph: Path, given: Mapping[str, Any], options: Any = None) -> Any:
    """The graph with its weights, in memory."""
    onnxruntime, options = onnx_runtime(), options or _options()
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in given.values()]
    options.add_external_initializers(list(given), values)
    return onnxruntime.InferenceSession(graph.read_bytes(), options, providers=PROVIDERS)


def _write(folder: Path, given: tuple[Path, Mapping[str, Any]]) -> None:
    """Keep in ``folder`` the graph, its weights as this processor wants them, and what it reads.

    Raises:
        OSError: it cannot be written.
    """
    options = _options()
    options.optimized_model_filepath = str(folder / _MODEL)
    for name, value in _WRITTEN.items():
        options.add_session_config_entry(name, value)
    try:
        session = _session(*given, options)
        (folder / _PROBE).write_bytes(_read(session, _probe()).tobytes())
    except Exception as error:  # onnxruntime has errors of its own for a full disk
        raise OSError(str(error)) from error


def _kept(folder: Path) -> Any:
    """The graph that is kept in ``folder``; None where it does not read as it did."""
    onnxruntime, options = onnx_runtime(), _options()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(str(folder / _MODEL), options, providers=PROVIDERS)
        same = _read(session, _probe()).tobytes() == (folder / _PROBE).read_bytes()
    except Exception:  # noqa: BLE001 - whatever it is, the model's own file is read instead
        return None
    return session if same else None


def _probe() -> Array:
    """Embeddings that every weight has a part in reading."""
    import numpy  # noqa: ICN001, PLC0415

    # Drawn from a row that is as good as chance here; numpy's own part for that is slow to load.
    drawn = numpy.arange(1, _PROBED * WIDTH + 1, dtype=numpy.uint32) * numpy.uint32(_STEP)
    parts: Array = (drawn >> 8).astype(numpy.float32) / numpy.float32(1 << 23) - 1
    return parts.reshape(_PROBED, WIDTH)


def _read(session: Any, embeddings: Array) -> Array:
    (hidden,) = session.run(["hidden"], {"embeddings": embeddings[None]})
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
