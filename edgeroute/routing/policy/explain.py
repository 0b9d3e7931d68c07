"""A rule, or a finding of the check, explained under fixed headings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from edgeroute.routing.policy.policy import RoutingPolicy, Rule
from edgeroute.routing.policy.reach import witness
from edgeroute.routing.policy.tiers import LOCAL, Tiers


@dataclass(frozen=True, slots=True)
class Topic:
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


CODES: Final[Mapping[str, Topic]] = {
    "RT001": Topic(
        "unknown-model",
        "Finds a model, role or provider that neither the catalog nor rules/tiers.yaml knows.",
        "The name is passed over, and another model answers than the one you meant.",
        "A friendly id of the catalog, a role of rules/tiers.yaml, or `local`.",
    ),
    "RT002": Topic(
        "unreachable-rule",
        "Finds a rule that can never decide: its condition is never true, or earlier rules take"
        " every request that it speaks for.",
        "The rule looks as if it did something.",
        "Move the rule up, narrow the earlier ones, or remove it.",
    ),
    "RT003": Topic(
        "retired-model",
        "Finds a model that its provider has shut down, or will within 60 days.",
        "Requests go to the successor, at another price, or nowhere where there is none.",
        "The successor's id, or a role, which is kept up to date in rules/tiers.yaml.",
    ),
    "RT004": Topic(
        "missing-key",
        "Finds a model whose provider has no key here.",
        "The rule falls through to its fallbacks, in the end to the local model.",
        "`edgeroute keys set PROVIDER`, or another model.",
    ),
    "RT005": Topic(
        "managed-model-for-private-prompts",
        "Finds a rule that speaks only for private prompts and names only managed models.",
        "Private prompts never leave this machine, so the named model is never used.",
        "`model: local`, or a condition that does not ask for `privacy`.",
    ),
}


def explain(policy: RoutingPolicy, tiers: Tiers, name: str) -> str:
    """The rule ``name`` of ``policy``, or the finding with this code, as Markdown.

    Empty where there is neither.
    """
    topic = CODES.get(name.upper())
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
