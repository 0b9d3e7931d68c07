"""From a request to the steps of its answer: prompt, grammar, tokens, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from edgeroute.core.answer import FinishReason
from edgeroute.core.errors import ErrorKind, LocalModelError
from edgeroute.core.request import ChatRequest, Tool
from edgeroute.local.worker import grammar
from edgeroute.local.worker.calls import OPEN
from edgeroute.local.worker.host import Counts, Host, Run, Token
from edgeroute.local.worker.output import Meaning, OutputReader, StopWatch, Verbatim
from edgeroute.local.worker.prompt import Prompt, Thinking, write, write_gap
from edgeroute.local.worker.sampler import Drawing

_FREE: Final = frozenset({"auto", "none"})


@dataclass(frozen=True, slots=True)
class Piece:
    """One step of an answer: a token (none at the very end) and what it means so far."""

    token: Token | None
    meanings: tuple[Meaning, ...]


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
    conversations as they are and has its own first turn kept. For ``urgent`` ones somebody waits.
    """

    request: ChatRequest
    thinking: bool = False
    wishes: Mapping[str, Any] = field(default_factory=dict)
    top: int | None = None
    aside: bool = False
    urgent: bool = False


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
    stops = StopWatch(stop)
    for token in host.draw(run):
        if token is None:
            yield None
            continue
        text = stops.feed(token.text)
        yield Piece(token, tuple(reader.feed(text)))
        if stops.found:
            run.finish = "stop"
            break
    rest = tuple(reader.feed(stops.close())) + tuple(reader.close(cut=run.finish == "length"))
    if rest:
        yield Piece(None, rest)
