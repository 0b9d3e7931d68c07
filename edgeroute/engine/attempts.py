"""Opens a candidate where it runs: build, clear, send to a managed API; loopback to a local one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from edgeroute.core.cards import ModelCard, Place
from edgeroute.core.clock import Clock
from edgeroute.core.errors import ErrorKind, KeyringUnavailable, ProviderError
from edgeroute.core.events import Delta
from edgeroute.core.plan import Candidate
from edgeroute.core.request import ChatRequest
from edgeroute.core.secret import Secret
from edgeroute.engine.session import Session
from edgeroute.engine.trial import Trial

if TYPE_CHECKING:
    from edgeroute.local.backend import LocalBackend
    from edgeroute.privacy.gate import Gate
    from edgeroute.providers.catalog import Catalog
    from edgeroute.providers.client import Client
    from edgeroute.providers.provider import Provider
    from edgeroute.store.keys import Keys
    from edgeroute.wire.format import CachePlan


class Attempts:
    """The only way from the engine to a model."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        gate: Gate,
        client: Client,
        keys: Keys,
        local: LocalBackend,
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._gate = gate
        self._client = client
        self._keys = keys
        self._local = local
        self._clock = clock

    def trial(self, number: int, candidate: Candidate, role: str = "answer") -> Trial:
        """A fresh attempt with ``candidate``.

        Raises:
            ProviderError: nobody knows such a model.
        """
        return Trial(number, candidate, self._card(candidate), self._clock, role)

    async def deltas(
        self, trial: Trial, request: ChatRequest, session: Session, cache: CachePlan | None
    ) -> AsyncGenerator[Delta]:
        """What the model says, piece by piece; also taken into the trial.

        Raises:
            ProviderError: the managed API failed, or broke off without ending its answer.
            LocalModelError: the local model failed.
            PrivacyRefused: the gate or the door would not let the bytes out.
        """
        opened = (
            self._local_deltas(trial, request)
            if trial.card.place is Place.LOCAL
            else self._cloud_deltas(trial, request, session, cache)
        )
        async with aclosing(opened) as deltas:
            async for delta in deltas:
                trial.add(delta)
                yield delta

    async def _local_deltas(self, trial: Trial, request: ChatRequest) -> AsyncGenerator[Delta]:
        asked = replace(request, model=trial.candidate.model)
        async with aclosing(self._local.answer(asked)) as deltas:
            async for delta in deltas:
                yield delta

    async def _cloud_deltas(
        self, trial: Trial, request: ChatRequest, session: Session, cache: CachePlan | None
    ) -> AsyncGenerator[Delta]:
        from edgeroute.providers.call import prepare  # noqa: PLC0415 - not needed to answer locally

        card = trial.card
        provider = self._catalog.provider(card.provider)
        if provider is None:
            raise ProviderError(
                ErrorKind.UNKNOWN_MODEL, card.provider, f"There is no provider {card.provider}."
            )
        key = await asyncio.to_thread(self._key, provider)
        if key is None and provider.needs_key:
            raise ProviderError(
                ErrorKind.NO_KEY,
                provider.id,
                f"There is no key for {provider.name}.",
                hint=f"Add one with `edgeroute keys set {provider.id}`.",
            )
        outgoing = prepare(request, card, provider, session_id=session.cache_key, cache=cache)
        clearance = await self._gate.clear(
            outgoing, conversation=session.id, mode=session.mode, latched=session.latched
        )
        # From here on bytes may be on their way; an error says how many really were.
        trial.sent(outgoing.destination[1], len(outgoing.body))
        stream = self._client.stream(outgoing, clearance, card, provider, key)
        async with aclosing(stream) as deltas:
            async for delta in deltas:
                yield delta

    def _key(self, provider: Provider) -> Secret | None:
        try:
            return self._keys.get(provider.id, provider.key_variable)
        except KeyringUnavailable as error:
            if not provider.needs_key:
                return None
            raise ProviderError(
                ErrorKind.NO_KEY, provider.id, error.message, hint=error.hint
            ) from error

    def _card(self, candidate: Candidate) -> ModelCard:
        if candidate.place is Place.LOCAL:
            return self._local.card
        card = self._catalog.card(candidate.model)
        if card is None:
            raise ProviderError(
                ErrorKind.UNKNOWN_MODEL, "", f"Nobody offers a model called {candidate.model}."
            )
        return card
