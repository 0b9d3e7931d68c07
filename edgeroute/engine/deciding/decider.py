"""From a request to a plan: whose conversation it is, what it holds, where it may go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from edgeroute.core.clock import Clock
from edgeroute.core.comparison import Yardsticks
from edgeroute.core.errors import BudgetReached, SettingsError, StoreError
from edgeroute.core.ids import new_id
from edgeroute.core.model_card import Place
from edgeroute.core.plan import Plan
from edgeroute.core.request import ChatRequest, ClientProfile, Tier
from edgeroute.core.signals import Signals
from edgeroute.core.verdict import PrivacyMode, Verdict
from edgeroute.engine.deciding.compacting import only_compacting
from edgeroute.engine.deciding.decision import Decision
from edgeroute.engine.deciding.model_names import (
    LOCAL,
    named,
    names_here,
    reachable,
)
from edgeroute.engine.deciding.pictures import kept_here, nobody_draws, without_drawn
from edgeroute.engine.deciding.privacy_decision import (
    PrivacyDecision,
    held_from,
    why_private,
)
from edgeroute.engine.deciding.profile_limits import allowed, tier_of
from edgeroute.engine.deciding.reasons import reasons
from edgeroute.engine.deciding.request_signals import reads_closely, request_signals
from edgeroute.engine.deciding.session import Session, Sessions
from edgeroute.engine.threads import THREADS

if TYPE_CHECKING:
    from edgeroute.engine.deciding.advisor import Advisor
    from edgeroute.engine.deciding.masking import MaskedRequest, Masking
    from edgeroute.engine.deciding.router_state import RouterState
    from edgeroute.local.backends.backend import LocalBackend
    from edgeroute.privacy.inspecting.inspector import Inspector
    from edgeroute.privacy.inspecting.sections import Begun
    from edgeroute.providers.catalog.catalog import Catalog
    from edgeroute.providers.catalog.families import FamilyName
    from edgeroute.routing.learning.neighbours import Advice
    from edgeroute.routing.plan.plan_input import PlanInput
    from edgeroute.routing.policy.in_force import RulesInForce
    from edgeroute.routing.policy.policy import RoutingPolicy
    from edgeroute.routing.signals.guess import Classifier

_NOT_MASKED: Final = (
    "Masking was asked for, which lets more leave than this conversation's mode, so the mode"
    " holds. `edgeroute connect CLIENT --privacy mask` or the setting privacy.mode allows it."
)
_KNOWN_VALUE: Final = "It repeats something that was masked before, where it cannot be masked."


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the settings say about routing."""

    tier: Tier = "balanced"
    enterprise: str = ""
    user: str = ""


class _Opened(NamedTuple):
    """A request with the one name of its model, its conversation, and what of it is to be read,
    for the plan as well where ``closely``.
    """

    request: ChatRequest
    family: FamilyName | None
    session: Session
    begun: Begun
    closely: bool


@dataclass(kw_only=True, eq=False, repr=False)
class Decider:
    """Steps 1 to 4 of the way of one prompt. ``yardsticks`` are what costs are measured against."""

    sessions: Sessions
    inspector: Inspector
    masking: Masking
    rules: RulesInForce
    catalog: Catalog
    local: LocalBackend
    router_state: RouterState
    advisor: Advisor
    classifier: Callable[[], Classifier | None]
    preferences: Preferences
    clock: Clock
    yardsticks: Callable[[], Yardsticks] = Yardsticks

    async def decide(
        self, request: ChatRequest, *, dry: bool = False, full: bool = False
    ) -> Decision:
        """Decide where ``request`` goes. A ``dry`` decision leaves no trace.

        Raises:
            UnknownModel: no model has the name that the caller asked for, or nobody has the key
                for it.
            PrivacyRefused: a picture is wanted of a prompt that must stay here.
            NothingAnswered: nothing but a picture is wanted, and nobody draws.
            BudgetReached: the user wants to be asked first.
        """
        opened = await THREADS.call(partial(self._opened, request, dry=dry, full=full))
        if isinstance(opened, Decision):
            return opened
        request, family, session, begun, closely = opened
        verdict = await self._judged(request, begun, closely=closely)
        if session.undecided and not verdict.private:
            session = await self._released(session, request, dry=dry)
        masked: MaskedRequest | None = None
        if session.mode is PrivacyMode.MASK and not session.latched:
            masked, verdict = await self._masked(session, request, verdict, dry=dry)
        if verdict.private and not verdict.failed and masked is None and not dry:
            session, verdict = await self._latched(session, request, verdict)
        return await THREADS.call(partial(self._plan, request, session, verdict, masked, family))

    async def _judged(self, request: ChatRequest, begun: Begun, *, closely: bool) -> Verdict:
        """Whether it may leave. Meanwhile another core reads what the plan will ask models for of
        the text, if ``closely``, which keeps what it found.
        """
        if begun.verdict is not None:
            return begun.verdict
        if not closely:
            return await self.inspector.judge(begun)
        ahead = asyncio.ensure_future(THREADS.call(partial(self._signals, request)))
        verdict = await self.inspector.judge(begun)
        with suppress(Exception):  # the plan meets it again
            await ahead
        return verdict

    def _signals(self, request: ChatRequest, *, internal_code: bool = False) -> Signals:
        return request_signals(
            request,
            self.rules.policy(request.policy),
            self.classifier(),
            internal_code=internal_code,
        )

    def _opened(self, request: ChatRequest, *, dry: bool, full: bool) -> _Opened | Decision:
        """The conversation, and what of the request is to be read. Where nothing is, and nothing
        else can change what is known of it, the decision is there at once.
        """
        request, family = self._named(request)
        session = self._session(request, dry=dry)
        request = without_drawn(request)
        begun = self.inspector.begin(request, full=full)
        verdict = begun.verdict
        if (
            verdict is None
            or verdict.private
            or session.undecided
            or session.mode is PrivacyMode.MASK
        ):
            return _Opened(request, family, session, begun, self._closely(request))
        return self._plan(request, session, verdict, None, family)

    def _closely(self, request: ChatRequest) -> bool:
        """Whether the plan asks models what ``request`` is about."""
        try:
            return reads_closely(request, self.rules.policy(request.policy))
        except SettingsError:  # the plan meets it again
            return False

    def _named(self, request: ChatRequest) -> tuple[ChatRequest, FamilyName | None]:
        """``request`` with the one name of the model that its caller asked for, and what the name
        says as a family's.
        """
        name, family = named(request.model, self.catalog, names_here(self.local))
        asked = request if request.model == name else replace(request, model=name)
        return allowed(asked, self.catalog), family

    def _session(self, request: ChatRequest, *, dry: bool) -> Session:
        """The request's conversation; where the store cannot be read, one that says so."""
        try:
            found = self.sessions.peek(request) if dry else self.sessions.open(request)
        except StoreError as error:
            return self.sessions.without_store(request, error, new_id(self.clock.now()))
        last = None if found.model else self.router_state.holding(found.id)
        return replace(found, model=last.model) if last else found

    async def _released(self, session: Session, request: ChatRequest, *, dry: bool) -> Session:
        with suppress(StoreError):
            return await asyncio.to_thread(self.sessions.released, session, request, dry=dry)
        return session

    async def _latched(
        self, session: Session, request: ChatRequest, verdict: Verdict
    ) -> tuple[Session, Verdict]:
        """The session, bound by the first message that holds something, and every finding."""
        if verdict.findings:
            full = await self.inspector.inspect(request, full=True)
            verdict = verdict if full.failed else replace(full, reason=verdict.reason)
        said, new = (
            sum(one.role != "system" for one in messages)
            for messages in (request.messages, session.new)
        )
        reason = why_private(verdict)
        place, beginning = held_from(request, verdict, max(said - new, 0))
        with suppress(StoreError):
            latched = await asyncio.to_thread(
                self.sessions.latch, session, reason, place, beginning
            )
            return latched, verdict
        return replace(session, latched=True, latch_reason=reason), verdict

    async def _masked(
        self, session: Session, request: ChatRequest, verdict: Verdict, *, dry: bool
    ) -> tuple[MaskedRequest | None, Verdict]:
        """The masked request, if there is anything to mask and all of it can be.

        A value that was masked before is masked again, even where it now says nothing by itself.
        """
        known = await self.masking.knows_values(session, request)
        if not verdict.private and not known:
            return None, verdict
        masked = await self.masking.mask(session, request, dry=dry)
        if masked is None and not verdict.private:
            return None, replace(verdict, private=True, reason=_KNOWN_VALUE)
        return masked, verdict

    def _plan(
        self,
        request: ChatRequest,
        session: Session,
        verdict: Verdict,
        masked: MaskedRequest | None,
        family: FamilyName | None,
    ) -> Decision:
        # The planner brings the expression library: not needed before the first request.
        from edgeroute.routing.plan.eligibility import draws  # noqa: PLC0415
        from edgeroute.routing.plan.planner import plan  # noqa: PLC0415

        privacy = PrivacyDecision(
            session.mode,
            verdict,
            session.latched,
            session.latch_reason,
            dict(masked.types) if masked else None,
            self.masking.labels(verdict.types),
            self.masking.covers(verdict.types),
        )
        leaves = not privacy.stays and not privacy.verdict.internal_code
        instead = ""
        if leaves:  # what stays here needs no key, and no name of a managed model
            request, instead = reachable(
                request, family, self.catalog, self.router_state.ready, self.clock.now
            )
        if not request.task and draws(self.catalog.card(request.model)):
            request = replace(request, task="image")
        policy = self.rules.policy(request.policy)
        signals = self._signals(request, internal_code=privacy.verdict.internal_code)
        if privacy.stays and signals.wants_picture:
            raise kept_here(privacy.reason)
        asked = self._plan_input(request, session, signals, privacy, policy, wish=instead)
        asked = self._within_budget(asked, session.id, request.client)
        chosen = plan(asked)
        advice = self._advice(asked, chosen, request)
        if advice is not None:
            chosen = plan(replace(asked, advice=advice))
        if request.pictures == "only" and not draws(asked.cards.get(chosen.first.model)):
            raise nobody_draws(named=request.model not in {"", "auto"})
        chosen = only_compacting(request, chosen, privacy, self.catalog)
        if request.privacy is PrivacyMode.MASK and privacy.mode is PrivacyMode.AUTO:
            chosen = replace(chosen, notes=(*chosen.notes, _NOT_MASKED))
        if instead:
            chosen = replace(chosen, notes=(*chosen.notes, instead), warning=instead)
        otherwise = ""
        if privacy.stays:
            free = plan(replace(asked, private=False, private_reason=""))
            otherwise = "" if free.first.model == chosen.first.model else free.first.model
        return Decision(
            request=request,
            outbound=masked.request if masked else request,
            session=session,
            privacy=privacy,
            signals=signals,
            plan=chosen.with_standby([card.id for card in self.local.standby]),
            tier=asked.tier,
            local=asked.local,
            judge=self._judge(asked, chosen),
            masked=masked,
            otherwise=otherwise,
            reasons=reasons(asked, chosen, privacy, self.yardsticks().premium),
        )

    def _advice(self, asked: PlanInput, chosen: Plan, request: ChatRequest) -> Advice | None:
        """What earlier answers say, where the policy was free to choose one model."""
        from edgeroute.routing.plan.eligibility import costs  # noqa: PLC0415
        from edgeroute.routing.signals.turns import asked as last_asked  # noqa: PLC0415

        if asked.private or asked.model not in {"", "auto"} or chosen.strategy != "single":
            return None

        return self.advisor.advise(
            last_asked(request.messages),
            chosen.first.model,
            partial(costs, asked.cards, asked.signals, asked.context),
            asked.policy,
            asked.signals.task,
            told=request.front_door != "http",
        )

    def _judge(self, asked: PlanInput, chosen: Plan) -> str:
        """The model that may judge what the plan's models answer; empty where none is needed."""
        from edgeroute.routing.plan.planner import pick  # noqa: PLC0415

        if chosen.strategy == "single":
            return ""
        of = asked.policy.cascade if chosen.strategy == "cascade" else asked.policy.ensemble
        return asked.local if of.judge == LOCAL else pick(asked, of.judge)

    def _plan_input(
        self,
        request: ChatRequest,
        session: Session,
        signals: Signals,
        privacy: PrivacyDecision,
        policy: RoutingPolicy,
        *,
        wish: str,
    ) -> PlanInput:
        from edgeroute.routing.plan.plan_input import PlanInput  # noqa: PLC0415

        here = {card.id: card for card in self.local.cards()}
        client, managed = request.client, self.catalog.cards
        if client is not None:
            managed = {name: card for name, card in managed.items() if client.allows(name)}
        context = self.router_state.context(session.id, client)
        return PlanInput(
            policy=policy,
            tiers=self.rules.tiers(),
            signals=signals,
            cards={**managed, **here},
            context=context,
            private=privacy.stays,
            private_reason=privacy.reason if privacy.stays else "",
            mode=privacy.mode,
            tier=tier_of(self.preferences.tier, request),
            model=request.model,
            user=request.user or self.preferences.user,
            front_door=request.front_door,
            commit=request.commit,
            needs_schema=bool(request.response_format),
            local=request.model if request.model in here else self.local.card.id,
            enterprise=self.preferences.enterprise,
            spent_today=float(self.router_state.spent_today())
            if "spent_today" in policy.reads
            else 0.0,
            holding=self.router_state.holding(session.id),
            same_as=self.catalog.same_as,
            wish=wish,
        )

    def _within_budget(
        self, asked: PlanInput, conversation: str, client: ClientProfile | None
    ) -> PlanInput:
        """What is left of the choice when a budget is used up.

        Raises:
            BudgetReached: the user wants to be asked first.
        """
        at_limit = self.router_state.at_limit
        if asked.private or asked.only_here or at_limit == "local":
            return asked
        sentence = self.router_state.used_up(conversation, client)
        if not sentence:
            return asked
        if at_limit == "ask":
            raise BudgetReached(
                sentence,
                "Ask the model `local`, or raise it with `edgeroute config set budget...`.",
            )
        context = asked.context
        dear = {
            name: f"{sentence} Only small models are asked."
            for name, card in asked.cards.items()
            if card.place is Place.CLOUD and card.grade > 1
        }
        return replace(asked, context=replace(context, blocked={**context.blocked, **dear}))
