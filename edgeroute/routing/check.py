"""What is wrong with a policy that loads: names, reach, keys, models past their shutdown."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from edgeroute.core.cards import ModelCard, Place
from edgeroute.routing.policy import Policy, Rule
from edgeroute.routing.reach import can_hold, witness
from edgeroute.routing.tiers import LOCAL, Tiers

Level = Literal["error", "warning"]
_SOON: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Finding:
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
    policy: Policy,
    tiers: Tiers,
    cards: Mapping[str, ModelCard],
    today: date,
    ready: Collection[str] | None = None,
) -> tuple[Finding, ...]:
    """All mistakes in ``policy``, in the order of its rules.

    ``ready`` are the providers that have a key or need none; ``None`` leaves keys unchecked.
    """
    return tuple(_Check(policy, tiers, cards, today, ready).findings())


@dataclass(frozen=True, slots=True)
class _Check:
    policy: Policy
    tiers: Tiers
    cards: Mapping[str, ModelCard]
    today: date
    ready: Collection[str] | None

    def findings(self) -> Iterator[Finding]:
        default_seen = ""
        for rule in self.policy.rules:
            yield from self._names(rule)
            if default_seen:
                yield self._finding(
                    "RT002", rule, f"never decides: `{default_seen}` before it takes everything."
                )
            elif not can_hold(rule):
                yield self._finding("RT002", rule, "never decides: its condition is never true.")
            elif witness(self.policy, rule) is None:
                yield self._finding(
                    "RT002", rule, "never decides: earlier rules take every request that it names."
                )
            default_seen = default_seen or (rule.id if rule.condition is None else "")
            yield from self._private(rule)
        yield from self._fallbacks()

    def _finding(self, code: str, rule: Rule | None, said: str, level: Level = "error") -> Finding:
        rule_id, line = (rule.id, rule.line) if rule else ("fallback", 1)
        return Finding(code, level, rule_id, f"`{rule_id}` {said}", self.policy.file, line)

    def _names(self, rule: Rule) -> Iterator[Finding]:
        for name in (rule.model, *rule.fallbacks, *([rule.verify] if rule.verify else [])):
            yield from self._model(rule, name)
        if rule.strategy == "cascade":
            for name in (*self.policy.cascade.ladder, self.policy.cascade.judge):
                yield from self._model(rule, name)
        elif rule.strategy == "ensemble":
            for name in (*self.policy.ensemble.models, self.policy.ensemble.judge):
                yield from self._model(rule, name)

    def _model(self, rule: Rule | None, name: str) -> Iterator[Finding]:
        if name == LOCAL or name.startswith(f"{LOCAL}/"):
            return
        if self.tiers.knows(name):
            models = self.tiers.all_models(name)
            if self.ready is not None and not any(self._has_key(model) for model in models):
                yield self._finding(
                    "RT004", rule, f"wants `{name}`, and no provider of it has a key.", "warning"
                )
            return
        card = self.cards.get(name)
        if card is None:
            yield self._finding("RT001", rule, f"names the unknown model `{name}`.")
            return
        yield from self._shutdown(rule, card)
        if not self._has_key(name):
            said = f"wants {name}, and there is no key for {card.provider}."
            yield self._finding("RT004", rule, said, "warning")

    def _has_key(self, name: str) -> bool:
        if self.ready is None or name == LOCAL or name.startswith(f"{LOCAL}/"):
            return True
        card = self.cards.get(name)
        return card is not None and (card.place is Place.LOCAL or card.provider in self.ready)

    def _shutdown(self, rule: Rule | None, card: ModelCard) -> Iterator[Finding]:
        if card.shutdown is None or card.shutdown > self.today + _SOON:
            return
        instead = f" Use {card.successor}." if card.successor else ""
        if card.retired(self.today):
            level: Level = "warning" if card.successor else "error"
            said = f"names {card.id}, which was shut down on {card.shutdown:%d %B %Y}.{instead}"
            yield self._finding("RT003", rule, said, level)
        else:
            said = f"names {card.id}, which will be shut down on {card.shutdown:%d %B %Y}.{instead}"
            yield self._finding("RT003", rule, said, "warning")

    def _private(self, rule: Rule) -> Iterator[Finding]:
        """A rule that speaks only for private prompts, and then names managed models only."""
        if "privacy" not in rule.names:
            return
        elsewhere = any(can_hold(rule, {"privacy": mode}) for mode in ("auto", "mask"))
        names = (rule.model, *rule.fallbacks)
        if not elsewhere and not any(self._stays(name) for name in names):
            yield self._finding(
                "RT005",
                rule,
                f"is for private prompts, which never go to {rule.model}: they stay here.",
            )

    def _stays(self, name: str) -> bool:
        card = self.cards.get(name)
        local = name == LOCAL or name.startswith(f"{LOCAL}/")
        return local or (card is not None and card.place is Place.LOCAL)

    def _fallbacks(self) -> Iterator[Finding]:
        providers = {card.provider for card in self.cards.values()}
        target = self.policy.primary_failure
        if target and target not in providers:
            yield from self._model(None, target)
        if self.policy.rate_limit:
            yield from self._model(None, self.policy.rate_limit)
