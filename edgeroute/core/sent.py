"""What left this machine, as a person reads it: one request of one attempt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from edgeroute.core.receipt import Attempt, Receipt

# Why a text that left is no longer there, or never was.
Gone = Literal["", "unstored", "running", "ended", "let go"]
GONE_WORDS: Final[dict[Gone, str]] = {
    "unstored": "No word of it is kept: the program that asked wanted nothing stored, or it left"
    " before EdgeRoute kept such texts.",
    "running": "The answer is still under way; the text is kept when it ends.",
    "ended": "EdgeRoute ended before the text could be kept.",
    "let go": "The text is not kept: privacy.sent_megabytes says how much of such texts is.",
}


@dataclass(frozen=True, slots=True)
class SentPart:
    """A piece of a request: ``label`` says whose it is, such as ``user`` or ``tools``."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class SentRequest:
    """One request that left. ``chat`` is the title of its conversation, where it has one."""

    receipt: Receipt
    attempt: Attempt
    chat: str = ""

    @property
    def id(self) -> str:
        """Names it among all of them."""
        return f"{self.receipt.id}.{self.receipt.attempts.index(self.attempt) + 1}"

    @property
    def kind(self) -> str:
        """What it was for, in words."""
        words = {
            "answer": "question",
            "judge": "judging of answers",
            "verify": "check of an answer",
        }
        return words.get(self.attempt.role, self.attempt.role)


@dataclass(frozen=True, slots=True)
class SentText:
    """The text of a request that left, as it left: with placeholders where it was masked.

    The first ``known`` of the ``parts`` had left for the same host before, in the request
    ``before``. Without ``parts`` there is no text, and ``gone`` says why. ``body`` are the very
    bytes.
    """

    request: SentRequest
    parts: Sequence[SentPart] = ()
    known: int = 0
    before: SentRequest | None = None
    gone: Gone = ""
    body: bytes = b""
