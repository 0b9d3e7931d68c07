"""Looks at every receipt for money that is spent otherwise than usual."""

from __future__ import annotations

import json
import logging
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from edgeroute.core.clock import Clock
from edgeroute.core.receipt import Receipt
from edgeroute.core.request import ClientProfile

if TYPE_CHECKING:
    from edgeroute.engine.deciding.router_state import Budget
    from edgeroute.store.records.alerts import Alerts
    from edgeroute.store.records.ledger import Ledger

log = logging.getLogger(__name__)

OUTLIER_FACTOR: Final = 10
OUTLIER_CALLS: Final = 5
SPIKE_FACTOR: Final = 5
SPIKE_DAYS: Final = 7
SPIKE_LEAST: Final = Decimal("0.50")
WARN_SHARE: Final = Decimal("0.8")
_COMMAND_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class SpendAlert:
    """Something worth an alert. ``kind`` is ``outlier``, ``spike`` or ``budget``."""

    kind: str
    message: str
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spending:
    """What is known of spending at one moment, in USD.

    ``average`` is the running average of the call's task over ``calls`` earlier ones; ``hour`` is
    this hour's total and ``usual_hour`` the average of the week before. ``budgets`` are name, limit
    and what is spent of it, this call included.
    """

    cost: Decimal
    task: str = ""
    average: Decimal | None = None
    calls: int = 0
    hour: Decimal = Decimal(0)
    usual_hour: Decimal = Decimal(0)
    budgets: Sequence[tuple[str, Decimal, Decimal]] = ()


def unusual(now: Spending) -> list[SpendAlert]:
    """What about ``now`` deserves an alert; a threshold is reported by the call that crosses it."""
    found = []
    if now.average and now.calls >= OUTLIER_CALLS and now.cost > OUTLIER_FACTOR * now.average:
        task = now.task or "unlabelled"
        found.append(
            SpendAlert(
                "outlier",
                f"One {task} call cost ${now.cost:.4f}, {now.cost / now.average:.0f} times the"
                f" average of ${now.average:.4f}.",
                {"task": task, "cost": str(now.cost), "average": str(now.average)},
            )
        )
    threshold = max(SPIKE_FACTOR * now.usual_hour, SPIKE_LEAST)
    if now.hour - now.cost <= threshold < now.hour:
        found.append(
            SpendAlert(
                "spike",
                f"${now.hour:.2f} were spent in the last hour; ${now.usual_hour:.2f} are usual.",
                {"hour": str(now.hour), "usual": str(now.usual_hour)},
            )
        )
    for name, limit, spent in now.budgets:
        for share in (Decimal(1), WARN_SHARE):
            if spent - now.cost < share * limit <= spent:
                used = "used up" if share == 1 else f"used to {spent / limit:.0%}"
                found.append(
                    SpendAlert(
                        "budget",
                        f"The {name} budget of ${limit:.2f} is {used} (${spent:.2f}).",
                        {"budget": name, "limit": str(limit), "spent": str(spent)},
                    )
                )
                break
    return found


@dataclass(kw_only=True, eq=False, repr=False)
class SpendAlerts:
    """Keeps alerts and tells the user's own command of them."""

    ledger: Ledger
    alerts: Alerts
    budget: Budget
    command: Sequence[str]
    clock: Clock

    def after(
        self, receipt: Receipt, cost: Decimal, client: ClientProfile | None = None
    ) -> list[SpendAlert]:
        """Keep alerts about ``receipt`` of ``cost`` USD, which is in the ledger; ``client`` asked.

        Raises:
            StoreError: the ledger cannot be read, or an alert cannot be kept.
        """
        found = unusual(self._spending(receipt, cost, client))
        for one in found:
            self.alerts.add(
                one.kind,
                one.message,
                conversation=receipt.conversation,
                receipt=receipt.id,
                details=one.details,
            )
            log.warning("alert %s", one.kind)
            self._tell(one, receipt)
        return found

    def _spending(self, receipt: Receipt, cost: Decimal, client: ClientProfile | None) -> Spending:
        average, calls = self.ledger.average_cost(receipt.task, without=receipt.id)
        now = self.clock.now()
        hour = now - timedelta(hours=1)
        week = self.ledger.spent(now - timedelta(days=SPIKE_DAYS))
        spent_this_hour = self.ledger.spent(hour)
        usual = (week - spent_this_hour) / (SPIKE_DAYS * 24)
        return Spending(
            cost=cost,
            task=receipt.task,
            average=average,
            calls=calls,
            hour=spent_this_hour,
            usual_hour=usual,
            budgets=self.budget.spending(self.ledger, receipt.conversation, client),
        )

    def _tell(self, one: SpendAlert, receipt: Receipt) -> None:
        if not self.command:
            return
        text = json.dumps({**asdict(one), "receipt": receipt.id})
        threading.Thread(target=_run, args=(self.command, text), daemon=True).start()


def _run(command: Sequence[str], text: str) -> None:
    try:
        subprocess.run(  # noqa: S603 - the user's own command, from the user's own settings
            command,
            input=text,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        log.warning("alert command failed: %s", type(error).__name__)
