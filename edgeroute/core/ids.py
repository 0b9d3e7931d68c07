"""Identifiers that sort by time and reveal nothing else."""

from __future__ import annotations

import secrets
from datetime import datetime


def new_id(moment: datetime) -> str:
    """A fresh identifier: milliseconds since 1970 and 40 random bits, in hex."""
    return f"{int(moment.timestamp() * 1000):011x}{secrets.token_hex(5)}"
