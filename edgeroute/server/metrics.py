"""Counts of this process in Prometheus's text format. Never a prompt, a user or an id."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final

from edgeroute.core.receipt import Receipt

_SECONDS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
_UNDER_WAY: Final = "edgeroute_requests_under_way"
_HELP: Final = {
    "edgeroute_requests_total": ("counter", "Finished requests."),
    _UNDER_WAY: ("gauge", "Requests that are being answered."),
    "edgeroute_tokens_total": ("counter", "Tokens of answers."),
    "edgeroute_cost_usd_total": ("counter", "Known cost of all attempts, in USD."),
    "edgeroute_failed_attempts_total": ("counter", "Models that were tried and failed."),
    "edgeroute_duration_seconds": ("histogram", "Time until a request was finished."),
    "edgeroute_first_token_seconds": ("histogram", "Time until the first visible token."),
}
_Labels = tuple[tuple[str, str], ...]


class Metrics:
    """What the endpoint has done since it started."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, _Labels], Any] = {(_UNDER_WAY, ()): 0}

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Count a request while the block runs."""
        self._add(_UNDER_WAY)
        try:
            yield
        finally:
            self._add(_UNDER_WAY, -1)

    def count(self, receipt: Receipt) -> None:
        """Count a finished request."""
        route = receipt.route.value if receipt.route else "none"
        model = receipt.model or "none"
        self._add(
            "edgeroute_requests_total",
            route=route,
            model=model,
            private=str(receipt.private).lower(),
            outcome=receipt.error or "answered",
        )
        usage = receipt.usage
        for kind, tokens in (
            ("input", usage.input_uncached),
            ("cache_read", usage.cache_read),
            ("cache_write", usage.cache_write_short + usage.cache_write_long),
            ("output", usage.output),
        ):
            self._add("edgeroute_tokens_total", tokens, model=model, kind=kind)
        if receipt.cost.amount is not None:
            self._add("edgeroute_cost_usd_total", receipt.cost.amount, model=model)
        for attempt in receipt.attempts:
            if attempt.outcome == "failed":
                self._add(
                    "edgeroute_failed_attempts_total", model=attempt.model, error=attempt.error
                )
        self._observe("edgeroute_duration_seconds", receipt.duration_ms, route)
        if receipt.first_token_ms is not None:
            self._observe("edgeroute_first_token_seconds", receipt.first_token_ms, route)

    def text(self) -> str:
        """All counts in the text format, version 0.0.4."""
        lines: list[str] = []
        for name, (kind, help_text) in _HELP.items():
            lines += [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]
            lines += self._lines(name)
        return "\n".join(lines) + "\n"

    def _lines(self, name: str) -> Iterator[str]:
        names = {name, *(name + end for end in ("_bucket", "_sum", "_count"))}
        for (full, labels), value in self._values.items():
            if full in names:
                shown = f"{value:f}" if isinstance(value, Decimal) else value
                yield f"{full}{_shown(labels)} {shown}"

    def _add(self, name: str, amount: float | Decimal = 1, **labels: str) -> None:
        key = (name, tuple(labels.items()))
        self._values[key] = self._values.get(key, 0) + amount

    def _observe(self, name: str, milliseconds: int, route: str) -> None:
        seconds = milliseconds / 1000
        for limit in _SECONDS:
            self._add(f"{name}_bucket", int(seconds <= limit), route=route, le=f"{limit:g}")
        self._add(f"{name}_bucket", route=route, le="+Inf")
        self._add(f"{name}_sum", seconds, route=route)
        self._add(f"{name}_count", route=route)


def _shown(labels: _Labels) -> str:
    def escaped(value: str) -> str:
        return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    inside = ",".join(f'{name}="{escaped(value)}"' for name, value in labels)
    return f"{{{inside}}}" if inside else ""
