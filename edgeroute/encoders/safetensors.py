"""The tensors of a safetensors file: a header in JSON, then numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from edgeroute.encoders.rows import Rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]


class SafeTensors:
    """The tensors of a safetensors file, each read when it is asked for.

    Raises:
        ValueError: the file is cut short.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            self._header = msgspec.json.decode(file.read(size))
        self._path = path
        self._start = 8 + size
        ends = [one["data_offsets"][1] for one in self._header.values() if "data_offsets" in one]
        if self._start + max(ends, default=0) > path.stat().st_size:
            raise ValueError("the file ends before its last tensor")

    def __getitem__(self, name: str) -> Array:
        import numpy as np  # noqa: PLC0415

        shape, first = self._place(name)
        numbers = np.fromfile(self._path, np.float32, math.prod(shape), offset=first)
        return numbers.reshape(shape)

    def rows(self, name: str) -> Callable[[Sequence[int]], Array]:
        """What gives some rows of the tensor: only these come into memory."""
        import numpy as np  # noqa: PLC0415

        (_, width), first = self._place(name)
        rows = Rows(self._path, first, 4 * width)
        return lambda numbers: np.frombuffer(rows.read(numbers), np.float32).reshape(-1, width)

    def _place(self, name: str) -> tuple[tuple[int, ...], int]:
        entry = self._header[name]
        if entry["dtype"] != "F32":
            raise ValueError(name)
        return tuple(entry["shape"]), self._start + entry["data_offsets"][0]
