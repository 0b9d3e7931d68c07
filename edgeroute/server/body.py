"""A request's body, read within limits of size and time before any route sees it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.types import Message, Receive

from edgeroute.server.http_refusal import HttpRefusal


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """Bytes of a body, and seconds: between two pieces of it and for the whole."""

    max_bytes: int = 32 * 1024 * 1024
    gap_seconds: float = 10.0
    whole_seconds: float = 60.0

    def too_large(self) -> HttpRefusal:
        """The refusal of a body beyond the limit."""
        megabytes = self.max_bytes // (1024 * 1024)
        return HttpRefusal(413, "too_large", f"The body is larger than {megabytes} MiB.")


async def read_body(receive: Receive, limits: BodyLimits) -> bytes:
    """The whole body, counted as it comes, whatever length was announced.

    Raises:
        HttpRefusal: too large, too slow, or the caller went away.
    """
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.whole_seconds):
            while True:
                message = await asyncio.wait_for(receive(), limits.gap_seconds)
                if message["type"] != "http.request":
                    raise HttpRefusal(400, "incomplete", "The body broke off.")
                piece = message.get("body", b"")
                size += len(piece)
                if size > limits.max_bytes:
                    raise limits.too_large()
                pieces.append(piece)
                if not message.get("more_body"):
                    return b"".join(pieces)
    except TimeoutError:
        raise HttpRefusal(408, "too_slow", "The body came too slowly.") from None


def replay(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives ``body`` in one piece and then whatever follows it."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
