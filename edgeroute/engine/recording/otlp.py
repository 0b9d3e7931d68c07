"""A receipt as OpenTelemetry's GenAI spans and metrics, in OTLP's JSON encoding. Pure.

Names follow the GenAI semantic conventions (https://opentelemetry.io/docs/specs/semconv/gen-ai/);
ours start with ``edgeroute.``. Nothing of a prompt or an answer is in them unless ``content`` is
given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from edgeroute import __version__
from edgeroute.core.receipt import Attempt, Receipt

Attribute = str | int | float | bool | list[str]

_SPAN_CLIENT: Final = 3
_STATUS_ERROR: Final = 2
_DELTA: Final = 1
_RESOURCE: Final[dict[str, Attribute]] = {
    "service.name": "edgeroute",
    "service.version": __version__,
}


def traces(receipt: Receipt, content: Mapping[str, str] | None = None) -> dict[str, Any]:
    """One trace: a span for the request and one below it for each attempt.

    ``content`` holds ``prompt`` and ``answer`` where the user wants them sent along.
    """
    trace = _digest(receipt.id, 16)
    root = _digest(f"{receipt.id}/0", 8)
    end = receipt.created + timedelta(milliseconds=receipt.duration_ms)
    attributes: dict[str, Attribute] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.conversation.id": _digest(receipt.conversation, 8),
        "edgeroute.receipt": receipt.id,
        "edgeroute.rule": receipt.rule,
        "edgeroute.route": str(receipt.route or ""),
        "edgeroute.private": receipt.private,
        "edgeroute.task": receipt.task,
        "edgeroute.agent": receipt.agent,
        "edgeroute.role": receipt.role,
        "edgeroute.front_door": receipt.front_door,
    }
    if content:
        attributes |= {
            "gen_ai.input.messages": content.get("prompt", ""),
            "gen_ai.output.messages": content.get("answer", ""),
        }
    spans = [
        _span(trace, root, "", "edgeroute.request", receipt.created, end, attributes, receipt.error)
    ]
    for number, attempt in enumerate(receipt.attempts, 1):
        span = _digest(f"{receipt.id}/{number}", 8)
        finished = attempt.started + timedelta(milliseconds=attempt.duration_ms)
        spans.append(
            _span(
                trace,
                span,
                root,
                f"chat {attempt.model}",
                attempt.started,
                finished,
                _of_attempt(attempt),
                attempt.error,
            )
        )
    return {"resourceSpans": [{"resource": _resource(), "scopeSpans": [_scope("spans", spans)]}]}


def metrics(receipt: Receipt) -> dict[str, Any]:
    """Token use, duration and cost of each attempt that answered or was billed."""
    tokens, durations, costs = [], [], []
    for attempt in receipt.attempts:
        end = attempt.started + timedelta(milliseconds=attempt.duration_ms)
        common: dict[str, Attribute] = _identity(attempt)
        durations.append(_point(attempt.started, end, attempt.duration_ms / 1000, common))
        for kind, count in (("input", attempt.usage.input), ("output", attempt.usage.output)):
            if count:
                labels = common | {"gen_ai.token.type": kind}
                tokens.append(_point(attempt.started, end, count, labels))
        if attempt.cost.amount is not None:
            costs.append(_point(attempt.started, end, attempt.cost.amount, common))
    found = [
        _histogram("gen_ai.client.token.usage", "{token}", tokens),
        _histogram("gen_ai.client.operation.duration", "s", durations),
        _histogram("edgeroute.cost", "USD", costs),
    ]
    used = [metric for metric in found if metric["histogram"]["dataPoints"]]
    return {
        "resourceMetrics": [{"resource": _resource(), "scopeMetrics": [_scope("metrics", used)]}]
    }


def _identity(attempt: Attempt) -> dict[str, Attribute]:
    provider = attempt.model.partition("/")[0]
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": attempt.model,
    }


def _of_attempt(attempt: Attempt) -> dict[str, Attribute]:
    attributes = _identity(attempt) | {
        "edgeroute.outcome": attempt.outcome,
        "edgeroute.role": attempt.role,
        "edgeroute.bytes_sent": attempt.bytes_sent,
        "gen_ai.usage.input_tokens": attempt.usage.input,
        "gen_ai.usage.output_tokens": attempt.usage.output,
        "gen_ai.usage.cache_read.input_tokens": attempt.usage.cache_read,
    }
    if attempt.cost.amount is not None:
        attributes["edgeroute.cost.usd"] = float(attempt.cost.amount)
    if attempt.error:
        attributes["error.type"] = attempt.error
    return attributes


def _span(  # noqa: PLR0917 - a span has this many parts
    trace: str,
    span: str,
    parent: str,
    name: str,
    start: datetime,
    end: datetime,
    attributes: Mapping[str, Attribute],
    error: str,
) -> dict[str, Any]:
    return {
        "traceId": trace,
        "spanId": span,
        "parentSpanId": parent,
        "name": name,
        "kind": _SPAN_CLIENT,
        "startTimeUnixNano": _nanoseconds(start),
        "endTimeUnixNano": _nanoseconds(end),
        "attributes": _attributes(attributes),
        "status": {"code": _STATUS_ERROR, "message": error} if error else {},
    }


def _histogram(name: str, unit: str, points: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": name,
        "unit": unit,
        "histogram": {"aggregationTemporality": _DELTA, "dataPoints": points},
    }


def _point(
    start: datetime, end: datetime, value: float | Decimal, attributes: Mapping[str, Attribute]
) -> dict[str, Any]:
    return {
        "startTimeUnixNano": _nanoseconds(start),
        "timeUnixNano": _nanoseconds(end),
        "count": "1",
        "sum": float(value),
        "bucketCounts": ["1"],
        "explicitBounds": [],
        "attributes": _attributes(attributes),
    }


def _scope(kind: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"scope": {"name": "edgeroute", "version": __version__}, kind: items}


def _resource() -> dict[str, Any]:
    return {"attributes": _attributes(_RESOURCE)}


def _attributes(values: Mapping[str, Attribute]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Attribute) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            return {"arrayValue": {"values": [_value(one) for one in value]}}
        case _:
            return {"stringValue": value}


def _digest(text: str, size: int) -> str:
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()


def _nanoseconds(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1_000_000) * 1000)
