"""Routing policies as a front door shows them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from edgeroute.core.errors import SettingsError
from edgeroute.engine.admin.policies import Policies
from edgeroute.routing.policy.in_force import RulesInForce
from edgeroute.routing.policy.tiers import Tiers
from tests.support.clocks import StandingClock
from tests.support.routing import REFERENCE, cards, policy_file

EVERYONE = frozenset({"anthropic", "moonshot", "deepseek", "openai", "openrouter"})


def policies(own: Path, ready: Collection[str] = EVERYONE) -> Policies:
    """The packaged policies and ``mine``, which is the reference."""
    policy_file(own, REFERENCE)
    rules = RulesInForce("mine", own)
    return Policies(rules, cards=cards(), ready=lambda: ready, clock=StandingClock())


def test_packaged_and_own_policies_can_be_named(tmp_path: Path) -> None:
    """Each once; a path names the policy in that file, and nothing else is made up."""
    found = policies(tmp_path)
    assert {"default", "mine"} <= set(found.names())
    assert len(set(found.names())) == len(found.names())
    assert found.named("mine").name == "mine"
    assert found.named("default").name == "default"
    elsewhere = policy_file(tmp_path, REFERENCE, "other")
    assert found.named(str(elsewhere)).file == found.named("other").file
    with pytest.raises(SettingsError, match="nobodys"):
        found.named("nobodys")


def test_what_is_in_force_is_told(tmp_path: Path) -> None:
    """The policy, and the tiers that its roles are looked up in."""
    found = policies(tmp_path)
    assert found.current.name == "mine"
    assert found.tiers == Tiers.load(tmp_path)


def test_a_policy_is_checked_against_models_and_keys(tmp_path: Path) -> None:
    """A model whose provider has no key is found; where there is no key at all nothing is said of
    keys, and a model that is gone by the day is.
    """
    whole = policies(tmp_path)
    assert not any("key" in one.message for one in whole.check("mine"))
    some = policies(tmp_path, EVERYONE - {"moonshot"}).check("mine")
    assert any("moonshot" in one.message and "key" in one.message for one in some)
    none = policies(tmp_path, ()).check("mine")
    assert not any("key" in one.message for one in none)
    policy_file(tmp_path, "routing:\n  rules:\n    - default: openai/gpt-5\n", "old")
    assert any("gpt-5" in one.message for one in whole.check("old"))
    policy_file(tmp_path, "routing:\n  rules:\n    - default: nobody/knows\n", "odd")
    assert any("nobody/knows" in one.message for one in whole.check("odd"))


def test_a_rule_is_explained(tmp_path: Path) -> None:
    """As Markdown; an unknown one is an error that names those there are."""
    found = policies(tmp_path)
    rules = [one.id for one in found.named("mine").rules]
    assert "moonshot/kimi-k2.6" in found.explain("mine", rules[2])
    with pytest.raises(SettingsError) as caught:
        found.explain("mine", "nonsense")
    assert caught.value.message == "There is no rule `nonsense` in mine."
    assert caught.value.hint == f"Known: {', '.join(rules)}."


def test_expectations_are_tried(tmp_path: Path) -> None:
    """Against the policy that their file names, or another one."""
    found = policies(tmp_path)
    file = tmp_path / "cases.yaml"
    file.write_text(
        "policy: mine\ncases:\n"
        "  - given: {task: refactor, input_tokens: 10}\n    model: moonshot/kimi-k2.6\n"
        "  - given: {task: chat, input_tokens: 10}\n    model: moonshot/kimi-k2.6\n"
    )
    assert [one.passed for one in found.test(file)] == [True, False]
    policy_file(tmp_path, "routing:\n  rules:\n    - default: moonshot/kimi-k2.6\n", "kimi")
    assert [one.passed for one in found.test(file, "kimi")] == [True, True]
