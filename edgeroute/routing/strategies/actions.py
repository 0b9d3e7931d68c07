"""What a cascade or an ensemble asks the engine to do, and what the engine tells it back.

Both are state machines without I/O: ``start()`` and ``step(event)`` return actions, and the engine
carries them out in order. A machine is over once it has returned ``Stand`` or ``NoneStands``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edgeroute.core.answer import Answer
from edgeroute.core.messages import Message


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask ``model`` the request itself, or, in another role, ``messages``.

    ``show`` says whether its text may be shown while it comes. ``logprobs`` asks for the
    probabilities of its tokens, where they are free.
    """

    model: str
    reason: str
    role: Literal["answer", "judge", "verify"] = "answer"
    messages: tuple[Message, ...] = ()
    show: bool = False
    logprobs: bool = False


@dataclass(frozen=True, slots=True)
class Stand:
    """``answer`` of ``model`` is the answer. A ``warning`` that is not empty is shown with it."""

    model: str
    answer: Answer
    reason: str
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Fold:
    """The answer of ``model`` does not stand: fold it away, with the reason."""

    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class NoneStands:
    """Nobody answered; the plan's fallbacks are next."""

    reason: str


Action = Ask | Stand | Fold | NoneStands


@dataclass(frozen=True, slots=True)
class Replied:
    """``model`` has answered. ``logprobs`` are natural logarithms, one for each visible token."""

    model: str
    answer: Answer
    logprobs: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A judge, verifier or merger has answered what ``Ask.messages`` asked it."""

    model: str
    text: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """``model`` has failed; ``reason`` is the error's sentence."""

    model: str
    reason: str


Event = Replied | Judged | Dropped
