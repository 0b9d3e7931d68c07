"""The signals of a request: task, complexity, size, language, agent, each with its origin.

The caller's own word comes first, then the structure of the request (tools, images, holes in code),
then the text. Nothing here opens a file of the user or leaves the process.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, Protocol, cast

import msgspec

from edgeroute.core.messages import File, Image, Message, Text, ToolCall, ToolResult
from edgeroute.core.request import ChatRequest
from edgeroute.core.signals import TASKS, Complexity, Signal, Signals, Task
from edgeroute.datafile import table
from edgeroute.routing.signals.agents import read_asker
from edgeroute.routing.signals.keywords import DOMAINS, asks_for_picture, load_cues
from edgeroute.routing.signals.language import language_of
from edgeroute.routing.signals.structure import has_code, has_hole, names_files
from edgeroute.routing.signals.tokens import request_tokens
from edgeroute.word_lists import one_of

_PICTURE_TOKENS: Final = 1_100  # one of medium size
_MEDIUM_FROM: Final = 0.3
_HIGH_FROM: Final = 0.7
_PLAIN: Final = 0.95
_SURE_OF_PICTURE: Final = 0.85


class _Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is expected of a task before its text is looked at."""

    difficulty: float
    answer_tokens: int


@cache
def _expected() -> dict[Task | Literal[""], _Expected]:
    return table("tasks", dict[Task | Literal[""], _Expected])


@dataclass(frozen=True, slots=True)
class Guess:
    """What a classifier makes of a text: a task and a domain, and how sure it is of each (0..1).

    A name is empty where the classifier abstains.
    """

    task: str = ""
    confidence: float = 0.0
    domain: str = ""
    domain_confidence: float = 0.0


class Classifier(Protocol):
    """Anything that names the task of a text."""

    def classify(self, text: str, *, closely: bool = True) -> Guess:
        """The task and domain of ``text``. Looking ``closely`` takes longer where it is unsure."""
        ...


def read_signals(
    request: ChatRequest,
    *,
    internal_code: bool,
    classifier: Classifier | None = None,
    closely: bool = True,
) -> Signals:
    """The signals of ``request``.

    ``internal_code`` comes from the privacy check. Without a ``classifier`` the words alone give a
    first guess. Where nothing depends on the task, it need not look ``closely``.
    """
    text = asked(request.messages)
    parts = [part for message in request.messages for part in message.parts]
    tokens = request_tokens(request)
    guess = (classifier or _Words()).classify(text, closely=closely)
    task, task_signal = _task(request, text, guess, "classifier" if classifier else "text")
    picture = task == "image" and _wants_picture(request, task_signal)
    domain, domain_signal = _domain(request, guess)
    language, language_sure = language_of(text)
    code = has_code(text)
    output = (
        _PICTURE_TOKENS
        if picture
        else min(
            _expected()[task].answer_tokens
            + (tokens // 3 if task in {"refactor", "data_transformation"} else 0),
            request.sampling.max_output_tokens or 1_000_000,
        )
    )
    turns = sum(message.role == "user" for message in request.messages)
    level, sure = _complexity(task, text, tokens, turns, code=code)
    structure = Signal("structure", 1.0)
    asker = read_asker(request)
    return Signals(
        task=task,
        complexity=level,
        input_tokens=tokens,
        output_tokens=output,
        domain=domain,
        language=language,
        has_images=any(isinstance(part, Image) for part in parts),
        has_tools=bool(request.tools),
        has_code=code or names_files(text),
        has_files=any(isinstance(part, File) for part in parts),
        internal_code=internal_code,
        turns=max(1, turns),
        wants_picture=picture,
        agent=asker.agent,
        role=asker.role,
        origins=(
            ("task", task_signal),
            ("domain", domain_signal),
            ("complexity", Signal("text", sure)),
            ("language", Signal("text", language_sure)),
            ("input_tokens", Signal("structure", 0.9)),
            ("has_tools", structure),
            ("has_images", structure),
            ("agent", asker.agent_signal),
            ("role", asker.role_signal),
        ),
    )


def asked(messages: tuple[Message, ...]) -> str:
    """The text of the user's latest turn: what is asked for now."""
    for message in reversed(messages):
        if message.role == "user":
            text = "\n".join(part.text for part in message.parts if isinstance(part, Text))
            if text.strip():
                return text
    return ""


def _task(
    request: ChatRequest, text: str, guess: Guess, origin: str
) -> tuple[Task | Literal[""], Signal]:
    if request.task in TASKS:
        return request.task, Signal("caller", 1.0)
    last = request.messages[-1] if request.messages else None
    if last is not None and any(isinstance(part, ToolResult | ToolCall) for part in last.parts):
        return "agentic_tools", Signal("structure", 0.97)
    if request.tools and request.tool_choice != "none":
        forced = request.tool_choice != "auto"
        return "agentic_tools", Signal("structure", 0.95 if forced else 0.8)
    plain: Task | None = (
        "code_completion" if has_hole(text) else "image" if asks_for_picture(text) else None
    )
    if plain:
        return plain, Signal("structure", _PLAIN)
    if not guess.task:
        return "", Signal("default", 0.0)
    return cast("Task", guess.task), Signal(origin, guess.confidence)


def _wants_picture(request: ChatRequest, signal: Signal) -> bool:
    """Whether the answer is to be a picture. A guess sends nobody's prompt to a model that cannot
    answer with words, nor does it overrule a model that the caller named.
    """
    if request.pictures == "no" or request.model.partition("/")[0] == "local":
        return False
    if signal.origin == "caller":
        return True
    return request.model in {"", "auto"} and signal.confidence >= _SURE_OF_PICTURE


def _domain(request: ChatRequest, guess: Guess) -> tuple[str, Signal]:
    if request.task in DOMAINS:
        return request.task, Signal("caller", 1.0)
    origin = "text" if guess.domain else "default"
    return guess.domain, Signal(origin, guess.domain_confidence)


def _complexity(
    task: Task | Literal[""], text: str, tokens: int, turns: int, *, code: bool
) -> tuple[Complexity, float]:
    """How hard the request looks. A weak signal: it comes from words and size alone."""
    score = _expected()[task].difficulty
    hard, easy = _difficulty()
    score += 0.12 * min(3, len(hard.findall(text[:4_000])))
    score -= 0.1 * min(2, len(easy.findall(text[:1_000])))
    score += 0.1 * (tokens > 2_000) + 0.15 * (tokens > 12_000) + 0.1 * (tokens > 60_000)
    score += 0.05 * (code and tokens > 600) + 0.05 * (turns > 8)
    level: Complexity = (
        "high" if score >= _HIGH_FROM else "medium" if score >= _MEDIUM_FROM else "low"
    )
    distance = min(abs(score - _MEDIUM_FROM), abs(score - _HIGH_FROM))
    return level, round(min(0.8, 0.4 + distance), 2)


@cache
def _difficulty() -> tuple[re.Pattern[str], re.Pattern[str]]:
    hard, easy = one_of("difficulty.hard"), one_of("difficulty.easy")
    return re.compile(rf"\b{hard}\b", re.IGNORECASE), re.compile(rf"\b{easy}\b", re.IGNORECASE)


class _Words:
    """The classifier that needs no training: the label with the most cues."""

    def classify(self, text: str, *, closely: bool = True) -> Guess:
        """The first guess from words alone."""
        del closely
        label, confidence = load_cues().first_guess(text)
        if label in DOMAINS:
            return Guess(domain=label, domain_confidence=confidence)
        return Guess(task=label, confidence=confidence)
