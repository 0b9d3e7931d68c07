"""Why a request goes where it goes, in a person's words: the same before it is sent and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from edgeroute.core.errors import ErrorKind
from edgeroute.core.signals import Signals

# Why a model of somebody else is passed over for what must stay here.
MANAGED: Final = "It is a managed model, and this prompt stays on this machine."
NO_KEY_YET: Final = "No provider has a key yet."
_TASKS: Final[Mapping[str, str]] = {
    "": "no task that is certain",
    "chat": "a plain question",
    "summarization": "summing up",
    "reasoning": "reasoning",
    "code_completion": "completing code",
    "explain_code": "explaining code",
    "refactor": "changing code",
    "implement": "writing code",
    "architecture_review": "judging a design",
    "agentic_tools": "working with tools",
    "image": "drawing a picture",
    "data_transformation": "turning data into another form",
}
_ORIGINS: Final[Mapping[str, str]] = {
    "caller": "as it was said",
    "structure": "by its form",
    "text": "by its words",
    "classifier": "by its meaning",
}
_DIFFICULTIES: Final[Mapping[str, str]] = {"low": "easy", "medium": "", "high": "hard"}
_FAILURES: Final[Mapping[str, str]] = {
    ErrorKind.AUTH: "it refuses the key",
    ErrorKind.BILLING: "its account has no credit",
    ErrorKind.RATE_LIMIT: "it takes no more requests for the moment",
    ErrorKind.OUTAGE: "it is down or does not answer",
    ErrorKind.CONTEXT: "the prompt is too long for it",
    ErrorKind.CONTENT_FILTER: "its filter refuses the prompt",
    ErrorKind.BAD_REQUEST: "it does not take such a request",
    ErrorKind.UNKNOWN_MODEL: "it does not offer this model",
    ErrorKind.CANCELLED: "it was stopped",
    ErrorKind.NO_KEY: "there is no key for it",
}


@dataclass(frozen=True, slots=True)
class Reasons:
    """The reasons for one decision, in sentences and half-sentences that hold no prompt.

    ``because`` says why the first model is asked, ``understood`` what the request was taken for,
    ``cost`` what it was expected to cost and would have cost with the premium model, ``others`` why
    the other models are not asked, a line for each reason.
    """

    because: str = ""
    understood: str = ""
    cost: str = ""
    others: tuple[str, ...] = ()


UNTOLD: Final = Reasons()


def no_key(provider: str) -> str:
    """Why a model of ``provider`` is passed over that has no key."""
    return f"There is no key for {provider}."


def task_words(task: str) -> str:
    """A task's id in words; one that is not known any more as it is."""
    return _TASKS.get(task, task.replace("_", " "))


def understood(signals: Signals) -> str:
    """What a request was taken for, how surely, and from what."""
    task = dict(signals.origins).get("task")
    how = _ORIGINS.get(task.origin, "") if task and signals.task else ""
    if task and how and task.origin in {"text", "classifier"}:
        how += f", {task.confidence:.0%} sure"
        how += f", else {_TASKS[signals.second]}" if signals.second else ""
    parts = [f"{_TASKS[signals.task]} ({how})" if how else _TASKS[signals.task]]
    parts += [_DIFFICULTIES[signals.complexity], signals.domain]
    parts += ["internal code" if signals.internal_code else "with code" * signals.has_code]
    parts += ["with pictures" * signals.has_images, "with tools" * signals.has_tools]
    return ", ".join([*filter(None, parts), f"about {signals.input_tokens:,} tokens"])


def failed(model: str, error: str, detail: str = "") -> str:
    """That ``model`` could not answer, and why: what was said of it, or what its error means."""
    said = detail.rstrip(". ") or _FAILURES.get(error, error.replace("_", " ") or "it broke off")
    return f"{model} could not answer: {said}."
