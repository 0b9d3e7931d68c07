"""oMLX on Apple Silicon: found on its port, told apart from others, its quirks smoothed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from edgeroute.core.errors import ErrorKind, LocalModelError
from edgeroute.core.events import Delta
from edgeroute.core.secret import Secret
from edgeroute.local.backends.client import LocalClient, local_url, parse_object
from edgeroute.local.backends.endpoint import Endpoint
from edgeroute.local.backends.offers import Offer, window_of
from edgeroute.wire.json_data import mappings, string
from edgeroute.wire.openai_chat.stream import ChatDecoder
from edgeroute.wire.sse import ServerSentEvent, StreamDecoder

NAME: Final = "omlx"
PORT: Final = 8000
_LOOK_SECONDS: Final = 1.0
_KEEPALIVE: Final = "keepalive"
_CHATS: Final = ("llm", "vlm")


def settings_port(home: Path) -> int:
    """The port in oMLX's own settings under ``home``, or its usual one. Its key is not read."""
    try:
        settings = json.loads((home / ".omlx" / "settings.json").read_text("utf-8"))
        port = settings["server"]["port"]
    except (OSError, ValueError, KeyError, TypeError):
        return PORT
    return port if isinstance(port, int) and 0 < port < 65_536 else PORT


def address(configured: str, home: Path) -> str:
    """Where oMLX is looked for: the ``configured`` address, else its port on this machine."""
    return configured or f"http://127.0.0.1:{settings_port(home)}/v1"


async def is_omlx(
    base_url: str, key: Secret | None = None, *, seconds: float = _LOOK_SECONDS
) -> bool:
    """Whether oMLX answers at ``base_url``; others use its port too.

    It has ``seconds`` for each of three questions, of which the first usually settles it.
    """
    root = _root(base_url)
    client = LocalClient(base_url=root, key=key)
    try:
        health = await client.call("/health", seconds=seconds)
        # 503 is oMLX still loading; anything else is another program.
        if health.status not in {200, 503}:
            return False
        models = await client.call("/v1/models", seconds=seconds)
        rows = models.body.get("data")
        owners = {row.get("owned_by") for row in rows or () if isinstance(row, Mapping)}
        if NAME in owners:
            return True
        status = await client.call("/v1/models/status", seconds=seconds)
    except LocalModelError:
        return False
    return status.status == 200 and "models" in status.body


def _root(base_url: str) -> str:
    parts = urlsplit(local_url(base_url))
    return f"{parts.scheme}://{parts.netloc}"


class OMLX(Endpoint):
    """oMLX as the local model.

    ``wanted`` names MLX builds in the order in which they are preferred; without a match the
    server's default model answers. oMLX may write parts of prompts into its cache on disk.
    """

    def __init__(
        self,
        base_url: str,
        *,
        model: str = "",
        others: Sequence[str] = (),
        wanted: Iterable[str] = (),
        key: Secret | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(NAME, base_url, model=model, others=others, key=key, sleep=sleep)
        self._wanted = tuple(wanted)
        self._root_client = LocalClient(base_url=_root(base_url), key=key)

    async def offers(self) -> tuple[Offer, ...]:
        """The models with what its status tells of them: embedding and helper models do not chat.

        Raises:
            LocalModelError: as for every endpoint.
        """
        found = await super().offers()
        reply = await self._root_client.call("/v1/models/status", seconds=3.0)
        if reply.status != 200:
            return found
        rows = {string(row.get("id")): row for row in mappings(reply.body.get("models"))}
        return tuple(self._told(offer, rows[offer.id]) if offer.id in rows else offer
                     for offer in found)  # fmt: skip

    def _told(self, offer: Offer, row: Mapping[str, Any]) -> Offer:
        window = offer.window or window_of(row)
        if window:
            self._windows[offer.id] = window
        return replace(offer, window=window, chats=row.get("model_type", "llm") in _CHATS)

    async def _pick(self, found: Sequence[Offer]) -> str:
        ids = [offer.id for offer in found]
        short = {id_.rpartition("/")[2].lower(): id_ for id_ in ids}
        for name in self._wanted:
            there = short.get(name.rpartition("/")[2].lower())
            if there is not None:
                return there
        health = await self._root_client.call("/health", seconds=3.0)
        default = string(health.body.get("default_model"))
        return default if default in ids else await super()._pick(found)

    def _leaves_thoughts(self, model: str) -> bool:  # noqa: ARG002 - of none
        return False

    def _decoder(self, model: str) -> StreamDecoder:
        return _Decoder(model)


class _Decoder(ChatDecoder):
    """Leaves out keep-alive chunks, and refuses another model than the one that was asked for."""

    def __init__(self, model: str) -> None:
        super().__init__()
        self._model = model

    def feed(self, event: ServerSentEvent) -> list[Delta]:
        """The deltas of one event."""
        chunk = parse_object(event.data)
        if chunk.get("model") == _KEEPALIVE or str(chunk.get("id")).endswith(f"-{_KEEPALIVE}"):
            return []
        answering = str(chunk.get("model") or "")
        if answering and not _same(answering, self._model):
            raise LocalModelError(
                f"oMLX answers with {answering} in place of {self._model}.",
                "Load the model there, or switch its model fallback off.",
                kind=ErrorKind.UNKNOWN_MODEL,
            )
        return super().feed(event)


def _same(one: str, other: str) -> bool:
    return one.rpartition("/")[2].lower() == other.rpartition("/")[2].lower()
