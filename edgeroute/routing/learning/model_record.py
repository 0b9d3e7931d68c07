"""One model's remembered outcomes, and what they lead one to expect of it on other prompts.

A trend over the whole record (ridge regression) is steadied by the nearest prompts: a mix that does
as well as anything heavier on published tables of outcomes, where all routers that read the prompt
alone meet the same ceiling (arXiv 2505.12601).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edgeroute.routing.signals.embedding import SIZE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]
    Places = NDArray[np.int64]

# The trend is flattened as if this many prompts spoke for no trend at all.
_FLATTEN: Final = 60.0
# The trend's part of what is expected, which it reaches slowly: half of it at this many prompts.
_TREND: Final = 0.85
_TREND_AT: Final = 200
# So many of the nearest prompts steady the trend; similarity counts by its power.
_AROUND: Final = 60
_POWER: Final = 4
_FOLDS: Final = 5


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """The outcomes of one model, a line for each prompt. Build it with ``of``.

    ``rows`` are the prompts' places among all that are remembered, ``points`` the prompts as
    numbers, ``quality`` is in 0..1 and ``cost`` in USD, NaN where it is not known.
    """

    rows: Places
    points: Array
    quality: Array
    cost: Array
    centre: Array
    slope: Array

    @classmethod
    def of(cls, rows: Places, points: Array, quality: Array, cost: Array) -> ModelRecord:
        """The record with these lines, of which there is at least one."""
        import numpy as np  # noqa: PLC0415

        centre = points.mean(axis=0)
        apart = points - centre
        ridge = apart.T @ apart + np.float32(_FLATTEN) * np.eye(apart.shape[1], dtype=np.float32)
        slope = np.linalg.solve(ridge, apart.T @ (quality - quality.mean()))
        return cls(rows, points, quality, cost, centre, slope)

    def nearest(self, points: Array, count: int) -> tuple[Places, Array]:
        """For each of ``points`` the places of its nearest lines, and how much each of them counts.

        The weights of one point add up to one.
        """
        import numpy as np  # noqa: PLC0415

        near = points[:, :SIZE] @ self.points[:, :SIZE].T
        count = min(count, near.shape[1])
        best = np.argpartition(-near, count - 1, axis=1)[:, :count]
        weights = np.clip(np.take_along_axis(near, best, axis=1), 0.01, 1) ** _POWER
        return best, weights / weights.sum(axis=1, keepdims=True)

    def expected(self, points: Array) -> Array:
        """The quality to expect on each of ``points``, within what was ever seen."""
        best, weights = self.nearest(points, _AROUND)
        context = (weights * self.quality[best]).sum(axis=1)
        trend = self.quality.mean() + (points - self.centre) @ self.slope
        part = _TREND * len(self.rows) / (len(self.rows) + _TREND_AT)
        mixed = part * trend.clip(self.quality.min(), self.quality.max()) + (1 - part) * context
        result: Array = mixed
        return result

    def held_out(self) -> Array:
        """The quality to expect on the record's own prompts, each judged by the others alone."""
        import numpy as np  # noqa: PLC0415

        expected = np.full(len(self.rows), self.quality.mean(), dtype=np.float32)
        folds = np.arange(len(self.rows)) % _FOLDS
        for fold in range(min(_FOLDS, len(self.rows))):
            out, kept = folds == fold, folds != fold
            if kept.any():
                others = ModelRecord.of(
                    self.rows[kept], self.points[kept], self.quality[kept], self.cost[kept]
                )
                expected[out] = others.expected(self.points[out])
        return expected
