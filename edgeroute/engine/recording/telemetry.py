"""Sends what receipts tell to the collector that the user names.

The bytes go through the gate and the door like every other byte. A prompt and its answer go along
only where the user turned that on and the conversation held nothing private. Of what stays on this
machine only a collector on this machine hears at all.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.hosts import is_loopback
from edgeroute.core.receipt import Receipt
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.recording import otlp

if TYPE_CHECKING:
    from edgeroute.privacy.gate import Gate
    from edgeroute.providers.egress import Door

log = logging.getLogger(__name__)

_MOST_WAITING: Final = 100
_SECONDS: Final = 5.0


class Telemetry:
    """An OTLP/HTTP exporter for ``endpoint`` (without ``/v1/traces``)."""

    def __init__(self, endpoint: str, gate: Gate, door: Door, *, content: bool = False) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._near = is_loopback(urlsplit(endpoint).hostname or "")
        self._gate = gate
        self._door = door
        self._content = content
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, receipt: Receipt, prompt: str, answer: str) -> None:
        """Send ``receipt`` in the background; what the collector cannot take is lost."""
        if len(self._tasks) >= _MOST_WAITING:
            return
        kept_here = receipt.private or receipt.latched or receipt.mode is PrivacyMode.PRIVATE
        if kept_here and not self._near:
            return
        open_talk = self._content and not kept_here and not receipt.masked
        content = {"prompt": prompt, "answer": answer} if open_talk else None
        task = asyncio.create_task(self._send(receipt, content))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give what is under way a moment to arrive."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_SECONDS)
            for task in late:
                task.cancel()

    async def _send(self, receipt: Receipt, content: dict[str, str] | None) -> None:
        try:
            await self._post("/v1/traces", otlp.traces(receipt, content))
            await self._post("/v1/metrics", otlp.metrics(receipt))
        except EdgeRouteError as error:
            log.warning("telemetry was not sent: %s", type(error).__name__)

    async def _post(self, path: str, body: dict[str, Any]) -> None:
        from edgeroute.providers.catalog.provider import Provider  # noqa: PLC0415
        from edgeroute.providers.egress import Outgoing  # noqa: PLC0415
        from edgeroute.wire.json_data import dump  # noqa: PLC0415

        collector = Provider(
            id="telemetry",
            name="The telemetry collector",
            wire="otlp",
            wires={"otlp": self._endpoint},
            auth={"": "none"},
            own=True,
        )
        headers = {"content-type": "application/json", "accept": "application/json"}
        outgoing = Outgoing("POST", self._endpoint + path, dump(body), headers)
        clearance = await self._gate.clear(
            outgoing, conversation="telemetry", mode=PrivacyMode.AUTO, latched=False
        )
        sent = self._door.send(
            outgoing, clearance, collector, None, wire="otlp", head_seconds=_SECONDS
        )
        async with sent:
            pass
