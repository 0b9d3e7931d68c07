"""One model in memory, and the loop that draws tokens from it."""

from __future__ import annotations

import codecs
import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from edgeroute.core.answer import FinishReason
from edgeroute.core.errors import EdgeRouteError, ErrorKind, LocalModelError
from edgeroute.local import hardware
from edgeroute.local.files.catalogue import Build
from edgeroute.local.worker.context import LANES, Context, GenerationStopped, Lane
from edgeroute.local.worker.pace import Pace
from edgeroute.local.worker.prompt import TURN, Prompt
from edgeroute.local.worker.sampler import Drawing, Sampler
from edgeroute.local.worker.saved_states import SavedStates, room

DEFAULT_OUTPUT_TOKENS: Final = 4_096
_LEAST_ROOM: Final = 8  # tokens of an answer
Top = tuple[tuple[bytes, float], ...]


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
    top: Top = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """Tokens of one answer: the prompt's, those of them found in the cache, and the answer's."""

    prompt: int = 0
    cached: int = 0
    output: int = 0


@dataclass(slots=True, eq=False)
class Run:
    """One answer under way, to be drawn with ``Host.draw``.

    ``top`` asks for log probabilities with that many alternatives. The first ``pinned`` tokens are
    kept for the next question of the kind, and nothing else of it is. Afterwards ``finish`` and
    ``counts`` tell of the answer. The rest is the host's: ``tokens`` grow, those that are read are
    in ``lane``, ``drawn`` is what comes next.
    """

    tokens: list[int]
    drawing: Drawing
    limit: int | None = None
    top: int | None = None
    pinned: int = 0
    finish: FinishReason = "length"
    counts: Counts = field(default_factory=Counts)
    lane: Lane | None = None
    sampler: Sampler | None = None
    drawn: tuple[int, float | None, Top] | None = None
    end: int = 0

    @property
    def waits(self) -> bool:
        """Whether its latest token is to be read before another can be drawn."""
        if self.lane is None or self.drawn is not None or not self.counts.output:
            return False
        return len(self.lane.held) == len(self.tokens) - 1


class Host:
    """``build`` loaded from ``path`` with ``window`` tokens of context.

    ``threads`` of 0 is by measured speed, up to one for each of ``cores``. ``memory`` is that of
    the machine in bytes: a part of it holds the states of other conversations.

    Several answers can be drawn in turn, token by token: those that wait for the model then are
    computed together. ``cramped`` says that one of them finds no room beside the others.
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
        self._states = SavedStates(room(memory or hardware.read_machine().memory))
        self._pace = None if threads else Pace(cores)
        if self._pace is not None:
            self._context.use_threads(self._pace.threads)
        self.cramped = False
        self._running: list[Run] = []  # those in a lane
        self._latest: Run | None = None

    def close(self) -> None:
        """Free the memory. Answers that are under way cannot go on."""
        for run in self._running:
            run.lane = None
        self._running.clear()
        self._context.close()

    def give_way(self) -> None:
        """What was drawn last will not go on for a while: others may have its lane."""
        if self._latest is not None:
            self._leave(self._latest, to_return=True)

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
        """The answer, token by token; None after each piece of the prompt that was read, and while
        there is no room beside others.

        Raises:
            GenerationStopped: ``stop`` said so.
            LocalModelError: the grammar is more than llama.cpp takes.
            RuntimeError: llama.cpp failed; the host is of no more use.
        """
        for token in self._drawn(run):
            self._latest = run
            yield token

    def _drawn(self, run: Run) -> Iterator[Token | None]:
        limit = min(run.limit or DEFAULT_OUTPUT_TOKENS, self.window - len(run.tokens))
        run.counts = Counts(len(run.tokens))
        run.end = len(run.tokens) + limit
        run.sampler = self._sampler(run.drawing)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        try:
            yield from self._read_prompt(run)
            for output in range(1, limit + 1):
                while run.drawn is None:
                    yield from self._read_last(run)
                (number, logprob, top), run.drawn = run.drawn, None
                if self._context.ends(number):
                    run.finish = "stop"
                    break
                run.counts = replace(run.counts, output=output)
                run.tokens.append(number)
                raw = self._context.spell(number)
                yield Token(decoder.decode(raw), raw, logprob, top)
                if self.stop():
                    raise GenerationStopped
        finally:
            self._leave(run)
            run.sampler.close()
        rest = decoder.decode(b"", final=True)
        if rest:
            yield Token(rest, b"")

    def _read_prompt(self, run: Run) -> Iterator[None]:
        """Read what is not known of the prompt, in pieces between which another may be drawn."""
        # A seed repeats an answer: what is computed in other pieces rounds differently.
        lane = yield from self._enter(run, whole=run.drawing.seed is not None)
        run.counts = replace(run.counts, cached=len(lane.held))
        while run.drawn is None:
            lane = yield from self._enter(run)
            known = len(lane.held)
            end = known + lane.piece - known % lane.piece
            if known < run.pinned:
                end = min(end, run.pinned)
            lane.read(run.tokens[known:end], self.stop)
            if len(lane.held) == run.pinned:
                self._states.pin(lane)
            if len(lane.held) == len(run.tokens):
                self._states.mark(lane)
                self._draw_next(run)
            yield None

    def _read_last(self, run: Run) -> Iterator[None]:
        """Read the latest token, and with it those of others that wait, too."""
        if run.lane is None:
            lane = yield from self._enter(run)
            lane.read(run.tokens[len(lane.held) :], self.stop)
            self._draw_next(run)
            return
        started = time.perf_counter()
        together = [one for one in self._running if one.waits]
        self._context.read_together([(one.lane, one.tokens[-1]) for one in together if one.lane])
        seconds = time.perf_counter() - started
        for row, one in enumerate(together):
            self._draw_next(one, row)
        if len(together) == 1 and self._pace is not None and self._pace.took(seconds):
            self._context.use_threads(self._pace.threads)

    def _draw_next(self, run: Run, row: int = -1) -> None:
        """Draw a token now: the next one that is read, of whomever, overwrites what says which."""
        assert run.sampler is not None
        number = run.sampler.draw(row)
        chances = self._chances(number, run.top, row) if run.top is not None else (None, ())
        run.drawn = (number, *chances)

    def _enter(self, run: Run, *, whole: bool = False) -> Generator[None, None, Lane]:
        """The lane of ``run``, which holds the beginning of its tokens."""
        if run.lane is not None:
            return run.lane
        try:
            while not self._has_room(run):
                self.cramped = True
                yield None
        finally:
            self.cramped = False
        lanes = sorted(self._context.lanes, key=lambda lane: not lane.held)
        used = [one.lane for one in self._running]
        lane = run.lane = next(lane for lane in lanes if lane not in used)
        beside = [lane for lane in used if lane is not None]
        passing = run.pinned > 0
        self._states.take_up(lane, run.tokens, whole=whole, passing=passing, beside=beside)
        self._running.append(run)
        return lane

    def _has_room(self, run: Run) -> bool:
        """Whether there is a lane, and enough of the window."""
        if not self._running:
            return True
        taken = sum(one.end for one in self._running)
        return len(self._running) < LANES and taken + run.end <= self.window

    def _leave(self, run: Run, *, to_return: bool = False) -> None:
        """``run`` needs no lane for now. The last one that is held stays as it is."""
        lane, run.lane = run.lane, None
        if lane is None:
            return
        self._running.remove(run)
        if self._running or to_return:
            self._states.put_aside(lane)
            lane.keep(0)

    def _sampler(self, drawing: Drawing) -> Sampler:
        try:
            return Sampler(self._context, self.build.style, drawing)
        except ValueError as error:
            raise LocalModelError(
                "The local model cannot hold its answer to this JSON schema.",
                "Use a simpler schema.",
                kind=ErrorKind.BAD_REQUEST,
            ) from error

    def _chances(self, number: int, top: int, row: int) -> tuple[float, Top]:
        """The log probability of token ``number``, and the ``top`` likeliest."""
        import numpy as np  # noqa: PLC0415

        logits = self._context.logits(row).astype(np.float64)
        logits -= logits.max()
        logits -= math.log(float(np.exp(logits).sum()))
        best: Top = ()
        if top:
            places = np.argpartition(logits, -top)[-top:]
            ordered = sorted(places.tolist(), key=lambda place: -logits[place])
            best = tuple((self._context.spell(place), float(logits[place])) for place in ordered)
        return float(logits[number]), best
