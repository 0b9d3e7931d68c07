"""What a model remembers of several conversations, though it holds one at a time.

Another one throws it out of the model's memory, so its state is put aside before and taken back
when it goes on: copying takes milliseconds where reading again takes minutes. What begins alike (a
system prompt, an agent's tools, a question that is asked of many texts) is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from edgeroute.local import hardware
from edgeroute.local.hardware import GIB
from edgeroute.local.worker.context import Context, State

# Reading so few tokens again is not worth a copy.
_FEW: Final = 16
_MOST_BYTES: Final = 2 * GIB
_LEAST_FREE: Final = GIB // 2


def room(memory: int) -> int:
    """The bytes that states may take on a machine with so much memory."""
    return min(_MOST_BYTES, memory // 8)


class SavedStates:
    """The states of ``context``, the least recently used of which goes first.

    ``room`` is in bytes; ``free`` gives how many the machine has left, 0 unknown.
    """

    def __init__(
        self, context: Context, room: int, free: Callable[[], int] = hardware.available_memory
    ) -> None:
        self._context = context
        self._room = room
        self._free = free
        self._states: list[State] = []  # the most recently used last
        self._pinned: State | None = None
        # A question aside is not taken up again: nothing of it is put aside.
        self._passing = False

    def take_up(self, tokens: Sequence[int], *, whole: bool = False, passing: bool = False) -> int:
        """Have the context hold the beginning of ``tokens``, as much as is known; how many it is.

        One token at least is left to be read. With ``whole`` only what was read in whole pieces
        counts. What the context held is put aside unless it was ``passing``.
        """
        usable = tokens[: len(tokens) - 1]
        held = self._shared(self._context.held, self._context.whole, usable, whole=whole)
        best = max(
            self._known(), key=lambda one: self._common(one, usable, whole=whole), default=None
        )
        kept = self._common(best, usable, whole=whole) if best else 0
        if kept <= held + (0 if best is self._pinned else _FEW):
            if len(self._context.held) - held > _FEW:
                self._put_aside()
            found = self._context.keep(held)
        else:
            assert best is not None
            self._put_aside()
            if best in self._states:
                self._states.remove(best)
            self._context.restore(best)
            found = self._context.keep(min(kept, len(self._context.held)))
            if found < len(best.tokens) - _FEW and best is not self._pinned:
                self._add(best)  # another conversation goes on from its beginning only
        self._passing = passing
        return found

    def pin(self) -> None:
        """Keep what the context holds now, whatever comes: the beginning of questions aside."""
        if self._pinned is None or list(self._pinned.tokens) != self._context.held:
            self._pinned = self._context.save(self._room)

    def mark(self) -> None:
        """The prompt is read: where the model cannot go back to it, it is put aside."""
        if not self._context.cuts:
            self._put_aside()

    def _known(self) -> list[State]:
        return [*([self._pinned] if self._pinned else []), *reversed(self._states)]

    def _common(self, state: State, tokens: Sequence[int], *, whole: bool) -> int:
        return self._shared(state.tokens, state.whole, tokens, whole=whole)

    def _shared(
        self, held: Sequence[int], in_pieces: int, tokens: Sequence[int], *, whole: bool
    ) -> int:
        """How many tokens ``held`` and ``tokens`` begin with together."""
        most = min(len(held), len(tokens), in_pieces if whole else len(held))
        count = next((place for place in range(most) if held[place] != tokens[place]), most)
        if not self._context.cuts and count < len(held):
            return 0  # its memory is of all that it has read, or of nothing
        return count // self._context.piece * self._context.piece if whole else count

    def _put_aside(self) -> None:
        """Keep the state of what the context holds, if it will be of use."""
        if self._passing or len(self._context.held) <= _FEW:
            return
        free = self._free()
        if free and free < _LEAST_FREE:
            return
        state = self._context.save(self._room)
        if state is not None:
            self._add(state)

    def _add(self, state: State) -> None:
        begins = [one for one in self._states if one.tokens == state.tokens[: len(one.tokens)]]
        for one in begins:  # the longer one knows all that it did
            self._states.remove(one)
        self._states.append(state)
        while sum(one.size for one in self._states) > self._room:
            self._states.pop(0)
