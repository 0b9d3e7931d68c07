"""Intervals of shares."""

from __future__ import annotations

import math


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of ``hits`` out of ``count``, in per cent (Wilson 1927)."""
    z = 1.959964
    share = hits / count
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    below = 1 + z * z / count
    return 100 * max(0.0, middle - spread) / below, 100 * min(below, middle + spread) / below
