"""From a request to the steps of its answer: prompt, grammar, tokens, and what they mean."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Final

from edgeroute.core.answer import FinishReason
from edgeroute.core.errors import ErrorKind, LocalModelError
from edgeroute.core.events import ReasoningDelta, TextDelta, ToolCallDelta
from edgeroute.core.request import ChatRequest, Tool
from edgeroute.local.worker import grammar
from edgeroute.local.worker.calls import OPEN
from edgeroute.local.worker.host import Counts, Host, Run, Token
from edgeroute.local.worker.output import Meaning, OutputReader, StopWatch, Verbatim
from edgeroute.local.worker.prompt import Prompt, Thinking, write, write_gap
from edgeroute.local.worker.sampler import Drawing

_FREE: Final = frozenset({"auto", "none"})
# Whoever reads an answer as it grows sees no difference, and each piece takes the processor from
# the model: the worker, the front door and the screen handle it.
_TOGETHER_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Piece:
    """One step of an answer: its last token (none at the very end) and what is new by it.

    ``thoughts`` are the tokens of it that no caller is shown as text.
    """

    token: Token | None
    meanings: tuple[Meaning, ...]
    thoughts: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """The last step: why, and how many tokens."""

    finish: FinishReason
    counts: Counts


@dataclass(frozen=True, slots=True)
class Waits:
    """Nothing has begun yet: how many are ahead, and about how many seconds they take."""

    ahead: int
    seconds: float


Step = Piece | Ended | Waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request to the worker.

    ``wishes`` are further words on how tokens are drawn, by the names of ``Drawing``. ``top`` asks
    for log probabilities with that many alternatives. What is asked ``aside`` leaves the
    conversations as they are and has its own first turn kept. For ``urgent`` ones somebody waits,
    and nobody else could answer ``private`` ones. ``deadline`` are the seconds that one may wait
    for its turn, 0 as long as all may.
    """

    request: ChatRequest
    thinking: bool = False
    wishes: Mapping[str, Any] = field(default_factory=dict)
    top: int | None = None
    aside: bool = False
    urgent: bool = False
    private: bool = False
    deadline: float = 0.0


def steps_of(host: Host, asked: Asked) -> Iterator[Step | None]:
    """The steps of the answer; None where nothing can be told yet but others could have a turn.

    Raises:
        EdgeRouteError: the prompt is too long, a schema cannot be held, a demanded call did not
            come.
    """
    if asked.request.fill:
        return _filling(host, asked)
    return _answering(host, asked)


def _answering(host: Host, asked: Asked) -> Iterator[Step | None]:
    request, style = asked.request, host.build.style
    tools = request.tools if request.tool_choice != "none" else ()
    forced = bool(tools) and request.tool_choice not in _FREE
    mode: Thinking = "never"
    if host.build.thinking == "switchable":
        # A grammar holds from the first word on: there is no room for thoughts before it.
        held = forced or request.response_format is not None
        mode = "on" if asked.thinking and not held else "off"
    prompt = write(request, style, mode)
    run = Run(
        host.read(prompt),
        Drawing.of(request.sampling, asked.wishes, **_held(host, request, tools, prompt)),
        limit=request.sampling.max_output_tokens,
        top=asked.top,
        pinned=host.opening(prompt) if asked.aside else 0,
    )
    reader = OutputReader(tools, thinking=prompt.thinking, bare=style == "qwen2.5")
    list(reader.feed(prompt.opening))
    yield from _told(host, run, reader, request.sampling.stop)
    if forced and not reader.calls:
        raise LocalModelError(
            "The local model called no tool, although a call was demanded: its answer ended.",
            "Ask again, or allow more tokens.",
        )
    yield Ended("tool_calls" if reader.calls else run.finish, run.counts)


def _held(
    host: Host, request: ChatRequest, tools: Sequence[Tool], prompt: Prompt
) -> dict[str, Any]:
    """The grammar that the answer is held to, and from which token on."""
    schema, choice, style = request.response_format, request.tool_choice, host.build.style
    several = request.parallel_tool_calls is not False
    if not tools:
        return {} if schema is None else {"grammar": grammar.of_schema(schema)}
    if choice in _FREE and schema is not None:
        return {"grammar": grammar.of_calls(tools, style, several=several, answer=schema)}
    if choice in _FREE:
        begin = host.control_token(OPEN)
        if begin is None:
            return {}
        return {"grammar": grammar.of_calls(tools, style, several=several), "trigger": begin}
    named = tools if choice == "required" else [tool for tool in tools if tool.name == choice]
    if not named:
        raise LocalModelError(
            "tool_choice names a tool that is not among the tools.",
            "Name one of them.",
            kind=ErrorKind.BAD_REQUEST,
        )
    several = several and choice == "required"
    return {"grammar": grammar.of_calls(named, style, several=several, begun=prompt.opening)}


def _filling(host: Host, asked: Asked) -> Iterator[Step | None]:
    """What belongs between two texts, as it is; the likeliest, unless the caller says otherwise."""
    sampling = asked.request.sampling
    if sampling.temperature is None:
        sampling = replace(sampling, temperature=0.0)
    run = Run(
        host.read(write_gap(asked.request)),
        Drawing.of(sampling, asked.wishes),
        limit=sampling.max_output_tokens,
        top=asked.top,
    )
    yield from _told(host, run, Verbatim(), sampling.stop)
    yield Ended(run.finish, run.counts)


def _told(
    host: Host, run: Run, reader: OutputReader | Verbatim, stop: tuple[str, ...]
) -> Iterator[Piece | None]:
    stops, gatherer = StopWatch(stop), PieceGatherer(alone=run.top is not None)
    for token in host.draw(run):
        if token is None:
            yield None
            continue
        yield gatherer.add(token, reader.feed(stops.feed(token.text)))
        if stops.found:
            run.finish = "stop"
            break
    gatherer.note(reader.feed(stops.close()))
    gatherer.note(reader.close(cut=run.finish == "length"))
    yield gatherer.rest()


class PieceGatherer:
    """Gathers what tokens mean until it is worth a piece; with ``alone`` each of them is."""

    def __init__(self, *, alone: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = 0.0 if alone else _TOGETHER_SECONDS
        self._clock = clock
        self._told = -_TOGETHER_SECONDS
        self._meanings: list[Meaning] = []
        self._thoughts = 0

    def add(self, token: Token, meanings: Iterable[Meaning]) -> Piece | None:
        """The next piece, if it is time for one."""
        self.note(meanings)
        now = self._clock()
        if now - self._told < self._seconds:
            return None
        self._told = now
        return self._piece(token)

    def note(self, meanings: Iterable[Meaning]) -> None:
        """Gather what one more token means."""
        found = list(meanings)
        self._thoughts += any(isinstance(one, ReasoningDelta) for one in found)
        self._meanings += found

    def rest(self) -> Piece | None:
        """What is left at the end."""
        return self._piece(None) if self._meanings else None

    def _piece(self, token: Token | None) -> Piece:
        piece = Piece(token, tuple(_joined(self._meanings)), self._thoughts)
        self._meanings, self._thoughts = [], 0
        return piece


def _joined(meanings: Iterable[Meaning]) -> Iterator[Meaning]:
    """``meanings``, those of one kind that follow each other as one."""
    for kind, some in groupby(meanings, type):
        if kind is ToolCallDelta:
            yield from some
            continue
        text = "".join(one.text for one in some if not isinstance(one, ToolCallDelta))
        yield ReasoningDelta(text) if kind is ReasoningDelta else TextDelta(text)
