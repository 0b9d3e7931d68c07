"""What a request tells about itself, computed on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Task = Literal[
    "chat",
    "summarization",
    "reasoning",
    "code_completion",
    "explain_code",
    "refactor",
    "implement",
    "architecture_review",
    "agentic_tools",
    "image",
    "data_transformation",
]
TASKS: tuple[Task, ...] = get_args(Task)
# The parts of an agent, in the order in which their marks count: a sub-agent's compaction is one.
Role = Literal["compaction", "search", "background", "sub-agent", "plan", "main", ""]
ROLES: tuple[Role, ...] = tuple(role for role in get_args(Role) if role)
# Parts that work beside what the user asked for.
ASIDES: frozenset[Role] = frozenset({"compaction", "search", "background"})
Complexity = Literal["low", "medium", "high"]


@dataclass(frozen=True, slots=True)
class Signal:
    """Where one signal comes from and how sure it is, in 0..1.

    ``origin`` is ``caller``, ``structure``, ``text``, ``classifier`` or ``default``.
    """

    origin: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Signals:
    """The names that routing conditions know.

    ``task`` is the likeliest one and ``second`` the next; it is empty where the policy does not act
    on a guess so unsure, and its default rule then decides. ``hardness`` is the probability that
    the better model is needed, which the policy turns into ``complexity``. ``domain`` is
    ``medical``, ``legal`` or empty. ``language`` is an ISO 639-1 code or empty. ``agent`` is the
    coding agent that asks (``codex``) and ``role`` its part: the main loop, a sub-agent, work in
    the background such as a title, a compaction of the history, a web search or plan mode; both are
    empty where nothing tells them. ``turns`` counts what the user asked, ``steps`` how often tools
    were called for the latest of it and ``failures`` how often one and the same step failed.
    ``input_tokens`` and ``output_tokens`` are estimates. ``wants_picture`` says that the answer is
    to be a picture: the caller said so or the words leave no doubt, and the caller can take one.
    """

    task: Task | Literal[""] = ""
    complexity: Complexity = "medium"
    input_tokens: int = 0
    output_tokens: int = 0
    domain: str = ""
    language: str = ""
    has_images: bool = False
    has_tools: bool = False
    has_code: bool = False
    has_files: bool = False
    internal_code: bool = False
    turns: int = 1
    steps: int = 0
    failures: int = 0
    hardness: float = 0.0
    second: Task | Literal[""] = ""
    wants_picture: bool = False
    agent: str = ""
    role: Role = ""
    origins: tuple[tuple[str, Signal], ...] = ()
