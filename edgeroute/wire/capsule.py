"""Reasoning payloads in the hands of a caller who keeps the conversation himself.

Our endpoint gives them out in one opaque text with their origin, in the field that each format has
for such things, and takes them back with the next turn. They then go to that origin only.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from edgeroute.wire.errors import WireError
from edgeroute.wire.json_data import dump, load

_PREFIX: Final = "edgeroute."


def seal(origin: str, payload: str) -> str:
    """One opaque text for ``payload``; empty where the origin is not known."""
    if not origin or not payload:
        return ""
    body = dump({"origin": origin, "payload": payload})
    return _PREFIX + base64.urlsafe_b64encode(body).decode("ascii")


def unseal(text: str) -> tuple[str, str] | None:
    """Origin and payload of a text made by ``seal``, or None where it is something else."""
    if not text.startswith(_PREFIX):
        return None
    try:
        body = load(base64.urlsafe_b64decode(text.removeprefix(_PREFIX)))
    except (binascii.Error, ValueError, WireError):
        return None
    if not isinstance(body, dict):
        return None
    origin, payload = body.get("origin"), body.get("payload")
    return (origin, payload) if isinstance(origin, str) and isinstance(payload, str) else None
