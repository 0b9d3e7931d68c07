"""A house in which several models take part: luna and v4-pro are cheap, opus is the strong one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from decimal import Decimal
from pathlib import Path
from unittest import mock

from edgeroute.core.receipt import Receipt
from tests.support import replies
from tests.support.house import House, house
from tests.support.scripted_provider import Behaviour, Received, Reply

CLOSED = "How many days does March have? Reply with the number only."
LUNA, PRO, OPUS = "openai/gpt-6-luna", "deepseek/v4-pro", "anthropic/claude-opus-4.7"
ENVIRONMENT = "[keys]\nenvironment = true\n"
TOKENS = (1_000, 100)  # what every scripted answer says that it used
_KEYS = ("OPENAI", "DEEPSEEK", "ANTHROPIC", "MOONSHOT", "OPENROUTER")
_POLICY = f"""
routing:
  rules:
    - id: all
      condition: input_tokens >= 0
      model: {OPUS}
      strategy: STRATEGY
      verify: VERIFY
    - default: {OPUS}
  cascade:
    ladder: [{LUNA}, {PRO}]
    top: {OPUS}
    expected_escalation: 0.2
  ensemble:
    models: [{LUNA}, {PRO}, {OPUS}]
    judge: {OPUS}
    combine: COMBINE
"""


def policy(strategy: str = "single", *, verify: str = "''", combine: str = "auto") -> str:
    """A policy file that sends everything to opus, alone or with the others."""
    text = _POLICY.replace("STRATEGY", strategy).replace("VERIFY", verify)
    return text.replace("COMBINE", combine)


@contextmanager
def keys() -> Iterator[None]:
    """While it is open, the environment holds a key for every provider of these tests."""
    with mock.patch.dict(os.environ, {f"{name}_API_KEY": "sk-test" for name in _KEYS}):
        yield


def says(*texts: str) -> Behaviour:
    """One text after the other, the last for ever, each with the usual usage."""

    def reply(request: Received) -> Reply:
        text = texts[min(request.number, len(texts)) - 1]
        return replies.answer(request, text, tokens=TOKENS)

    return reply


def several(
    tmp_path: Path, rules: str, luna: Behaviour, pro: Behaviour, opus: Behaviour
) -> AbstractAsyncContextManager[House]:
    """A house whose models luna, v4-pro and opus behave so, under the policy ``rules``."""
    cloud: Mapping[str, Behaviour] = {"openai": luna, "deepseek": pro, "anthropic": opus}
    return house(tmp_path, cloud, settings=ENVIRONMENT, rules={"test.yaml": rules})


def asked(home: House) -> dict[str, int]:
    """How many requests each provider got."""
    return {name: len(provider.requests) for name, provider in home.cloud.items()}


def adds_up(home: House, receipt: Receipt) -> Decimal:
    """What ``receipt`` cost: the sum of its calls, and, being the only one, the whole ledger."""
    costs = [attempt.cost.amount for attempt in receipt.attempts]
    assert costs
    assert None not in costs
    total = sum((cost for cost in costs if cost is not None), Decimal(0))
    assert receipt.cost.amount == total > 0
    assert home.runtime.ledger.total().cost == total
    return total
