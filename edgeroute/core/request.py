"""What a front door asks of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Final, Literal

from edgeroute.core.messages import Message
from edgeroute.core.verdict import PrivacyMode

FrontDoor = Literal["chat", "cli", "http"]
Commit = Literal["first_token", "complete"]
Tier = Literal["free", "balanced", "premium"]
Pictures = Literal["no", "yes", "only"]
COMPACTING: Final = "openai-responses-compact"
"""The wire of a request that wants its conversation made shorter by who answers it."""
TIERS: tuple[Tier, ...] = ("free", "balanced", "premium")


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may ask the caller to run. ``parameters`` is a JSON schema.

    ``custom`` marks one that its caller wants called with one text instead of JSON.
    """

    name: str
    description: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    strict: bool | None = None
    custom: bool = False


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
class ClientProfile:
    """A connected program and its profile. What is None, empty or 0 is as for everybody.

    ``daily_usd`` is its own limit for a day; ``models`` are patterns of the managed models that it
    may use, such as ``anthropic/*``. A ``person`` shares the endpoint with others: nobody sees
    another one's conversations and receipts.
    """

    name: str
    privacy: PrivacyMode | None = None
    tier: Tier | None = None
    policy: str = ""
    daily_usd: Decimal = Decimal(0)
    models: tuple[str, ...] = ()
    person: bool = False

    @property
    def owner(self) -> str:
        """Whose its conversations are; empty where they are the user's."""
        return self.name if self.person else ""

    def allows(self, model: str) -> bool:
        """Whether it may use the managed ``model``."""
        return not self.models or any(fnmatchcase(model, pattern) for pattern in self.models)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One prompt on its way.

    ``tool_choice`` is ``auto``, ``none``, ``required`` or the name of one tool.
    ``response_format`` is a JSON schema for the answer, ``{}`` for any JSON object, ``None`` for
    text. ``extra`` holds fields of the caller's wire format (``wire``) that have no noun here; they
    go out unchanged on that same wire and are dropped on any other. ``source`` is the caller's
    whole body, and ``headers`` are those of its wire format: where a provider speaks the same wire,
    they go out with as few changes as can be. Who changes what is said drops ``source``.
    ``pictures`` says whether the caller can take a picture as the answer, or takes nothing else.
    ``client`` is the connected program that asks, where it is known by its token;
    ``introduction`` is what its headers, in small letters, tell of it. They never go out.
    With ``fill`` the two messages are the texts before and after a gap, and the answer is what
    belongs between them.
    ``privacy`` may only tighten the conversation's mode, never loosen it. ``held`` says why what
    the request goes on from must stay here; empty where it need not. ``replaces`` is the receipt of
    an earlier answer whose question this one asks again or in other words. ``deadline`` are the
    seconds after which the local model need not begin with it any more; 0 leaves it to the queue.
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
    source: Mapping[str, object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    conversation: str = ""
    privacy: PrivacyMode | None = None
    held: str = ""
    tier: Tier | None = None
    task: str = ""
    pictures: Pictures = "yes"
    user: str = ""
    commit: Commit | None = None
    front_door: FrontDoor = "cli"
    store: bool = True
    fill: bool = False
    deadline: float = 0.0
    replaces: str = ""
    client: ClientProfile | None = None
    introduction: Mapping[str, str] = field(default_factory=dict)

    @property
    def client_name(self) -> str:
        """The connected program's name; empty where none is known."""
        return self.client.name if self.client else ""

    @property
    def policy(self) -> str:
        """The routing policy of the program's own; empty for the one in force."""
        return self.client.policy if self.client else ""
