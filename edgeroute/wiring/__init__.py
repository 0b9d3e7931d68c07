"""The only place that builds an engine from settings."""

from __future__ import annotations

from edgeroute.wiring.runtime import Runtime

__all__ = ["Runtime"]
