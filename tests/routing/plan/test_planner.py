"""Plans: what always holds, and what each part of the decision does."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.reasons import NO_KEY_YET
from edgeroute.core.signals import Signals
from edgeroute.routing.learning.neighbours import Advice
from edgeroute.routing.plan.eligibility import RoutingContext
from edgeroute.routing.plan.planner import plan
from edgeroute.routing.plan.stickiness import Holding
from edgeroute.routing.policy.conditions import Condition
from edgeroute.routing.policy.policy import RoutingPolicy, Rule
from edgeroute.routing.strategies.cascade import CascadePolicy
from edgeroute.routing.strategies.ensemble import EnsemblePolicy
from tests.support.routing import LOCAL, NOW, card, cards, plan_input


def policy(model: str = "moonshot/kimi-k2.6", **more: Any) -> RoutingPolicy:
    """A policy of one rule that sends everything to ``model``."""
    rule = {
        k: more.pop(k)
        for k in ("strategy", "fallbacks", "verify", "why", "within_turn")
        if k in more
    }
    known = {"primary_failure": "openrouter", "rate_limit": "backup_provider", **more}
    return RoutingPolicy("test", (Rule("default", None, model, **rule),), **known)


def first(made: Any) -> str:
    """The model that is tried first."""
    return str(made.first.model)


def test_missing_model_is_sought_through_the_gateway() -> None:
    """With nothing but an OpenRouter key the same model is bought there."""
    made = plan(plan_input(policy(), context=RoutingContext(NOW, ready=["openrouter"])))
    assert first(made) == "openrouter/moonshotai/kimi-k2.6"
    assert made.skipped[0].reason == "There is no key for moonshot."


def test_without_any_key_the_reason_says_so() -> None:
    """Where no managed API can be asked no rule is given the credit: a key is what is missing."""
    made = plan(
        plan_input(policy(why="It is good at this."), context=RoutingContext(NOW, ready=[]))
    )
    assert [candidate.model for candidate in made.candidates] == [LOCAL]
    assert made.rule == ""
    assert made.why == NO_KEY_YET
    assert made.first.reason == made.why
    unfit = plan(plan_input(policy(), context=RoutingContext(NOW, budget_left=Decimal(0))))
    assert unfit.rule == "default"


def test_a_model_that_is_still_being_prepared_is_passed_over() -> None:
    """What a rule would answer here goes to who can answer now; what must stay here stays."""
    later = "The local model is being prepared: compiling llama.cpp, 36%."
    context = RoutingContext(NOW, local_absent=later)
    made = plan(plan_input(policy("local"), context=context))
    assert made.first.place is Place.CLOUD
    assert made.candidates[-1].model == LOCAL
    assert later in {skipped.reason for skipped in made.skipped}
    kept = plan(plan_input(policy(), context=context, private=True, private_reason="A name."))
    assert [candidate.model for candidate in kept.candidates] == [LOCAL]
    assert later in kept.notes


def test_open_breaker_and_rate_limit() -> None:
    """A blocked provider is passed over; one that is close to its limit waits behind the others."""
    blocked = RoutingContext(NOW, blocked={"moonshot": "Moonshot is failing."})
    assert first(plan(plan_input(policy(), context=blocked))) == "openrouter/moonshotai/kimi-k2.6"
    near = RoutingContext(NOW, limited={"moonshot": "Moonshot is close to its limit."})
    made = plan(plan_input(policy(), context=near))
    causes = {candidate.model: candidate.cause for candidate in made.candidates}
    assert first(made) != "moonshot/kimi-k2.6"
    assert causes["moonshot/kimi-k2.6"] == "rate_limit"


def test_used_up_budget_leaves_the_local_model() -> None:
    """At the daily limit nothing that costs money is asked, and the reason says so."""
    made = plan(plan_input(policy(), context=RoutingContext(NOW, budget_left=Decimal(0))))
    assert [candidate.model for candidate in made.candidates] == [LOCAL]
    assert "budget" in made.first.reason


def test_call_beyond_the_rest_of_the_budget_goes_to_a_cheaper_model() -> None:
    """What is left of the budget decides which models can be afforded."""
    signals = Signals(input_tokens=100_000, output_tokens=1_000)
    context = RoutingContext(NOW, budget_left=Decimal("0.05"))
    made = plan(
        plan_input(policy("large", fallbacks=("openai/gpt-6-luna",)), signals, context=context)
    )
    assert first(made) == "openai/gpt-6-luna"


def test_retired_model_is_replaced_with_a_note() -> None:
    """A model past its shutdown gives way to its successor."""
    made = plan(plan_input(policy("openai/gpt-5")))
    assert first(made) == "openai/gpt-5.5"
    assert any("shut down" in note for note in made.notes)


def test_tiers() -> None:
    """Free is local first, premium the best model first; a rule about tiers decides for itself."""
    assert first(plan(plan_input(policy(), tier="free"))) == LOCAL
    assert first(plan(plan_input(policy(), tier="premium"))) == "anthropic/claude-opus-4.7"
    own = RoutingPolicy("t", (
        Rule("cheap", Condition('tier == "premium"'), "deepseek/v4-flash"),
        Rule("default", None, "local"),
    ))  # fmt: skip
    assert first(plan(plan_input(own, tier="premium"))) == "deepseek/v4-flash"


def test_a_tier_comes_before_a_cascade() -> None:
    """Free asks the local model, premium the best ones; cheap models do not come before either."""
    cascade = policy("anthropic/claude-opus-4.7", strategy="cascade")
    assert plan(plan_input(cascade)).strategy == "cascade"
    free = plan(plan_input(cascade, tier="free"))
    assert (free.strategy, first(free)) == ("single", LOCAL)
    premium = plan(plan_input(cascade, tier="premium"))
    assert premium.strategy == "single"
    assert [c.model for c in premium.candidates[:2]] == [
        "anthropic/claude-opus-4.7",
        "openai/gpt-5.5",
    ]
    assert plan(plan_input(cascade, tier="premium", model="cascade")).strategy == "cascade"
    voting = policy("anthropic/claude-opus-4.7", strategy="ensemble")
    assert plan(plan_input(voting, tier="premium")).strategy == "ensemble"
    assert plan(plan_input(voting, tier="free")).strategy == "single"


def test_experience_does_not_replace_what_is_verified() -> None:
    """What must be right keeps its model whatever similar prompts say; the choice's own record is
    a note.
    """
    advice = Advice("openai/gpt-6-luna", "12 of 15 similar prompts were fine on it.", 0.8, 15)
    checked = policy(outcomes_act=True, verify="openai/gpt-5.5")
    told = plan(plan_input(checked, advice=advice))
    assert first(told) == "moonshot/kimi-k2.6"
    assert any("12 of 15" in note for note in told.notes)
    own = replace(advice, model="moonshot/kimi-k2.6")
    told = plan(plan_input(policy(), advice=own))
    assert own.sentence in told.notes
    assert not any("outcomes.act" in note for note in told.notes)


def test_explicit_model_is_respected_but_for_privacy() -> None:
    """A named model comes first; personal data keeps the request here all the same."""
    asked: Any = {"model": "openai/gpt-5.5"}
    assert first(plan(plan_input(policy(), **asked))) == "openai/gpt-5.5"
    private = plan(
        plan_input(policy(), **asked, private=True, private_reason="A US SSN was found.")
    )
    assert [candidate.model for candidate in private.candidates] == [LOCAL]
    assert private.why == "A US SSN was found."
    assert private.skipped[0].model == "openai/gpt-5.5"
    local = plan(plan_input(policy(), model="local"))
    assert [candidate.model for candidate in local.candidates] == [LOCAL]


def test_a_named_model_is_replaced_by_the_local_one_only() -> None:
    """Whether it can be asked or rests, no other vendor is among the candidates."""
    asked: Any = {"model": "openai/gpt-5.5"}
    made = plan(plan_input(policy(), **asked))
    assert [one.model for one in made.candidates] == ["openai/gpt-5.5", LOCAL]
    resting = RoutingContext(NOW, blocked={"openai": "openai rests."})
    made = plan(plan_input(policy(), **asked, context=resting))
    assert [one.model for one in made.candidates] == [LOCAL]
    assert any("openai/gpt-5.5 cannot answer" in note for note in made.notes)


def test_rule_that_names_another_local_model_uses_the_one_that_is_there() -> None:
    """A local model that is not set up is stood in for, with a note."""
    made = plan(plan_input(policy("local/qwen9")))
    assert first(made) == LOCAL
    assert any("stands in" in note for note in made.notes)


def test_ladder_goes_by_input_size() -> None:
    """A ladder picks a role by the size of the input."""
    assert first(plan(plan_input(policy("by_size")))) == "openai/gpt-6-luna"
    long = Signals(input_tokens=5_000, output_tokens=100)
    assert first(plan(plan_input(policy("by_size"), long))) == "anthropic/claude-opus-4.7"


def test_verification_comes_from_another_provider() -> None:
    """The second model is not the one that answers, and another maker's where there is one."""
    made = plan(plan_input(policy("large", verify="large")))
    assert (first(made), made.verify) == ("anthropic/claude-opus-4.7", "openai/gpt-5.5")


def test_cascade_lines_up_from_cheap_to_strong() -> None:
    """The rungs stand first, in order, each with the cause `first`; fallbacks come after them."""
    made = plan(plan_input(policy("large", strategy="cascade")))
    rungs = [candidate.model for candidate in made.candidates if candidate.cause == "first"]
    assert made.strategy == "cascade"
    assert rungs == ["openai/gpt-6-luna", "deepseek/v4-flash", "anthropic/claude-opus-4.7"]


def test_cascade_that_would_cost_more_than_the_strong_model_is_not_run() -> None:
    """The budget guard compares what a cascade is expected to cost with the last rung alone."""
    dear = policy("openai/gpt-6-luna", strategy="cascade", cascade=CascadePolicy(ladder=("large",)))
    made = plan(plan_input(dear))
    assert made.strategy == "single"
    assert any("no cascade" in note for note in made.notes)


def test_a_judge_counts_in_what_a_strategy_costs() -> None:
    """A dear judge makes a cascade dearer than the strong model, and eats up an ensemble's ceiling;
    where nobody is asked to judge, none is counted.
    """
    signals = Signals(input_tokens=20_000, output_tokens=500)
    dear = CascadePolicy(judge="large", judges=("model",), expected_escalation=0.2)
    none = CascadePolicy(judge="large", judges=("agreement",), expected_escalation=0.2)
    for cascade, strategy in ((dear, "single"), (none, "cascade")):
        made = plan(plan_input(policy("large", strategy="cascade", cascade=cascade), signals))
        assert made.strategy == strategy
    votes = EnsemblePolicy(combine="majority", ceiling_usd=0.15)
    judged = EnsemblePolicy(combine="best", ceiling_usd=0.15)
    for ensemble, takes_part in ((votes, True), (judged, False)):
        made = plan(plan_input(policy("large", strategy="ensemble", ensemble=ensemble), signals))
        voters = {each.model for each in made.candidates if each.cause == "first"}
        assert ("anthropic/claude-opus-4.7" in voters) is takes_part


def test_ensemble_keeps_to_its_ceiling() -> None:
    """Voters that would go beyond the ceiling are left out; one voter is no ensemble."""
    made = plan(plan_input(policy("large"), model="ensemble"))
    assert made.strategy == "ensemble"
    signals = Signals(input_tokens=100_000, output_tokens=1_000)
    votes = policy("large", ensemble=EnsemblePolicy(combine="majority"))
    small = plan(plan_input(votes, signals, model="ensemble"))
    assert "anthropic/claude-opus-4.7" not in {
        c.model for c in small.candidates if c.cause == "first"
    }


def test_internal_code_takes_the_enterprise_copy() -> None:
    """The enterprise provider's copy of the wanted model is preferred to another of its models."""
    extra = cards(card("azure/kimi-k2.6"), card("azure/gpt-5.5", grade=3))
    signals = Signals(internal_code=True, input_tokens=100, output_tokens=10)
    made = plan(plan_input(policy(), signals, cards=extra, enterprise="azure"))
    assert [candidate.model for candidate in made.candidates] == ["azure/kimi-k2.6", LOCAL]
    assert plan(plan_input(policy(), signals)).candidates[0].model == LOCAL


@pytest.mark.parametrize(
    ("cached", "model"), [(9_000, "openai/gpt-5.5"), (0, "moonshot/kimi-k2.6")]
)
def test_conversation_stays_where_its_prompt_is_cached(cached: Any, model: Any) -> None:
    """A better model that holds the cache is kept while that costs no more than moving."""
    from edgeroute.core.model_card import PriceList, PriceRow, Rate

    rate = Rate(Decimal(5), Decimal(5), cache_read=Decimal("0.05"))
    holder = card("openai/gpt-5.5", grade=3, context=1_000_000, prices=PriceList((PriceRow(rate),)))
    signals = Signals(task="chat", input_tokens=9_000, output_tokens=100)
    made = plan(
        plan_input(
            policy(),
            signals,
            cards=cards(holder),
            holding=Holding("openai/gpt-5.5", cached, "chat"),
        )
    )
    assert first(made) == model


TURN = Signals(task="refactor", has_tools=True, input_tokens=9_000, turns=3, steps=4)
HELD = Holding("openai/gpt-5.5", 0, "chat", turn=3)


@pytest.mark.parametrize(
    ("signals", "model"),
    [
        (TURN, "openai/gpt-5.5"),
        (replace(TURN, steps=0), "moonshot/kimi-k2.6"),
        (replace(TURN, turns=4), "moonshot/kimi-k2.6"),
    ],
)
def test_the_steps_of_a_turn_stay_with_one_model(signals: Signals, model: str) -> None:
    """Whatever the rule says of a single step; with the next turn it decides anew."""
    made = plan(plan_input(policy(), signals, holding=HELD))
    assert first(made) == model


def test_a_rule_may_take_over_within_a_turn_and_says_what_that_costs() -> None:
    """The price of the cold cache is noted; whoever holds the turn already just goes on."""
    made = plan(plan_input(policy(within_turn=True), TURN, holding=HELD))
    assert first(made) == "moonshot/kimi-k2.6"
    assert any("whose cache is cold: about $" in note for note in made.notes)
    mine = replace(HELD, model="moonshot/kimi-k2.6")
    again = plan(plan_input(policy(within_turn=True), TURN, holding=mine))
    assert first(again) == "moonshot/kimi-k2.6"
    assert not any("cold" in note for note in again.notes)


def test_a_turn_leaves_a_model_that_cannot_go_on() -> None:
    """Where its window is full, or its provider rests, the rule's choice takes over."""
    small = cards(card("openai/gpt-5.5", 5, 3, 4_000))
    made = plan(plan_input(policy(), TURN, holding=HELD, cards=small))
    assert first(made) == "moonshot/kimi-k2.6"
    assert "do not fit" in next(s.reason for s in made.skipped if s.model == HELD.model)


def test_steps_with_tools_are_answered_by_one_model() -> None:
    """No cascade and no ensemble acts several times for one step."""
    made = plan(plan_input(policy(strategy="cascade"), TURN))
    assert made.strategy == "single"


def test_experience_is_told_and_acted_on_where_the_policy_says_so() -> None:
    """Advice is a note; with `outcomes.act` it changes the choice."""
    advice = Advice("openai/gpt-6-luna", "12 of 15 similar prompts were fine on it.", 0.8, 15)
    told = plan(plan_input(policy(), advice=advice))
    assert first(told) == "moonshot/kimi-k2.6"
    assert advice.sentence in told.notes
    acted = plan(plan_input(policy(outcomes_act=True), advice=advice))
    assert acted.first.model == "openai/gpt-6-luna"
    assert acted.first.reason == advice.sentence


def test_a_local_model_too_small_for_the_prompt_is_the_last_resort_with_a_note() -> None:
    """A window that is too small is said, and the local model is still there."""
    tiny = ModelCard(LOCAL, "local", "q", place=Place.LOCAL, context_tokens=100)
    made = plan(plan_input(policy("local"), cards=cards(tiny)))
    assert first(made) != LOCAL
    assert made.candidates[-1].model == LOCAL
    alone = plan(plan_input(policy("local"), cards=cards(tiny), private=True))
    assert any("do not fit" in note for note in alone.notes)


@pytest.mark.parametrize("strategy", ["cascade", "ensemble"])
def test_no_strategy_waits_for_a_model_close_to_its_limit(strategy: str) -> None:
    """Whoever is close to a rate limit takes no part; where one model is left, it answers alone."""
    busy = {"openai": "It is close to its limit.", "deepseek": "It is close to its limit."}
    context = RoutingContext(NOW, limited=busy)
    made = plan(plan_input(policy("large"), model=strategy, context=context))
    taking_part = [one.model for one in made.taking_part]
    assert not {"openai", "deepseek"} & {name.partition("/")[0] for name in taking_part}
    assert made.strategy == "single" or len(taking_part) >= 2


def test_the_local_model_does_not_check_itself() -> None:
    """Where it answers alone and is the verifier too, nothing can check the answer."""
    made = plan(plan_input(policy("local", verify="local")))
    assert (first(made), made.verify, made.unchecked) == (LOCAL, "", True)
