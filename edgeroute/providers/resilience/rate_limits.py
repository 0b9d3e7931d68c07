"""What is left of each model's token and request budgets, learned from answers and refusals.

Pure: seconds are arguments. A model that is about to refuse is passed over before it refuses.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal, TypeGuard

from edgeroute.providers.resilience.resilience import RateLimitNumbers

What = Literal["requests", "tokens"]
_KINDS: Final[tuple[What, ...]] = ("requests", "tokens")

_HEADER: Final = re.compile(
    r"^(?:x-ratelimit-(?P<a>limit|remaining|reset)(?:-(?P<b>requests|tokens))?"
    r"|anthropic-ratelimit-(?P<c>requests|tokens|input-tokens)-(?P<d>limit|remaining|reset))$"
)
LONGEST: Final = 86_400.0
_DURATION: Final = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$")
_IN_TEXT: Final = re.compile(
    r"(?:retry|try again) (?:in|after) ((?:\d+h)?(?:\d+m(?!s))?\d+(?:\.\d+)?(?:ms|s))",
    re.IGNORECASE,
)


@dataclass
class _Budget:
    """What is left until ``resets`` (seconds on the caller's clock)."""

    remaining: float
    resets: float
    limit: float | None = None


class RateLimits:
    """Budgets and cool-downs by model id."""

    def __init__(self, numbers: RateLimitNumbers | None = None) -> None:
        self._numbers = numbers or RateLimitNumbers()
        self._budgets: dict[tuple[str, What], _Budget] = {}
        self._blocked_until: dict[str, float] = {}
        self._refusals: dict[str, int] = {}
        self._changed: dict[str, float] = {}

    def learn(self, model: str, headers: Mapping[str, str], now: float, wall: datetime) -> None:
        """Take in the headers (names in lower case) of any answer that came at ``now``.

        ``wall`` is the same moment by the calendar, for resets that are given as a time.
        """
        found: dict[What, dict[str, str]] = {"requests": {}, "tokens": {}}
        for name, value in headers.items():
            match = _HEADER.match(name)
            if match is None:
                continue
            kind = match["b"] or match["c"] or "requests"
            what: What = "requests" if kind == "requests" else "tokens"
            field = match["a"] or match["d"]
            if field not in found[what] or kind == "input-tokens":
                found[what][field] = value.strip()
        for what, fields in found.items():
            if self._note(model, what, fields, now, wall):
                self._changed[model] = now

    def spend(self, model: str, tokens: int) -> None:
        """A request of about ``tokens`` goes out: less is left, before the answer says so."""
        for what, amount in (("requests", 1), ("tokens", tokens)):
            budget = self._budgets.get((model, what))  # type: ignore[arg-type] # two literals
            if budget is not None:
                budget.remaining -= amount

    def refused(self, model: str, retry_after: float | None, now: float) -> None:
        """The model answered 429."""
        times = self._refusals.get(model, 0)
        self._refusals[model] = times + 1
        if retry_after is None:
            longest = self._numbers.longest_cooldown
            retry_after = min(self._numbers.cooldown * 2 ** min(times, 10), longest)
        self._blocked_until[model] = now + retry_after
        self._changed[model] = now

    def answered(self, model: str, now: float) -> None:
        """The model answered: its next refusal is the first in a row again."""
        if self._refusals.pop(model, None) is not None:
            self._changed[model] = now
        self._blocked_until.pop(model, None)

    @property
    def models(self) -> list[str]:
        """The models of which something is known."""
        return list(self._changed)

    def changed(self, model: str) -> float:
        """When something was learned of ``model`` last."""
        return self._changed.get(model, float("-inf"))

    def dump(self, model: str, now: float) -> dict[str, Any] | None:
        """What other processes and later ones must know of ``model``: ages and waits in seconds."""
        if model not in self._changed:
            return None
        saved: dict[str, Any] = {
            "age": now - self._changed[model],
            "wait": max(self._blocked_until.get(model, now) - now, 0.0),
            "refusals": self._refusals.get(model, 0),
        }
        for what in _KINDS:
            budget = self._budgets.get((model, what))
            if budget is not None:
                saved[what] = [budget.remaining, budget.resets - now, budget.limit]
        return saved

    def load(self, model: str, saved: Mapping[str, Any], passed: float, now: float) -> None:
        """Take in what ``dump`` told ``passed`` seconds ago, unless more is known by now."""
        age, wait, refusals = (saved.get(name) for name in ("age", "wait", "refusals"))
        if not (_is_number(age) and _is_number(wait) and _is_number(refusals)):
            return
        changed = now - max(age + passed, 0.0)
        if changed <= self.changed(model):
            return
        self._changed[model] = changed
        self._refusals[model] = int(refusals)
        self._blocked_until[model] = now + min(max(wait - passed, 0.0), LONGEST)
        for what in _KINDS:
            told = saved.get(what)
            if isinstance(told, list) and len(told) == 3 and all(map(_is_number, told[:2])):
                resets = now + min(max(told[1] - passed, 0.0), LONGEST)
                limit = float(told[2]) if _is_number(told[2]) else None
                self._budgets[model, what] = _Budget(float(told[0]), resets, limit)

    def wait(self, model: str, tokens: int, now: float) -> float:
        """Seconds until a request of ``tokens`` is likely to be taken; 0 if now."""
        until = self._blocked_until.get(model, now)
        requests = self._budgets.get((model, "requests"))
        if requests is not None and requests.remaining < 1:
            until = max(until, requests.resets)
        budget = self._budgets.get((model, "tokens"))
        # A prompt beyond the whole budget is not helped by waiting; the provider shall decide.
        if (
            budget is not None
            and budget.remaining < tokens
            and (budget.limit is None or tokens <= budget.limit)
        ):
            until = max(until, budget.resets)
        return max(until - now, 0.0)

    def _note(
        self, model: str, what: What, fields: Mapping[str, str], now: float, wall: datetime
    ) -> bool:
        remaining = _count(fields.get("remaining", ""))
        resets = _seconds_to(fields.get("reset", ""), wall)
        if remaining is None or resets is None:
            return False
        self._budgets[model, what] = _Budget(
            remaining, now + resets, _count(fields.get("limit", ""))
        )
        return True


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _count(text: str) -> float | None:
    """A count; providers that do not know send -1 or nothing."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number < 1e15 else None


def _seconds_to(text: str, wall: datetime) -> float | None:
    """Seconds until a reset: a duration, a time, or seconds or milliseconds since 1970."""
    number = _count(text)
    if number is not None and number > 1e9:
        number = (number / 1000 if number > 1e11 else number) - wall.timestamp()
    elif number is None:
        number = duration(text)
    if number is None:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        number = (moment.astimezone(UTC) - wall).total_seconds()
    return min(max(number, 0.0), LONGEST)


def retry_after(headers: Mapping[str, str], body: Any, now: datetime) -> float | None:
    """Seconds to wait, in 0..86400: from the headers, Gemini's RetryInfo, or the error's text.

    ``headers`` has names in lower case; ``body`` is the error as parsed JSON. More than a day is a
    mistake, which must not take the provider away for so long: it counts as no time.
    """
    named = _named_wait(headers, body, now)
    return named if named is not None and named <= LONGEST else None


def _named_wait(headers: Mapping[str, str], body: Any, now: datetime) -> float | None:
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return max(milliseconds / 1000, 0.0)
    given = headers.get("retry-after", "").strip()
    if given:
        seconds = _number(given)
        return max(seconds, 0.0) if seconds is not None else _until(given, now)
    return _from_body(body)


def duration(text: str) -> float | None:
    """Seconds in a duration such as ``6m0s``, ``1.5s``, ``20ms`` or a plain number."""
    plain = _number(text)
    if plain is not None:
        return max(plain, 0.0)
    match = _DURATION.match(text.strip())
    if not match or not text.strip():
        return None
    hours, minutes, seconds, milliseconds = (float(group or 0) for group in match.groups())
    return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000


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
    return max((moment - now).total_seconds(), 0.0)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
