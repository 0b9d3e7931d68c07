"""Cheap first, look at the answer, escalate where it does not hold."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Judge = Literal["checks", "agreement", "logprobs", "model"]


class CascadePolicy(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How a cascade is run.

    ``ladder`` names models or roles, cheapest first; the rule's own model is the last rung. A
    second rung before the last also gives the second opinion on closed questions. ``top`` is the
    last rung where the caller asks for a cascade and the rule names none.
    ``confidence`` is what a judge must reach (0..1) for a cheap answer to stand. ``judges`` are
    asked in this order. ``expected_escalation`` is the share of prompts that are thought to need
    the last rung: where cheap calls plus that share would cost more than the last rung alone, the
    cascade is not run. ``judge`` is the model that judges open questions last, usually ``local``.
    """

    ladder: tuple[str, ...] = ("small", "second_small")
    top: str = "large"
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.7
    judges: tuple[Judge, ...] = ("checks", "agreement", "logprobs", "model")
    judge: str = "local"
    expected_escalation: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.4
