"""What is asked of providers' caches."""

from __future__ import annotations

import pytest

from edgeroute.core.errors import SettingsError
from edgeroute.providers.calling.prompt_cache import plan_cache, session_id
from edgeroute.providers.catalog.catalog import Catalog
from edgeroute.wire.format import CachePlan


@pytest.mark.parametrize(
    ("model", "prefix", "history", "plan"),
    [
        ("anthropic/claude-haiku-4.5", 4095, 0, None),
        ("anthropic/claude-haiku-4.5", 4096, 0, CachePlan(True, "1h", False)),
        ("anthropic/claude-opus-5.5", 600, 50, CachePlan(True, "1h", True)),
        ("anthropic/claude-haiku-4.5", 100, 9000, CachePlan(False, "5m", True)),
        ("openai/gpt-5.5", 2000, 0, CachePlan(True, "1h", False)),
        ("together/glm-5.3", 9000, 9000, None),
    ],
)
def test_marks_are_set_where_they_can_be_used(
    catalog: Catalog, model: str, prefix: int, history: int, plan: CachePlan | None
) -> None:
    """Below the model's minimum, and where nothing can be marked, nothing is asked."""
    card = catalog.card(model)
    assert card is not None
    made = plan_cache(
        card, system_prompt=True, duration="1h", prefix_tokens=prefix, history_tokens=history
    )
    assert made == plan
    off = plan_cache(card, system_prompt=False, duration="1h", prefix_tokens=10**6)
    assert off is None


@pytest.mark.parametrize(
    ("duration", "lives"), [("", "5m"), ("5m", "5m"), ("30m", "5m"), ("1h", "1h"), ("12h", "1h")]
)
def test_durations(catalog: Catalog, duration: str, lives: str) -> None:
    """The policy's duration becomes one of the two lives that providers know."""
    card = catalog.card("anthropic/claude-opus-5.5")
    assert card is not None
    plan = plan_cache(card, system_prompt=True, duration=duration, prefix_tokens=10_000)
    assert plan is not None
    assert plan.duration == lives


def test_a_duration_that_is_none_is_told(catalog: Catalog) -> None:
    """A word where a time belongs is a mistake in the policy."""
    card = catalog.card("anthropic/claude-opus-5.5")
    assert card is not None
    with pytest.raises(SettingsError, match="for ever"):
        plan_cache(card, system_prompt=True, duration="for ever", prefix_tokens=10_000)


def test_session_ids_tell_nobody_anything() -> None:
    """Stable for a conversation at a provider, different everywhere else, never the id itself."""
    salt = b"s" * 32
    first = session_id("private-divorce", "openai", salt)
    assert first == session_id("private-divorce", "openai", salt)
    others = {
        session_id("private-divorce", "deepseek", salt),
        session_id("other", "openai", salt),
        session_id("private-divorce", "openai", b"t" * 32),
    }
    assert first not in others
    assert len(others) == 3
    assert "divorce" not in first
