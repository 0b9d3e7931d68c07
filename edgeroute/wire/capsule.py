"""Reasoning payloads in the hands of a caller who keeps the conversation himself.

Our endpoint gives them out in one opaque text with their origin, in the field that each format has
for such things, and takes them back with the next turn. They then go to that origin only. A code
made with a secret of this machine tells them from what anybody else has put together.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from typing import Final

from edgeroute.wire.errors import WireError
from edgeroute.wire.json_data import dump, load

_PREFIX: Final = "edgeroute."
_FORM: Final = re.compile(r"edgeroute\.[A-Za-z0-9_-]{40,}={0,2}", re.ASCII)
_CODE_BYTES: Final = 16


class _Secret:
    """The secret of this machine; of this process, until the machine's is named."""

    def __init__(self) -> None:
        made = secrets.token_bytes(32)
        self.source: Callable[[], bytes] = lambda: made

    def code(self, body: bytes) -> bytes:
        return hmac.new(self.source(), body, hashlib.sha256).digest()[:_CODE_BYTES]


_SECRET: Final = _Secret()


def use_secret(source: Callable[[], bytes]) -> None:
    """Have capsules sealed with what ``source`` gives, which is asked each time."""
    _SECRET.source = source


def seal(origin: str, payload: str) -> str:
    """One opaque text for ``payload``; empty where the origin is not known."""
    if not origin or not payload:
        return ""
    body = dump({"origin": origin, "payload": payload})
    return _PREFIX + base64.urlsafe_b64encode(_SECRET.code(body) + body).decode("ascii")


def looks_sealed(text: str) -> bool:
    """Whether ``text`` has the form of a capsule, whoever made it."""
    return _FORM.fullmatch(text) is not None


def unseal(text: str) -> tuple[str, str] | None:
    """Origin and payload of a text that this machine has sealed, or None for any other."""
    if not text.startswith(_PREFIX):
        return None
    try:
        content = base64.urlsafe_b64decode(text.removeprefix(_PREFIX))
        code, written = content[:_CODE_BYTES], content[_CODE_BYTES:]
        if not hmac.compare_digest(code, _SECRET.code(written)):
            return None
        body = load(written)
    except (binascii.Error, ValueError, WireError):
        return None
    if not isinstance(body, dict):
        return None
    origin, payload = body.get("origin"), body.get("payload")
    return (origin, payload) if isinstance(origin, str) and isinstance(payload, str) else None
