"""Policies: the reference one, the shipped ones, and mistakes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from edgeroute import datafile
from edgeroute.core.errors import SettingsError
from edgeroute.core.plan import Plan
from edgeroute.core.signals import Signals
from edgeroute.routing.plan.planner import plan
from edgeroute.routing.policy.conditions import Condition, Facts
from edgeroute.routing.policy.policy import RoutingPolicy, policy_names
from tests.support.routing import LOCAL, REFERENCE, plan_input, policy_file


@pytest.fixture
def reference(tmp_path: Path) -> RoutingPolicy:
    """The policy of the documentation, as written."""
    return RoutingPolicy.load(policy_file(tmp_path, REFERENCE))


def chosen(policy: RoutingPolicy, **signals: Any) -> Plan:
    """The plan for a request with these signals."""
    return plan(
        plan_input(policy, Signals(**{"input_tokens": 500, "output_tokens": 200, **signals}))
    )


@pytest.mark.parametrize(
    ("signals", "model"),
    [
        ({"task": "code_completion"}, LOCAL),
        ({"task": "explain_code"}, "anthropic/claude-haiku-4.5"),
        ({"task": "refactor"}, "moonshot/kimi-k2.6"),
        ({"task": "implement", "complexity": "high"}, "moonshot/kimi-k2.6"),
        ({"task": "architecture_review"}, "anthropic/claude-opus-4.7"),
        ({"task": "chat", "complexity": "high"}, "anthropic/claude-opus-4.7"),
        ({"task": "chat"}, "deepseek/v4-flash"),
        ({"task": ""}, "deepseek/v4-flash"),
        ({"task": "explain_code", "input_tokens": 8_000}, "deepseek/v4-flash"),
        ({"task": "code_completion", "input_tokens": 1_000}, "deepseek/v4-flash"),
    ],
)
def test_each_branch_of_the_reference_policy_is_taken(
    reference: RoutingPolicy, signals: Any, model: Any
) -> None:
    """The documented policy loads as written and each of its branches goes where it says."""
    assert chosen(reference, **signals).first.model == model


def test_both_fallbacks_of_the_reference_policy_are_there(reference: RoutingPolicy) -> None:
    """An outage goes to the same model through the gateway, a rate limit to another provider."""
    made = chosen(reference, task="refactor")
    by_cause = {c.cause: c.model for c in reversed(made.candidates)}
    assert by_cause["outage"] == "openrouter/moonshotai/kimi-k2.6"
    assert made.candidates[-1].model == LOCAL
    assert by_cause["rate_limit"] == "openai/gpt-6-luna"
    assert reference.cache_system_prompt
    assert reference.cache_duration == "1h"


def test_rules_without_ids_are_numbered(reference: RoutingPolicy) -> None:
    """A rule can be named even where nobody gave it an id."""
    assert [rule.id for rule in reference.rules] == [
        "rule-1", "rule-2", "rule-3", "rule-4", "default",
    ]  # fmt: skip
    second = reference.rule("rule-2")
    assert second is not None
    assert second.line == 5


@pytest.mark.parametrize("name", policy_names())
def test_packaged_policies_load(name: str) -> None:
    """Every policy that is shipped is valid and says why for each rule."""
    policy = RoutingPolicy.named(name)
    assert policy.description
    assert all(rule.why for rule in policy.rules) or name == "seed"


def test_the_shipped_seed_is_the_reference_policy_word_for_word() -> None:
    """As it was documented first, below its description."""
    text = (datafile.packaged("rules") / "seed.yaml").read_text("utf-8")
    assert text.partition("\n")[2] == REFERENCE


@pytest.mark.parametrize("name", [n for n in policy_names() if not n.startswith("seed")])
def test_shipped_policies_speak_in_roles(name: str) -> None:
    """No model of today is written into them, so that they do not age with it."""
    policy = RoutingPolicy.named(name)
    named = [m for rule in policy.rules for m in (rule.model, *rule.fallbacks, rule.verify)]
    assert not [model for model in named if "/" in model]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('task == "refactor" or', 'tusk == "refactor" or', 7, "unknown name `tusk`"),
        ("  fallback:", "  fallbak:", 12, "fallbak"),
        ("      model: moonshot/kimi-k2.6\n", "", 7, "`condition` and `model`"),
        ("    - default: deepseek/v4-flash\n", "", 9, "no default"),
        ("duration: 1h", "duration: 2h", 17, "2h"),
        ("    - default: deepseek/v4-flash", "    - default: ''", 11, "empty"),
    ],
)  # fmt: skip
def test_mistakes_name_file_and_line(
    tmp_path: Path, old: Any, new: Any, line: Any, said: str
) -> None:
    """A wrong policy is refused with the place of the mistake."""
    path = policy_file(tmp_path, REFERENCE.replace(old, new))
    with pytest.raises(SettingsError, match=re.escape(said)) as caught:
        RoutingPolicy.load(path)
    assert caught.value.file == str(path)
    assert caught.value.line == line


def test_every_mistake_of_the_rules_is_told_at_once(tmp_path: Path) -> None:
    """The first mistake is raised and carries the others, each with its line."""
    text = (
        "routing:\n  rules:\n    - {condition: taks, model: a}\n    - {condition: has_code}\n"
        "    - {condition: 'input_tokens < \"many\"', model: a}\n"
    )
    with pytest.raises(SettingsError, match="Did you mean `task`") as caught:
        RoutingPolicy.load(policy_file(tmp_path, text))
    wrongs = [caught.value, *caught.value.more]
    assert [wrong.line for wrong in wrongs] == [3, 4, 5, 5]
    assert "`input_tokens < 1000`" in wrongs[2].hint
    assert "no default" in wrongs[3].message


def test_a_broken_file_is_a_policy_that_does_not_load(tmp_path: Path) -> None:
    """One file that is no YAML hides neither itself nor the other policies."""
    policy_file(tmp_path, "routing: [\n", "half")
    assert {"half", "default"} <= set(policy_names(tmp_path))
    with pytest.raises(SettingsError, match="not valid YAML"):
        RoutingPolicy.named("half", tmp_path)


def test_double_ids_are_refused(tmp_path: Path) -> None:
    """Two rules never share an id."""
    text = "routing:\n  rules:\n    - {default: local, id: a}\n    - {default: local, id: a}\n"
    with pytest.raises(SettingsError, match="used twice"):
        RoutingPolicy.load(policy_file(tmp_path, text))


def test_own_policy_wins_by_name_and_an_unknown_one_is_named(tmp_path: Path) -> None:
    """The user's rules folder comes first; a policy that does not exist lists those that do."""
    policy_file(tmp_path, "routing:\n  rules:\n    - default: local\n", "default")
    assert RoutingPolicy.named("default", tmp_path).rules[0].model == "local"
    with pytest.raises(SettingsError, match="coding-assistant"):
        RoutingPolicy.named("nowhere", tmp_path)


def test_facts_pick_the_first_rule_that_holds(reference: RoutingPolicy) -> None:
    """Order decides."""
    facts: Facts = {"task": "code_completion", "input_tokens": 10.0, "complexity": "high"}
    assert reference.match(facts).id == "rule-1"
    assert isinstance(reference.rules[0].condition, Condition)


TABLE = """\
- if: task_type == "chat" and input_size < 4000
  use: anthropic/claude-haiku-4.5
- if: task_type == "code"
  use: moonshot/kimi-k2.6
- if: task_type == "reasoning" and complexity == "high"
  use: anthropic/claude-opus-4.7
- default: deepseek/v4-flash
"""


@pytest.mark.parametrize(
    ("facts", "model"),
    [
        ({"task": "chat", "input_tokens": 3_999.0}, "anthropic/claude-haiku-4.5"),
        ({"task": "chat", "input_tokens": 4_000.0}, "deepseek/v4-flash"),
        ({"task": "refactor"}, "moonshot/kimi-k2.6"),
        ({"task": "explain_code"}, "moonshot/kimi-k2.6"),
        ({"task": "reasoning", "complexity": "high"}, "anthropic/claude-opus-4.7"),
        ({"task": "reasoning", "complexity": "low"}, "deepseek/v4-flash"),
        ({}, "deepseek/v4-flash"),
    ],
)
def test_a_bare_table_of_rules_is_a_policy(tmp_path: Path, facts: Facts, model: str) -> None:
    """With the words that early tables have, each branch."""
    loaded = RoutingPolicy.load(policy_file(tmp_path, TABLE))
    assert loaded.match(facts).model == model
    assert "mine" in policy_names(tmp_path)


def test_a_rule_says_what_its_other_words_became(tmp_path: Path) -> None:
    """Once each, and never both words for one thing."""
    loaded = RoutingPolicy.load(policy_file(tmp_path, TABLE))
    assert loaded.rules[1].aliases == (
        "`if` is `condition`",
        "`use` is `model`",
        "`task_type` is `task`",
        'task "code" is code_completion, explain_code, implement, refactor',
    )
    assert loaded.rules[1].line == 3
    twice = TABLE.replace("  use: moon", "  model: local\n  use: moon")
    with pytest.raises(SettingsError, match="not both"):
        RoutingPolicy.load(policy_file(tmp_path, twice))
