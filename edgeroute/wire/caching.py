"""Cache marks: where a provider is told to keep the prefix, and whether that is worth a mark."""

from __future__ import annotations

from typing import Any

from edgeroute.wire.format import CachePlan, Target
from edgeroute.wire.json_data import dump_text

_BYTES_PER_TOKEN = 4.0


def reaches_minimum(target: Target, *prefix: object) -> bool:
    """Whether ``prefix`` (JSON values) is long enough, by estimate, for the model to cache it.

    Below its minimum a provider ignores the mark; the estimate rather errs to that side.
    """
    size = sum(len(dump_text(value).encode("utf-8", "replace")) for value in prefix)
    tokens = size / _BYTES_PER_TOKEN * target.card.token_factor
    return tokens >= target.card.cache_minimum_tokens


def mark(plan: CachePlan) -> dict[str, Any]:
    """The ``cache_control`` object for the stable prefix of ``plan``."""
    if plan.duration == "5m":
        return {"type": "ephemeral"}
    return {"type": "ephemeral", "ttl": plan.duration}
