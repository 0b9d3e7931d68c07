"""The signals of a request: task, complexity, size, language, agent, each with its origin.

The caller's own word comes first, then the structure of the request (tools, images, holes in code),
then the text. Nothing here opens a file of the user or leaves the process.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Final, Literal, cast

import msgspec

from edgeroute.core.messages import File, Image, ToolCall, ToolResult
from edgeroute.core.request import ChatRequest
from edgeroute.core.signals import TASKS, Complexity, Signal, Signals, Task
from edgeroute.datafile import table
from edgeroute.routing.signals.agents import read_asker
from edgeroute.routing.signals.guess import Classifier, Guess, Ranked, guess, mixed
from edgeroute.routing.signals.keywords import DOMAINS, asks_for_picture, load_cues
from edgeroute.routing.signals.language import language_of
from edgeroute.routing.signals.structure import has_code, has_hole, names_files
from edgeroute.routing.signals.thresholds import Thresholds
from edgeroute.routing.signals.tokens import request_tokens
from edgeroute.routing.signals.turns import UserTurn, read_turn, works_on_files

_PICTURE_TOKENS: Final = 1_100  # one of medium size
_PLAIN: Final = 0.95
_SURE_OF_PICTURE: Final = 0.85
_SURE_OF_SUBJECT: Final = 0.8
_SURE_OF_DOMAIN: Final = 0.6
_ALONE: Final = 0.5
_READ_CLOSELY: Final = 2  # earlier turns; those before them are read by their words alone
_USUAL: Final = Thresholds()
# What programs that offer tools of any kind are plainly asked for, too.
_ALSO_WITH_TOOLS: Final = frozenset(
    {
        "implement", "refactor", "explain_code", "architecture_review", "code_completion",
        "summarization", "data_transformation",
    }
)  # fmt: skip


class _Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is expected of a task before its text is looked at."""

    difficulty: float
    answer_tokens: int


@cache
def _expected() -> dict[Task | Literal[""], _Expected]:
    return table("tasks", dict[Task | Literal[""], _Expected])


def read_signals(
    request: ChatRequest,
    *,
    internal_code: bool,
    readable: ChatRequest | None = None,
    classifier: Classifier | None = None,
    closely: bool = True,
    thresholds: Thresholds = _USUAL,
) -> Signals:
    """The signals of ``request``.

    ``internal_code`` comes from the privacy check, ``readable`` is the request as a model reads it,
    files as text: its length counts. Without a ``classifier`` the words alone give a
    first guess. Where nothing depends on the task, it need not look ``closely``. All that is
    guessed follows from what the user asked: it stays the same for all steps of a turn.
    """
    turn = read_turn(request.messages)
    parts = [part for message in request.messages for part in message.parts]
    tokens = request_tokens(readable or request)
    named = classifier or _Words()
    found = _guess(turn, named, closely=closely)
    asker = read_asker(request)
    at_work = bool(request.tools) and (bool(asker.agent) or works_on_files(request))
    task, task_signal = _task(
        request, turn, found, "classifier" if classifier else "text", thresholds, at_work=at_work
    )
    picture = task == "image" and _wants_picture(request, task_signal)
    domain, domain_signal = _domain(request, turn, found, named, closely=closely)
    language, language_sure = language_of(turn.text)
    code = has_code(turn.text)
    output = (
        _PICTURE_TOKENS
        if picture
        else min(
            _expected()[task].answer_tokens
            + (tokens // 3 if task in {"refactor", "data_transformation"} and not at_work else 0),
            request.sampling.max_output_tokens or 1_000_000,
        )
    )
    hardness = _expected()[task].difficulty if found.hardness is None else found.hardness
    level, sure = _complexity(hardness, thresholds, doubtful=found.doubtful)
    structure = Signal("structure", 1.0)
    return Signals(
        task=task,
        complexity=level,
        input_tokens=tokens,
        output_tokens=output,
        domain=domain,
        language=language,
        has_images=any(isinstance(part, Image) for part in parts),
        has_tools=bool(request.tools),
        has_code=code or names_files(turn.text),
        has_files=any(isinstance(part, File) for part in parts),
        internal_code=internal_code,
        turns=max(1, turn.number),
        steps=turn.steps,
        failures=turn.failures,
        hardness=round(hardness, 3),
        second=cast("Task", found.second) if task == found.task else "",
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


def _guess(turn: UserTurn, classifier: Classifier, *, closely: bool) -> Guess:
    """What is made of the turn, read together with those that it leans on as far as it does."""
    ranked = classifier.rank(turn.text, closely=closely)
    if turn.alone < 1:
        ranked = mixed(ranked, classifier.rank(turn.whole, closely=closely), turn.alone)
    found = guess(ranked)
    if found.task == "image" and found.confidence < _SURE_OF_PICTURE and found.second:
        # Who painted a picture is no wish for one: words answer what is not plainly a wish.
        drawn = _plain(turn, found) == "image"
        return found if drawn else replace(found, task=found.second, second="image")
    return found


def _task(
    request: ChatRequest,
    turn: UserTurn,
    found: Guess,
    origin: str,
    thresholds: Thresholds,
    *,
    at_work: bool,
) -> tuple[Task | Literal[""], Signal]:
    """The task. Tools alone make none of it: an agent ``at_work`` on files is asked for the same
    things as a chat is, but draws nothing.
    """
    if request.task in TASKS:
        return request.task, Signal("caller", 1.0)
    told = cast("Task", found.task), Signal(origin, found.confidence)
    likely = bool(found.task) and found.confidence >= thresholds.task
    if request.tools and request.tool_choice != "none":
        forced = request.tool_choice != "auto"
        asked_for = likely if at_work else found.task in _ALSO_WITH_TOOLS and not found.doubtful
        if asked_for and found.task != "image" and not forced:
            return told
        return "agentic_tools", Signal("structure", 0.95 if forced else 0.8)
    last = request.messages[-1] if request.messages else None
    if last is not None and any(isinstance(part, ToolResult | ToolCall) for part in last.parts):
        return "agentic_tools", Signal("structure", 0.97)
    plain = _plain(turn, found)
    if plain:
        return plain, Signal("structure", _PLAIN)
    return told if likely else ("", Signal("default", 0.0))


def _plain(turn: UserTurn, found: Guess) -> Task | Literal[""]:
    """The task that the words leave no doubt about, if there is one."""
    if has_hole(turn.text):
        return "code_completion"
    goes_on = found.task == "image" and turn.alone < _ALONE
    read = (turn.text, *turn.joined) if goes_on else (turn.text,)
    return "image" if any(asks_for_picture(text) for text in read) else ""


def _wants_picture(request: ChatRequest, signal: Signal) -> bool:
    """Whether the answer is to be a picture. A guess sends nobody's prompt to a model that cannot
    answer with words, nor does it overrule a model that the caller named.
    """
    if request.pictures == "no" or request.model.partition("/")[0] == "local":
        return False
    if signal.origin == "caller":
        return True
    return request.model in {"", "auto"} and signal.confidence >= _SURE_OF_PICTURE


def _domain(
    request: ChatRequest,
    turn: UserTurn,
    found: Guess,
    classifier: Classifier,
    *,
    closely: bool,
) -> tuple[str, Signal]:
    """The domain. In a conversation it stays until a turn plainly has another subject."""
    if request.task in DOMAINS:
        return request.task, Signal("caller", 1.0)
    if found.domain:
        return found.domain, Signal("text", found.domain_confidence)
    left = turn.alone >= _ALONE and found.confidence >= _SURE_OF_SUBJECT and not found.doubtful
    if not request.tools and not left:
        for back, text in enumerate(reversed(turn.earlier)):
            before = guess(classifier.rank(text, closely=closely and back < _READ_CLOSELY))
            if before.domain_confidence >= _SURE_OF_DOMAIN:
                return before.domain, Signal("text", before.domain_confidence)
    return "", Signal("default", found.domain_confidence)


def _complexity(
    hardness: float, thresholds: Thresholds, *, doubtful: bool
) -> tuple[Complexity, float]:
    """How hard the request looks, by the policy's thresholds; never by its size."""
    bias = thresholds.bias if doubtful else 0.0
    medium, high = thresholds.medium - bias, thresholds.high - bias
    level: Complexity = "high" if hardness >= high else "medium" if hardness >= medium else "low"
    distance = min(abs(hardness - medium), abs(hardness - high))
    return level, round(min(0.95, 0.5 + distance), 2)


class _Words:
    """The classifier that needs no training: the label with the most cues."""

    def rank(self, text: str, *, closely: bool = True) -> Ranked:
        """The first guess from words alone."""
        del closely
        label, confidence = load_cues().first_guess(text)
        return Ranked(((label, confidence),) if label else (), not label)
