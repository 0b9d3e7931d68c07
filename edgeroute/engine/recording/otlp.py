"""A receipt as OpenTelemetry's GenAI spans and metrics, in OTLP's JSON encoding. Pure.

Names follow the GenAI semantic conventions (github.com/open-telemetry/semantic-conventions-genai);
ours start with ``edgeroute.``. Nothing of a prompt or an answer is in them unless it is given.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Final

import msgspec

from edgeroute import __version__
from edgeroute.core.receipt import Attempt, Receipt
from edgeroute.datafile import table

Attribute = str | int | float | bool | list[str]

_SPAN_INTERNAL: Final = 1
_SPAN_CLIENT: Final = 3
_STATUS_ERROR: Final = 2
_DELTA: Final = 1
# What a span of an attempt is called. The conventions would have the model behind it, which stands
# in an attribute: together they read like a person's name, and the privacy check keeps those here.
_OPERATION: Final = "chat"
_HTTPS: Final = 443
_RESOURCE: Final[dict[str, Attribute]] = {
    "service.name": "edgeroute",
    "service.version": __version__,
}


class _Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the conventions call our providers and the ends of an answer, where they differ."""

    providers: dict[str, str]
    finish_reasons: dict[str, str]


@cache
def _names() -> _Names:
    return table("telemetry", _Names)


@dataclass(frozen=True, slots=True)
class Said:
    """What was asked and answered, None where it is not to be told, and how the answer ended."""

    prompt: str | None = None
    answer: str | None = None
    finish: str = ""


def traces(receipt: Receipt, said: Said | None = None) -> dict[str, Any]:
    """One trace: a span for the request and one below it for each attempt.

    What was ``said`` stands in the span of the attempt that answered.
    """
    trace = _digest(receipt.id, 16)
    root = _digest(f"{receipt.id}/0", 8)
    end = receipt.created + timedelta(milliseconds=receipt.duration_ms)
    conversation: dict[str, Attribute] = {
        "gen_ai.conversation.id": _digest(receipt.conversation, 8)
    }
    attributes = conversation | {
        "edgeroute.receipt": receipt.id,
        "edgeroute.rule": receipt.rule,
        "edgeroute.route": str(receipt.route or ""),
        "edgeroute.private": receipt.private,
        "edgeroute.task": receipt.task,
        "edgeroute.agent": receipt.agent,
        "edgeroute.role": receipt.role,
        "edgeroute.front_door": receipt.front_door,
    }
    whole = _span(
        trace, root, "", "edgeroute.request", receipt.created, end, attributes, receipt.error
    )
    spans = [{**whole, "kind": _SPAN_INTERNAL}]
    for number, attempt in enumerate(receipt.attempts, 1):
        finished = attempt.started + timedelta(milliseconds=attempt.duration_ms)
        told = conversation | _of_attempt(attempt)
        if said is not None and attempt is receipt.standing:
            told |= _of_answer(attempt, said)
        span = _digest(f"{receipt.id}/{number}", 8)
        spans.append(
            _span(trace, span, root, _OPERATION, attempt.started, finished, told, attempt.error)
        )
    return {"resourceSpans": [{"resource": _resource(), "scopeSpans": [_scope("spans", spans)]}]}


def metrics(receipt: Receipt) -> dict[str, Any]:
    """Token use, duration and cost of each attempt that answered or was billed."""
    tokens, durations, costs = [], [], []
    for attempt in receipt.attempts:
        end = attempt.started + timedelta(milliseconds=attempt.duration_ms)
        common: dict[str, Attribute] = _identity(attempt)
        failed: dict[str, Attribute] = {"error.type": attempt.error} if attempt.error else {}
        durations.append(_point(attempt.started, end, attempt.duration_ms / 1000, common | failed))
        for kind, count in (("input", attempt.usage.input), ("output", attempt.usage.output)):
            if count:
                labels = common | {"gen_ai.token.type": kind}
                tokens.append(_point(attempt.started, end, count, labels))
        if attempt.cost.amount is not None:
            costs.append(_point(attempt.started, end, attempt.cost.amount, common))
    found = [
        _histogram("gen_ai.client.token.usage", "{token}", tokens),
        _histogram("gen_ai.client.operation.duration", "s", durations),
        _histogram("edgeroute.cost", "{USD}", costs),
    ]
    used = [metric for metric in found if metric["histogram"]["dataPoints"]]
    return {
        "resourceMetrics": [{"resource": _resource(), "scopeMetrics": [_scope("metrics", used)]}]
    }


def _identity(attempt: Attempt) -> dict[str, Attribute]:
    provider = attempt.model.partition("/")[0]
    found: dict[str, Attribute] = {
        "gen_ai.operation.name": _OPERATION,
        "gen_ai.provider.name": _names().providers.get(provider, provider),
        "gen_ai.request.model": _model(attempt),
    }
    if attempt.host:
        host, _, port = attempt.host.rpartition(":") if _has_port(attempt.host) else ("", "", "")
        found["server.address"] = host or attempt.host
        found["server.port"] = int(port or _HTTPS)
    return found


def _has_port(host: str) -> bool:
    name, colon, port = host.rpartition(":")
    return bool(colon and port.isdigit() and (":" not in name or name.endswith("]")))


def _model(attempt: Attempt) -> str:
    return attempt.model.partition("/")[2] or attempt.model


def _of_attempt(attempt: Attempt) -> dict[str, Attribute]:
    use = attempt.usage
    attributes = _identity(attempt) | {
        "edgeroute.outcome": attempt.outcome,
        "edgeroute.role": attempt.role,
        "edgeroute.bytes_sent": attempt.bytes_sent,
        "gen_ai.usage.input_tokens": use.input,
        "gen_ai.usage.output_tokens": use.output,
        "gen_ai.usage.cache_read.input_tokens": use.cache_read,
        "gen_ai.usage.cache_creation.input_tokens": use.cache_write_short + use.cache_write_long,
    }
    if use.output_reasoning:
        attributes["gen_ai.usage.reasoning.output_tokens"] = use.output_reasoning
    if attempt.first_token_ms is not None:
        attributes["gen_ai.response.time_to_first_chunk"] = attempt.first_token_ms / 1000
    if attempt.cost.amount is not None:
        attributes["edgeroute.cost.usd"] = float(attempt.cost.amount)
    if attempt.error:
        attributes["error.type"] = attempt.error
    return attributes


def _of_answer(attempt: Attempt, said: Said) -> dict[str, Attribute]:
    """How the answer ended, and the messages where they are to be told."""
    found: dict[str, Attribute] = {"gen_ai.response.model": _model(attempt)}
    finish = _names().finish_reasons.get(said.finish, said.finish)
    if finish:
        found["gen_ai.response.finish_reasons"] = [finish]
    if said.prompt is not None:
        found["gen_ai.input.messages"] = _messages("user", said.prompt)
    if said.answer is not None:
        found["gen_ai.output.messages"] = _messages("assistant", said.answer, finish or "stop")
    return found


def _messages(role: str, text: str, finish: str = "") -> str:
    """One message as the conventions have it, in JSON."""
    message: dict[str, Any] = {"role": role, "parts": [{"type": "text", "content": text}]}
    if finish:
        message["finish_reason"] = finish
    return json.dumps([message], ensure_ascii=False)


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
