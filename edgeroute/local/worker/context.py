"""One model in llama.cpp's memory, and the tokens that it has read: several texts side by side."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edgeroute.core.errors import LocalModelError
from edgeroute.local.worker import log

# Between two pieces of a prompt an answer can be stopped: small pieces where each takes long.
_PIECE_ON_PROCESSOR: Final = 128
_BATCH: Final = 512
# So many texts are read side by side. Four tokens together take hardly more than twice the time of
# one, since the model itself is read from memory once.
LANES: Final = 4


class GenerationStopped(Exception):
    """Nobody waits for the answer any more."""


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Tokens that a model has read, and its memory of them. ``whole`` as in ``Lane``."""

    tokens: tuple[int, ...]
    whole: int
    data: Any

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.data)


class Context:
    """The file at ``path`` loaded with ``window`` tokens of context, which ``lanes`` share.

    ``cuts`` says whether the model can forget the end of what it has read.
    """

    def __init__(self, name: str, path: Path, window: int, threads: int) -> None:
        """Load the file, which the caller has found right. ``name`` is for people.

        Raises:
            LocalModelError: llama.cpp cannot load it.
        """
        import llama_cpp  # noqa: PLC0415 - takes long, and only here
        import llama_cpp._logger  # noqa: PLC0415
        import llama_cpp.llama_chat_format  # noqa: PLC0415

        # The template in the file is not even compiled: prompts are written by prompt.py.
        setattr(llama_cpp.llama_chat_format, "Jinja2ChatFormatter", _NoTemplate)  # noqa: B010
        log.trim()
        self.library: Any = llama_cpp
        self._threads = threads
        offload = bool(llama_cpp.llama_supports_gpu_offload())
        self.piece = _BATCH if offload else _PIECE_ON_PROCESSOR
        try:
            with _side_by_side(llama_cpp.llama_cpp):
                self._llama = llama_cpp.Llama(
                    model_path=str(path),
                    n_ctx=window,
                    n_batch=_BATCH,
                    n_threads=threads,
                    n_threads_batch=threads,
                    n_gpu_layers=-1 if offload else 0,
                    # Otherwise what llama.cpp says of a failure would be thrown away.
                    verbose=True,
                )
        except (ValueError, RuntimeError, OSError, MemoryError) as error:
            raise LocalModelError(
                f"llama.cpp could not load {name}.",
                "There may be too little free memory: close other programs, or choose a smaller "
                "model. The file llama.log in EdgeRoute's state folder says more.",
            ) from error
        self._llama.verbose = False
        llama_cpp._logger.set_verbose(False)  # noqa: SLF001
        self.pointer = self._llama.ctx
        self.vocabulary = self._llama._model.vocab  # noqa: SLF001
        self.tokens_known: int = self._llama.n_vocab()
        model = self._llama._model.model  # noqa: SLF001
        whole_only = (llama_cpp.llama_model_is_recurrent, llama_cpp.llama_model_is_hybrid)
        self.cuts = not any(asked(model) for asked in whole_only)
        self.memory = llama_cpp.llama_get_memory(self.pointer)
        self._batch = llama_cpp.llama_batch_init(LANES, 0, 1)
        self.lanes = tuple(Lane(self, number) for number in range(LANES))

    def close(self) -> None:
        """Free the memory."""
        self.library.llama_batch_free(self._batch)
        self._llama.close()

    def use_threads(self, count: int) -> None:
        """Draw with ``count`` threads from now on; prompts are read with all.

        Many tokens at once give each thread more to do between two meetings.
        """
        self.library.llama_set_n_threads(self.pointer, count, self._threads)

    def tokenize(self, text: str, *, control: bool = False) -> list[int]:
        """The tokens of ``text``; control words count as such only with ``control``."""
        data = text.encode("utf-8", "replace")
        tokens: list[int] = self._llama.tokenize(data, add_bos=False, special=control)
        return tokens

    def spell(self, token: int) -> bytes:
        """The bytes that ``token`` stands for."""
        buffer = ctypes.create_string_buffer(64)
        size = self.library.llama_token_to_piece(self.vocabulary, token, buffer, 64, 0, True)  # noqa: FBT003
        if size < 0:
            buffer = ctypes.create_string_buffer(-size)
            size = self.library.llama_token_to_piece(
                self.vocabulary,
                token,
                buffer,
                -size,
                0,
                True,  # noqa: FBT003 - a C function has no keywords
            )
        return buffer.raw[:size]

    def ends(self, token: int) -> bool:
        """Whether ``token`` says that the answer is over."""
        return bool(self.library.llama_vocab_is_eog(self.vocabulary, token))

    def logits(self, row: int = -1) -> Any:
        """The row of one of the tokens that were read together, as it lies in llama.cpp's memory:
        the next reading overwrites it.
        """
        import numpy as np  # noqa: PLC0415

        found = self.library.llama_get_logits_ith(self.pointer, row)
        return np.ctypeslib.as_array(found, shape=(self.tokens_known,))

    def read_together(self, tokens: Sequence[tuple[Lane, int]]) -> None:
        """Read one token more in each of some lanes.

        Raises:
            RuntimeError: llama.cpp failed; the context is of no more use.
        """
        batch = self._batch
        batch.n_tokens = len(tokens)
        for row, (lane, token) in enumerate(tokens):
            batch.token[row], batch.pos[row] = token, len(lane.held)
            batch.n_seq_id[row], batch.seq_id[row][0] = 1, lane.number
            batch.logits[row] = True
        self.decode(batch)
        for lane, token in tokens:
            lane.note((token,))

    def decode(self, batch: Any) -> None:
        """Have llama.cpp compute ``batch``.

        Raises:
            RuntimeError: it failed.
        """
        failed = self.library.llama_decode(self.pointer, batch)
        if failed:
            raise RuntimeError(f"llama_decode returned {failed}")


class Lane:
    """One text in the memory of ``context``.

    ``held`` are the tokens that the model has read and remembers. The first ``whole`` of them were
    read in pieces that begin and end where those of every prompt do, with nothing beside them:
    computing otherwise rounds differently. What is ``passing`` will not be asked for again.
    """

    def __init__(self, context: Context, number: int) -> None:
        self.number = number
        self.piece = context.piece
        self.cuts = context.cuts
        self.passing = False
        self.held: list[int] = []
        self.whole = 0
        self._context = context
        self._library = context.library
        self._clean = True  # the memory is as if there were this lane only

    def keep(self, count: int) -> int:
        """Forget all but the first ``count`` tokens, or all; how many are held then."""
        count = min(count, len(self.held))
        if count and count < len(self.held):
            done = self._library.llama_memory_seq_rm(self._context.memory, self.number, count, -1)
            count = count if done else 0
        if not count:
            self._clear()
        del self.held[count:]
        self.whole = min(self.whole, count // self.piece * self.piece)
        self._clean = self._alone and (self._clean or len(self.held) <= self.whole)
        return count

    def _clear(self) -> None:
        if self._alone:
            self._library.llama_memory_clear(self._context.memory, True)  # noqa: FBT003
        elif self.held:
            self._library.llama_memory_seq_rm(self._context.memory, self.number, -1, -1)

    @property
    def _alone(self) -> bool:
        return not any(lane.held for lane in self._context.lanes if lane is not self)

    def read(self, tokens: Sequence[int], stop: Callable[[], bool] = lambda: False) -> None:
        """Read ``tokens`` behind those that are held, piece by piece.

        Raises:
            GenerationStopped: ``stop`` said so between two pieces; what was read is held.
            RuntimeError: llama.cpp failed; the context is of no more use.
        """
        place = 0
        while place < len(tokens):
            if stop():
                raise GenerationStopped
            size = self.piece - len(self.held) % self.piece
            part = tokens[place : place + size]
            batch = self._library.llama_batch_init(len(part), 0, 1)
            try:
                batch.n_tokens = len(part)
                for row, token in enumerate(part):
                    batch.token[row], batch.pos[row] = token, len(self.held) + row
                    batch.n_seq_id[row], batch.seq_id[row][0] = 1, self.number
                    batch.logits[row] = row == len(part) - 1
                self._context.decode(batch)
            finally:
                self._library.llama_batch_free(batch)
            self.note(part)
            place += len(part)

    def note(self, tokens: Sequence[int]) -> None:
        """``tokens`` have been read."""
        if not self._alone:
            for lane in self._context.lanes:
                lane.mix()
        if self._clean and len(self.held) == self.whole and len(tokens) == self.piece:
            self.whole += self.piece
        self.held += tokens

    def mix(self) -> None:
        """What is read from now on has something beside it."""
        self._clean = False

    def copy(self, other: Lane, count: int) -> None:
        """Hold the first ``count`` tokens of ``other``, too, at no cost."""
        self.keep(0)
        self._library.llama_memory_seq_cp(self._context.memory, other.number, self.number, 0, count)
        self.held, self._clean = other.held[:count], False

    def save(self, most: int) -> State | None:
        """What is held and the memory of it; None where it is nothing or over ``most`` bytes."""
        size = self._library.llama_state_seq_get_size(self._context.pointer, self.number)
        if not self.held or size > most:
            return None
        data = (ctypes.c_uint8 * size)()
        got = self._library.llama_state_seq_get_data(self._context.pointer, data, size, self.number)
        return State(tuple(self.held), self.whole, data) if got == size else None

    def restore(self, state: State) -> None:
        """Hold what ``state`` holds; nothing where llama.cpp does not take it."""
        self.keep(0)
        if self._library.llama_state_seq_set_data(
            self._context.pointer, state.data, state.size, self.number
        ):
            self.held, self.whole = list(state.tokens), state.whole
        else:
            self._clear()


@contextmanager
def _side_by_side(library: Any) -> Iterator[None]:
    """Contexts that are made inside hold several texts, which share the window."""
    usual = library.llama_context_default_params

    def made() -> Any:
        parameters = usual()
        parameters.n_seq_max, parameters.kv_unified = LANES, True
        return parameters

    library.llama_context_default_params = made
    try:
        yield
    finally:
        library.llama_context_default_params = usual


class _NoTemplate:
    """Stands where llama-cpp-python would compile the chat template of a model file."""

    def __init__(self, **_: object) -> None: ...

    def to_chat_handler(self) -> None: ...
