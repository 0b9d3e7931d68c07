"""How a local model is at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LocalState = Literal["missing", "stopped", "idle", "loading", "ready", "answering", "unreachable"]


@dataclass(frozen=True, slots=True)
class LocalStatus:
    """How a local model is.

    ``missing``: no model file, or no such server. ``stopped``: starts when it is needed. ``idle``:
    runs without a model in memory. ``detail`` is a sentence for people; ``window`` is in tokens, 0
    unknown; ``backend`` is ``llamacpp``, ``omlx`` or an endpoint's name.
    """

    state: LocalState
    model: str
    detail: str
    backend: str
    window: int = 0
