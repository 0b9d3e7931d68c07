"""The check of policies, its explanations, and expectations as data."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.errors import SettingsError
from edgeroute.providers.catalog.catalog import Catalog
from edgeroute.routing.policy.check import check
from edgeroute.routing.policy.explain import explain, topics
from edgeroute.routing.policy.policy import RoutingPolicy, policy_names
from edgeroute.routing.policy.policy_tests import run_expectations
from edgeroute.routing.policy.reach import can_hold, witness
from edgeroute.routing.policy.tiers import Role, Tiers
from tests.support.routing import TIERS, card, cards, policy_file

TODAY = date(2026, 11, 22)


def findings(tmp_path: Path, rules: str, ready: Any = None, rest: str = "") -> list[str]:
    """The codes and rules of what is wrong with these rules."""
    policy = RoutingPolicy.load(policy_file(tmp_path, f"routing:\n  rules:\n{rules}{rest}"))
    return [f"{f.code} {f.rule}" for f in check(policy, TIERS, cards(), TODAY, ready)]


def test_a_good_policy_has_no_findings(tmp_path: Path) -> None:
    """Known models, reachable rules and keys: nothing to say."""
    rules = '    - {id: a, condition: task == "chat", model: small}\n    - default: local\n'
    assert findings(tmp_path, rules, ready=["openai"]) == []


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("    - default: nobody/knows\n", ["RT001 default"]),
        ("    - {default: local, fallbacks: [what]}\n", ["RT001 default"]),
        ("    - {default: local, verify: what}\n", ["RT001 default"]),
        ("    - default: local\n    - {id: late, condition: has_code, model: local}\n",
         ["RT002 late"]),
        (('    - {id: never, condition: task == "chat" and task == "image", model: local}\n'
         "    - default: local\n"), ["RT002 never"]),
        (("    - {id: a, condition: input_tokens < 5000, model: local}\n"
         '    - {id: b, condition: input_tokens < 1000 and task == "chat", model: local}\n'
         "    - default: local\n"), ["RT002 b"]),
        (("    - {id: a, condition: has_code, model: local}\n"
         "    - {id: b, condition: not has_code, model: local}\n    - default: local\n"),
         ["RT002 default"]),
        ("    - default: openai/gpt-5\n", ["RT003 default"]),
        (('    - {id: p, condition: privacy == "private", model: openai/gpt-5.5}\n'
         "    - default: local\n"), ["RT005 p"]),
    ],
)  # fmt: skip
def test_each_mistake_is_found(tmp_path: Path, rules: str, expected: Any) -> None:
    """Unknown names, unreachable rules, retired models and rules against privacy are named."""
    assert findings(tmp_path, rules) == expected


def test_missing_keys_are_warnings(tmp_path: Path) -> None:
    """A model whose provider has no key is named, and a role where none of its models has one."""
    rules = (
        '    - {id: a, condition: task == "chat", model: small}\n    - default: openai/gpt-5.5\n'
    )
    assert findings(tmp_path, rules, ready=["anthropic"]) == ["RT004 a", "RT004 default"]
    rest = "  fallback: {primary_failure: nowhere, rate_limit: backup_provider}\n"
    assert findings(tmp_path, "    - default: local\n", rest=rest) == ["RT001 fallback"]


def test_findings_name_file_and_line(tmp_path: Path) -> None:
    """A finding reads like a compiler's."""
    path = policy_file(tmp_path, "routing:\n  rules:\n    - default: nobody/knows\n")
    (found,) = check(RoutingPolicy.load(path), TIERS, cards(), TODAY)
    assert str(found).startswith(f"{path}:3: RT001 `default`")


def test_a_misspelt_name_is_guessed(tmp_path: Path) -> None:
    """What is written much like a model or a role is offered instead."""
    text = "routing:\n  rules:\n    - {default: openai/gpt-6-lune, fallbacks: [smal]}\n"
    found = check(RoutingPolicy.load(policy_file(tmp_path, text)), TIERS, cards(), TODAY)
    assert [f.message.rpartition(". ")[2] for f in found] == [
        "Did you mean `openai/gpt-6-luna`?",
        "Did you mean `small`?",
    ]


def test_sections_are_checked_at_their_line(tmp_path: Path) -> None:
    """Fallbacks, ladders, voters and judges are names too; keys count only where they are used."""
    rest = (
        "  fallback: {rate_limit: nobody}\n  cascade: {judge: nope}\n"
        "  ensemble: {models: [openai/gpt-5.5], judge: local}\n"
    )
    path = policy_file(tmp_path, f"routing:\n  rules:\n    - default: local\n{rest}")
    found = check(RoutingPolicy.load(path), TIERS, cards(), TODAY, ["anthropic"])
    assert [(f.code, f.rule, f.line) for f in found] == [
        ("RT001", "fallback", 4),
        ("RT001", "cascade", 5),
    ]
    used = "    - {default: local, strategy: ensemble}\n"
    assert findings(tmp_path, used, ["openai", "moonshot"]) == []
    assert "RT004 ensemble" in findings(tmp_path, used, ["anthropic"], rest)


def test_a_role_with_an_unknown_model_is_found(tmp_path: Path) -> None:
    """A user's own tiers.yaml is checked where a policy leans on it."""
    tiers = replace(TIERS, roles={**TIERS.roles, "mine": Role(("openai/gpt-6-lune",))})
    path = policy_file(tmp_path, "routing:\n  rules:\n    - default: mine\n")
    (found,) = check(RoutingPolicy.load(path), tiers, cards(), TODAY)
    assert "rules/tiers.yaml names the unknown model `openai/gpt-6-lune`" in found.message


def test_shipped_policies_have_no_unreachable_rule() -> None:
    """Every rule that is shipped can decide."""
    for name in policy_names():
        found = check(RoutingPolicy.named(name), Tiers.load(), {}, TODAY)
        assert not [finding for finding in found if finding.code in {"RT002", "RT005"}]


def test_a_witness_is_one() -> None:
    """The facts given for a rule make it the one that decides."""
    policy = RoutingPolicy.named("default")
    for rule in policy.rules:
        facts = witness(policy, rule)
        assert facts is not None
        assert policy.match(facts) is rule
        assert can_hold(rule)


def test_rules_are_explained_under_fixed_headings() -> None:
    """A rule's page says when, where, why, and what happens to private prompts."""
    policy, tiers = RoutingPolicy.named("default"), Tiers.load()
    for rule in policy.rules:
        text = explain(policy, tiers, rule.id)
        for heading in ("When it decides", "Where the request goes", "Why", "Private prompts"):
            assert f"## {heading}\n" in text
    assert explain(policy, tiers, "no-such-rule") == ""


@pytest.mark.parametrize("code", topics())
def test_findings_are_explained(code: str) -> None:
    """Each code of the check has its page."""
    text = explain(RoutingPolicy.named("default"), Tiers.load(), code.lower())
    assert "## Why is this bad?" in text


def test_every_code_of_the_check_is_explained() -> None:
    """What the check can say and what has a page are the same codes."""
    source = Path(check.__code__.co_filename).read_text("utf-8")
    assert set(re.findall(r"\bRT\d{3}\b", source)) == set(topics())


def test_a_superseded_model_is_told_with_its_price(tmp_path: Path) -> None:
    """In a rule, in a role, and how much dearer it is; its successor is named."""
    old = card("openai/gpt-4", 10, 2, successor="openai/gpt-5.5")
    rules = "    - {id: a, condition: has_code, model: openai/gpt-4}\n    - default: aged\n"
    policy = RoutingPolicy.load(policy_file(tmp_path, f"routing:\n  rules:\n{rules}"))
    tiers = replace(TIERS, roles={**TIERS.roles, "aged": Role(("openai/gpt-4",))})
    found = check(policy, tiers, cards(old), TODAY)
    assert [f"{f.code} {f.rule} {f.level}" for f in found] == [
        "RT006 a warning",
        "RT006 default warning",
    ]
    assert "openai/gpt-5.5 supersedes and costs 2.0 times as much. Use openai/gpt-5.5." in str(
        found[0]
    )
    assert "rules/tiers.yaml names openai/gpt-4" in str(found[1])


def test_a_dearer_successor_is_told_with_its_price(tmp_path: Path) -> None:
    """Nobody is sent to a model of twice the price without a word of it."""
    old = card("openai/gpt-4", 2.5, 2, successor="openai/gpt-5.5")
    policy = "routing:\n  rules:\n    - default: openai/gpt-4\n"
    found = check(RoutingPolicy.load(policy_file(tmp_path, policy)), TIERS, cards(old), TODAY)
    assert "openai/gpt-5.5 supersedes, at 2.0 times its price. Use" in str(found[0])


def test_other_words_are_told_and_are_no_mistake(tmp_path: Path) -> None:
    """A note for each rule that uses them."""
    path = policy_file(tmp_path, '- {if: task_type == "chat", use: local}\n- default: local\n')
    (found,) = check(RoutingPolicy.load(path), TIERS, cards(), TODAY)
    assert (found.code, found.level, found.line) == ("RT007", "note", 1)
    assert "`use` is `model`; `task_type` is `task`" in str(found)


@pytest.mark.parametrize("name", [n for n in policy_names() if not n.startswith("seed")])
def test_shipped_policies_name_no_model_that_has_aged(name: str) -> None:
    """Nor do the roles that they speak in."""
    found = check(RoutingPolicy.named(name), Tiers.load(), Catalog.load().cards, TODAY)
    assert not [str(one) for one in found]


def test_expectations(tmp_path: Path) -> None:
    """Cases pass where rule and model come out as expected, and say what came instead."""
    path = policy_file(tmp_path, """\
policy: coding-assistant
cases:
  - given: {task: explain_code, complexity: low, input_tokens: 900}
    rule: explain
    model: small
  - name: wrong on purpose
    given: {task: reasoning}
    rule: explain
""")  # fmt: skip
    right, wrong = run_expectations(path)
    assert right.passed
    assert right.name == "case 1"
    assert not wrong.passed
    assert wrong.got == "reason with middle"


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("{given: {tusk: chat}, rule: default}", "unknown name"),
        ("{given: {task: 3}, rule: default}", "cannot be"),
        ("{given: {task: nonsense}, rule: default}", "never"),
        ("{given: {hour: true}, rule: default}", "cannot be"),
        ("{given: {task: chat}}", "neither"),
        ("{given: {task: chat}, rule: desing}", "has no rule `desing`"),
    ],
)
def test_wrong_expectations_are_refused(tmp_path: Path, case: Any, said: str) -> None:
    """A case that gives nonsense is a mistake, not a failure, with its line and a hint."""
    path = policy_file(tmp_path, f"cases:\n  - {{given: {{}}, rule: default}}\n  - {case}\n")
    with pytest.raises(SettingsError, match=said) as caught:
        run_expectations(path)
    assert (caught.value.file, caught.value.line) == (str(path), 3)
    assert caught.value.hint
