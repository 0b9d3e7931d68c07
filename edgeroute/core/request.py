"""What a front door asks of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from edgeroute.core.messages import Message
from edgeroute.core.verdict import PrivacyMode

FrontDoor = Literal["chat", "cli", "http"]
Commit = Literal["first_token", "complete"]
Tier = Literal["free", "balanced", "premium"]
Pictures = Literal["no", "yes", "only"]
TIERS: tuple[Tier, ...] = ("free", "balanced", "premium")


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may ask the caller to run. ``parameters`` is a JSON schema."""

    name: str
    description: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the answer is drawn. ``None`` leaves the model's own default.

    ``logprobs`` asks for the log probability of each token, ``top_logprobs`` for those of that many
    likeliest alternatives, too; models may ignore it.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    logprobs: bool = False
    top_logprobs: int = 0


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One prompt on its way.

    ``tool_choice`` is ``auto``, ``none``, ``required`` or the name of one tool.
    ``response_format`` is a JSON schema for the answer, ``{}`` for any JSON object, ``None`` for
    text. ``extra`` holds fields of the caller's wire format (``wire``) that have no noun here; they
    go out unchanged on that same wire and are dropped on any other.
    ``pictures`` says whether the caller can take a picture as the answer, or takes nothing else.
    With ``fill`` the two messages are the texts before and after a gap, and the answer is what
    belongs between them.
    ``privacy`` may only tighten the conversation's mode, never loosen it. ``replaces`` is the
    receipt of an earlier answer whose question this one asks again or in other words.
    """

    messages: tuple[Message, ...]
    model: str = "auto"
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    parallel_tool_calls: bool | None = None
    response_format: Mapping[str, object] | None = None
    response_format_name: str = "answer"
    sampling: Sampling = field(default_factory=Sampling)
    reasoning_effort: str = ""
    wire: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)
    conversation: str = ""
    privacy: PrivacyMode | None = None
    tier: Tier | None = None
    task: str = ""
    pictures: Pictures = "yes"
    user: str = ""
    commit: Commit | None = None
    front_door: FrontDoor = "cli"
    store: bool = True
    fill: bool = False
    replaces: str = ""
