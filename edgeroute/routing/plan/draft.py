"""A plan in the making: models are offered, and taken in or passed over with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, cast

from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.plan import Candidate, Plan, Skipped, Strategy
from edgeroute.core.reasons import no_key
from edgeroute.core.request import Commit
from edgeroute.core.signals import Signals
from edgeroute.routing.plan.eligibility import RoutingContext, current, near_limit, why_not
from edgeroute.routing.policy.tiers import LOCAL

_LAST: Final = "The local model answers when every provider fails."
_LOCAL_ONLY: Final = "No managed model can take this request."


class Draft:
    """Collects candidates in order; each model once, each with a reason."""

    def __init__(
        self,
        cards: Mapping[str, ModelCard],
        signals: Signals,
        context: RoutingContext,
        local: str,
        *,
        needs_schema: bool,
    ) -> None:
        self.candidates: list[Candidate] = []
        self._cards = cards
        self._signals = signals
        self._context = context
        self._local = local
        self._needs_schema = needs_schema
        self._skipped: dict[str, str] = {}
        self._notes: list[str] = []
        self._limited: list[Candidate] = []

    def in_words(self) -> Draft:
        """A new draft for an answer in words; what was passed over stays passed over."""
        signals = replace(self._signals, wants_picture=False)
        draft = Draft(
            self._cards, signals, self._context, self._local, needs_schema=self._needs_schema
        )
        draft._skipped = dict(self._skipped)
        return draft

    def offer(self, name: str, reason: str, cause: str = "first", *, patient: bool = False) -> bool:
        """Take ``name`` in as the next candidate; false where it is passed over.

        A model close to its rate limit is kept for later, unless the caller is ``patient``.
        """
        if name == LOCAL or name.startswith(f"{LOCAL}/"):
            return self.offer_local(reason, cause, name)
        card = self._resolve(name)
        if card is None:
            return False
        candidate = _candidate(card.id, card.place, reason, cause)
        if any(known.model == card.id for known in (*self.candidates, *self._limited)):
            return False
        if card.place is Place.CLOUD and not patient:
            limit = near_limit(card, self._context)
            if limit:
                self._limited.append(
                    _candidate(card.id, card.place, f"{limit} {reason}", "rate_limit")
                )
                return False
        self.candidates.append(candidate)
        return True

    def offer_local(self, reason: str, cause: str = "first", name: str = LOCAL) -> bool:
        """Take the local model in; another one than the rule names stands in for it."""
        card = self._cards.get(name)
        model = name if card is not None and card.place is Place.LOCAL else self._local
        if name not in {LOCAL, model}:
            self.note(f"{name} is not set up here; {model} stands in.")
        if any(candidate.model == model for candidate in self.candidates):
            return False
        own = self._cards.get(model)
        lacks = why_not(own, self._signals, self._context) if own else ""
        if lacks:
            self.skip(model, lacks)
            return False
        self.candidates.append(_candidate(model, Place.LOCAL, reason, cause))
        return True

    def usable(self, names: Iterable[str]) -> ModelCard | None:
        """The first of ``names`` that could be taken in now, without taking it in."""
        for name in names:
            card, _ = current(name, self._cards, self._context.now)
            if card is None or near_limit(card, self._context):
                continue
            if not why_not(card, self._signals, self._context, needs_schema=self._needs_schema):
                return card
        return None

    def skip(self, model: str, reason: str) -> None:
        """Remember why ``model`` was passed over."""
        self._skipped.setdefault(model, reason)

    def note(self, text: str) -> None:
        """Add a sentence for people, once."""
        if text and text not in self._notes:
            self._notes.append(text)

    def settle_limited(self) -> None:
        """Put the models that are close to a rate limit behind those that are not."""
        known = {candidate.model for candidate in self.candidates}
        self.candidates += [late for late in self._limited if late.model not in known]
        self._limited = []

    def last_resort(self, reason: str = "") -> None:
        """End the candidates with the local model, unless it is among them.

        ``reason`` says why it is wanted; without one it answers where nobody else does.
        """
        if any(candidate.model == self._local for candidate in self.candidates):
            return
        alone = not self.candidates
        if not reason:
            reason = self._why_alone() if alone and self._skipped else _LAST
        self.candidates.append(
            _candidate(self._local, Place.LOCAL, reason, "first" if alone else "last_resort")
        )
        own = self._cards.get(self._local)
        self.note(why_not(own, self._signals, self._context) if own and alone else "")

    def _why_alone(self) -> str:
        """Why no managed model is asked: what keeps out one that has a key comes first."""
        keyed = (
            why for name, why in self._skipped.items() if why != no_key(name.partition("/")[0])
        )
        return f"{_LOCAL_ONLY} {next(keyed, next(iter(self._skipped.values())))}"

    def first_cloud(self) -> ModelCard | None:
        """The first managed model among the candidates."""
        cards = (self._cards.get(candidate.model) for candidate in self.candidates)
        return next((card for card in cards if card and card.place is Place.CLOUD), None)

    def models(self) -> Iterator[ModelCard]:
        """The cards of the candidates so far, those kept for later included."""
        for candidate in (*self.candidates, *self._limited):
            card = self._cards.get(candidate.model)
            if card is not None:
                yield card

    def plan(
        self, rule: str, why: str, *, strategy: str, commit: Commit, verify: str, unchecked: bool
    ) -> Plan:
        """The finished plan; whatever stands first is tried first."""
        head = self.candidates[0]
        self.candidates[0] = _candidate(head.model, head.place, head.reason, "first")
        return Plan(
            rule,
            why,
            tuple(self.candidates),
            cast("Strategy", strategy),
            commit,
            tuple(Skipped(model, reason) for model, reason in self._skipped.items()),
            verify,
            unchecked,
            tuple(self._notes),
        )

    def _resolve(self, name: str) -> ModelCard | None:
        card, note = current(name, self._cards, self._context.now)
        self.note(note)
        if card is None:
            self.skip(name, note or "No model of this name is in the catalog.")
            return None
        reason = why_not(card, self._signals, self._context, needs_schema=self._needs_schema)
        if reason:
            self.skip(card.id, reason)
            return None
        return card


def _candidate(model: str, place: Place, reason: str, cause: str) -> Candidate:
    assert cause in {"first", "outage", "rate_limit", "last_resort"}
    return Candidate(model, place, reason, cause)  # type: ignore[arg-type]
