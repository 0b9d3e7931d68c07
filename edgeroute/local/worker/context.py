"""One model in llama.cpp's memory, and the tokens that it has read."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edgeroute.core.errors import LocalModelError
from edgeroute.local.worker import log

# Between two pieces of a prompt an answer can be stopped: small pieces where each takes long.
_PIECE_ON_PROCESSOR: Final = 128
_BATCH: Final = 512


class GenerationStopped(Exception):
    """Nobody waits for the answer any more."""


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Tokens that a model has read, and its memory of them. ``whole`` as in ``Context``."""

    tokens: tuple[int, ...]
    whole: int
    data: Any

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.data)


class Context:
    """The file at ``path`` loaded with ``window`` tokens of context.

    ``held`` are the tokens that the model has read and remembers. The first ``whole`` of them were
    read in pieces that begin and end where those of every prompt do: computing in other pieces
    rounds differently. ``cuts`` says whether the model can forget the end of what it has read.
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
        self._memory = llama_cpp.llama_get_memory(self.pointer)
        self.held: list[int] = []
        self.whole = 0

    def close(self) -> None:
        """Free the memory."""
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

    def logits(self) -> Any:
        """The row of the last token that was read, as it lies in llama.cpp's memory."""
        import numpy as np  # noqa: PLC0415

        row = self.library.llama_get_logits_ith(self.pointer, -1)
        return np.ctypeslib.as_array(row, shape=(self.tokens_known,))

    def keep(self, count: int) -> int:
        """Forget all but the first ``count`` tokens, or all; how many are held then."""
        count = min(count, len(self.held))
        if count and count < len(self.held):
            done = self.library.llama_memory_seq_rm(self._memory, 0, count, -1)
            count = count if done else 0
        if not count:
            self.library.llama_memory_clear(self._memory, True)  # noqa: FBT003
        del self.held[count:]
        self.whole = min(self.whole, count // self.piece * self.piece)
        return count

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
            array = (self.library.llama_token * len(part))(*part)
            failed = self.library.llama_decode(
                self.pointer, self.library.llama_batch_get_one(array, len(part))
            )
            if failed:
                raise RuntimeError(f"llama_decode returned {failed}")
            if len(self.held) == self.whole and len(part) == self.piece:
                self.whole += self.piece
            self.held += part
            place += len(part)

    def save(self, most: int) -> State | None:
        """What is held and the memory of it; None where it is nothing or over ``most`` bytes."""
        size = self.library.llama_state_seq_get_size(self.pointer, 0)
        if not self.held or size > most:
            return None
        data = (ctypes.c_uint8 * size)()
        if self.library.llama_state_seq_get_data(self.pointer, data, size, 0) != size:
            return None
        return State(tuple(self.held), self.whole, data)

    def restore(self, state: State) -> None:
        """Hold what ``state`` holds; nothing where llama.cpp does not take it."""
        self.keep(0)
        if self.library.llama_state_seq_set_data(self.pointer, state.data, state.size, 0):
            self.held, self.whole = list(state.tokens), state.whole
        else:
            self.library.llama_memory_clear(self._memory, True)  # noqa: FBT003


class _NoTemplate:
    """Stands where llama-cpp-python would compile the chat template of a model file."""

    def __init__(self, **_: object) -> None: ...

    def to_chat_handler(self) -> None: ...
