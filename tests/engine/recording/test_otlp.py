"""A receipt in the words of OpenTelemetry."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from edgeroute import __version__
from edgeroute.core.model_card import Place
from edgeroute.core.usage import UNKNOWN_COST, Usage
from edgeroute.engine.recording.otlp import Said, metrics, traces
from edgeroute.providers.catalog.catalog import Catalog
from tests.support.receipts import attempt, receipt

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FAILED = attempt(
    model="mock/m",
    outcome="failed",
    error="outage",
    started=START + timedelta(milliseconds=10),
    duration_ms=20,
    usage=Usage(),
    cost=UNKNOWN_COST,
    role="judge",
)
GOOD = attempt(usage=Usage(60, 40, output_visible=50), started=START)
TOLD = receipt(FAILED, GOOD, duration_ms=950, private=True)


def nanoseconds(milliseconds: int) -> str:
    """So many milliseconds after the start."""
    return str((int(START.timestamp() * 1000) + milliseconds) * 1_000_000)


def plain(attributes: list[dict[str, Any]]) -> dict[str, Any]:
    """Attributes as a dictionary, whose values have the kinds that they say."""
    found: dict[str, Any] = {}
    for one in attributes:
        ((kind, value),) = one["value"].items()
        if kind == "arrayValue":
            found[one["key"]] = [item["stringValue"] for item in value["values"]]
            continue
        found[one["key"]] = {"intValue": int}.get(kind, lambda same: same)(value)
        assert kind == {str: "stringValue", bool: "boolValue", int: "intValue"}.get(
            type(found[one["key"]]), "doubleValue"
        )
    return found


def spans(**more: Any) -> list[dict[str, Any]]:
    """The spans of ``TOLD``."""
    (resource,) = traces(TOLD, **more)["resourceSpans"]
    assert plain(resource["resource"]["attributes"]) == {
        "service.name": "edgeroute",
        "service.version": __version__,
    }
    (scope,) = resource["scopeSpans"]
    assert scope["scope"] == {"name": "edgeroute", "version": __version__}
    found: list[dict[str, Any]] = scope["spans"]
    return found


def test_a_request_is_a_span_with_a_span_below_it_for_each_attempt() -> None:
    """One trace; ids of the right length, one for each span, the same every time; begin and end in
    nanoseconds; what failed has the error as its status.
    """
    root, failed, good = spans()
    assert [one["name"] for one in (root, failed, good)] == [
        "edgeroute.request", "chat", "chat",
    ]  # fmt: skip
    assert {one["traceId"] for one in (root, failed, good)} == {root["traceId"]}
    assert len(root["traceId"]) == 32
    ids = [one["spanId"] for one in (root, failed, good)]
    assert [len(one) for one in ids] == [16] * 3
    assert len({*ids}) == 3
    assert [one["parentSpanId"] for one in (root, failed, good)] == ["", ids[0], ids[0]]
    assert [one["kind"] for one in (root, failed, good)] == [1, 3, 3]
    times = [(one["startTimeUnixNano"], one["endTimeUnixNano"]) for one in (root, failed, good)]
    assert times == [
        (nanoseconds(0), nanoseconds(950)),
        (nanoseconds(10), nanoseconds(30)),
        (nanoseconds(0), nanoseconds(900)),
    ]
    assert [one["status"] for one in (root, failed, good)] == [
        {}, {"code": 2, "message": "outage"}, {},
    ]  # fmt: skip
    assert spans() == [root, failed, good]
    other = traces(receipt(id="r2"))["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert {one["spanId"] for one in other} & {*ids} == set()
    assert other[0]["traceId"] != root["traceId"]


def test_the_request_tells_where_it_went_and_why() -> None:
    """Receipt, rule, route, task, door and agent; the conversation only as a digest."""
    told = plain(spans()[0]["attributes"])
    conversation = told.pop("gen_ai.conversation.id")
    assert told == {
        "edgeroute.receipt": "r1",
        "edgeroute.rule": "default",
        "edgeroute.route": "cloud",
        "edgeroute.private": True,
        "edgeroute.task": "chat",
        "edgeroute.agent": "",
        "edgeroute.role": "",
        "edgeroute.front_door": "cli",
    }
    assert len(conversation) == 16
    assert conversation != "c1"
    nowhere = traces(receipt(route=None))["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    assert plain(nowhere["attributes"])["edgeroute.route"] == ""


def test_an_attempt_tells_its_model_use_and_cost() -> None:
    """Under the names of the GenAI conventions; what is not known is left out."""
    root, failed, good = spans()
    told = plain(good["attributes"])
    same = told.pop("gen_ai.conversation.id")
    assert same == plain(root["attributes"])["gen_ai.conversation.id"]
    assert told == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5.5",
        "server.address": "api.openai.com",
        "server.port": 443,
        "edgeroute.outcome": "answered",
        "edgeroute.role": "answer",
        "edgeroute.bytes_sent": 500,
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 50,
        "gen_ai.usage.cache_read.input_tokens": 40,
        "gen_ai.usage.cache_creation.input_tokens": 0,
        "edgeroute.cost.usd": 0.0012,
    }
    told = plain(failed["attributes"])
    assert (told["error.type"], told["edgeroute.role"]) == ("outage", "judge")
    assert "edgeroute.cost.usd" not in told


def test_content_is_in_the_answers_span_and_nowhere_else() -> None:
    """Only where it is given, as messages of parts."""
    quiet = spans(said=Said(finish="tool_calls"))
    assert not any("messages" in name for one in quiet for name in plain(one["attributes"]))
    assert plain(quiet[2]["attributes"])["gen_ai.response.finish_reasons"] == ["tool_call"]
    *others, answered = spans(said=Said("a secret", "an answer", "stop"))
    told = plain(answered["attributes"])
    asked, answer = (json.loads(told[f"gen_ai.{way}.messages"]) for way in ("input", "output"))
    assert asked == [{"role": "user", "parts": [{"type": "text", "content": "a secret"}]}]
    assert answer == [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "an answer"}],
            "finish_reason": "stop",
        }
    ]
    assert told["gen_ai.response.model"] == "gpt-5.5"
    assert "secret" not in json.dumps(others)


CONVENTIONS = yaml.safe_load(Path(__file__).with_name("genai_conventions.yaml").read_text("utf-8"))
OURS = "edgeroute."


def as_the_conventions_say(told: dict[str, Any]) -> None:
    """No attribute has a name or a kind that the conventions do not know."""
    for name, value in told.items():
        if not name.startswith(OURS):
            kind = CONVENTIONS["attributes"][name]
            assert type(value).__name__ == kind, name


@pytest.mark.parametrize("provider", sorted(Catalog.load().providers))
def test_every_span_and_metric_keeps_to_the_conventions(provider: str) -> None:
    """Names, kinds, required attributes, span names and kinds, units, and providers as the registry
    has them, or by a name of ours where it has none.
    """
    usage = Usage(60, 40, 5, 6, output_visible=50, output_reasoning=20)
    told = receipt(FAILED, attempt(model=f"{provider}/m-1", usage=usage, first_token_ms=80))
    _, *below = traces(told, Said("q", "a", "length"))["resourceSpans"][0]["scopeSpans"][0]["spans"]
    for span in below:
        attributes = plain(span["attributes"])
        as_the_conventions_say(attributes)
        assert set(CONVENTIONS["required"]) <= set(attributes)
        assert ("error.type" in attributes) is (span["status"] != {})
        assert ("server.address" in attributes) is ("server.port" in attributes)
        assert (span["name"], span["kind"]) == (attributes["gen_ai.operation.name"], 3)
        assert attributes["gen_ai.operation.name"] in CONVENTIONS["operations"]
        known = attributes["gen_ai.provider.name"] in CONVENTIONS["providers"]
        assert known is (provider in CONVENTIONS["ours_in_the_registry"]) or span is below[0]
    reasons = plain(below[1]["attributes"])["gen_ai.response.finish_reasons"]
    assert set(reasons) <= set(CONVENTIONS["finish_reasons"])
    for metric in metrics(told)["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]:
        if not metric["name"].startswith(OURS):
            assert metric["unit"] == CONVENTIONS["metrics"][metric["name"]]
        for point in metric["histogram"]["dataPoints"]:
            as_the_conventions_say(plain(point["attributes"]))


def points(name: str) -> list[dict[str, Any]]:
    """The data points of one metric of ``TOLD``."""
    (resource,) = metrics(TOLD)["resourceMetrics"]
    assert resource["resource"]["attributes"]
    (scope,) = resource["scopeMetrics"]
    assert scope["scope"]["name"] == "edgeroute"
    (found,) = [one for one in scope["metrics"] if one["name"] == name]
    units = {"gen_ai.client.token.usage": "{token}", "edgeroute.cost": "{USD}"}
    assert found["unit"] == units.get(name, "s")
    assert found["histogram"]["aggregationTemporality"] == 1
    shown: list[dict[str, Any]] = found["histogram"]["dataPoints"]
    for point in shown:
        assert (point["count"], point["bucketCounts"], point["explicitBounds"]) == ("1", ["1"], [])
        assert plain(point["attributes"])["gen_ai.operation.name"] == "chat"
    return shown


def test_every_attempt_is_measured() -> None:
    """Tokens by kind, seconds, USD: one point each, from the attempt's begin to its end."""
    tokens = points("gen_ai.client.token.usage")
    kinds = [plain(one["attributes"])["gen_ai.token.type"] for one in tokens]
    assert [*zip(kinds, (one["sum"] for one in tokens), strict=True)] == [
        ("input", 100.0), ("output", 50.0),
    ]  # fmt: skip
    durations = points("gen_ai.client.operation.duration")
    assert [one["sum"] for one in durations] == [0.02, 0.9]
    times = [(one["startTimeUnixNano"], one["timeUnixNano"]) for one in durations]
    assert times == [(nanoseconds(10), nanoseconds(30)), (nanoseconds(0), nanoseconds(900))]
    (cost,) = points("edgeroute.cost")
    assert cost["sum"] == 0.0012
    assert plain(cost["attributes"])["gen_ai.request.model"] == "gpt-5.5"


def test_a_metric_without_points_is_not_told() -> None:
    """A local answer that used nothing known has its duration alone; free is a cost."""
    quiet = attempt(place=Place.LOCAL, usage=Usage(), cost=UNKNOWN_COST)
    (scope,) = metrics(receipt(quiet))["resourceMetrics"][0]["scopeMetrics"]
    assert [one["name"] for one in scope["metrics"]] == ["gen_ai.client.operation.duration"]
    free = attempt(cost=attempt().cost.__class__(Decimal(0), "computed"))
    (scope,) = metrics(receipt(free))["resourceMetrics"][0]["scopeMetrics"]
    assert scope["metrics"][-1]["histogram"]["dataPoints"][0]["sum"] == 0.0
