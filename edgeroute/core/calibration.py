"""What was measured of second opinions on a machine: where asking the local model helps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

_FARTHEST: Final = 6.0  # logarithms of odds that are farther out count as much


@dataclass(frozen=True, slots=True)
class Combination:
    """How a weight and an opinion make one number, and from which number on a text is held.

    A logistic regression over the logarithms of both odds.
    """

    weight: float
    opinion: float
    bias: float
    cut: float

    def probability(self, weight: float, opinion: float) -> float:
        """How likely a text of this weight is private, once it was asked about."""
        odds = self.weight * log_odds(weight) + self.opinion * log_odds(opinion) + self.bias
        return 1 / (1 + math.exp(-max(-700.0, min(700.0, odds))))

    def holds(self, weight: float, opinion: float) -> bool:
        """Whether the text is held."""
        return self.probability(weight, opinion) >= self.cut


@dataclass(frozen=True, slots=True)
class Measured:
    """What a calibration found for one group of languages, on voices that nothing was fitted to.

    ``asked`` of ``texts`` were doubtful, ``late`` of them were not answered in time. ``gained``
    private texts are held only with the opinion, ``lost`` ones only by a lower threshold, where
    both may hold ``blocked`` harmless texts more than today. ``chance`` is how likely the gain is
    by luck: this group's, or that of all groups together.
    """

    texts: int
    asked: int
    late: int
    gained: int
    lost: int
    blocked: int
    chance: float
    helps: bool
    combination: Combination


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was measured on ``machine`` of ``model`` by group; void under another ``basis``."""

    machine: str
    model: str
    basis: str
    made: str
    groups: Mapping[str, Measured]


class CalibrationProgress(NamedTuple):
    """Text ``done`` of ``total`` is being weighed, or ``asked`` about."""

    done: int
    total: int
    asked: bool


def log_odds(probability: float) -> float:
    """The logarithm of the odds, within bounds."""
    least = 1 / (1 + math.exp(_FARTHEST))
    bounded = min(max(probability, least), 1 - least)
    return math.log(bounded / (1 - bounded))
