"""A plain receipt and a plain attempt, to be varied by tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Attempt, Receipt
from edgeroute.core.usage import Cost, Usage
from edgeroute.core.verdict import PrivacyMode

_ATTEMPT = Attempt(
    model="openai/gpt-5.5",
    place=Place.CLOUD,
    started=datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
    outcome="answered",
    duration_ms=900,
    host="api.openai.com",
    bytes_sent=500,
    usage=Usage(input_uncached=100, output_visible=50),
    cost=Cost(Decimal("0.0012"), "computed"),
    rate="2/20",
)
_RECEIPT = Receipt(
    id="r1",
    created=datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
    conversation="c1",
    front_door="cli",
    mode=PrivacyMode.AUTO,
    private=False,
    privacy_reason="No personal data found.",
    findings={},
    latched=False,
    rule="default",
    why="The default.",
    route=Place.CLOUD,
    model="openai/gpt-5.5",
    task="chat",
    user="ann",
)


def attempt(**changes: Any) -> Attempt:
    """An answered cloud attempt with ``changes``."""
    return replace(_ATTEMPT, **changes)


def receipt(*attempts: Attempt, **changes: Any) -> Receipt:
    """A receipt with these attempts (default: one) and ``changes``."""
    return replace(_RECEIPT, attempts=attempts or (attempt(),), **changes)
