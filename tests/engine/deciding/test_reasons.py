"""The reasons of a decision are true of the request at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.reasons import NO_KEY_YET, Reasons
from edgeroute.core.signals import Signals
from edgeroute.core.verdict import CLEAR, Finding, PrivacyMode, Verdict
from edgeroute.engine.deciding.privacy_decision import PrivacyDecision
from edgeroute.engine.deciding.reasons import reasons
from edgeroute.routing.plan.eligibility import RoutingContext
from edgeroute.routing.plan.planner import plan
from edgeroute.routing.policy.policy import RoutingPolicy, Rule
from tests.support.house import OPEN, PRIVATE, house, request
from tests.support.routing import NOW, card, plan_input

LEAVES = PrivacyDecision(PrivacyMode.AUTO, CLEAR)
WHY = "The best model, and a second one checks it."


def told(rule: Rule, privacy: PrivacyDecision = LEAVES, **more: Any) -> Reasons:
    """The reasons for a request under a policy of one rule."""
    private: dict[str, Any] = {"private": privacy.stays, "private_reason": privacy.reason}
    asked = plan_input(RoutingPolicy("mine", (rule,)), **private, **more)
    premium = card("openai/premium", grade=4)
    return reasons(asked, plan(asked), privacy, premium)


def test_a_rule_is_quoted_where_its_wish_came_true() -> None:
    """A check that there is is promised; one that nobody can make is not."""
    model, other = "anthropic/claude-opus-4.7", "openai/gpt-5.5"
    rule = Rule("right", None, model, why=WHY, verify=other)
    assert told(rule).because == WHY
    alone = RoutingContext(NOW, ready=["anthropic"])
    assert (
        told(rule, context=alone).because == "The rule right of the policy mine names it for this."
    )


def test_what_has_no_rule_goes_by_its_size() -> None:
    """The sentence says which size, not that sizes decide."""
    rule = Rule("default", None, "by_size", why="The size of the input decides.")
    short, long = (told(rule, signals=Signals(input_tokens=n)).because for n in (12, 50_000))
    assert "it is short (about 12 tokens), so a model of the kind `small` is asked" in short
    assert "it is long (about 50,000 tokens), so a model of the kind `large`" in long


def test_missing_keys_are_one_line() -> None:
    """Whichever models they keep out; that there is none at all is the reason itself."""
    rule = Rule("default", None, "large", why="The best.")
    nobody = told(rule, context=RoutingContext(NOW, ready=[]))
    assert nobody.because == NO_KEY_YET
    blind = Signals(input_tokens=500, has_images=True)
    keyed = told(rule, signals=blind, context=RoutingContext(NOW, ready=["deepseek"]))
    assert keyed.because == "No managed model can take this request. It cannot read images."
    assert [line for line in nobody.others if line.startswith("No key for")] == list(nobody.others)
    assert nobody.cost.startswith("free, on this machine; with openai/premium about $")


def test_other_reasons_name_their_models() -> None:
    """A line for each reason, before the missing keys."""
    rule = Rule("default", None, "large", why="The best.")
    resting = RoutingContext(NOW, ready=["anthropic", "openai"], blocked={"anthropic": "It rests."})
    others = told(rule, context=resting).others
    assert others[0].startswith("Not anthropic/")
    assert others[0].endswith(": It rests.")
    assert others[-1].startswith("No key for ")


async def test_the_words_before_are_the_words_after(tmp_path: Path) -> None:
    """What `explain` says of a prompt stands in the receipt of its answer, for both places."""
    async with house(tmp_path) as home:
        for prompt in (OPEN, PRIVATE):
            before = await home.runtime.engine.explain(request(prompt))
            receipt = (await home.ask(prompt)).receipt
            assert receipt.reasons == before.reasons
            assert receipt.because
            kept = home.runtime.receipts.get(receipt.id)
            assert kept is not None
            assert kept.reasons == before.reasons


@pytest.mark.parametrize(
    ("source", "because"),
    [
        ("national_ids", "Found: a number."),
        ("origin", "It comes from a tool, a folder or a file whose contents always count as"),
    ],
)
def test_what_stays_here_says_why_and_nothing_of_prices(source: str, because: str) -> None:
    """The finding is the reason, no model of others is named, and nobody's price."""
    verdict = Verdict(
        private=True, reason="Found: a number.", findings=(Finding("X", 0, 1, 1.0, source),)
    )
    found = told(
        Rule("default", None, "large", why="The best."),
        PrivacyDecision(PrivacyMode.AUTO, verdict),
    )
    assert found.because.startswith(because)
    assert found.cost == "free, on this machine"
    assert found.others == ("No managed model is asked: this prompt stays on this machine.",)
