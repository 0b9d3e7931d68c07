"""Token counts: every provider's fields into our disjoint classes, and back out for our callers."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final

from edgeroute.core.usage import Usage
from edgeroute.wire.json_data import Json, count, mapping

_TICKS_PER_USD: Final = 10**10  # xAI states the cost in these


def from_openai(raw: Json) -> Usage:
    """Usage of chat completions and Responses: their input includes cached and written tokens.

    DeepSeek (``prompt_cache_hit_tokens``), Moonshot (``cached_tokens``), Alibaba
    (``cache_creation_input_tokens``), OpenRouter (``cost``) and xAI (reasoning on top of the
    output, cost in ticks) are told by their fields.
    """
    inputs = mapping(raw.get("prompt_tokens_details") or raw.get("input_tokens_details"))
    outputs = mapping(raw.get("completion_tokens_details") or raw.get("output_tokens_details"))
    all_input = count(raw.get("prompt_tokens", raw.get("input_tokens")))
    output = count(raw.get("completion_tokens", raw.get("output_tokens")))
    cached = _first_count(
        inputs.get("cached_tokens"), raw.get("prompt_cache_hit_tokens"), raw.get("cached_tokens")
    )
    short, long = _openai_writes(inputs)
    reasoning = _first_count(outputs.get("reasoning_tokens"), raw.get("reasoning_tokens"))
    cached = min(cached, all_input)
    short = min(short, all_input - cached)
    long = min(long, all_input - cached - short)
    on_top = reasoning > output or (
        reasoning > 0 and count(raw.get("total_tokens")) == all_input + output + reasoning
    )
    return Usage(
        input_uncached=all_input - cached - short - long,
        cache_read=cached,
        cache_write_short=short,
        cache_write_long=long,
        output_visible=output if on_top else output - reasoning,
        output_reasoning=reasoning,
        reported_cost=_reported_cost(raw),
    )


def from_anthropic(raw: Json) -> Usage:
    """Usage of Anthropic Messages, whose input count excludes cached and written tokens."""
    creation = mapping(raw.get("cache_creation"))
    written = count(raw.get("cache_creation_input_tokens"))
    long = count(creation.get("ephemeral_1h_input_tokens"))
    short = count(creation.get("ephemeral_5m_input_tokens"))
    if raw.get("cache_creation_input_tokens") is not None:
        # The breakdown may be of an earlier moment than the total, which then has the say.
        long = min(long, written)
        short = written - long
    output = count(raw.get("output_tokens"))
    thinking = min(count(mapping(raw.get("output_tokens_details")).get("thinking_tokens")), output)
    return Usage(
        input_uncached=count(raw.get("input_tokens")),
        cache_read=count(raw.get("cache_read_input_tokens")),
        cache_write_short=short,
        cache_write_long=long,
        output_visible=output - thinking,
        output_reasoning=thinking,
        reported_cost=_reported_cost(raw),
    )


def to_openai_chat(usage: Usage) -> dict[str, Any]:
    """``usage`` as a chat completion states it."""
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.total,
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write_short + usage.cache_write_long,
        },
        "completion_tokens_details": {"reasoning_tokens": usage.output_reasoning},
    }


def to_openai_responses(usage: Usage) -> dict[str, Any]:
    """``usage`` as a response states it."""
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write_short + usage.cache_write_long,
        },
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.output_reasoning},
        "total_tokens": usage.total,
    }


def to_anthropic(usage: Usage) -> dict[str, Any]:
    """``usage`` as a message states it."""
    return {
        "input_tokens": usage.input_uncached,
        "cache_creation_input_tokens": usage.cache_write_short + usage.cache_write_long,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_write_short,
            "ephemeral_1h_input_tokens": usage.cache_write_long,
        },
        "output_tokens": usage.output,
        "output_tokens_details": {"thinking_tokens": usage.output_reasoning},
    }


def _first_count(*values: object) -> int:
    return next((count(value) for value in values if value is not None), 0)


def _openai_writes(inputs: Json) -> tuple[int, int]:
    details = mapping(inputs.get("cache_write_tokens_details"))
    creation = mapping(inputs.get("cache_creation"))
    long = count(details.get("ttl_12h_tokens")) + count(creation.get("ephemeral_1h_input_tokens"))
    written = _first_count(
        inputs.get("cache_write_tokens"), inputs.get("cache_creation_input_tokens")
    )
    short = count(details.get("ttl_30m_tokens")) + count(creation.get("ephemeral_5m_input_tokens"))
    return (short, long) if short + long else (written, 0)


def _reported_cost(raw: Json) -> Decimal | None:
    ticks, cost = raw.get("cost_in_usd_ticks"), raw.get("cost")
    if isinstance(ticks, int) and not isinstance(ticks, bool) and ticks >= 0:
        return Decimal(ticks) / _TICKS_PER_USD
    if isinstance(cost, bool) or not isinstance(cost, int | float | str):
        return None
    # With the user's own key at the upstream, OpenRouter's "cost" is its fee only.
    upstream = mapping(raw.get("cost_details")).get("upstream_inference_cost")
    try:
        total = Decimal(str(cost))
        if raw.get("is_byok") is True and isinstance(upstream, int | float):
            total += Decimal(str(upstream))
    except InvalidOperation:
        return None
    return total if total.is_finite() and total >= 0 else None
