"""How long a provider is waited for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: until the first word or thought, between any two bytes, and for all of it."""

    first_token: float = 12.0
    gap: float = 20.0
    total: float = 900.0
