"""The plan: from rules, tier, verdict, health and budget to ordered candidates with reasons.

Pure. The plan always holds a local candidate; it is the last one unless it was chosen first. Only
where a picture is wanted and can be had there is none: no local model draws.
A private request has local candidates only, whatever the policy or the caller asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.plan import Plan
from edgeroute.core.reasons import MANAGED, NO_KEY_YET
from edgeroute.routing.plan.draft import Draft
from edgeroute.routing.plan.eligibility import closest, current, through
from edgeroute.routing.plan.pictures import NOBODY, line_up_pictures
from edgeroute.routing.plan.plan_input import AUTO, STRATEGY_NAMES, PlanInput, facts
from edgeroute.routing.plan.stickiness import price_of_moving, reason_to_stay
from edgeroute.routing.plan.strategy_models import line_up
from edgeroute.routing.policy.policy import Rule
from edgeroute.routing.policy.tiers import AS_RULED, LOCAL, TierRule

_EXPLICIT: Final = "explicit"
_ONLY_SAID: Final = "That costs less, but this policy does not act on it (`outcomes.act`)."
_SAME_TURN: Final = "It works on what you asked: the steps of one turn stay with one model."
_MOST_OF_A_ROLE: Final = 2


def plan(request: PlanInput) -> Plan:
    """Where the request goes, in order, with a reason for each candidate."""
    rule = request.policy.match(facts(request))
    draft = _draft(request)
    if request.signals.wants_picture:
        here = request.private or request.only_here or request.signals.internal_code
        if not here and line_up_pictures(request, rule, draft):
            return _finish(request, rule, draft, rule.id, rule.sentence)
        request = replace(request, signals=replace(request.signals, wants_picture=False))
        draft = draft.in_words()
        draft.note(NOBODY)
    if request.private:
        return _stay_here(request, rule, draft)
    if request.signals.internal_code:
        return _internal(request, rule, draft)
    if request.only_here:
        wish = "You asked for the local model."
        draft.last_resort(wish)
        return _finish(request, rule, draft, _EXPLICIT, wish)
    if request.named:
        wish = request.wish or f"You asked for {request.model}."
        # Whoever names a model wants no other vendor's: it answers, or the local one does.
        if not draft.offer(request.model, wish, patient=True):
            draft.note(f"{request.model} cannot answer this, so the local model is asked.")
        draft.last_resort()
        return _finish(request, rule, draft, _EXPLICIT, wish)
    strategy = request.model if request.model in STRATEGY_NAMES else _strategy(request, rule)
    lined_up = False
    if strategy != "single":
        top = rule.model if rule.strategy == strategy else request.policy.top_of(strategy)
        lined_up = line_up(draft, request, top, strategy)
    if not lined_up:
        strategy = "single"
        _choose(request, rule, draft)
    _add_fallbacks(request, rule, draft)
    ruled = draft.candidates[0].reason != NO_KEY_YET
    rule_id, why = (rule.id, rule.sentence) if ruled else ("", NO_KEY_YET)
    return _finish(request, rule, draft, rule_id, why, strategy=strategy)


def pick(request: PlanInput, name: str, avoid: str = "") -> str:
    """The first model that ``name`` (a model, role or ladder) stands for and that can take the
    request, from another provider than ``avoid`` where there is one; ``""`` if none can.

    This finds judges and verifiers. For a private request only ``local`` is ever picked.
    """
    if request.private or request.signals.internal_code:
        return request.local if name == LOCAL else ""
    draft = _draft(request)
    for model in request.tiers.models(name, request.signals.input_tokens):
        draft.offer(model, "picked")
    found = sorted(draft.models(), key=lambda card: card.provider == avoid)
    return found[0].id if found else ""


def _draft(request: PlanInput) -> Draft:
    return Draft(
        request.cards,
        request.signals,
        request.context,
        request.local,
        needs_schema=request.needs_schema,
    )


def _stay_here(request: PlanInput, rule: Rule, draft: Draft) -> Plan:
    reason = request.private_reason or "The prompt must stay on this machine."
    if request.model not in AUTO | STRATEGY_NAMES:
        wanted = [request.model]
    else:
        wanted = [*request.tiers.models(rule.model, request.signals.input_tokens), *rule.fallbacks]
    for name in wanted:
        card = request.cards.get(name)
        if card is not None and card.place is Place.LOCAL:
            draft.offer(name, reason)
        elif name != LOCAL:
            draft.skip(name, MANAGED)
    draft.last_resort(reason)
    return _finish(request, rule, draft, "privacy", reason)


def _internal(request: PlanInput, rule: Rule, draft: Draft) -> Plan:
    """Internal code goes to the enterprise provider of the settings, or stays here."""
    why = "Internal code stays on this machine."
    if request.enterprise and not request.only_here:
        why = f"Internal code goes to {request.enterprise}, or stays on this machine."
        asked = rule.model if request.model in AUTO | STRATEGY_NAMES else request.model
        _offer_enterprise(request, asked, why, draft)
    draft.last_resort(why)
    return _finish(request, rule, draft, "internal-code", why)


def _offer_enterprise(request: PlanInput, asked: str, why: str, draft: Draft) -> None:
    """Take in the enterprise provider's own copy of the wanted model, or what is closest to it."""
    names = request.tiers.models(asked, request.signals.input_tokens)
    wanted = next((c for c in map(request.cards.get, names) if c and c.place is Place.CLOUD), None)
    grade = wanted.grade if wanted else 2
    options = closest(request.enterprise, grade, request.cards, request.context.now)
    same = through(request.enterprise, wanted, request.cards, request.same_as) if wanted else None
    for card in [*([same] if same else []), *options]:
        if draft.offer(card.id, why):
            return


def _choose(request: PlanInput, rule: Rule, draft: Draft) -> None:
    """The rule's choice, after what tier, cache and experience have to say."""
    tokens = request.signals.input_tokens
    tier = _tier(request, rule)
    if tier.first == "local":
        draft.offer_local(tier.why)
    elif tier.first == "best":
        _offer_some(draft, request.tiers.models(tier.role, tokens), tier.why)
    names = request.tiers.models(rule.model, tokens)
    if tier.first == "best" and names == request.tiers.models(tier.role, tokens):
        return
    chosen = draft.usable(names)
    if (
        chosen is not None
        and not draft.candidates
        and not _stays_within_turn(request, rule, chosen, draft)
    ):
        _prefer_cache(request, chosen, draft)
        _prefer_experience(request, rule, chosen, draft)
    _offer_some(draft, names, rule.sentence)


def _offer_some(draft: Draft, names: Sequence[str], reason: str) -> None:
    """Take in the first few of ``names`` that can take the request."""
    offered = 0
    for name in names:
        offered += draft.offer(name, reason, "outage" if draft.candidates else "first")
        if offered == _MOST_OF_A_ROLE:
            break


def _tier(request: PlanInput, rule: Rule) -> TierRule:
    """What the tier puts first; a rule whose condition names the tier decides for itself."""
    return AS_RULED if "tier" in rule.names else request.tiers.tier(request.tier)


def _strategy(request: PlanInput, rule: Rule) -> str:
    """The rule's strategy, where the tier does not put another model first.

    The local model needs no cascade before it, and the best one is not asked after cheap ones.
    """
    first = _tier(request, rule).first
    kept = first == "rule" or (first == "best" and rule.strategy == "ensemble")
    # A step of an agent is answered by one model: several that act would act several times.
    return rule.strategy if kept and not request.signals.has_tools else "single"


def _stays_within_turn(request: PlanInput, rule: Rule, chosen: ModelCard, draft: Draft) -> bool:
    """Whether this is a further step of a turn that a model works on; it then goes on, unless a
    rule that may take over within a turn names another one.
    """
    holding = request.holding
    held = request.cards.get(holding.model) if holding else None
    if holding is None or held is None or not holding.works_on(request.signals):
        return False
    if rule.within_turn:
        if held.id != chosen.id:
            draft.note(
                price_of_moving(
                    holding, held, chosen, signals=request.signals, now=request.context.now
                )
            )
        return True
    if held.id != chosen.id:
        draft.offer(held.id, _SAME_TURN)
    return True


def _prefer_cache(request: PlanInput, chosen: ModelCard, draft: Draft) -> None:
    holding = request.holding
    held = request.cards.get(holding.model) if holding else None
    if not request.policy.sticky or holding is None or held is None:
        return
    reason = reason_to_stay(
        holding,
        held,
        chosen,
        signals=request.signals,
        now=request.context.now,
        worth_usd=request.policy.sticky_worth_usd,
        lasts=request.policy.cache_lasts,
    )
    if reason and draft.offer(held.id, reason):
        draft.note(reason)


def _prefer_experience(request: PlanInput, rule: Rule, chosen: ModelCard, draft: Draft) -> None:
    advice = request.advice
    if advice is None or draft.candidates:
        return
    # What must be right is not handed to a model that is only mostly fine.
    acts = request.policy.outcomes_act and not rule.verify
    if acts and advice.model != chosen.id and draft.offer(advice.model, advice.sentence):
        return
    draft.note(advice.sentence)
    if advice.model != chosen.id and not acts:
        draft.note(_ONLY_SAID)


def _add_fallbacks(request: PlanInput, rule: Rule, draft: Draft) -> None:
    first = draft.first_cloud() or _meant(request, rule)
    for name in rule.fallbacks:
        for model in request.tiers.models(name, request.signals.input_tokens):
            draft.offer(model, "The rule's own fallback.", "outage")
    _add_primary_failure(request, first, draft)
    _add_rate_limit(request, first, draft)
    _add_every_provider(request, rule, draft)
    draft.settle_limited()
    gateway = request.tiers.gateway
    if gateway and first is not None and all(c.provider != gateway for c in draft.models()):
        _offer_through(request, gateway, first, draft, "last_resort")
    if draft.first_cloud() is None:
        _add_what_there_is(request, first, draft)
    draft.last_resort("" if draft.candidates or _any_key(request) else NO_KEY_YET)


def _any_key(request: PlanInput) -> bool:
    """Whether any managed API can be asked at all; so it is where nobody looked."""
    ready, cards = request.context.ready, request.cards.values()
    return ready is None or any(c.provider in ready for c in cards if c.place is Place.CLOUD)


def _add_what_there_is(request: PlanInput, meant: ModelCard | None, draft: Draft) -> None:
    """The policy names nothing that can be asked: take the closest of what the user has."""
    ready = request.context.ready
    if ready is None:
        return
    grade = meant.grade if meant else 2
    have = [card for card in request.cards.values() if card.provider in ready]
    have = [card for card in have if card.place is Place.CLOUD]
    have.sort(key=lambda card: (abs(card.grade - grade), -card.grade))
    cause = "outage" if draft.candidates else "first"
    wanted = f"to {meant.id} " if meant else ""
    offered = 0
    for card in have:
        reason = f"The closest {wanted}of the models that you can use."
        offered += draft.offer(card.id, reason, cause)
        if offered == _MOST_OF_A_ROLE:
            break


def _meant(request: PlanInput, rule: Rule) -> ModelCard | None:
    """The model that was wanted, though it cannot be had now: fallbacks stay close to it."""
    asked = request.model if request.model in request.cards else rule.model
    names = request.tiers.models(asked, request.signals.input_tokens)
    living = (current(name, request.cards, request.context.now)[0] for name in names)
    return next((card for card in living if card and card.place is Place.CLOUD), None)


def _add_primary_failure(request: PlanInput, first: ModelCard | None, draft: Draft) -> None:
    target = request.policy.primary_failure
    if not target:
        return
    if any(card.provider == target for card in request.cards.values()):
        if first is not None:
            _offer_through(request, target, first, draft, "outage")
        return
    for name in request.tiers.models(target, request.signals.input_tokens):
        draft.offer(name, "The policy's fallback when the first choice fails.", "outage")


def _offer_through(
    request: PlanInput, provider: str, first: ModelCard, draft: Draft, cause: str
) -> None:
    same = through(provider, first, request.cards, request.same_as)
    if same is not None and draft.offer(same.id, f"The same model through {provider}.", cause):
        return
    for card in closest(provider, first.grade, request.cards, request.context.now):
        if draft.offer(card.id, f"The closest that {provider} offers to {first.id}.", cause):
            return


def _add_rate_limit(request: PlanInput, first: ModelCard | None, draft: Draft) -> None:
    """Models for when the first one limits requests, or, where that is local, for when it fails."""
    target = request.policy.rate_limit
    if not target:
        return
    names = list(request.tiers.models(target, request.signals.input_tokens))
    role = request.tiers.roles.get(target)
    grade = first.grade if first else 1
    if role is not None and role.other_provider:
        cards = [request.cards[name] for name in names if name in request.cards]
        others = [card for card in cards if first is None or card.provider != first.provider]
        names = [card.id for card in sorted(others, key=lambda card: abs(card.grade - grade))]
    cause, reason = "rate_limit", "Another provider of the policy's choice."
    if draft.candidates and draft.candidates[0].place is Place.LOCAL and first is None:
        cause, reason = "outage", "A managed model, for when the local one fails."
    offered = 0
    for name in names:
        offered += draft.offer(name, reason, cause)
        if offered == _MOST_OF_A_ROLE:
            break


def _add_every_provider(request: PlanInput, rule: Rule, draft: Draft) -> None:
    """One model of each provider that the policy names and that is not lined up yet, however small:
    those of the rule first, then those of the fallbacks. The gateway comes after them.
    """
    policy = request.policy
    named = (rule.model, *rule.fallbacks, policy.primary_failure, policy.rate_limit)
    for name in named:
        for model in request.tiers.models(name, request.signals.input_tokens):
            card, _ = current(model, request.cards, request.context.now)
            if card is None or card.provider == request.tiers.gateway:
                continue
            if all(known.provider != card.provider for known in draft.models()):
                draft.offer(card.id, "Another provider that the policy names.", "outage")


def _finish(
    request: PlanInput,
    rule: Rule,
    draft: Draft,
    rule_id: str,
    why: str,
    *,
    strategy: str = "single",
) -> Plan:
    draft.note(request.policy.trouble)
    verify, unchecked = "", False
    if rule.verify and rule_id != _EXPLICIT and not request.signals.wants_picture:
        first = draft.first_cloud()
        if rule_id == rule.id:
            verify = pick(request, rule.verify, first.provider if first else "")
        # In a cascade or an ensemble another one may answer: only then is it known who can check.
        own = {draft.candidates[0].model, first.id if first else ""}
        if strategy == "single" and verify in own:
            verify = ""
        unchecked = not verify
        draft.note(f"{verify} checks the answer." if verify else "Nothing can check the answer.")
    return draft.plan(
        rule_id,
        why,
        strategy=strategy,
        commit=request.commit or rule.commit or request.policy.commit,
        verify=verify,
        unchecked=unchecked,
    )
