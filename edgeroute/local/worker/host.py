"""One model in memory, and the loop that draws tokens from it."""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edgeroute.core.answer import FinishReason
from edgeroute.core.errors import EdgeRouteError, ErrorKind, LocalModelError
from edgeroute.core.request import Sampling
from edgeroute.local.files.catalogue import Build, Style
from edgeroute.local.worker import log
from edgeroute.local.worker.kept_prefix import KeptPrefix
from edgeroute.local.worker.prompt import TURN, Prompt

# Between two pieces of a prompt an answer can be stopped: small pieces where each takes long.
_PIECE_ON_PROCESSOR: Final = 64
_BATCH: Final = 512
_DEFAULT_OUTPUT_TOKENS: Final = 4_096
# The publisher's advice for answers without thinking.
_ADVICE: Final[dict[Style, dict[str, float]]] = {
    "qwen2.5": {"temp": 0.7, "top_p": 0.8, "top_k": 20, "min_p": 0.0, "repeat_penalty": 1.05},
    "qwen3": {"temp": 0.7, "top_p": 0.8, "top_k": 20, "min_p": 0.0},
    "qwen3.5": {"temp": 0.7, "top_p": 0.8, "top_k": 20, "min_p": 0.0, "presence_penalty": 1.5},
}


class GenerationStopped(Exception):
    """Nobody waits for the answer any more."""


class ContextTooLong(EdgeRouteError):
    """The prompt does not fit the model's window."""

    http_status = 400
    code = "context_length_exceeded"


@dataclass(frozen=True, slots=True)
class Token:
    """One drawn token. ``top`` holds the likeliest alternatives where they were asked for."""

    text: str
    raw: bytes
    logprob: float | None = None
    top: tuple[tuple[bytes, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """Tokens of one answer: the prompt's, those of them found in the cache, and the answer's."""

    prompt: int = 0
    cached: int = 0
    output: int = 0


class Host:
    """``build`` loaded from ``path`` with ``window`` tokens of context."""

    def __init__(self, build: Build, path: Path, window: int, threads: int) -> None:
        """Load the file, which the caller has found right.

        Raises:
            LocalModelError: llama.cpp cannot load it.
        """
        import llama_cpp  # noqa: PLC0415 - takes long, and only here
        import llama_cpp._logger  # noqa: PLC0415
        import llama_cpp.llama_chat_format  # noqa: PLC0415

        # The template in the file is not even compiled: prompts are written by prompt.py.
        setattr(llama_cpp.llama_chat_format, "Jinja2ChatFormatter", _NoTemplate)  # noqa: B010
        log.trim()
        self.build = build
        self.window = window
        self.stop: Callable[[], bool] = lambda: False
        self.finish: FinishReason = "stop"
        self.counts = Counts()
        self._llama_cpp = llama_cpp
        offload = bool(llama_cpp.llama_supports_gpu_offload())
        piece = _BATCH if offload else _PIECE_ON_PROCESSOR
        try:
            self._llama = _interruptible(llama_cpp, self, piece)(
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
                f"llama.cpp could not load {build.id}.",
                "There may be too little free memory: close other programs, or choose a smaller "
                "model. The file llama.log in EdgeRoute's state folder says more.",
            ) from error

        self._kept = KeptPrefix(llama_cpp, self._llama)
        self._llama.verbose = False
        llama_cpp._logger.set_verbose(False)  # noqa: SLF001

    def use_threads(self, count: int) -> None:
        """Compute with ``count`` threads from now on."""
        self._llama_cpp.llama_set_n_threads(self._llama.ctx, count, count)

    def close(self) -> None:
        """Free the memory."""
        self._llama.close()

    def tokenize(self, text: str, *, control: bool = False) -> list[int]:
        """The tokens of ``text``; control words count as such only with ``control``."""
        data = text.encode("utf-8", "replace")
        tokens: list[int] = self._llama.tokenize(data, add_bos=False, special=control)
        return tokens

    def opening(self, prompt: Prompt) -> int:
        """How many tokens the first turn of ``prompt`` has."""
        first = prompt.segments[:TURN]
        return sum(len(self.tokenize(text, control=control)) for text, control in first)

    def read(self, prompt: Prompt) -> list[int]:
        """The tokens of a prompt.

        Raises:
            ContextTooLong: no room is left for an answer.
        """
        tokens: list[int] = []
        for text, control in prompt.segments:
            tokens += self.tokenize(text, control=control)
        if len(tokens) >= self.window - 8:
            raise ContextTooLong(
                f"The prompt has {len(tokens)} tokens, and {self.build.id} takes {self.window}.",
                "Shorten it, start a new conversation, or choose a model with a larger window.",
            )
        return tokens

    def draw(
        self,
        tokens: Sequence[int],
        sampling: Sampling,
        schema: Mapping[str, object] | None = None,
        top: int | None = None,
        keep: int = 0,
    ) -> Iterator[Token]:
        """The answer, token by token; afterwards ``finish`` and ``counts`` tell of it.

        ``schema`` holds the answer to JSON (any JSON when empty). ``top`` asks for log
        probabilities with that many alternatives. The first ``keep`` tokens are kept for the next
        time, and the conversation that is in the cache stays there.

        Raises:
            Stopped: ``stop`` said so.
            RuntimeError: llama.cpp failed; the host is of no more use.
        """
        aside = self._kept.behind(tokens[:keep]) if keep else nullcontext()
        with aside:
            yield from self._draw(tokens, sampling, schema, top)

    def _draw(
        self,
        tokens: Sequence[int],
        sampling: Sampling,
        schema: Mapping[str, object] | None,
        top: int | None,
    ) -> Iterator[Token]:
        limit = min(sampling.max_output_tokens or _DEFAULT_OUTPUT_TOKENS, self.window - len(tokens))
        options = self._options(sampling, schema)
        cached = self._common_prefix(tokens)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.finish = "length"
        self.counts = Counts(len(tokens), cached)
        drawing = self._llama.generate(list(tokens), **options)
        output = 0
        try:
            for number in drawing:
                if self._llama_cpp.llama_vocab_is_eog(self._llama._model.vocab, number):  # noqa: SLF001
                    self.finish = "stop"
                    break
                output += 1
                self.counts = Counts(len(tokens), cached, output)
                raw: bytes = self._llama.detokenize([number], special=True)
                chances = self._chances(number, top) if top is not None else (None, ())
                yield Token(decoder.decode(raw), raw, *chances)
                if self.stop():
                    raise GenerationStopped
                if output >= limit:
                    break
        finally:
            drawing.close()
        rest = decoder.decode(b"", final=True)
        if rest:
            yield Token(rest, b"")

    def _options(self, sampling: Sampling, schema: Mapping[str, object] | None) -> dict[str, Any]:
        options: dict[str, Any] = dict(_ADVICE[self.build.style])
        options["top_k"] = int(options["top_k"])
        if sampling.temperature is not None:
            options["temp"] = max(0.0, sampling.temperature)
        if sampling.top_p is not None:
            options["top_p"] = sampling.top_p
        if schema is not None:
            options["grammar"] = self._grammar(schema)
        default_seed = self._llama_cpp.LLAMA_DEFAULT_SEED
        seed = default_seed if sampling.seed is None else sampling.seed & 0x7FFFFFFF
        self._llama.set_seed(seed)
        return options

    def _grammar(self, schema: Mapping[str, object]) -> Any:
        from llama_cpp import llama_grammar  # noqa: PLC0415

        try:
            text = (
                llama_grammar.json_schema_to_gbnf(json.dumps(schema))
                if schema
                else llama_grammar.JSON_GBNF
            )
            return llama_grammar.LlamaGrammar.from_string(text, verbose=False)
        except Exception as error:
            raise LocalModelError(
                "The local model cannot hold its answer to this JSON schema.",
                "Use a simpler schema.",
                kind=ErrorKind.BAD_REQUEST,
            ) from error

    def _common_prefix(self, tokens: Sequence[int]) -> int:
        held = self._llama.input_ids[: self._llama.n_tokens].tolist()
        for place, (one, other) in enumerate(zip(held, tokens, strict=False)):
            if one != other:
                return place
        return min(len(held), len(tokens))

    def _chances(self, number: int, top: int) -> tuple[float, tuple[tuple[bytes, float], ...]]:
        """The log probability of token ``number``, and the ``top`` likeliest."""
        import numpy as np  # noqa: PLC0415

        row = self._llama_cpp.llama_get_logits_ith(self._llama.ctx, -1)
        logits = np.ctypeslib.as_array(row, shape=(self._llama.n_vocab(),)).astype(np.float64)
        logits -= logits.max()
        logits -= math.log(float(np.exp(logits).sum()))
        best: tuple[tuple[bytes, float], ...] = ()
        if top:
            places = np.argpartition(logits, -top)[-top:]
            ordered = sorted(places.tolist(), key=lambda place: -logits[place])
            best = tuple(
                (self._llama.detokenize([place], special=True), float(logits[place]))
                for place in ordered
            )
        return float(logits[number]), best


class _NoTemplate:
    """Stands where llama-cpp-python would compile the chat template of a model file."""

    def __init__(self, **_: object) -> None: ...

    def to_chat_handler(self) -> None: ...


def _interruptible(llama_cpp: Any, host: Host, piece: int) -> Any:
    """llama-cpp-python's class, reading a prompt in pieces between which it can be stopped."""

    class Interruptible(llama_cpp.Llama):  # type: ignore[misc]
        def eval(self, tokens: Sequence[int]) -> None:
            for start in range(0, len(tokens), piece):
                if host.stop():
                    raise GenerationStopped
                super().eval(tokens[start : start + piece])

    return Interruptible
