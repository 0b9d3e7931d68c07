"""What every plan keeps to: random policies, requests, health and budgets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edgeroute.core.model_card import Place
from edgeroute.core.request import TIERS as TIER_NAMES
from edgeroute.core.signals import TASKS, Signals
from edgeroute.core.verdict import PrivacyMode
from edgeroute.routing.learning.neighbours import Advice
from edgeroute.routing.plan.eligibility import DRAWS, RoutingContext
from edgeroute.routing.plan.plan_input import facts
from edgeroute.routing.plan.planner import pick, plan
from edgeroute.routing.plan.stickiness import Holding
from edgeroute.routing.policy.conditions import Condition
from edgeroute.routing.policy.policy import RoutingPolicy, Rule
from edgeroute.routing.signals.keywords import DOMAINS
from edgeroute.routing.strategies.cascade import CascadePolicy
from edgeroute.routing.strategies.ensemble import EnsemblePolicy
from tests.support.routing import LOCAL, NOW, SAME, card, cards, plan_input

CARDS = cards(card("gemini/brush", abilities=frozenset({DRAWS})))
NAMES = (*CARDS, "local", "small", "middle", "large", "by_size", "nobody/knows", "local/other")
PROVIDERS = ("anthropic", "moonshot", "deepseek", "openai", "openrouter", "gemini")

names = st.sampled_from(NAMES)
some_names = st.lists(names, min_size=1, max_size=4).map(tuple)
few = st.floats(0, 1)
strategies = st.sampled_from(["single", "cascade", "ensemble"])
sentences = st.sampled_from(["It is failing.", "It is close."])
facts_of_one = st.one_of(
    st.sampled_from(TASKS).map(lambda task: f'task == "{task}"'),
    st.lists(st.sampled_from(TASKS), min_size=1, max_size=3).map(
        lambda tasks: "task in [" + ", ".join(f'"{task}"' for task in tasks) + "]"
    ),
    st.integers(0, 300_000).map(lambda tokens: f"input_tokens < {tokens}"),
    st.integers(0, 23).map(lambda hour: f"hour >= {hour}"),
    st.sampled_from(TIER_NAMES).map(lambda tier: f'tier == "{tier}"'),
    st.sampled_from(DOMAINS).map(lambda domain: f'domain == "{domain}"'),
    st.sampled_from(
        ["has_tools", "has_images", "internal_code", 'privacy == "private"', 'complexity == "high"']
    ),
)
conditions = st.recursive(
    facts_of_one,
    lambda inner: st.one_of(
        inner.map(lambda one: f"not ({one})"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda parts: f"({parts[0]}) {parts[1]} ({parts[2]})"
        ),
    ),
    max_leaves=4,
).map(Condition)


@st.composite
def policies(draw: Any) -> RoutingPolicy:
    """Any policy over the names of the small catalog: rules, fallbacks, strategies, stickiness."""
    rules = [
        Rule(
            f"r{n}",
            condition,
            draw(names),
            draw(st.sampled_from(["", "A reason."])),
            strategy=draw(strategies),
            fallbacks=tuple(draw(st.lists(names, max_size=3))),
            verify=draw(st.just("") | names),
            commit=draw(st.sampled_from([None, "first_token", "complete"])),
        )
        for n, condition in enumerate(
            [*draw(st.lists(conditions, max_size=4)), None]  # the last one is the default
        )
    ]
    return RoutingPolicy(
        "random",
        tuple(rules),
        primary_failure=draw(st.just("openrouter") | st.just("") | names),
        rate_limit=draw(st.just("backup_provider") | st.just("") | names),
        cascade=CascadePolicy(
            draw(some_names), draw(names), judge=draw(names), expected_escalation=draw(few)
        ),
        ensemble=EnsemblePolicy(draw(some_names), judge=draw(names), ceiling_usd=draw(few)),
        sticky=draw(st.booleans()),
        sticky_worth_usd=draw(few),
        outcomes_act=draw(st.booleans()),
        commit=draw(st.sampled_from(["first_token", "complete"])),
    )


@st.composite
def inputs(draw: st.DrawFn, /, **fixed: Any) -> Any:
    """Any request under any policy, health and budget."""
    signals = Signals(
        task=draw(st.sampled_from((*TASKS, ""))),
        complexity=draw(st.sampled_from(["low", "medium", "high"])),
        input_tokens=draw(st.integers(0, 2_000_000)),
        output_tokens=draw(st.integers(0, 5_000)),
        domain=draw(st.sampled_from(("", *DOMAINS))),
        has_images=draw(st.booleans()),
        has_tools=draw(st.booleans()),
        internal_code=fixed["internal"] if "internal" in fixed else draw(st.booleans()),
        wants_picture=draw(st.booleans()),
    )
    some = st.dictionaries(st.sampled_from((*PROVIDERS, *CARDS)), sentences, max_size=4)
    context = RoutingContext(
        NOW,
        ready=draw(st.none() | st.lists(st.sampled_from(PROVIDERS))),
        blocked=draw(some),
        limited=draw(some),
        budget_left=draw(st.none() | st.decimals(-1, 3, places=2)),
    )
    holding = st.builds(Holding, names, st.integers(0, 10_000), prompt_tokens=st.integers(0, 9_000))
    advice = st.builds(Advice, names, st.just("8 of 9."), st.just(0.9), st.just(9))
    return plan_input(
        draw(policies()),
        signals,
        cards=CARDS,
        context=context,
        private=fixed["private"] if "private" in fixed else draw(st.booleans()),
        private_reason=draw(st.sampled_from(["", "A US SSN was found."])),
        mode=draw(st.sampled_from(PrivacyMode)),
        tier=draw(st.sampled_from(TIER_NAMES)),
        model=draw(st.sampled_from(["auto", "", "local", "cascade", "ensemble", *NAMES])),
        needs_schema=draw(st.booleans()),
        local=draw(st.sampled_from([LOCAL, "local"])),
        enterprise=draw(st.sampled_from(["", "openai"])),
        same_as=draw(st.sampled_from([{}, SAME])),
        holding=draw(st.none() | holding),
        advice=draw(st.none() | advice),
    )


@settings(max_examples=100)
@given(inputs())
def test_a_plan_is_never_empty_never_repeats_and_always_says_why(given_input: Any) -> None:
    """Whatever the policy, health and budget: candidates, each once, each with a sentence, the
    local model among them unless a picture is drawn, and the rule that speaks for the request;
    none does where no provider has a key.
    """
    made = plan(given_input)
    models = [candidate.model for candidate in made.candidates]
    assert models
    assert len(models) == len(set(models))
    assert all(candidate.reason.strip() for candidate in made.candidates)
    assert made.why.strip()
    assert made.rule in {
        given_input.policy.match(facts(given_input)).id,
        "explicit",
        "privacy",
        "internal-code",
        *([] if given_input.context.ready else [""]),
    }
    assert made.first.cause == "first"
    drawn = DRAWS in CARDS[made.first.model].abilities if made.first.model in CARDS else False
    assert drawn or any(candidate.place is Place.LOCAL for candidate in made.candidates)
    assert not drawn or given_input.signals.wants_picture
    assert all(skipped.reason for skipped in made.skipped)
    assert all(note.strip() for note in made.notes)
    if made.strategy == "single":
        assert not made.verify or made.verify != made.first.model
    else:
        assert sum(candidate.cause == "first" for candidate in made.candidates) >= 2


@settings(max_examples=100)
@given(inputs(private=True))
def test_a_private_request_has_no_cloud_candidate(given_input: Any) -> None:
    """Nothing leads a private request off this machine: no rule, tier, strategy, fallback, advice
    or choice of the caller, and no managed model judges or verifies it.
    """
    made = plan(given_input)
    assert all(candidate.place is Place.LOCAL for candidate in made.candidates)
    assert not made.verify
    assert made.strategy == "single"
    for name in NAMES:
        picked = pick(given_input, name)
        assert picked in {"", given_input.local}


@settings(max_examples=100)
@given(inputs(private=False), st.sampled_from(["local", LOCAL, "local/other"]))
def test_whoever_asks_for_a_local_model_gets_no_other(given_input: Any, model: str) -> None:
    """No rule, tier, fallback, picture, internal code or budget puts a managed model in its place,
    and none judges or verifies its answer.
    """
    made = plan(replace(given_input, model=model))
    assert [candidate.place for candidate in made.candidates] == [Place.LOCAL]
    assert (made.verify, made.strategy) == ("", "single")


@settings(max_examples=50)
@given(inputs(private=False, internal=True))
def test_internal_code_goes_to_the_enterprise_provider_or_stays(given_input: Any) -> None:
    """Internal code reaches the one provider named for it, or nobody."""
    for candidate in plan(given_input).candidates:
        if candidate.place is Place.CLOUD:
            assert given_input.cards[candidate.model].provider == given_input.enterprise


@settings(max_examples=50)
@given(inputs(private=False))
def test_no_candidate_is_known_to_fail(given_input: Any) -> None:
    """No managed candidate lacks a key, is blocked, retired, too small or beyond the budget."""
    context = given_input.context
    for candidate in plan(given_input).candidates:
        if candidate.place is Place.LOCAL:
            continue
        known = given_input.cards[candidate.model]
        assert context.ready is None or known.provider in context.ready
        assert not {known.id, known.provider} & context.blocked.keys()
        assert not known.retired(NOW.date())
        assert known.context_tokens >= given_input.signals.input_tokens
        assert not given_input.signals.has_images or "images" in known.abilities
        assert context.budget_left is None or context.budget_left > 0
