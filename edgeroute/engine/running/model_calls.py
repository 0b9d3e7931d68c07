"""Opens a candidate where it runs: build, clear, send to a managed API; loopback to a local one."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Callable, Collection, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from edgeroute.core.clock import Clock
from edgeroute.core.errors import ErrorKind, KeyringUnavailable, ProviderError
from edgeroute.core.events import Delta, Notice
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.plan import Candidate
from edgeroute.core.receipt import Attempt
from edgeroute.core.request import ChatRequest
from edgeroute.core.secret import Secret
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.deciding.decision import Decision
from edgeroute.engine.deciding.documents import may_hold_files, with_text
from edgeroute.engine.deciding.session import Session, Sessions
from edgeroute.engine.running.live_attempt import LiveAttempt
from edgeroute.engine.threads import THREADS

if TYPE_CHECKING:
    from edgeroute.local.backends.backend import LocalBackend
    from edgeroute.privacy.gate import Gate
    from edgeroute.providers.calling.client import Client
    from edgeroute.providers.catalog.catalog import Catalog
    from edgeroute.providers.catalog.provider import Provider
    from edgeroute.providers.resilience.resilience import Patience
    from edgeroute.routing.policy.in_force import RulesInForce
    from edgeroute.store.keys.keys import Keys
    from edgeroute.wire.format import CachePlan


@dataclass(kw_only=True, eq=False, repr=False)
class ModelCalls:
    """The only way from the engine to a model.

    ``salt`` is a secret of this machine, from which providers' session ids are made. ``leaving`` is
    told of every attempt, and of its body, before bytes leave, so that none do without a receipt.
    """

    catalog: Catalog
    gate: Gate
    client: Client
    keys: Keys
    local: LocalBackend
    sessions: Sessions
    rules: RulesInForce
    salt: Callable[[], bytes]
    leaving: Callable[[Decision, Attempt, bytes], None]
    clock: Clock

    def card(self, candidate: Candidate) -> ModelCard:
        """The card of a plan's candidate."""
        if candidate.place is Place.LOCAL:
            here = {card.id: card for card in self.local.cards()}
            return here.get(candidate.model, self.local.card)
        card = self.catalog.card(candidate.model)
        assert card is not None, "a plan names managed models of the catalog only"
        return card

    def managed(self, models: Iterable[str]) -> list[ModelCard]:
        """The cards of those ``models`` that are managed ones."""
        return [card for card in map(self.catalog.card, models) if card is not None]

    def candidate(self, model: str, reason: str) -> Candidate:
        """``model`` where it runs: local models may be several, and any may be named."""
        here = {self.local.card.id, *(card.id for card in self.local.cards())}
        return Candidate(model, Place.LOCAL if model in here else Place.CLOUD, reason)

    def begin(self, number: int, candidate: Candidate, role: str = "answer") -> LiveAttempt:
        """A fresh attempt with ``candidate``."""
        return LiveAttempt(number, candidate, self.card(candidate), self.clock, role)

    def left_out(self, live: LiveAttempt, decision: Decision) -> Notice | None:
        """What the caller is told of wishes that the model cannot hear; None where there are none.

        The other front doors offer nothing that they could not hear.
        """
        from edgeroute.providers.calling.call import untold  # noqa: PLC0415

        request, card = decision.request, live.card
        if request.front_door != "http":
            return None
        provider = self.catalog.provider(card.provider) if card.place is Place.CLOUD else None
        single = decision.plan.strategy == "single"
        names = untold(request, card, provider, single=single)
        return (
            Notice("left_out", f"{card.id} was not told of: {', '.join(names)}.") if names else None
        )

    async def deltas(
        self, live: LiveAttempt, decision: Decision, patience: Patience | None = None
    ) -> AsyncGenerator[Delta]:
        """What the model says, piece by piece, up to its end; also taken into the trial.

        Raises:
            ProviderError: the managed API failed, or broke off without ending its answer.
            LocalModelError: the local model failed or broke off.
            PrivacyRefused: the gate or the door would not let the bytes out.
        """
        live.prompt_tokens = decision.signals.input_tokens
        if live.card.place is Place.LOCAL:
            asked = replace(decision.request, model=live.candidate.model)
            if decision.privacy.stays:
                asked = replace(asked, privacy=PrivacyMode.PRIVATE)
            opened = self.local.answer(await _readable(asked))
        else:
            opened = self._cloud(live, decision, patience)
            if decision.masked is not None:
                opened = decision.masked.restored(opened, live.card.origin)
        async with aclosing(opened) as deltas:
            async for delta in deltas:
                live.add(delta)
                yield delta
        live.must_have_ended()

    async def _cloud(
        self, live: LiveAttempt, decision: Decision, patience: Patience | None
    ) -> AsyncGenerator[Delta]:
        # Nothing of this is needed to answer locally.
        from edgeroute.providers.calling.call import prepare, session_id, spoken  # noqa: PLC0415
        from edgeroute.wire.history import full_names  # noqa: PLC0415

        session, outbound = decision.session, decision.outbound
        provider = self.catalog.provider(live.card.provider)
        assert provider is not None
        card = spoken(live.card, provider, outbound)
        outbound = await _readable(outbound, card.abilities)
        as_it_comes = (
            outbound.source is not None
            and outbound.wire == card.wire
            and decision.plan.strategy == "single"
        )
        last = self.catalog.card(session.model) if session.model else None
        outgoing = prepare(
            outbound,
            card,
            provider,
            session_id=session_id(session.id, provider.id, self.salt()),
            cache=self._cache(card, outbound),
            answered_by=last.origin if last else session.model,
        )
        host, size = outgoing.destination[1], len(outgoing.body)
        # Of what is not to be stored no trace is kept, a short text could be guessed from.
        digest = hashlib.sha256(outgoing.body).hexdigest() if session.stored else ""
        attempt = live.leaving(host, size, digest)
        before = partial(self._before_leaving, attempt, outgoing.body, decision, provider)
        key, now = await THREADS.call(before)
        clearance = await self.gate.clear(
            outgoing, conversation=now.id, mode=now.mode, latched=now.latched
        )
        # From here on bytes may be on their way; an error says how many really were.
        live.sent(host, size)
        stream = self.client.stream(
            outgoing,
            clearance,
            card,
            provider,
            key,
            patience=patience,
            on_head=live.sent,
            frames=as_it_comes,
            names=full_names(outbound.tools),
        )
        async with aclosing(stream) as deltas:
            async for delta in deltas:
                yield delta

    def _before_leaving(
        self, attempt: Attempt, body: bytes, decision: Decision, provider: Provider
    ) -> tuple[Secret | None, Session]:
        """The key, and the session as it is by now; what may leave from here on is written down.

        Another request of this conversation, in any process, may have latched it meanwhile.
        """
        key = self._key(provider)
        self.leaving(decision, attempt, body)
        return key, self.sessions.now(decision.session)

    def _key(self, provider: Provider) -> Secret | None:
        hint = f"Add one with `edgeroute keys set {provider.id}`."
        message = f"There is no key for {provider.name}."
        try:
            key = self.keys.get(provider.id, provider.key_variable)
        except KeyringUnavailable as error:
            key, message, hint = None, error.message, error.hint
        if key is None and provider.needs_key:
            raise ProviderError(ErrorKind.NO_KEY, provider.id, message, hint=hint)
        return key

    def _cache(self, card: ModelCard, request: ChatRequest) -> CachePlan | None:
        from edgeroute.providers.calling.call import plan_cache, takes_marks_or_keys  # noqa: PLC0415
        from edgeroute.routing.signals.tokens import message_tokens, tool_tokens  # noqa: PLC0415

        if not takes_marks_or_keys(card):
            return None
        policy = self.rules.policy(request.policy)
        if not policy.cache_system_prompt:
            return None
        system = [message for message in request.messages if message.role == "system"]
        said = [message for message in request.messages[:-1] if message.role != "system"]
        return plan_cache(
            card,
            system_prompt=policy.cache_system_prompt,
            duration=policy.cache_duration,
            prefix_tokens=round(
                (message_tokens(system) + tool_tokens(request.tools)) * card.token_factor
            ),
            history_tokens=round(message_tokens(said) * card.token_factor),
        )


async def _readable(request: ChatRequest, abilities: Collection[str] = ()) -> ChatRequest:
    """``request`` with its files as a model of these ``abilities`` can read them, which may take a
    while.
    """
    if not may_hold_files(request):
        return request
    return await THREADS.call(partial(with_text, request, abilities))
