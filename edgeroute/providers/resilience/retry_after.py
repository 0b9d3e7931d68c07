"""How long a provider asks to be left alone."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

LONGEST: Final = 86_400.0
_DURATION: Final = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$")
_IN_TEXT: Final = re.compile(
    r"(?:retry|try again) (?:in|after) ((?:\d+h)?(?:\d+m(?!s))?\d+(?:\.\d+)?(?:ms|s))",
    re.IGNORECASE,
)


def retry_after(headers: Mapping[str, str], body: Any, now: datetime) -> float | None:
    """Seconds to wait, in 0..86400: from the headers, Gemini's RetryInfo, or the error's text.

    ``headers`` has names in lower case; ``body`` is the error as parsed JSON.
    """
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return _bounded(milliseconds / 1000)
    given = headers.get("retry-after", "").strip()
    if given:
        seconds = _number(given)
        return _bounded(seconds) if seconds is not None else _until(given, now)
    return _from_body(body)


def duration(text: str) -> float | None:
    """Seconds in a duration such as ``6m0s``, ``1.5s``, ``20ms`` or a plain number."""
    plain = _number(text)
    if plain is not None:
        return _bounded(plain)
    match = _DURATION.match(text.strip())
    if not match or not text.strip():
        return None
    hours, minutes, seconds, milliseconds = (float(group or 0) for group in match.groups())
    return _bounded(hours * 3600 + minutes * 60 + seconds + milliseconds / 1000)


def _from_body(body: Any) -> float | None:
    if isinstance(body, Mapping):
        delay = body.get("retryDelay", body.get("retry_after"))
        if isinstance(delay, str | int | float) and (found := duration(str(delay))) is not None:
            return found
        for value in body.values():
            if (found := _from_body(value)) is not None:
                return found
    elif isinstance(body, list):
        for value in body[:20]:
            if (found := _from_body(value)) is not None:
                return found
    elif isinstance(body, str) and (match := _IN_TEXT.search(body[:2000])):
        return duration(match.group(1).lower())
    return None


def _until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return _bounded((moment - now).total_seconds())


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST)
