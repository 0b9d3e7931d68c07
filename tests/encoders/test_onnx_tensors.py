"""Tensors come out of an ONNX file as they were put in."""

from __future__ import annotations

import numpy as np
import pytest

from edgeroute.encoders.onnx_tensors import tensors
from tests.support.model_files import require


def field(number: int, data: bytes) -> bytes:
    """A field of a protocol buffer that holds ``data``; lengths up to 127."""
    return bytes([number << 3 | 2, len(data)]) + data


def test_floats_bytes_and_single_numbers_are_read() -> None:
    """A tensor has its name, its sizes and its numbers; sizes may be packed or not."""
    floats = np.array([1.5, -2.0], "<f4").tobytes()
    named = field(1, bytes([2])) + bytes([2 << 3, 1]) + field(8, b"weight") + field(9, floats)
    single = bytes([2 << 3, 2]) + field(5, bytes([200, 1])) + field(8, b"zero")
    file = field(7, field(5, named) + field(5, single))
    found = tensors(file)
    assert found["weight"].tolist() == [1.5, -2.0]
    assert found["zero"].tolist() == 200


def test_what_is_no_onnx_file_is_refused() -> None:
    """Broken bytes are an error, not an empty model."""
    with pytest.raises(ValueError, match="protocol buffer"):
        tensors(b"\xff" * 20)


def test_the_names_model_is_read_whole() -> None:
    """Every product of its six layers, and its labels, are there."""
    held = tensors(require("rampart/model_q4.onnx").read_bytes())
    assert sum(name.endswith("_Q4") for name in held) == 6 * 6 + 1
    assert held["classifier.bias"].shape == (35,)
