"""Whether something listens at the endpoint's address."""

from __future__ import annotations

import socket


def listens(host: str, port: int, seconds: float = 1.0) -> bool:
    """Whether a connection to ``host`` is taken within ``seconds``."""
    try:
        with socket.create_connection((host, port), timeout=seconds):
            return True
    except OSError:
        return False
