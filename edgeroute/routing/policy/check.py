"""What is wrong with a policy that loads: names, reach, keys, models past their shutdown."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from typing import Final, Literal

from edgeroute.core.model_card import ModelCard, Place
from edgeroute.routing.policy.policy import RoutingPolicy, Rule
from edgeroute.routing.policy.reach import can_hold, witness
from edgeroute.routing.policy.tiers import LOCAL, Tiers
from edgeroute.routing.policy.yardsticks import TYPICAL

Level = Literal["error", "warning", "note"]
_SOON: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """One mistake. ``code`` is explained by ``rules explain CODE``."""

    code: str
    level: Level
    rule: str
    message: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.code} {self.message}"


def check(
    policy: RoutingPolicy,
    tiers: Tiers,
    cards: Mapping[str, ModelCard],
    today: date,
    ready: Collection[str] | None = None,
) -> tuple[PolicyProblem, ...]:
    """All mistakes in ``policy``, in the order of its rules.

    ``ready`` are the providers that have a key or need none; ``None`` leaves keys unchecked.
    """
    return tuple(_Check(policy, tiers, cards, today, ready).findings())


@dataclass(frozen=True, slots=True)
class _Place:
    """A rule or a section of the file, and its line."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class _Named:
    """A place that names a model, and how."""

    place: _Place
    said: str


@dataclass(frozen=True, slots=True)
class _Check:
    policy: RoutingPolicy
    tiers: Tiers
    cards: Mapping[str, ModelCard]
    today: date
    ready: Collection[str] | None

    def findings(self) -> Iterator[PolicyProblem]:
        default_seen = ""
        for rule in self.policy.rules:
            place = _Place(rule.id, rule.line)
            for name in filter(None, (rule.model, *rule.fallbacks, rule.verify)):
                yield from self._model(place, name)
            unreachable = self._unreachable(rule, default_seen)
            if unreachable:
                yield self._finding("RT002", place, f"never decides: {unreachable}")
            default_seen = default_seen or (rule.id if rule.condition is None else "")
            yield from self._private(rule)
            if rule.aliases:
                yield self._finding(
                    "RT007", place, f"is read so: {'; '.join(rule.aliases)}.", "note"
                )
        yield from self._sections()

    def _finding(
        self, code: str, place: _Place, said: str, level: Level = "error"
    ) -> PolicyProblem:
        message = f"`{place.name}` {said}"
        return PolicyProblem(code, level, place.name, message, self.policy.file, place.line)

    def _unreachable(self, rule: Rule, default_seen: str) -> str:
        """Why ``rule`` can never decide; empty if it can."""
        if default_seen:
            return f"`{default_seen}` before it takes everything."
        if not can_hold(rule):
            return "its condition is never true."
        if witness(self.policy, rule) is None:
            return "earlier rules take every request that it names."
        return ""

    def _sections(self) -> Iterator[PolicyProblem]:
        """Names outside the rules; where no rule uses a strategy, its keys are nobody's worry."""
        policy = self.policy
        providers = {card.provider for card in self.cards.values()}
        outage = policy.primary_failure
        fallbacks = ("" if outage in providers else outage, policy.rate_limit)
        cascade = (*policy.cascade.ladder, policy.cascade.top, policy.cascade.judge)
        ensemble = (*policy.ensemble.models, policy.ensemble.judge)
        used = {rule.strategy for rule in policy.rules}
        for section, names in (
            ("fallback", fallbacks),
            ("cascade", cascade),
            ("ensemble", ensemble),
        ):
            place = _Place(section, policy.lines.get(section, 1))
            for name in dict.fromkeys(filter(None, names)):
                for finding in self._model(place, name):
                    if section == "fallback" or section in used or finding.level == "error":
                        yield finding

    def _model(self, place: _Place, name: str) -> Iterator[PolicyProblem]:
        if _is_local(name):
            return
        if self.tiers.knows(name):
            yield from self._role(place, name)
            return
        card = self.cards.get(name)
        if card is None:
            said = f"names the unknown model `{name}`.{self._meant(name)}"
            yield self._finding("RT001", place, said)
            return
        yield from self._aged(_Named(place, f"names {card.id}"), card)
        if not self._has_key(name):
            said = f"wants {name}, and there is no key for {card.provider}."
            yield self._finding("RT004", place, said, "warning")

    def _role(self, place: _Place, name: str) -> Iterator[PolicyProblem]:
        models = self.tiers.all_models(name)
        for model in models:
            if model not in self.cards and not _is_local(model):
                said = f"wants `{name}`, where rules/tiers.yaml names the unknown model `{model}`."
                yield self._finding("RT001", place, said + self._meant(model))
            elif model in self.cards:
                named = f"wants `{name}`, where rules/tiers.yaml names {model}"
                yield from self._aged(_Named(place, named), self.cards[model])
        if self.ready is not None and not any(self._has_key(model) for model in models):
            said = f"wants `{name}`, and no provider of it has a key."
            yield self._finding("RT004", place, said, "warning")

    def _meant(self, name: str) -> str:
        """A model or role that is written much like ``name``, as a question."""
        providers = {card.provider for card in self.cards.values()}
        known = (*self.cards, *self.tiers.roles, *self.tiers.ladders, *sorted(providers), LOCAL)
        close = get_close_matches(name, known, 1)
        return f" Did you mean `{close[0]}`?" if close else ""

    def _has_key(self, name: str) -> bool:
        if self.ready is None or _is_local(name):
            return True
        card = self.cards.get(name)
        return card is not None and (card.place is Place.LOCAL or card.provider in self.ready)

    def _aged(self, named: _Named, card: ModelCard) -> Iterator[PolicyProblem]:
        """A model that is shut down, will soon be, or has a successor, and what that costs."""
        instead = f" Use {card.successor}." if card.successor else ""
        place, said = named.place, named.said
        if card.shutdown is not None and card.shutdown <= self.today + _SOON:
            retired = card.retired(self.today)
            when = "was shut down" if retired else "will be shut down"
            said = f"{said}, which {when} on {card.shutdown:%d %B %Y}.{instead}"
            gone = retired and not card.successor
            yield self._finding("RT003", place, said, "error" if gone else "warning")
        elif card.successor in self.cards:
            price = self._against(card, self.cards[card.successor])
            said = f"{said}, which {card.successor} supersedes{price}.{instead}"
            yield self._finding("RT006", place, said, "warning")

    def _against(self, card: ModelCard, successor: ModelCard) -> str:
        """How many times as dear as its successor it is, or the other way round."""
        noon = datetime.combine(self.today, time(12), UTC)
        own, new = (one.prices.cost(TYPICAL, noon).amount for one in (card, successor))
        if not own or not new or f"{own:.6f}" == f"{new:.6f}":
            return ""
        if own > new:
            return f" and costs {own / new:.1f} times as much"
        return f", at {new / own:.1f} times its price"

    def _private(self, rule: Rule) -> Iterator[PolicyProblem]:
        """A rule that speaks only for private prompts, and then names managed models only."""
        if "privacy" not in rule.names:
            return
        elsewhere = any(can_hold(rule, {"privacy": mode}) for mode in ("auto", "mask"))
        if not elsewhere and not any(self._stays(name) for name in (rule.model, *rule.fallbacks)):
            said = f"is for private prompts, which never go to {rule.model}: they stay here."
            yield self._finding("RT005", _Place(rule.id, rule.line), said)

    def _stays(self, name: str) -> bool:
        card = self.cards.get(name)
        return _is_local(name) or (card is not None and card.place is Place.LOCAL)


def _is_local(name: str) -> bool:
    return name == LOCAL or name.startswith(f"{LOCAL}/")
