"""Which rules of a policy can ever decide, found by trying the values that its conditions name."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Final

from edgeroute.routing.policy.conditions import NAMES, VALUES, Fact, Facts
from edgeroute.routing.policy.policy import RoutingPolicy, Rule

_MOST_TRIES: Final = 20_000
_NOBODY: Final = "somebody else"


def values_of(name: str, rules: Iterable[Rule]) -> tuple[Fact, ...]:
    """The values of ``name`` that ``rules`` can tell apart, the neutral one first."""
    neutral = NAMES[name]
    if isinstance(neutral, bool):
        return (False, True)
    named = {
        value
        for rule in rules
        if rule.condition
        for compared, value in rule.condition.comparisons
        if compared == name
    }
    if isinstance(neutral, str):
        return tuple(
            dict.fromkeys((*VALUES.get(name, (neutral, _NOBODY)), *sorted(map(str, named))))
        )
    steps = {float(value) + step for value in named for step in (-1, 0, 1)}
    kept = sorted(value for value in steps if value >= 0 and (name != "hour" or value < 24))
    return tuple(dict.fromkeys((neutral, *kept)))


def witness(policy: RoutingPolicy, rule: Rule, fixed: Facts | None = None) -> Facts | None:
    """Facts under which ``rule`` is the one that decides; ``None`` if there are none.

    ``fixed`` facts are not varied. Where the policy is too large to try everything, the rule gets
    the benefit of the doubt and the facts found last are returned.
    """
    position = policy.rules.index(rule)
    earlier = policy.rules[:position]
    own = sorted(rule.names)
    others = sorted({name for other in earlier for name in other.names} - set(own))
    fixed = fixed or {}
    tries = 0
    for facts in _combinations(own, (rule, *earlier), fixed):
        tries += 1
        if tries > _MOST_TRIES:
            return facts
        if not rule.holds(facts):
            continue
        for all_facts in _combinations(others, earlier, {**fixed, **facts}):
            tries += 1
            if not any(other.holds(all_facts) for other in earlier) or tries > _MOST_TRIES:
                return all_facts
    return None


def can_hold(rule: Rule, fixed: Facts | None = None) -> bool:
    """Whether the rule's own condition can be true at all."""
    combinations = _combinations(sorted(rule.names), (rule,), fixed or {})
    return any(
        tries >= _MOST_TRIES or rule.holds(facts) for tries, facts in enumerate(combinations)
    )


def _combinations(names: list[str], rules: Iterable[Rule], fixed: Facts) -> Iterator[Facts]:
    free = [name for name in names if name not in fixed]
    rules = tuple(rules)
    for values in itertools.product(*(values_of(name, rules) for name in free)):
        yield {**fixed, **dict(zip(free, values, strict=True))}
