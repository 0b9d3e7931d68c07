"""Sends what receipts tell to the collector that the user names.

The bytes go through the gate and the door like every other byte. A prompt and its answer go along
only where the user turned that on and the conversation held nothing private. Of what stays on this
machine only a collector on this machine hears at all.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from edgeroute.core.errors import EdgeRouteError, KeyringUnavailable
from edgeroute.core.hosts import is_loopback
from edgeroute.core.receipt import Receipt
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.recording import otlp
from edgeroute.engine.recording.otlp import Said

if TYPE_CHECKING:
    from edgeroute.core.secret import Secret
    from edgeroute.privacy.gate import Gate
    from edgeroute.providers.catalog.provider import Provider
    from edgeroute.providers.egress import Door

log = logging.getLogger(__name__)

_MOST_WAITING: Final = 100
_SECONDS: Final = 5.0
_REFUSED: Final = 400


class Telemetry:
    """An OTLP/HTTP exporter for ``collector``, whose key ``key`` reads from the keyring.

    Traces go to ``path`` on its host and metrics to ``metrics``, which is empty where none are
    wanted. ``content`` says whether open prompts and answers are sent along.
    """

    def __init__(
        self,
        collector: Provider,
        gate: Gate,
        door: Door,
        *,
        key: Callable[[], Secret | None] = lambda: None,
        path: str = "/v1/traces",
        metrics: str = "/v1/metrics",
        content: bool = False,
    ) -> None:
        self._collector = collector
        self._near = is_loopback(urlsplit(collector.base_url).hostname or "")
        self._gate = gate
        self._door = door
        self._key = key
        self._path = path
        self._metrics = metrics
        self._content = content
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, receipt: Receipt, said: Said) -> None:
        """Send ``receipt`` in the background; what the collector cannot take is lost."""
        if len(self._tasks) >= _MOST_WAITING:
            return
        kept_here = receipt.private or receipt.latched or receipt.mode is PrivacyMode.PRIVATE
        if kept_here and not self._near:
            return
        if not self._content or kept_here or receipt.masked:
            said = replace(said, prompt=None, answer=None)
        task = asyncio.create_task(self._send(receipt, said))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give what is under way a moment to arrive."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_SECONDS)
            for task in late:
                task.cancel()

    async def _send(self, receipt: Receipt, said: Said) -> None:
        try:
            await self._post(self._path, otlp.traces(receipt, said))
            if self._metrics:
                await self._post(self._metrics, otlp.metrics(receipt))
        except EdgeRouteError as error:
            log.warning("telemetry was not sent: %s", error)

    async def _post(self, path: str, body: dict[str, Any]) -> None:
        from edgeroute.providers.egress import Outgoing  # noqa: PLC0415
        from edgeroute.wire.json_data import dump  # noqa: PLC0415

        collector = self._collector
        own = {name.lower(): value for name, value in collector.headers.items()}
        headers = {**own, "content-type": "application/json", "accept": "application/json"}
        outgoing = Outgoing("POST", collector.base_url + path, dump(body), headers)
        key = await asyncio.to_thread(self._header)  # before the clearance, which does not wait
        clearance = await self._gate.clear(
            outgoing, conversation="telemetry", mode=PrivacyMode.AUTO, latched=False
        )
        sent = self._door.send(
            outgoing, clearance, collector, key, wire="otlp", head_seconds=_SECONDS
        )
        async with sent as answer:
            if answer.status >= _REFUSED:
                log.warning("the telemetry collector answered %d to %s", answer.status, path)

    def _header(self) -> Secret | None:
        """The key as its header has it; none where there is none, or no keyring to read it from:
        many collectors want none.
        """
        from edgeroute.providers.catalog.collector import sent_key  # noqa: PLC0415

        with suppress(KeyringUnavailable):
            return sent_key(self._collector, self._key())
        return None
