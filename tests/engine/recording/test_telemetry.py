"""Telemetry is off by default, goes through the door, and holds no content unless asked to."""

from __future__ import annotations

import asyncio
import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.errors import SettingsError
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.recording import otlp
from edgeroute.engine.recording.otlp import Said
from edgeroute.engine.recording.telemetry import Telemetry
from edgeroute.privacy.detecting.detector import Detector
from edgeroute.privacy.inspecting.inspector import Inspector
from edgeroute.privacy.policy import PrivacyPolicy
from edgeroute.providers.catalog.catalog import Catalog
from edgeroute.providers.catalog.collector import collector
from edgeroute.wire.json_data import dump
from tests.support import replies
from tests.support.house import OPEN, PRIVATE, House, house
from tests.support.model_files import require
from tests.support.receipts import attempt, receipt
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
    assert [span["name"] for span in spans] == ["edgeroute.request", "chat"]
    assert spans[1]["parentSpanId"] == spans[0]["spanId"]
    names = {
        m["name"] for m in json.loads(metrics)["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
    }
    assert "gen_ai.client.token.usage" in names
    assert "hash table" not in traces + metrics


async def test_the_privacy_check_lets_pass_what_holds_no_content() -> None:
    """Whatever the model is called, with the check as it is shipped: ids are not read as records,
    nor models as people.
    """
    models = require("rampart").parent
    detector = Detector(PrivacyPolicy.load(), models)
    inspector = Inspector(detector, lambda: "")
    draw = random.Random(5)
    for model in draw.sample(sorted(Catalog.load().cards), 25):
        started = datetime.fromtimestamp(draw.uniform(1.79e9, 1.8e9), UTC)
        told = receipt(
            attempt(model=model, started=started, duration_ms=draw.randrange(9_000)),
            id=f"{draw.getrandbits(84):x}",
            conversation=f"{draw.getrandbits(84):x}",
        )
        for body in (otlp.traces(told, Said(finish="stop")), otlp.metrics(told)):
            verdict = await inspector.recheck([], dump(body))
            assert not verdict.private, (model, verdict.reason)


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
        distant = Listening(collector("https://collector.example"), gate, door, content=True)
        for one in ("private", "latched"):
            distant.tell(receipt(**{one: True}), Said("p", "a"))
        distant.tell(receipt(mode=PrivacyMode.PRIVATE), Said("p", "a"))
        await distant.close()
        assert not asked
        distant.tell(receipt(), Said("p", "a"))
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


class Heard(Telemetry):
    """An exporter whose posts are only noted; while ``hold`` is set they do not end."""

    def __init__(self, endpoint: str, home: House, **options: Any) -> None:
        super().__init__(collector(endpoint), home.privacy.gate, home.providers.door, **options)
        self.told: list[str] = []
        self.hold: asyncio.Event | None = None

    async def _post(self, path: str, body: dict[str, Any]) -> None:
        self.told.append(f"{path} {body}")
        if self.hold is not None:
            await self.hold.wait()


async def test_a_collector_on_this_machine_hears_of_all(tmp_path: Path) -> None:
    """What stays here may be counted here; its words are not sent even there."""
    async with house(tmp_path) as home:
        for near in ("http://localhost:4318", "http://127.0.0.1:4318", "http://[::1]:4318/"):
            heard = Heard(near, home, content=True)
            heard.tell(receipt(private=True), Said("a question", "a reply"))
            await heard.close()
            assert len(heard.told) == 2
            assert "a question" not in "".join(heard.told)
        heard = Heard("http://localhost:4318", home, content=True)
        heard.tell(receipt(), Said("a question", "a reply"))
        await heard.close()
        assert "a question" in heard.told[0]
        assert "a reply" in heard.told[0]
        assert "a question" not in heard.told[1]
        plain = Heard("http://localhost:4318", home)
        plain.tell(receipt(), Said("a question", "a reply"))
        await plain.close()
        assert "a question" not in "".join(plain.told), "content is off unless it is wanted"
        assert home.runtime._engine.telemetry is None, "without a collector nobody is told"


async def test_a_slow_collector_holds_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred receipts wait at most; what comes then is lost, and so is what is still under way
    when the program ends.
    """
    monkeypatch.setattr("edgeroute.engine.recording.telemetry._SECONDS", 0.05)
    async with house(tmp_path) as home:
        heard = Heard("http://localhost:4318", home)
        heard.hold = asyncio.Event()
        for _ in range(120):
            heard.tell(receipt(), Said("", ""))
        tasks = set(heard._tasks)
        assert len(tasks) == 100
        await heard.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert all(task.cancelled() for task in tasks)
        assert len(heard._tasks) == 0
        heard.hold.set()
        heard.tell(receipt(), Said("", ""))
        await heard.close()
        assert len(heard.told) == 102


async def test_what_a_collector_does_not_take_is_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says that it failed, and how, without an address or a word."""
    async with house(tmp_path) as home:
        await asyncio.to_thread(home.privacy.load_detector)
        away = Telemetry(collector("http://127.0.0.1:9"), home.privacy.gate, home.providers.door)
        with caplog.at_level("WARNING"):
            away.tell(receipt(), Said("a question", "a reply"))
            await away.close()
        ours = [one.getMessage() for one in caplog.records if one.name.startswith("edgeroute")]
        assert ours == ["telemetry was not sent: The telemetry collector refuses the connection."]


async def test_a_collector_gets_plain_json(tmp_path: Path) -> None:
    """Two posts under the paths of OTLP, without a key, whether or not its address ends in a
    slash.
    """
    with ScriptedProvider(always(replies.json_body({}))) as collector:
        base = collector.base_url.removesuffix("v1")
        settings = f'[telemetry]\nendpoint = "{base}"\n'
        async with house(tmp_path, settings=settings) as home:
            await home.ask(OPEN)
        assert [one.path for one in collector.requests] == ["/v1/traces", "/v1/metrics"]
        for one in collector.requests:
            assert one.method == "POST"
            assert one.headers["content-type"] == one.headers["accept"] == "application/json"
            assert "authorization" not in one.headers
            assert one.json


# How each of them is reached: the path below its host, how the key is sent, and what else it wants.
TOOLS = {
    "langfuse": (
        "/api/public/otel", "/v1/traces", "basic", "pk-1:sk-2",
        ("authorization", "Basic cGstMTpzay0y"), {"x-langfuse-ingestion-version": "4"},
    ),
    "langsmith": (
        "/otel", "/v1/traces", "x-api-key", "ls-key", ("x-api-key", "ls-key"),
        {"Langsmith-Project": "edgeroute"},
    ),
    "helicone": (
        "/v1/trace/log", "", "bearer", "hl-key", ("authorization", "Bearer hl-key"), {},
    ),
}  # fmt: skip


async def _arrived(server: ScriptedProvider) -> None:
    """Until something has come, on a busy machine too."""
    for _ in range(400):
        if server.requests:
            return
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("tool", TOOLS)
async def test_the_three_tools_get_what_they_expect(
    tmp_path: Path, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One POST in JSON to the tool's own path, with its key in its own header; no metrics, which
    none of them takes.
    """
    below, path, auth, key, (header, value), more = TOOLS[tool]
    monkeypatch.setenv("EDGEROUTE_TELEMETRY_KEY", key)
    with ScriptedProvider(always(replies.json_body({}))) as server:
        base = server.base_url.removesuffix("/v1")
        lines = "".join(f'"{name}" = "{text}"\n' for name, text in more.items())
        settings = (
            f'[telemetry]\nendpoint = "{base}{below}"\npath = "{path}"\nauth = "{auth}"\n'
            f"metrics = false\n[telemetry.headers]\n{lines}[keys]\nenvironment = true\n"
        )
        async with house(tmp_path, settings=settings) as home:
            await home.ask(OPEN)
            await _arrived(server)
        (request,) = server.requests
    assert (request.method, request.path) == ("POST", below + path)
    sent = {name.lower(): text for name, text in request.headers.items()}
    assert sent[header] == value
    assert sent["content-type"] == "application/json"
    for name, text in more.items():
        assert sent[name.lower()] == text
    spans = json.loads(request.body)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert {span["name"] for span in spans} == {"edgeroute.request", "chat"}


async def test_a_refusal_of_the_collector_is_logged_without_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A wrong key or path is said in the log, and the answer is out all the same."""
    with ScriptedProvider(always(replies.json_body({}, status=401))) as server:
        base = server.base_url.removesuffix("/v1")
        async with house(tmp_path, settings=f'[telemetry]\nendpoint = "{base}"\n') as home:
            seen = await home.ask(OPEN)
            assert seen.receipt.standing
            await _arrived(server)
    assert "collector answered 401 to /v1/traces" in caplog.text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"endpoint": "not an address"}, "must look like https://"),
        ({"endpoint": "http://[half"}, "not an address"),
        ({"endpoint": "http://collector.example"}, "plain http"),
        ({"endpoint": "https://me:secret@collector.example"}, "a key does not belong"),
        ({"endpoint": "https://a.example", "path": "@b.example"}, "is no path"),
        ({"endpoint": "https://a.example", "headers": {"Authorization": "x"}}, "in a file"),
        ({"endpoint": "https://a.example", "headers": {"a b": "x"}}, "is no header"),
        ({"endpoint": "https://a.example", "headers": {"a": "x\ny"}}, "is no header"),
    ],
)
def test_a_wrong_address_is_a_sentence(wrong: dict[str, Any], said: str) -> None:
    """What is wrong with the settings is said before anything is sent."""
    with pytest.raises(SettingsError, match="telemetry") as caught:
        collector(**wrong, file="config.toml")
    assert said in str(caught.value)
