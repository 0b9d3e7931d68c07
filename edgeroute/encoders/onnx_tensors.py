"""The tensors that an ONNX file holds, and its fields, without the onnx package.

An ONNX file is a protocol buffer (onnx.proto): the graph is field 7 of the model, its tensors are
fields 5 of the graph; of a tensor, 1 are its sizes, 2 its type, 8 its name, 9 its bytes; of a
single number, 4 is a float and 5 a whole number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from mmap import mmap
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_GRAPH: Final = 7
_TENSOR: Final = 5
_SIZE, _TYPE, _FLOATS, _WHOLE, _NAME, _BYTES = 1, 2, 4, 5, 8, 9
_TYPES: Final = {1: "<f4", 2: "u1"}
_VARINT, _FIXED_64, _LENGTH, _FIXED_32 = 0, 1, 2, 5


def tensors(data: bytes | mmap) -> dict[str, NDArray[np.float32] | NDArray[np.uint8]]:
    """The float and byte tensors of the file ``data``, by name.

    Raises:
        ValueError: it is no ONNX file.
    """
    import numpy  # noqa: ICN001, PLC0415 - heavy, needed at the first scan only

    found: dict[str, Any] = {}
    graphs = (value for field, value in fields(memoryview(data)) if field == _GRAPH)
    for graph in graphs:
        for field, tensor in fields(graph):
            if field != _TENSOR:
                continue
            parts = list(fields(tensor))
            said = dict(parts)
            kind = _TYPES.get(said.get(_TYPE, 0))
            if kind is None:
                continue
            if _WHOLE in said:
                flat = numpy.array(_numbers(said[_WHOLE]), kind)
            else:
                flat = numpy.frombuffer(said.get(_BYTES, said.get(_FLOATS, b"")), kind)
            sizes = [size for part, value in parts if part == _SIZE for size in _numbers(value)]
            found[bytes(said[_NAME]).decode()] = flat.reshape(sizes)
    return found


def _numbers(value: int | memoryview) -> list[int]:
    """One number, or several that are packed."""
    if isinstance(value, int):
        return [value]
    numbers, place = [], 0
    while place < len(value):
        number, place = _varint(value, place)
        numbers.append(number)
    return numbers


def message(of: Iterable[tuple[int, int | bytes | memoryview]]) -> bytes:
    """A message of these fields; what is no number is written with its length."""
    return b"".join(
        _number(number << 3) + _number(value)
        if isinstance(value, int)
        else _number(number << 3 | _LENGTH) + _number(len(value)) + value
        for number, value in of
    )


def fields(data: memoryview) -> Iterator[tuple[int, Any]]:
    """The fields of a message: numbers, or views of what they hold.

    Raises:
        ValueError: it is none.
    """
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        kind = key & 7
        if kind == _VARINT:
            value, place = _varint(data, place)
            yield key >> 3, value
            continue
        if kind == _LENGTH:
            length, place = _varint(data, place)
        elif kind in {_FIXED_64, _FIXED_32}:
            length = 8 if kind == _FIXED_64 else 4
        else:
            raise ValueError("no protocol buffer")
        yield key >> 3, data[place : place + length]
        place += length


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(data):
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
        shift += 7
    raise ValueError("no protocol buffer")


def _number(value: int) -> bytes:
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    written.append(value)
    return bytes(written)
