"""A local model as front doors see it: how it is, and how far its download is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Step = Literal["download", "verify", "compile", "note", "done"]
LocalState = Literal[
    "missing", "preparing", "stopped", "idle", "loading", "ready", "answering", "unreachable"
]


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a pull.

    ``done`` and ``total`` are bytes of ``file``, or files where it is compiled; ``speed`` is in
    bytes per second (0 unknown). ``text`` is a line for the user where ``step`` is ``note`` or
    ``done``.
    """

    step: Step
    file: str
    done: int = 0
    total: int = 0
    speed: float = 0.0
    text: str = ""


OnProgress = Callable[[Progress], None]

PreparationState = Literal["ready", "running", "interrupted", "stopped", "failed", "needed"]


@dataclass(frozen=True, slots=True)
class PreparationPart:
    """One thing that is being made ready: ``llama.cpp``, or a model by its id.

    ``done`` and ``total`` count bytes, or files where it is compiled; 0 is unknown.
    """

    name: str
    step: Step
    done: int = 0
    total: int = 0
    ready: bool = False

    @property
    def sentence(self) -> str:
        """How far it is: ``compiling llama.cpp, 36 %``."""
        what = {"compile": "compiling", "verify": "checking"}.get(self.step, "fetching")
        return f"{what} {self.name}{f', {self.done / self.total:.0%}' if self.total else ''}"


@dataclass(frozen=True, slots=True)
class Preparation:
    """What stands between this machine and an answer of its own, and how far it has come.

    ``ready``: nothing does. ``running``: another process is at it, since ``began`` (Unix time).
    ``interrupted``: that process ended before its work did. ``stopped``: by the user.
    ``failed``: ``error`` says why and ``hint`` what to do. ``needed``: nobody has begun. The work
    has ``lasted`` that many seconds. ``tries`` counts how often it was begun in a row without an
    end of its own. ``broke`` is the version of EdgeRoute whose own fault the failure was.
    """

    state: PreparationState
    parts: tuple[PreparationPart, ...] = ()
    began: float = 0.0
    lasted: float = 0.0
    error: str = ""
    hint: str = ""
    tries: int = 0
    broke: str = ""

    @property
    def sentence(self) -> str:
        """What is being done now, or why nothing is."""
        if self.state == "running":
            under_way = [part.sentence for part in self.parts if not part.ready]
            return "; ".join(under_way) or "beginning"
        return {
            "ready": "everything is here",
            "interrupted": "it was interrupted, and goes on at the next start",
            "stopped": "you have stopped it",
            "failed": self.error,
        }.get(self.state, "nothing has been fetched yet")


@dataclass(frozen=True, slots=True)
class LocalStatus:
    """How a local model is.

    ``missing``: no model file, or no such server. ``preparing``: llama.cpp is being compiled, or
    the model fetched. ``stopped``: starts when it is needed. ``idle``:
    runs without a model in memory. ``detail`` is a sentence for people; ``window`` is in tokens, 0
    unknown; ``backend`` is ``llamacpp``, ``omlx`` or an endpoint's name. ``warning`` is what the
    user should know although it answers, or that it could not be made ready. ``waiting`` counts the
    requests that it is answering or that wait for that, where it tells.
    """

    state: LocalState
    model: str
    detail: str
    backend: str
    window: int = 0
    warning: str = ""
    waiting: int = 0
