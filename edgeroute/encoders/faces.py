"""CenterFace, a small model that finds faces in a picture, run by onnxruntime."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edgeroute.encoders.bert import EncoderMissing
from edgeroute.encoders.onnx_runtime import PROVIDERS, onnx_runtime, session_options
from edgeroute.encoders.onnx_tensors import fields, message

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAME: Final = "centerface"
FILE: Final = f"{NAME}/centerface.onnx"
STEP: Final = 32  # pixels: the sides of a picture are multiples of it
_PICTURE, _CENTRES = "input.1", "537"
# Fields of onnx.proto: the graph of a model; inputs, outputs and shapes of a graph; the type of a
# value, the tensor of a type, the shape of a tensor.
_GRAPH, _INPUT, _OUTPUT, _SHAPES = 7, 11, 12, 13
_NAME, _TYPE, _TENSOR, _SHAPE = 1, 2, 1, 2


class FaceModel:
    """The loaded model. Thread-safe."""

    def __init__(self, models: Path) -> None:
        """Load it from the folder ``models``.

        Raises:
            EncoderMissing: it is not there, or cannot be loaded.
        """
        try:
            self._session = onnx_runtime().InferenceSession(
                _of_any_size((models / FILE).read_bytes()), session_options(), providers=PROVIDERS
            )
        # onnxruntime raises bare Exception for broken files.
        except Exception as error:
            kind = type(error).__name__
            raise EncoderMissing(f"The model {NAME} cannot be loaded ({kind}).", NAME) from error

    def likeliest(self, pixels: NDArray[np.uint8]) -> float:
        """How likely the likeliest face in a picture is one: of 0 to 1.

        ``pixels`` is of shape (height, width, 3), red first.
        """
        import numpy  # noqa: ICN001, PLC0415

        height, width, _ = pixels.shape
        padded = numpy.zeros((-(-height // STEP) * STEP, -(-width // STEP) * STEP, 3), "f4")
        padded[:height, :width] = pixels
        given = {_PICTURE: numpy.ascontiguousarray(padded.transpose(2, 0, 1)[None])}
        return float(self._session.run([_CENTRES], given)[0].max())


def _of_any_size(model: bytes) -> bytes:
    """``model`` for pictures of any size: as it is, it takes ten of 32 by 32 pixels."""
    return message(
        (number, message(_graph(value)) if number == _GRAPH else value)
        for number, value in fields(memoryview(model))
    )


def _graph(graph: memoryview) -> Iterator[tuple[int, Any]]:
    for number, value in fields(graph):
        if number == _SHAPES:
            continue
        if number in {_INPUT, _OUTPUT}:
            said = list(fields(value))
            if number == _INPUT and (_NAME, _PICTURE.encode()) not in said:
                continue  # weights are no inputs
            yield number, message((n, _shapeless(v) if n == _TYPE else v) for n, v in said)
            continue
        yield number, value


def _shapeless(kind: memoryview) -> bytes:
    """The type of a value, of any shape."""
    return message(
        (number, message(one for one in fields(value) if one[0] != _SHAPE))
        if number == _TENSOR
        else (number, value)
        for number, value in fields(kind)
    )
