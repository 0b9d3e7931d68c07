"""Counts in Prometheus's text format."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Attempt
from edgeroute.core.usage import Cost, Usage
from edgeroute.server.metrics import Metrics
from tests.support.endpoint import RECEIPT

STARTED = datetime(2026, 1, 1, tzinfo=UTC)
FAILED = Attempt('acme/"one\\', Place.CLOUD, STARTED, "failed", error="outage")
ANSWERED = Attempt(
    "acme/one",
    Place.CLOUD,
    STARTED,
    "answered",
    usage=Usage(10, 5, 0, 0, 3, 4),
    cost=Cost(Decimal("0.0001"), "computed"),
    bytes_sent=9,
)


def test_a_receipt_is_counted() -> None:
    """Requests, tokens, money, failures and times of one request."""
    metrics = Metrics()
    metrics.count(replace(RECEIPT, attempts=(FAILED, ANSWERED), user="ann", private=True))
    lines = metrics.text().splitlines()
    assert {
        'edgeroute_tokens_total{model="acme/one",kind="output"} 7',
        'edgeroute_cost_usd_total{model="acme/one"} 0.0001',
        'edgeroute_failed_attempts_total{model="acme/\\"one\\\\",error="outage"} 1',
        'edgeroute_duration_seconds_bucket{route="cloud",le="1"} 0',
        'edgeroute_duration_seconds_bucket{route="cloud",le="2.5"} 1',
        'edgeroute_duration_seconds_bucket{route="cloud",le="+Inf"} 1',
        'edgeroute_duration_seconds_sum{route="cloud"} 1.5',
        'edgeroute_first_token_seconds_count{route="cloud"} 1',
        "edgeroute_requests_under_way 0",
    } <= set(lines)
    request = 'edgeroute_requests_total{route="cloud",model="acme/one",private="true"'
    assert f'{request},outcome="answered"}} 1' in lines
    assert not any("ann" in line or "r1" in line for line in lines)


def test_every_line_is_in_the_format() -> None:
    """Prometheus reads every line: a comment, or a name with labels and a number."""
    metrics = Metrics()
    with metrics.under_way():
        metrics.count(replace(RECEIPT, attempts=(FAILED, ANSWERED)))
        text = metrics.text()
    assert "edgeroute_requests_under_way 1" in text
    value = re.compile(r'[a-z_]+(\{([a-z]+="([^"\\\n]|\\.)*",?)*\})? [0-9.e+-]+')
    for line in text.splitlines():
        assert line.startswith("# ") or value.fullmatch(line), line
    assert text.endswith("\n")
