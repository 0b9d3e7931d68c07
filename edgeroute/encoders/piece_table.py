"""All pieces of words of a model, of which only those are read that a text may hold.

A quarter of a million pieces as a dictionary are fifty megabytes and a tenth of a second at every
start. Here they lie in some ten thousand groups, by the first characters of a piece.
"""

from __future__ import annotations

import struct
import zlib
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

_GROUPS: Final = 1 << 15
_MOST: Final = 10_000  # groups that are kept once they are read
_SPACE: Final = "\u2581"
_HEAD: Final = struct.Struct("<QQ")
_BETWEEN: Final = "\0"


def width(start: str) -> int:
    """How many characters of a piece that begins with ``start`` its group is told by: most pieces
    begin a word.
    """
    return 4 if start.startswith(_SPACE) else 2


class PieceTable:
    """The pieces in ``data``, which ``packed`` made."""

    def __init__(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        numbers, words = _HEAD.unpack_from(view)
        # Of each group: where its numbers begin, and where its words do.
        self._groups = view[_HEAD.size : numbers].cast("I")
        self._numbers = view[numbers:words].cast("I")
        self._words = view[words:]
        self._read: dict[str, dict[str, int]] = {}

    def beside(self, piece: str) -> dict[str, int]:
        """The numbers of all pieces that begin like ``piece``, by their words, and of others."""
        start = piece[: width(piece)]
        found = self._read.get(start)
        if found is None:
            if len(self._read) >= _MOST:
                self._read.clear()
            found = self._read[start] = self._group(_group_of(start))
        return found

    def get(self, piece: str) -> int | None:
        """The number of ``piece``; None where it is none."""
        return self.beside(piece).get(piece)

    def _group(self, group: int) -> dict[str, int]:
        first, begin, last, end = self._groups[2 * group : 2 * group + 4]
        words = bytes(self._words[begin:end]).decode("utf-8").split(_BETWEEN)
        return dict(zip(words, self._numbers[first:last], strict=False))


def packed(words: Mapping[str, int]) -> bytes:
    """``words`` with their numbers, as PieceTable reads them."""
    groups: dict[int, list[str]] = defaultdict(list)
    for word in words:
        groups[_group_of(word[: width(word)])].append(word)
    places, numbers, texts = [0, 0], [], []
    size = 0
    for group in range(_GROUPS):
        found = groups.get(group, [])
        text = _BETWEEN.join(found).encode()
        numbers += [words[word] for word in found]
        texts.append(text)
        size += len(text)
        places += [len(numbers), size]
    table = struct.pack(f"={len(places)}I", *places)
    begin = _HEAD.size + len(table)
    head = _HEAD.pack(begin, begin + 4 * len(numbers))
    return b"".join((head, table, struct.pack(f"={len(numbers)}I", *numbers), *texts))


def _group_of(start: str) -> int:
    return zlib.crc32(start.encode("utf-8", "surrogatepass")) % _GROUPS
