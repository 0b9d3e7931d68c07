"""A local model as front doors see it: how it is, and how far its download is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Step = Literal["download", "verify", "note", "done"]
LocalState = Literal["missing", "stopped", "idle", "loading", "ready", "answering", "unreachable"]


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a pull.

    ``done`` and ``total`` are bytes of ``file``, ``speed`` bytes per second (0 unknown). ``text``
    is a line for the user where ``step`` is ``note`` or ``done``.
    """

    step: Step
    file: str
    done: int = 0
    total: int = 0
    speed: float = 0.0
    text: str = ""


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class LocalStatus:
    """How a local model is.

    ``missing``: no model file, or no such server. ``stopped``: starts when it is needed. ``idle``:
    runs without a model in memory. ``detail`` is a sentence for people; ``window`` is in tokens, 0
    unknown; ``backend`` is ``llamacpp``, ``omlx`` or an endpoint's name. ``warning`` is what the
    user should know although it answers. ``waiting`` counts the requests that it is answering or
    that wait for that, where it tells.
    """

    state: LocalState
    model: str
    detail: str
    backend: str
    window: int = 0
    warning: str = ""
    waiting: int = 0
