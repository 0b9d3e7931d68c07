"""What a request would have cost with one model for everything, and what its cache saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from edgeroute.core.comparison import PricedAnswer, Yardsticks, compare, saved_by_cache
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.receipt import Attempt, Receipt

_MOST: Final = 1_000
# The longest that a provider keeps a prompt. Whoever stays with one model is thought to use it:
# savings are rather told too small.
_KEPT_FOR: Final = timedelta(hours=1)


@dataclass(kw_only=True, eq=False, repr=False)
class Baseline:
    """Measures receipts. ``yardsticks`` are the models of today; ``card`` finds a model's prices.

    It remembers who answered last in a conversation: what a change of models costs in cold caches
    is a cost of routing, which one model for everything would not have had.
    """

    yardsticks: Callable[[], Yardsticks]
    card: Callable[[str], ModelCard | None]
    _last: dict[str, Attempt] = field(default_factory=dict)

    def measured(self, receipt: Receipt) -> Receipt:
        """``receipt`` with what it is compared with, and what a cache saved."""
        stands = receipt.standing
        if stands is None:
            return receipt
        kept = self._left(receipt, stands)
        answer = PricedAnswer(stands.model, stands.usage, stands.cost, receipt.created, kept)
        card = self.card(stands.model) if stands.place is Place.CLOUD else None
        saved = saved_by_cache(stands.usage, card, receipt.created) if card else None
        compared = compare(answer, receipt.cost, self.yardsticks())
        return replace(receipt, compared=compared, cache_saved=saved)

    def remember(self, receipt: Receipt) -> None:
        """Keep in mind who answered ``receipt``, for the next turn of its conversation."""
        stands, name = receipt.standing, receipt.conversation
        if stands is None or not name:
            return
        while len(self._last) >= _MOST and name not in self._last:
            del self._last[next(iter(self._last))]
        self._last[name] = stands

    def _left(self, receipt: Receipt, stands: Attempt) -> int:
        """How many tokens of the prompt the last model had seen, if another one answers now.

        The local model is like another one: what it has read, a managed one would have cached.
        """
        last = self._last.get(receipt.conversation)
        if last is None or stands.started - last.started >= _KEPT_FOR:
            return 0
        same = last.model == stands.model and stands.place is Place.CLOUD
        return 0 if same else last.usage.input
