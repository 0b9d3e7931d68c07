"""The ordered candidates for one request, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from edgeroute.core.model_card import Place
from edgeroute.core.request import Commit

_LAST: Final = "last_resort"
Strategy = Literal["single", "cascade", "ensemble"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model to try, by friendly id, and why it stands where it stands.

    ``cause`` says after which failure it is tried: ``first`` (the choice itself), ``outage``,
    ``rate_limit`` or ``last_resort``.
    """

    model: str
    place: Place
    reason: str
    cause: Literal["first", "outage", "rate_limit", "last_resort"] = "first"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A model that the policy named and the plan passed over."""

    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a request goes. ``candidates`` is never empty; the last one is local, unless a
    picture is to be drawn.

    ``rule`` is the id of the rule that decided and ``why`` its sentence.
    ``verify`` names the model that checks the answer, or is empty; ``unchecked`` says that the rule
    wants a check and nobody can do it. ``warning`` says that another model than the one that was
    named is asked.
    """

    rule: str
    why: str
    candidates: tuple[Candidate, ...]
    strategy: Strategy = "single"
    commit: Commit = "first_token"
    skipped: tuple[Skipped, ...] = ()
    verify: str = ""
    unchecked: bool = False
    notes: tuple[str, ...] = ()
    warning: str = ""

    def with_standby(self, models: Sequence[str]) -> Plan:
        """The plan with further local ``models`` behind its own, if it has one."""
        here = [one.model for one in self.candidates if one.place is Place.LOCAL]
        more = tuple(
            Candidate(model, Place.LOCAL, f"It answers here where {here[-1]} does not.", _LAST)
            for model in models
            if here and model not in here
        )
        return replace(self, candidates=(*self.candidates, *more)) if more else self

    @property
    def first(self) -> Candidate:
        """The candidate that is tried first."""
        return self.candidates[0]

    @property
    def named(self) -> tuple[Candidate | Skipped, ...]:
        """Every model that it names, the ones passed over included."""
        return (*self.candidates, *self.skipped)

    @property
    def taking_part(self) -> tuple[Candidate, ...]:
        """Who is asked even if nobody fails: one model, or those of a cascade or an ensemble."""
        if self.strategy == "single":
            return self.candidates[:1]
        return tuple(one for one in self.candidates if one.cause == "first")
