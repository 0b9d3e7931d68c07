"""Budgets learned from headers and refusals."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.providers.resilience.rate_limits import RateLimits, duration, retry_after

WALL = datetime(2026, 11, 22, 12, tzinfo=UTC)
OPENAI = {
    "x-ratelimit-limit-requests": "500",
    "x-ratelimit-remaining-requests": "2",
    "x-ratelimit-reset-requests": "6m0s",
    "x-ratelimit-limit-tokens": "30000",
    "x-ratelimit-remaining-tokens": "1000",
    "x-ratelimit-reset-tokens": "20s",
}
ANTHROPIC = {
    "anthropic-ratelimit-requests-limit": "50",
    "anthropic-ratelimit-requests-remaining": "10",
    "anthropic-ratelimit-requests-reset": "2026-11-22T12:00:10Z",
    "anthropic-ratelimit-tokens-limit": "90000",
    "anthropic-ratelimit-tokens-remaining": "80000",
    "anthropic-ratelimit-tokens-reset": "2026-11-22T12:01:00Z",
    "anthropic-ratelimit-input-tokens-limit": "40000",
    "anthropic-ratelimit-input-tokens-remaining": "500",
    "anthropic-ratelimit-input-tokens-reset": "2026-11-22T12:00:30Z",
}


def learned(headers: dict[str, str]) -> RateLimits:
    """Limits after one answer at second 100."""
    limits = RateLimits()
    limits.learn("a/m", headers, 100, WALL)
    return limits


def test_a_model_about_to_refuse_is_passed_over() -> None:
    """Too few tokens left for this prompt means waiting for the reset; a small prompt may go."""
    limits = learned(OPENAI)
    assert limits.wait("a/m", 900, 101) == 0
    assert limits.wait("a/m", 1500, 101) == pytest.approx(19)
    assert limits.wait("a/m", 1500, 121) == 0
    assert limits.wait("b/m", 1500, 101) == 0


def test_what_is_spent_is_subtracted_before_the_answer_says_so() -> None:
    """Two requests under way use up the two that were left."""
    limits = learned(OPENAI)
    limits.spend("a/m", 100)
    assert limits.wait("a/m", 100, 101) == 0
    limits.spend("a/m", 100)
    assert limits.wait("a/m", 100, 101) == pytest.approx(359)


def test_anthropics_input_tokens_are_the_ones_that_count() -> None:
    """The input budget is the tighter one and its reset is a time."""
    limits = learned(ANTHROPIC)
    assert limits.wait("a/m", 400, 100) == 0
    assert limits.wait("a/m", 600, 100) == pytest.approx(30)


def test_a_prompt_beyond_the_whole_budget_is_left_to_the_provider() -> None:
    """Waiting does not help a prompt that no budget would hold."""
    assert learned(OPENAI).wait("a/m", 50_000, 101) == 0


def test_refusals_without_a_time_double_the_pause() -> None:
    """20 s, 40 s, 80 s ... up to 300 s; an answer starts it over."""
    limits = RateLimits()
    waits = []
    for _ in range(6):
        limits.refused("a/m", None, 0)
        waits.append(limits.wait("a/m", 0, 0))
    assert waits == [20, 40, 80, 160, 300, 300]
    limits.answered("a/m", 0)
    assert limits.wait("a/m", 0, 0) == 0
    limits.refused("a/m", 7, 0)
    assert limits.wait("a/m", 0, 0) == 7


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-remaining-tokens": "-1", "x-ratelimit-reset-tokens": "10"},
        {"x-ratelimit-remaining-tokens": "", "x-ratelimit-reset-tokens": "10"},
        {"x-ratelimit-remaining-tokens": "0"},
        {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "never"},
    ],
)
def test_headers_that_say_nothing_are_left_aside(headers: dict[str, str]) -> None:
    """Azure's -1 and half a pair of headers block nobody."""
    assert learned(headers).wait("a/m", 10, 101) == 0


def test_moonshots_headers_count_requests() -> None:
    """Headers without a kind are about requests; the reset may be seconds since 1970."""
    reset = str(int(WALL.timestamp()) + 15)
    headers = {"x-ratelimit-limit": "3", "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    assert learned(headers).wait("a/m", 1, 100) == pytest.approx(15)


@given(st.dictionaries(st.sampled_from(sorted(OPENAI | ANTHROPIC)), st.text()))
def test_no_header_breaks_it(headers: dict[str, str]) -> None:
    """Whatever a provider writes, the wait stays between now and a day."""
    assert 0 <= learned(headers).wait("a/m", 10, 101) <= 86_400


NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry-after": "2"}, {}, 2.0),
        ({"retry-after": "0.5"}, {}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, {}, 1.5),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}, {}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT"}, {}, 0.0),
        ({"retry-after": "-5"}, {}, 0.0),
        ({"retry-after": "86400"}, {}, 86_400.0),
        ({"retry-after": "99999999999"}, {}, None),
        ({"retry-after": "1e99"}, {}, None),
        ({"retry-after": "Sun, 22 Nov 3026 12:00:00 GMT"}, {}, None),
        ({"retry-after-ms": "99999999999999"}, {}, None),
        ({}, {"error": {"message": "Please try again in 9999h0m0s."}}, None),
        ({"retry-after": "inf"}, {}, None),
        ({"retry-after": "nan"}, {}, None),
        ({"retry-after": "soon"}, {}, None),
        ({"retry-after": ""}, {}, None),
        ({}, {"error": {"details": [{"@type": "RetryInfo", "retryDelay": "34s"}]}}, 34.0),
        ({}, {"error": {"message": "Please try again in 6m0s. Visit ..."}}, 360.0),
        ({}, {"error": {"message": "Please retry after 250ms."}}, 0.25),
        ({}, {"error": {"message": "Rate limit reached. Please try again in 1.898s."}}, 1.898),
        ({}, {"error": {"message": "No time is given."}}, None),
        ({}, "plain text", None),
        ({}, None, None),
    ],
)
def test_every_way_to_say_it(headers: dict[str, str], body: Any, seconds: float | None) -> None:
    """Headers, dates, Gemini's RetryInfo and plain text are read; nonsense and more than a day are
    not.
    """
    found = retry_after(headers, body, NOW)
    assert found == (pytest.approx(seconds) if seconds is not None else None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1),
        ("6m0s", 360),
        ("1h2m3s", 3723),
        ("20ms", 0.02),
        ("7.66s", 7.66),
        ("12", 12),
        ("", None),
        ("soon", None),
        ("-3", 0),
    ],
)
def test_durations(text: str, seconds: float | None) -> None:
    """The duration strings of rate-limit headers."""
    assert duration(text) == (pytest.approx(seconds) if seconds is not None else None)
