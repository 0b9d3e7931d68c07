"""What was spent, on what, and what it would have been with the premium model only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from textual.app import ComposeResult
from textual.content import Content

from edgeroute.core.comparison import total
from edgeroute.core.display import safe_line
from edgeroute.core.reasons import task_words
from edgeroute.core.words import comparison_words, cost_words, plural, tokens
from edgeroute.tui.screens.page import PanelScreen, line, section
from edgeroute.tui.words import dollars, spent

if TYPE_CHECKING:
    from edgeroute.core.spending import AlertRepository, SpendingRepository, SpendRow

_BAR: Final = 8
_ALERTS: Final = 5  # the latest ones


def bar(share: float, width: int = _BAR) -> str:
    """A bar of ``share`` (0..1) of ``width`` cells, in eighths."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")).ljust(width)


class SpendScreen(PanelScreen[None]):
    """By day, model, task and user; and what was remarkable."""

    TITLE = "Spend"

    def __init__(
        self, ledger: SpendingRepository, alerts: AlertRepository, limit: Decimal | None
    ) -> None:
        super().__init__(classes="reading")
        self._ledger = ledger
        self._alerts = alerts
        self._limit = limit

    def body(self) -> ComposeResult:
        """Today, saved, the latest alerts, and four tables."""
        models = self._ledger.rows("model")
        found = total(row.comparison for row in models)
        cached = sum((r.cache_saved for r in models if r.cache_saved is not None), Decimal(0))
        unknown = sum(r.unknown for r in models)
        limit = f" of {dollars(self._limit)} a day" if self._limit else ""
        today = (spent(self._ledger.of_today()), "bold")
        yield line(Content.assemble(("today ", "$muted"), today, (limit, "$muted")))
        yield line(comparison_words(found) if found else "Nothing can be compared yet.", "dim")
        if cached:
            yield line(Content.assemble(("saved by caches ", "$muted"), dollars(cached)))
        if unknown:
            which = plural(unknown, "attempt")
            yield line(f"The cost of {which} is not known and not counted.", "dim")
        alerts = self._alerts.list(limit=_ALERTS)
        if alerts:
            yield section("Alerts")
            for one in alerts:
                when = f"{one.created.astimezone():%d %b %H:%M}"
                yield line(f"{when}  {safe_line(one.message)}", "row")
        by_task = [replace(r, label=task_words(r.label)) for r in self._ledger.rows("task")]
        for title, table in (
            ("By day", self._ledger.rows("day")[:14]),
            ("By model", models),
            ("By task", by_task),
            ("By user", self._ledger.rows("user")),
        ):
            yield section(f"{title:37}{'cost':>19}{'calls':>6}{'tokens':>9}")
            yield from _table(table)


def _table(table: Sequence[SpendRow]) -> ComposeResult:
    most = max((r.cost for r in table if r.cost), default=Decimal(1))
    for r in table:
        yield line(
            Content.assemble(
                safe_line(r.label, 28).ljust(29),
                (bar(float((r.cost or 0) / most)), "$primary"),
                (f"{cost_words(r.spent):>19}", "bold"),
                (f"{r.calls:>6}{tokens(r.tokens):>9}", "$muted"),
            ),
            "row",
        )
    if not table:
        yield line("Nothing yet.", "dim")
