"""Identifiers that sort by time and reveal nothing else."""

from __future__ import annotations

import secrets
from datetime import datetime


def new_id(moment: datetime) -> str:
    """A fresh identifier: milliseconds since 1970 and 40 random bits, in hex."""
    return f"{int(moment.timestamp() * 1000):011x}{secrets.token_hex(5)}"


OWNER_ENDS = "~"  # no program can write it in the name of a conversation


def owned(name: str, owner: str) -> str:
    """The one name of what ``owner`` calls ``name``; ``name`` itself where nobody owns it."""
    return f"{owner}{OWNER_ENDS}{name}" if owner else name


def owner_of(name: str) -> str:
    """Whose the conversation ``name`` is; empty for the user's own."""
    owner, mark, _ = name.partition(OWNER_ENDS)
    return owner if mark else ""
