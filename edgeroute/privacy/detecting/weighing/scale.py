"""The learned scale: from what is known of a window to how likely it is private, with reasons.

A small network (one hidden layer) that models/verdict/adapt.py and tune.py teach; its numbers and
its settings lie beside them. A smaller one, the gate, says of a window in a long text whether it is
worth reading to the end, from its evidence and a glance.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from edgeroute import datafile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

FOLDER: Final = "verdict"
_FARTHEST: Final = 5.0  # spreads from the mean; what lies farther out counts as much
_TELLING: Final = 0.5  # how much a reason moves the logarithm of the odds, to be told
# What is told of each part of the input.
_REASONS: Final = {
    "who": "people are named",
    "what": "it reads like a private matter",
    "shape": "it has the shape of a record",
}


class Weight(NamedTuple):
    """How likely a window is private, 0..1, and what speaks for it, the strongest first."""

    probability: float
    reasons: tuple[str, ...]


class Scale:
    """The loaded numbers.

    ``names`` are those of the numbers of evidence, in their order.

    Raises:
        ValueError: the scale was trained on other evidence.
    """

    def __init__(self, names: Sequence[str]) -> None:
        import numpy  # noqa: ICN001, PLC0415 - heavy, needed at the first scan only

        self._numpy = numpy
        folder = datafile.packaged("models") / FOLDER
        with numpy.load(folder / "scale.npz", allow_pickle=False) as held:
            self._held = {name: held[name].astype(numpy.float32) for name in held.files}
        self._parts = json.loads((folder / "inputs.json").read_text("utf-8"))
        if self._parts["evidence"] != list(names):
            raise ValueError("the scale was trained on other evidence; run models/verdict/adapt.py")

    def weigh(self, vectors: Sequence[Array], evidence: Sequence[float], group: str) -> Weight:
        """The weight of a window; ``vectors`` are those of its text and of the names in it;
        ``group`` is its group of languages.
        """
        numpy = self._numpy
        given = numpy.concatenate([*vectors, numpy.asarray(evidence, numpy.float32)])
        given = (given - self._held["mean"]) / self._held["spread"]
        given = given.clip(-_FARTHEST, _FARTHEST)
        slope, offset = self._parts["calibration"][group]
        # What each part of the input adds to the hidden layer, so that one can be left out.
        added = {reason: given[places] @ first for reason, (places, first) in self._groups.items()}
        whole = sum(added.values(), self._held["first_bias"])
        odds = slope * self._raw(whole) + offset
        moved = {
            _REASONS[reason]: odds - slope * self._raw(whole - part) - offset
            for reason, part in added.items()
        }
        told = sorted((one for one in moved if moved[one] >= _TELLING), key=lambda one: -moved[one])
        return Weight(float(1 / (1 + numpy.exp(-odds))), tuple(told))

    def may_tell(self, evidence: Sequence[float], glance: Array) -> bool:
        """Whether a window with this ``evidence`` is worth reading to the end, of which ``glance``
        is the vector so far: of those that are not, hardly one weighs anything.
        """
        numpy, held = self._numpy, self._held
        given = numpy.concatenate([glance, numpy.asarray(evidence, numpy.float32)])
        given = (given - held["gate_mean"]) / held["gate_spread"]
        hidden = given.clip(-_FARTHEST, _FARTHEST) @ held["gate_first"]
        hidden = numpy.maximum(hidden + held["gate_first_bias"], 0)
        return bool((hidden @ held["gate_second"] + held["gate_second_bias"]).item() >= 0)

    def _raw(self, hidden: Array) -> float:
        """The logarithm of the odds, not calibrated, from what goes into the hidden layer."""
        held, numpy = self._held, self._numpy
        return float(
            (numpy.maximum(hidden, 0) @ held["second"]).item() + held["second_bias"].item()
        )

    @cached_property
    def _groups(self) -> dict[str, tuple[Any, Array]]:
        """Which numbers of the input each reason is about, and their weights."""
        groups: dict[str, list[int]] = {reason: [] for reason in _REASONS}
        for reason, start, end in self._parts["vectors"]:
            groups[reason] += range(start, end)
        first = max(end for _, _, end in self._parts["vectors"])
        for number, name in enumerate(self._parts["evidence"], first):
            groups[_group(name)].append(number)
        weights = self._held["first"]
        return {
            reason: (self._numpy.array(places), weights[places])
            for reason, places in groups.items()
        }


def _group(name: str) -> str:
    """Which reason a number of evidence belongs to."""
    if name.startswith(("names.", "count.", "model.given", "model.surname")):
        return "who"
    return "shape" if name.startswith(("model.", "rules.")) else "what"
