"""How long providers ask to be left alone, in all their ways to say it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from edgeroute.providers.resilience.retry_after import duration, retry_after

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
        ({"retry-after": "99999999999"}, {}, 86_400.0),
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
    """Headers, dates, Gemini's RetryInfo and plain text are read; nonsense is not."""
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
