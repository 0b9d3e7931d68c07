"""What a model remembers of conversations beyond those that it holds.

Another one throws a conversation out of the model's memory, so its state is put aside before and
taken back when it goes on: copying takes milliseconds where reading again takes minutes. What
begins alike (a system prompt, an agent's tools, a question that is asked of many texts) is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from edgeroute.local import hardware
from edgeroute.local.hardware import GIB
from edgeroute.local.worker.context import Lane, State

# Reading so few tokens again is not worth a copy.
_FEW: Final = 16
_MOST_BYTES: Final = 2 * GIB
_LEAST_FREE: Final = GIB // 2


def room(memory: int) -> int:
    """The bytes that states may take on a machine with so much memory."""
    return min(_MOST_BYTES, memory // 8)


class SavedStates:
    """States of lanes, the least recently used of which goes first.

    ``room`` is in bytes; ``free`` gives how many the machine has left, 0 unknown.
    """

    def __init__(self, room: int, free: Callable[[], int] = hardware.available_memory) -> None:
        self._room = room
        self._free = free
        self._states: list[State] = []  # the most recently used last
        self._pinned: State | None = None

    def take_up(
        self,
        lane: Lane,
        tokens: Sequence[int],
        *,
        whole: bool = False,
        passing: bool = False,
        beside: Iterable[Lane] = (),
    ) -> int:
        """Have ``lane`` hold the beginning of ``tokens``, as much as is known; how many it is.

        One token at least is left to be read. With ``whole`` only what was read in whole pieces
        counts. What the lane held is put aside unless it was ``passing``, as ``tokens`` may be.
        Lanes ``beside`` it may hold the same beginning.
        """
        usable = tokens[: len(tokens) - 1]

        def known(one: State | Lane) -> int:
            return _shared(one, usable, lane, whole=whole)

        held = known(lane)
        best = max(self._known(), key=known, default=None)
        kept = known(best) if best else 0
        near = max(beside, key=known, default=None) if lane.cuts and not whole else None
        if near is not None and known(near) > max(held, kept) + _FEW:
            self.put_aside(lane)
            found = known(near)
            lane.copy(near, found)
        elif kept <= held + (0 if best is self._pinned else _FEW):
            if len(lane.held) - held > _FEW:
                self.put_aside(lane)
            found = lane.keep(held)
        else:
            assert best is not None
            self.put_aside(lane)
            if best in self._states:
                self._states.remove(best)
            lane.restore(best)
            found = lane.keep(min(kept, len(lane.held)))
            if found < len(best.tokens) - _FEW and best is not self._pinned:
                self._add(best)  # another conversation goes on from its beginning only
        lane.passing = passing
        return found

    def pin(self, lane: Lane) -> None:
        """Keep what ``lane`` holds now, whatever comes: the beginning of questions aside."""
        if self._pinned is None or list(self._pinned.tokens) != lane.held:
            self._pinned = lane.save(self._room)

    def mark(self, lane: Lane) -> None:
        """The prompt is read: where the model cannot go back to it, it is put aside."""
        if not lane.cuts:
            self.put_aside(lane)

    def put_aside(self, lane: Lane) -> None:
        """Keep the state of what ``lane`` holds, if it will be of use."""
        if lane.passing or len(lane.held) <= _FEW:
            return
        free = self._free()
        if free and free < _LEAST_FREE:
            return
        state = lane.save(self._room)
        if state is not None:
            self._add(state)

    def _known(self) -> list[State]:
        return [*([self._pinned] if self._pinned else []), *reversed(self._states)]

    def _add(self, state: State) -> None:
        begins = [one for one in self._states if one.tokens == state.tokens[: len(one.tokens)]]
        for one in begins:  # the longer one knows all that it did
            self._states.remove(one)
        self._states.append(state)
        while sum(one.size for one in self._states) > self._room:
            self._states.pop(0)


def _shared(known: State | Lane, tokens: Sequence[int], lane: Lane, *, whole: bool) -> int:
    """How many tokens ``known`` and ``tokens`` begin with together, for use in ``lane``."""
    held = known.tokens if isinstance(known, State) else known.held
    most = min(len(held), len(tokens), known.whole if whole else len(held))
    count = next((place for place in range(most) if held[place] != tokens[place]), most)
    if not lane.cuts and count < len(held):
        return 0  # its memory is of all that it has read, or of nothing
    return count // lane.piece * lane.piece if whole else count
