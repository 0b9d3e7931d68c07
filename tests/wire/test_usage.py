"""Token counts of every provider."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.usage import Usage
from edgeroute.wire import usage

OPENAI: dict[str, tuple[dict[str, Any], Usage]] = {
    "openai cached and written": (
        {
            "prompt_tokens": 2006,
            "completion_tokens": 300,
            "total_tokens": 2306,
            "prompt_tokens_details": {
                "cached_tokens": 1920,
                "cache_write_tokens": 64,
                "cache_write_tokens_details": {"ttl_30m_tokens": 40, "ttl_12h_tokens": 24},
            },
            "completion_tokens_details": {"reasoning_tokens": 120},
        },
        Usage(22, 1920, 40, 24, 180, 120),
    ),
    "responses": (
        {
            "input_tokens": 64,
            "input_tokens_details": {"cached_tokens": 32, "cache_write_tokens": 8},
            "output_tokens": 40,
            "output_tokens_details": {"reasoning_tokens": 24},
            "total_tokens": 104,
        },
        Usage(24, 32, 8, 0, 16, 24),
    ),
    "deepseek": (
        {
            "prompt_tokens": 500,
            "completion_tokens": 30,
            "prompt_cache_hit_tokens": 448,
            "prompt_cache_miss_tokens": 52,
            "completion_tokens_details": {"reasoning_tokens": 20},
        },
        Usage(52, 448, 0, 0, 10, 20),
    ),
    "moonshot": (
        {"prompt_tokens": 300, "completion_tokens": 25, "cached_tokens": 256},
        Usage(44, 256, 0, 0, 25, 0),
    ),
    "alibaba": (
        {
            "prompt_tokens": 100,
            "completion_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 40, "cache_creation_input_tokens": 50},
        },
        Usage(10, 40, 50, 0, 5, 0),
    ),
    "xai reasoning on top": (
        {
            "prompt_tokens": 32,
            "completion_tokens": 9,
            "total_tokens": 135,
            "prompt_tokens_details": {"cached_tokens": 6},
            "completion_tokens_details": {"reasoning_tokens": 94},
            "cost_in_usd_ticks": 37_756_000,
        },
        Usage(26, 6, 0, 0, 9, 94, Decimal("0.0037756")),
    ),
    "xai reasoning on top, less than the answer": (
        {
            "prompt_tokens": 10,
            "completion_tokens": 50,
            "total_tokens": 80,
            "completion_tokens_details": {"reasoning_tokens": 20},
        },
        Usage(10, 0, 0, 0, 50, 20),
    ),
    "openrouter": (
        {"prompt_tokens": 10, "completion_tokens": 2, "cost": 0.00123, "is_byok": False},
        Usage(10, 0, 0, 0, 2, 0, Decimal("0.00123")),
    ),
    "openrouter with the user's own key": (
        {
            "prompt_tokens": 10,
            "completion_tokens": 2,
            "cost": 0.0001,
            "is_byok": True,
            "cost_details": {"upstream_inference_cost": 0.002},
        },
        Usage(10, 0, 0, 0, 2, 0, Decimal("0.0021")),
    ),
    "nonsense": (
        {"prompt_tokens": -4, "completion_tokens": True, "cost": "free", "cached_tokens": [1]},
        Usage(),
    ),
}


@pytest.mark.parametrize("name", OPENAI)
def test_openai_like_counts(name: str) -> None:
    """Input includes what was cached and written; reasoning is in the output, or on top of it."""
    raw, expected = OPENAI[name]
    assert usage.from_openai(raw) == expected


def test_anthropic_counts() -> None:
    """Input excludes what was cached and written; writes are told apart by their life."""
    raw = {
        "input_tokens": 12,
        "cache_creation_input_tokens": 2048,
        "cache_read_input_tokens": 5000,
        "cache_creation": {"ephemeral_5m_input_tokens": 48, "ephemeral_1h_input_tokens": 2000},
        "output_tokens": 89,
        "output_tokens_details": {"thinking_tokens": 30},
    }
    assert usage.from_anthropic(raw) == Usage(12, 5000, 48, 2000, 59, 30)
    del raw["cache_creation"]
    assert usage.from_anthropic(raw) == Usage(12, 5000, 2048, 0, 59, 30)


@pytest.mark.parametrize(
    ("total", "short", "long"), [(9_000, 8_700, 300), (200, 0, 200), (0, 0, 0)]
)
def test_the_total_has_the_say_over_an_older_breakdown(total: int, short: int, long: int) -> None:
    """A stream's last event has a total, while the breakdown may be that of its first one."""
    early = {"ephemeral_5m_input_tokens": 500, "ephemeral_1h_input_tokens": 300}
    raw = {"cache_creation": early, "cache_creation_input_tokens": total}
    assert usage.from_anthropic(raw) == Usage(0, 0, short, long)


counts = st.integers(0, 10**6)
usages = st.builds(Usage, counts, counts, counts, st.just(0), counts, counts)


@given(usages)
def test_our_own_counts_survive_openai(spent: Usage) -> None:
    """What our endpoint states as OpenAI would reads back as the same counts."""
    assert usage.from_openai(usage.to_openai_chat(spent)) == spent
    assert usage.from_openai(usage.to_openai_responses(spent)) == spent


@given(usages, counts)
def test_our_own_counts_survive_anthropic(spent: Usage, long: int) -> None:
    """What our endpoint states as Anthropic would reads back as the same counts."""
    spent += Usage(cache_write_long=long)
    assert usage.from_anthropic(usage.to_anthropic(spent)) == spent


json_scraps = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["prompt_tokens", "cost", "cached_tokens", "prompt_tokens_details"]),
            inner,
        )
    ),
)


@given(st.dictionaries(st.sampled_from(sorted(OPENAI["xai reasoning on top"][0])), json_scraps))
def test_counts_are_never_negative(raw: dict[str, Any]) -> None:
    """Whatever a provider sends, every class is a count and a cost is a number."""
    for spent in (usage.from_openai(raw), usage.from_anthropic(raw)):
        assert min(spent.input_uncached, spent.cache_read, spent.output_visible) >= 0
        assert spent.reported_cost is None or spent.reported_cost >= 0
