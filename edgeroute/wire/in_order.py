"""The pieces of an answer for formats in which one block ends before the next begins."""

from __future__ import annotations

from collections.abc import Iterator

from edgeroute.core.events import ReasoningDelta, TextDelta, ToolCallDelta
from edgeroute.wire.errors import WireError
from edgeroute.wire.json_data import load

Said = TextDelta | ReasoningDelta | ToolCallDelta


class InOrder:
    """Hands on one call after the other, each in one go.

    Some models write several calls at once, in turns. What comes while a call is not yet whole
    waits for its end; a call's pieces wait for those before it.
    """

    def __init__(self) -> None:
        self._call = -1
        self._arguments = ""
        self._waiting: list[Said] = []

    def feed(self, piece: Said) -> Iterator[Said]:
        """What can be told now that ``piece`` has come."""
        mine = isinstance(piece, ToolCallDelta) and piece.index == self._call
        if not mine and self._call >= 0 and not self._whole():
            self._waiting.append(piece)
            return
        if isinstance(piece, ToolCallDelta):
            self._arguments = (self._arguments if mine else "") + piece.arguments
            self._call = piece.index
        elif not mine:
            self._call = -1
        yield piece
        if self._waiting and self._whole():
            yield from self._again()

    def close(self) -> Iterator[Said]:
        """All that still waits: nothing more comes of any call."""
        while self._waiting:
            self._call = -1
            yield from self._again()

    def _again(self) -> Iterator[Said]:
        """What has waited, in turn; the pieces of the first call in it together."""
        first, *others = self._waiting
        self._waiting = []
        number = first.index if isinstance(first, ToolCallDelta) else None
        together, rest = [first], list[Said]()
        for piece in others:
            mine = isinstance(piece, ToolCallDelta) and piece.index == number
            (together if mine else rest).append(piece)
        for piece in (*together, *rest):
            yield from self.feed(piece)

    def _whole(self) -> bool:
        """Whether the call's arguments are whole."""
        if not self._arguments.rstrip().endswith("}"):
            return False
        try:
            load(self._arguments)
        except WireError:
            return False
        return True
