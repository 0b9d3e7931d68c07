"""The local models as a front door lists them: whether each fits, and how fast it answered here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final, Literal

from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Receipt
from edgeroute.core.words import size, tokens

if TYPE_CHECKING:
    from edgeroute.local.files.models import LocalModelRow, LocalModels
    from edgeroute.store.records.receipts import Receipts

_LOOKED_AT: Final = 400  # receipts
_ENOUGH: Final = 8  # tokens of an answer that its speed can be told from
_SLACK: Final = 1.08  # a machine sold with 16 GB reports a little less

Fit = Literal["fits", "tight", "too big", ""]


@dataclass(frozen=True, slots=True)
class LocalModelState:
    """One model that can be fetched. ``speed`` is tokens per second as measured on answers that it
    gave here, None where it gave none. ``used`` says that it answers; a ``support`` set is for the
    privacy check or for meaning, and answers nothing.
    """

    id: str
    bytes: int
    licence: str
    present: bool
    recommended: bool
    support: bool
    used: bool
    fit: Fit
    note: str
    speed: float | None = None

    @property
    def words(self) -> str:
        """What is known of it, in a few words."""
        best = "the best for this machine" if self.recommended and not self.present else ""
        speed = f"{self.speed:.1f} tokens/s measured here" if self.speed else ""
        return " · ".join(filter(None, (self.fit, speed, best, self.note, self.licence)))


class LocalModelStates:
    """Of all models; ``wanted`` in ``list`` is what the settings name."""

    def __init__(self, models: LocalModels, receipts: Receipts) -> None:
        self._models = models
        self._receipts = receipts

    @property
    def machine(self) -> str:
        """The machine in one line."""
        return self._models.machine.sentence

    def list(self, wanted: str) -> Sequence[LocalModelState]:
        """Those on disk first, then those that fit."""
        from edgeroute.core.errors import LocalModelError  # noqa: PLC0415

        try:
            used = self._models.choose(wanted).id
        except LocalModelError:
            used = ""
        speeds = measured(self._receipts.list(limit=_LOOKED_AT))
        found = [self._state(row, used, speeds) for row in self._models.list()]
        order = {"fits": 0, "tight": 1, "": 2, "too big": 3}
        return sorted(found, key=lambda one: (not one.present, one.support, order[one.fit]))

    def pace(self) -> float:
        """The bytes of weights that this machine reads in a second, by answers that it gave; 0
        where there are none.
        """
        from edgeroute.local.files.recommend import pace_of  # noqa: PLC0415

        speeds, builds = measured(self._receipts.list(limit=_LOOKED_AT)), self._models.catalogue
        known = [
            pace_of(build, speeds[f"local/{name}"])
            for name, build in builds.builds.items()
            if f"local/{name}" in speeds
        ]
        return median(known) if known else 0.0

    def _state(self, row: LocalModelRow, used: str, speeds: Mapping[str, float]) -> LocalModelState:
        fit, note = self._fit(row.id) if row.kind == "model" else ("", row.note)
        return LocalModelState(
            id=row.id,
            bytes=row.bytes,
            licence=row.licence,
            present=row.present,
            recommended=row.recommended,
            support=row.kind == "support",
            used=row.id == used,
            fit=fit,
            note=note,
            speed=speeds.get(f"local/{row.id}"),
        )

    def _fit(self, model: str) -> tuple[Fit, str]:
        """Whether it fits into this machine's memory, and with which window."""
        from edgeroute.local.files.recommend import bytes_needed  # noqa: PLC0415

        build, machine = self._models.build(model), self._models.machine
        window = self._models.window(build)
        needed = bytes_needed(build, window)
        note = f"{size(needed)} of memory with {tokens(window)} tokens of context"
        if needed > machine.model_memory * _SLACK:
            return "too big", f"needs {note}"
        recommended = build.memory_gb * 1024**3 <= machine.model_memory * _SLACK
        return ("fits" if recommended else "tight"), note


def measured(receipts: Iterable[Receipt]) -> dict[str, float]:
    """Tokens per second of the local models that answered, by model: the median of its answers."""
    found: dict[str, list[float]] = {}
    for receipt in receipts:
        for attempt in receipt.attempts:
            rest = attempt.duration_ms - (attempt.first_token_ms or 0)
            count = attempt.usage.output - 1
            if attempt.place is Place.LOCAL and count >= _ENOUGH and rest > 0:
                found.setdefault(attempt.model, []).append(count * 1000 / rest)
    return {model: median(speeds) for model, speeds in found.items()}
