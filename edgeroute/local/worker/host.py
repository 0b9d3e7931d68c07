"""One model in memory, and the loop that draws tokens from it."""

from __future__ import annotations

import codecs
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from edgeroute.core.answer import FinishReason
from edgeroute.core.errors import EdgeRouteError, ErrorKind, LocalModelError
from edgeroute.local import hardware
from edgeroute.local.files.catalogue import Build
from edgeroute.local.worker.context import Context, GenerationStopped
from edgeroute.local.worker.pace import Pace
from edgeroute.local.worker.prompt import TURN, Prompt
from edgeroute.local.worker.sampler import Drawing, Sampler
from edgeroute.local.worker.saved_states import SavedStates, room

DEFAULT_OUTPUT_TOKENS: Final = 4_096
_LEAST_ROOM: Final = 8  # tokens of an answer


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


@dataclass(slots=True)
class Run:
    """One answer under way, to be drawn with ``Host.draw``.

    ``top`` asks for log probabilities with that many alternatives. The first ``pinned`` tokens are
    kept for the next question of the kind, and nothing else of it is. Afterwards ``finish`` and
    ``counts`` tell of the answer.
    """

    tokens: Sequence[int]
    drawing: Drawing
    limit: int | None = None
    top: int | None = None
    pinned: int = 0
    finish: FinishReason = "length"
    counts: Counts = field(default_factory=Counts)


class Host:
    """``build`` loaded from ``path`` with ``window`` tokens of context.

    ``threads`` of 0 is by measured speed, up to one for each of ``cores``. ``memory`` is that of
    the machine in bytes: a part of it holds the states of other conversations.
    """

    def __init__(
        self,
        build: Build,
        path: Path,
        window: int,
        threads: int,
        *,
        cores: int = 1,
        memory: int = 0,
    ) -> None:
        """Load the file, which the caller has found right.

        Raises:
            LocalModelError: llama.cpp cannot load it.
        """
        self.build = build
        self.window = window
        self.stop: Callable[[], bool] = lambda: False
        self._context = Context(build.id, path, window, threads or cores)
        self._states = SavedStates(self._context, room(memory or hardware.read_machine().memory))
        self._pace = None if threads else Pace(cores)
        if self._pace is not None:
            self._context.use_threads(self._pace.threads)
        self._running: Run | None = None  # whose tokens the context holds

    def close(self) -> None:
        """Free the memory."""
        self._context.close()

    def opening(self, prompt: Prompt) -> int:
        """How many tokens the first turn of ``prompt`` has."""
        first = prompt.segments[:TURN]
        return sum(len(self._context.tokenize(text, control=control)) for text, control in first)

    def control_token(self, word: str) -> int | None:
        """The token of a control word; None where the model has none of its own for it."""
        tokens = self._context.tokenize(word, control=True)
        return tokens[0] if len(tokens) == 1 else None

    def read(self, prompt: Prompt) -> list[int]:
        """The tokens of a prompt.

        Raises:
            ContextTooLong: no room is left for an answer.
        """
        tokens: list[int] = []
        for text, control in prompt.segments:
            tokens += self._context.tokenize(text, control=control)
        if len(tokens) >= self.window - _LEAST_ROOM:
            raise ContextTooLong(
                f"The prompt has {len(tokens)} tokens, and {self.build.id} takes {self.window}.",
                "Shorten it, start a new conversation, or choose a model with a larger window"
                " (local.context_tokens sets more where there is memory for it).",
            )
        return tokens

    def draw(self, run: Run) -> Iterator[Token | None]:
        """The answer, token by token; None after each piece of the prompt that was read.

        Several may be drawn in turn: each takes its own place in the model's memory up again.

        Raises:
            GenerationStopped: ``stop`` said so.
            LocalModelError: the grammar is more than llama.cpp takes.
            RuntimeError: llama.cpp failed; the host is of no more use.
        """
        limit = min(run.limit or DEFAULT_OUTPUT_TOKENS, self.window - len(run.tokens))
        run.counts = Counts(len(run.tokens))
        held = list(run.tokens)
        yield from self._read_prompt(run, held)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        sampler = self._sampler(run.drawing)
        try:
            for output in range(1, limit + 1):
                if self._running is not run:
                    self._take_up(run, held)
                    self._context.read(held[len(self._context.held) :], self.stop)
                number = sampler.draw()
                if self._context.ends(number):
                    run.finish = "stop"
                    break
                run.counts = replace(run.counts, output=output)
                raw = self._context.spell(number)
                chances = self._chances(number, run.top) if run.top is not None else (None, ())
                yield Token(decoder.decode(raw), raw, *chances)
                if self.stop():
                    raise GenerationStopped
                held.append(number)
                if output < limit and self._running is run:
                    self._read_one(number)
        finally:
            sampler.close()
        rest = decoder.decode(b"", final=True)
        if rest:
            yield Token(rest, b"")

    def _read_prompt(self, run: Run, tokens: list[int]) -> Iterator[None]:
        """Read what is not known of the prompt, in pieces between which another may be drawn."""
        # A seed repeats an answer: what is computed in other pieces rounds differently.
        cached = self._take_up(run, tokens, whole=run.drawing.seed is not None)
        run.counts = replace(run.counts, cached=cached)
        while len(self._context.held) < len(tokens) or self._running is not run:
            if self._running is not run:
                self._take_up(run, tokens)
            known = len(self._context.held)
            end = known + self._context.piece - known % self._context.piece
            if known < run.pinned:
                end = min(end, run.pinned)
            self._context.read(tokens[known:end], self.stop)
            if len(self._context.held) == run.pinned:
                self._states.pin()
            yield None
        self._states.mark()

    def _take_up(self, run: Run, tokens: list[int], *, whole: bool = False) -> int:
        """Have the context hold the beginning of ``tokens``; how many it is."""
        found = self._states.take_up(tokens, whole=whole, passing=run.pinned > 0)
        self._running = run
        return found

    def _read_one(self, number: int) -> None:
        started = time.perf_counter()
        self._context.read((number,))
        if self._pace is not None and self._pace.took(time.perf_counter() - started):
            self._context.use_threads(self._pace.threads)

    def _sampler(self, drawing: Drawing) -> Sampler:
        try:
            return Sampler(self._context, self.build.style, drawing)
        except ValueError as error:
            raise LocalModelError(
                "The local model cannot hold its answer to this JSON schema.",
                "Use a simpler schema.",
                kind=ErrorKind.BAD_REQUEST,
            ) from error

    def _chances(self, number: int, top: int) -> tuple[float, tuple[tuple[bytes, float], ...]]:
        """The log probability of token ``number``, and the ``top`` likeliest."""
        import numpy as np  # noqa: PLC0415

        logits = self._context.logits().astype(np.float64)
        logits -= logits.max()
        logits -= math.log(float(np.exp(logits).sum()))
        best: tuple[tuple[bytes, float], ...] = ()
        if top:
            places = np.argpartition(logits, -top)[-top:]
            ordered = sorted(places.tolist(), key=lambda place: -logits[place])
            best = tuple((self._context.spell(place), float(logits[place])) for place in ordered)
        return float(logits[number]), best
