"""The beginning of a prompt that is asked again and again, kept ready beside a conversation.

A model holds one conversation in its cache. A short question in between would throw it out, and
would itself be read from its first word each time.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

_MOST_BYTES: Final = 512 * 1024 * 1024  # a conversation that takes more is read anew


class _State(NamedTuple):
    """What the model has read, and its memory of it."""

    tokens: tuple[int, ...]
    data: Any


class KeptPrefix:
    """Keeps the last beginning that was asked for. ``llama`` is llama-cpp-python's model."""

    def __init__(self, llama_cpp: Any, llama: Any) -> None:
        self._llama_cpp = llama_cpp
        self._llama = llama
        self._kept: _State | None = None

    @contextmanager
    def behind(self, prefix: Sequence[int]) -> Iterator[None]:
        """Inside, the model has read ``prefix``; afterwards what it had read before."""
        before = self._state()
        try:
            if self._kept is None or self._kept.tokens != tuple(prefix):
                self._llama.reset()
                self._llama.eval(list(prefix))
                self._kept = self._state()
            else:
                self._take(self._kept)
            yield
        finally:
            self._take(before)

    def _state(self) -> _State | None:
        """The state now; None where there is nothing to keep, or too much."""
        llama, library = self._llama, self._llama_cpp
        size = library.llama_state_seq_get_size(llama.ctx, 0)
        if not llama.n_tokens or size > _MOST_BYTES:
            return None
        data = (ctypes.c_uint8 * size)()
        if library.llama_state_seq_get_data(llama.ctx, data, size, 0) != size:
            return None
        return _State(tuple(llama.input_ids[: llama.n_tokens].tolist()), data)

    def _take(self, state: _State | None) -> None:
        """Go back to ``state``, or to an empty memory."""
        llama, library = self._llama, self._llama_cpp
        llama.reset()
        memory = library.llama_get_memory(llama.ctx)
        library.llama_memory_clear(memory, True)  # noqa: FBT003 - a C function has no keywords
        if state is None:
            return
        if library.llama_state_seq_set_data(llama.ctx, state.data, len(state.data), 0):
            llama.input_ids[: len(state.tokens)] = state.tokens
            llama.n_tokens = len(state.tokens)
            llama._requires_eval = True  # noqa: SLF001 - what stands in its logits is another's
