"""A rule, or a finding of the check, explained under fixed headings."""

from __future__ import annotations

from functools import cache

import msgspec

from edgeroute.datafile import table
from edgeroute.routing.policy.policy import RoutingPolicy, Rule
from edgeroute.routing.policy.reach import witness
from edgeroute.routing.policy.tiers import LOCAL, Tiers


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The explanation of one finding of the check."""

    name: str
    what: str
    why_bad: str
    instead: str

    def text(self, code: str) -> str:
        """The explanation as Markdown."""
        return (
            f"# {self.name} ({code})\n\n## What it does\n{self.what}\n\n"
            f"## Why is this bad?\n{self.why_bad}\n\n## Use instead\n{self.instead}\n"
        )


@cache
def topics() -> dict[str, Topic]:
    """The explanations in rules/tables/findings.yaml, by code."""
    return table("findings", dict[str, Topic])


def explain(policy: RoutingPolicy, tiers: Tiers, name: str) -> str:
    """The rule ``name`` of ``policy``, or the finding with this code, as Markdown.

    Empty where there is neither.
    """
    topic = topics().get(name.upper())
    if topic is not None:
        return topic.text(name.upper())
    rule = policy.rule(name)
    return _rule(policy, tiers, rule) if rule is not None else ""


def _rule(policy: RoutingPolicy, tiers: Tiers, rule: Rule) -> str:
    sections = {
        "When it decides": _when(policy, rule),
        "Where the request goes": _where(tiers, rule.model),
        "Why": rule.sentence,
        "What happens when that fails": _failure(policy, rule),
        "Private prompts": (
            "They stay on this machine, whatever this rule says."
            if rule.model != LOCAL and not rule.model.startswith(f"{LOCAL}/")
            else "They are answered here, as the rule says."
        ),
    }
    if rule.strategy != "single":
        sections["How"] = f"As {'an' if rule.strategy == 'ensemble' else 'a'} {rule.strategy}."
    if rule.verify:
        sections["Check"] = f"{rule.verify} reads the answer; disagreement is shown as a warning."
    body = "".join(f"\n## {title}\n{text}\n" for title, text in sections.items())
    return f"# {rule.id} ({policy.name}, line {rule.line})\n{body}"


def _when(policy: RoutingPolicy, rule: Rule) -> str:
    if rule.condition is None:
        return "When no other rule has decided."
    position = policy.rules.index(rule)
    before = ", ".join(f"`{other.id}`" for other in policy.rules[:position])
    first = f" and none of {before} did" if before else ""
    found = witness(policy, rule)
    told = {name: value for name, value in (found or {}).items() if name in rule.names}
    example = (
        f"\nFor example: {', '.join(f'{n} = {v!r}' for n, v in told.items())}." if told else ""
    )
    return f"When `{rule.condition.text}`{first}.{example}"


def _where(tiers: Tiers, name: str) -> str:
    if name in tiers.ladders:
        steps = "".join(
            f"\n- {'below ' + format(below, ',') if below else 'above'} tokens: {role}"
            for below, role in tiers.ladders[name]
        )
        return f"By the size of the input:{steps}"
    role = tiers.roles.get(name)
    if role is None:
        return f"To {name}."
    return f"To the first of these that can take it: {', '.join(role.models)}."


def _failure(policy: RoutingPolicy, rule: Rule) -> str:
    lines = [f"- the rule's own fallbacks: {', '.join(rule.fallbacks)}"] if rule.fallbacks else []
    if policy.primary_failure:
        lines.append(f"- an outage: {policy.primary_failure}")
    if policy.rate_limit:
        lines.append(f"- a rate limit: {policy.rate_limit}")
    return "\n".join([*lines, "- in the end: the local model"])
