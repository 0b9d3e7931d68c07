"""From which values on a policy acts on what was guessed."""

from __future__ import annotations

from typing import Annotated

import msgspec

_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Thresholds(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """``task``: the least confidence with which a task is told at all. ``medium`` and ``high``: the
    least probability that a prompt needs the better model. ``bias`` is taken from both where the
    task is in doubt: then the better model is asked rather.
    """

    task: _Share = 0.25
    medium: _Share = 0.25
    high: _Share = 0.5
    bias: _Share = 0.05
