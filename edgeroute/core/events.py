"""What happens while a request is answered.

A model's stream is a sequence of deltas (``Delta``); the engine adds what it decides and does
(``Event``) and ends every request with exactly one ``Answered`` or ``Failed``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from edgeroute.core.answer import Answer, FinishReason, Frame
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.messages import Image, Reasoning, Text, ToolCall
from edgeroute.core.plan import Plan
from edgeroute.core.receipt import Attempt, Receipt
from edgeroute.core.signals import Signals
from edgeroute.core.usage import Usage
from edgeroute.core.verdict import PrivacyMode, Verdict


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the answer's visible text."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of the model's thinking.

    ``payload`` is the provider's own JSON for replay, sent once when the block ends; it then
    carries no text.
    """

    text: str = ""
    payload: str = ""


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """More of the tool call number ``index``; ``id`` and ``name`` come with its first piece."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class ImageDelta:
    """A whole picture that the model drew: its bytes, or an address that is never fetched."""

    image: Image


@dataclass(frozen=True, slots=True)
class UsageDelta:
    """Token counts; a later one replaces an earlier one. ``model`` is as the provider says."""

    usage: Usage
    model: str = ""


@dataclass(frozen=True, slots=True)
class LogprobsDelta:
    """How likely the visible tokens were to the model: natural logarithms, one for each token.

    ``tops`` holds, for each token, the likeliest alternatives by their texts where they were asked
    for.
    """

    values: tuple[float, ...]
    tops: tuple[tuple[tuple[str, float], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Finish:
    """The model ended its answer. A stream that closes without one is incomplete.

    ``stop`` is the stop sequence at which it ended, where the provider says so.
    """

    reason: FinishReason
    detail: str = ""
    stop: str = ""


Piece = TextDelta | ReasoningDelta | ToolCallDelta | ImageDelta


@dataclass(frozen=True, slots=True)
class Planned:
    """The decision, before anything is sent. ``conversation`` is the conversation's id, ``because``
    why the first model is asked.
    """

    plan: Plan
    verdict: Verdict
    signals: Signals
    mode: PrivacyMode
    conversation: str
    receipt_id: str
    because: str = ""

    @property
    def reason(self) -> str:
        """Why, in one sentence; the rule's own where nothing was said of the model."""
        return self.because or self.plan.why


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """Attempt ``number`` (from 1) goes to ``model``."""

    number: int
    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """An attempt is over, well or badly."""

    number: int
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know. ``kind`` is a stable word such as ``disagreement``."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Folded:
    """Text shown so far is withdrawn: another answer stands in its place (cascade, retry)."""

    model: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answered:
    """Terminal: the whole answer and its receipt."""

    answer: Answer
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Failed:
    """Terminal: no answer, or one that broke off. ``partial`` is what had been shown."""

    error: EdgeRouteError
    receipt: Receipt
    partial: Answer | None = None
    status: Literal["failed", "cancelled"] = field(default="failed")


Delta = Piece | UsageDelta | LogprobsDelta | Finish | Frame | Notice
# The kinds of a notice that doubts the answer: a user must not miss them.
DOUBTS: Final = frozenset({"disagreement", "unverified"})
Event = (
    Planned | AttemptStarted | AttemptEnded | Notice | Folded | Piece | Frame | Answered | Failed
)


def pieces_of(answer: Answer) -> Iterator[Piece | Frame]:
    """A finished answer as the pieces that it could have come in."""
    yield from answer.frames
    calls = 0
    for part in answer.message.parts:
        match part:
            case Text(text):
                yield TextDelta(text)
            case Reasoning(text, _, payload):
                yield ReasoningDelta(text)
                if payload:
                    yield ReasoningDelta(payload=payload)
            case ToolCall(call_id, name, arguments):
                yield ToolCallDelta(calls, call_id, name, arguments)
                calls += 1
            case Image():
                yield ImageDelta(part)
            case _:
                pass
