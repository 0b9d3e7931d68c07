"""Telemetry is off by default, goes through the door, and holds no content unless asked to."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.recording.telemetry import Telemetry
from tests.support import replies
from tests.support.house import OPEN, PRIVATE, house
from tests.support.receipts import receipt
from tests.support.scripted_provider import ScriptedProvider, always


async def _collected(tmp_path: Path, prompt: str, more: str = "") -> list[str]:
    with ScriptedProvider(always(replies.json_body({}))) as collector:
        base = collector.base_url.removesuffix("/v1")
        settings = f'[telemetry]\nendpoint = "{base}"\n{more}'
        async with house(tmp_path, settings=settings) as home:
            await home.ask(prompt)
            await asyncio.sleep(0)
        return [request.body.decode() for request in collector.requests]


async def test_without_a_collector_nothing_is_sent(tmp_path: Path) -> None:
    """The default settings name no collector, and there is no exporter."""
    async with house(tmp_path) as home:
        seen = await home.ask(OPEN)
        assert home.runtime._engine.telemetry is None
        assert seen.receipt.attempts


async def test_spans_and_metrics_arrive_without_content(tmp_path: Path) -> None:
    """The collector gets GenAI spans and metrics of the request and nothing that was said."""
    traces, metrics = await _collected(tmp_path, OPEN)
    spans = json.loads(traces)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert [span["name"] for span in spans] == ["edgeroute.request", "chat mock/m"]
    assert spans[1]["parentSpanId"] == spans[0]["spanId"]
    names = {
        m["name"] for m in json.loads(metrics)["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
    }
    assert "gen_ai.client.token.usage" in names
    assert "hash table" not in traces + metrics


async def test_content_goes_only_if_wanted_and_open(tmp_path: Path) -> None:
    """With content on, an open talk is sent along; a private one never is."""
    more = "content = true\n"
    assert "hash table" in "".join(await _collected(tmp_path / "a", OPEN, more))
    private = "".join(await _collected(tmp_path / "b", PRIVATE, more))
    assert private
    assert "521-44" not in private
    assert "bank" not in private


async def test_a_collector_elsewhere_hears_nothing_of_what_stays_here(tmp_path: Path) -> None:
    """Private, latched or in private mode: no look-up and no connection for a distant collector."""
    asked: list[str] = []

    class Listening(Telemetry):
        async def _post(self, path: str, body: dict[str, Any]) -> None:
            asked.append(path)

    async with house(tmp_path) as home:
        gate, door = home.privacy.gate, home.providers.door
        distant = Listening("https://collector.example", gate, door, content=True)
        for one in ("private", "latched"):
            distant.tell(receipt(**{one: True}), "p", "a")
        distant.tell(receipt(mode=PrivacyMode.PRIVATE), "p", "a")
        await distant.close()
        assert not asked
        distant.tell(receipt(), "p", "a")
        await distant.close()
        assert asked == ["/v1/traces", "/v1/metrics"]


async def test_a_masked_talk_is_not_content(tmp_path: Path) -> None:
    """The words before masking are the user's own: a collector gets the counts only."""
    with ScriptedProvider(always(replies.json_body({}))) as collector:
        base = collector.base_url.removesuffix("/v1")
        settings = f'[telemetry]\nendpoint = "{base}"\ncontent = true\n'
        async with house(tmp_path, settings=settings) as home:
            seen = await home.ask(
                "Write to anna.berg@fjordmail.no about lunch.", privacy=PrivacyMode.MASK
            )
            assert seen.receipt.masked
        told = b"".join(request.body for request in collector.requests)
        assert told
        assert b"lunch" not in told
