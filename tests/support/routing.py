"""A small catalog and plan inputs for the tests of routing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from edgeroute.core.model_card import ModelCard, Place, PriceList, PriceRow, Rate
from edgeroute.core.signals import Signals
from edgeroute.routing.plan.eligibility import RoutingContext
from edgeroute.routing.plan.plan_input import PlanInput
from edgeroute.routing.policy.policy import RoutingPolicy
from edgeroute.routing.policy.tiers import Role, TierRule, Tiers

NOW: Final = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
LOCAL: Final = "local/qwen3.6-27b"
ALL: Final = frozenset({"tools", "images", "json_schema"})

# The policy of the design, byte for byte.
REFERENCE = """\
routing:
  rules:
    - condition: input_tokens < 1000 and task == "code_completion"
      model: local/qwen3.6-27b
    - condition: task == "explain_code" and input_tokens < 8000
      model: anthropic/claude-haiku-4.5
    - condition: task == "refactor" or task == "implement"
      model: moonshot/kimi-k2.6
    - condition: task == "architecture_review" or complexity == "high"
      model: anthropic/claude-opus-4.7
    - default: deepseek/v4-flash
  fallback:
    primary_failure: openrouter
    rate_limit: backup_provider
  cache:
    system_prompt: true
    duration: 1h
"""


def card(
    name: str, price: float = 1.0, grade: int = 2, context: int = 200_000, **more: Any
) -> ModelCard:
    """A managed model that costs ``price`` USD per million input tokens and five times that out."""
    rate = Rate(Decimal(str(price)), Decimal(str(price * 5)))
    known = {"abilities": ALL, "prices": PriceList((PriceRow(rate),)), **more}
    provider, wire_id = name.split("/", 1)
    return ModelCard(name, provider, wire_id, context_tokens=context, grade=grade, **known)


def cards(*more: ModelCard) -> dict[str, ModelCard]:
    """The seed's models, OpenRouter's copies of some, a local one, and ``more``."""
    seed = (
        card("anthropic/claude-haiku-4.5", 1, 1),
        card("anthropic/claude-opus-4.7", 5, 3, 1_000_000),
        card("moonshot/kimi-k2.6", 0.95, 2),
        card("deepseek/v4-flash", 0.15, 1, 1_000_000, abilities=frozenset({"tools"})),
        card("openai/gpt-5.5", 5, 3, 1_000_000),
        card("openai/gpt-6-luna", 0.1, 1),
        card("openai/gpt-5", 1, 2, shutdown=date(2026, 1, 1), successor="openai/gpt-5.5"),
        card("openrouter/anthropic/claude-haiku-4.5", 1, 1),
        card("openrouter/moonshotai/kimi-k2.6", 1, 2),
        ModelCard(
            LOCAL, "local", "qwen", place=Place.LOCAL, context_tokens=16_384,
            abilities=frozenset({"tools", "json_schema"}),
        ),
    )  # fmt: skip
    return {known.id: known for known in (*seed, *more)}


SAME: Final = {
    "openrouter/anthropic/claude-haiku-4.5": "anthropic/claude-haiku-4.5",
    "openrouter/moonshotai/kimi-k2.6": "moonshot/kimi-k2.6",
}
TIERS: Final = Tiers(
    roles={
        "small": Role(("openai/gpt-6-luna", "deepseek/v4-flash")),
        "second_small": Role(("deepseek/v4-flash", "openai/gpt-6-luna")),
        "middle": Role(("moonshot/kimi-k2.6",)),
        "large": Role(("anthropic/claude-opus-4.7", "openai/gpt-5.5")),
        "backup_provider": Role(
            ("openai/gpt-6-luna", "anthropic/claude-haiku-4.5", "openai/gpt-5.5"),
            other_provider=True,
        ),
    },
    ladders={"by_size": ((4_000, "small"), (None, "large"))},
    tiers={
        "free": TierRule("local", "Free tier."),
        "balanced": TierRule("rule", ""),
        "premium": TierRule("best", "Premium tier.", "large"),
    },
    gateway="openrouter",
)


def plan_input(policy: RoutingPolicy, signals: Signals | None = None, **more: Any) -> PlanInput:
    """A request under ``policy``; everything else as usual unless given."""
    known: dict[str, Any] = {
        "tiers": TIERS,
        "cards": cards(),
        "context": RoutingContext(NOW),
        "local": LOCAL,
        "same_as": SAME,
        **more,
    }
    return PlanInput(
        policy, signals=signals or Signals(input_tokens=500, output_tokens=300), **known
    )


def policy_file(folder: Path, text: str, name: str = "mine") -> Path:
    """A policy file in ``folder``."""
    path = folder / f"{name}.yaml"
    path.write_text(text, "utf-8")
    return path
