"""A share of a sample, with what the sample says about the whole."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

_NORMAL_95: Final = 1.959964


@dataclass(frozen=True, slots=True)
class Proportion:
    """``hits`` of ``total``, with a 95 % interval (Wilson).

    Scores in 0..1 may be added up to ``hits``: their interval is then at most too wide.
    """

    hits: float
    total: int

    @property
    def value(self) -> float:
        """The share itself, in 0..1; 0 of an empty sample."""
        return self.hits / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The lower and upper end, in 0..1."""
        if not self.total:
            return 0.0, 1.0
        z2, n, p = _NORMAL_95**2, self.total, self.value
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = _NORMAL_95 / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        if not self.total:
            return "-"
        low, high = self.interval
        return f"{self.value:.1%} ({low:.1%} to {high:.1%}) of {self.total}"
