"""What every route needs: the wired parts, the counts, and a look at a model's card."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from starlette.types import Scope

from edgeroute.core.ids import owned
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.request import ChatRequest, ClientProfile
from edgeroute.engine.deciding.model_names import (
    canonical,
    named,
    names_here,
    nearest,
    not_offered,
)
from edgeroute.server.metrics import Metrics

if TYPE_CHECKING:
    from edgeroute.wiring import Runtime


@dataclass(slots=True)
class ServerContext:
    """Shared by all routes. After ``keep_alive_seconds`` of silence a stream says something."""

    runtime: Runtime
    metrics: Metrics = field(default_factory=Metrics)
    keep_alive_seconds: float = 15.0

    def cards(self) -> dict[str, ModelCard]:
        """Every model by friendly id, the local one in use first, then the others that are here."""
        local = self.runtime.local
        here = {card.id: card for card in (local.card, *local.cards())}
        return here | dict(self.runtime.catalog.cards)

    def client(self, scope: Scope) -> ClientProfile | None:
        """The connected program that asks; None where the token is the endpoint's own."""
        name = scope["state"]["client"]
        return self.runtime.client(name) if name else None

    def offered(self, scope: Scope) -> list[ModelCard]:
        """The models to tell who asks of: none that is shut down, or that its profile bars."""
        today, client = self.runtime.clock.now().date(), self.client(scope)
        return [
            card
            for card in self.cards().values()
            if not card.retired(today)
            and (client is None or card.place is Place.LOCAL or client.allows(card.id))
        ]

    def asked_by(self, scope: Scope, request: ChatRequest) -> ChatRequest:
        """``request`` with the connected program that asks it, whose profile then holds."""
        client = self.client(scope)
        if client is None:
            return request
        if not client.person:
            return replace(request, client=client)
        name = request.conversation and owned(request.conversation, client.owner)
        return replace(request, client=client, conversation=name, user=client.name)

    def named(self, typed: str) -> str:
        """The one name of the model that a caller calls ``typed``.

        Raises:
            UnknownModel: there is none.
        """
        return canonical(typed, self.runtime.catalog, names_here(self.runtime.local))

    def shown(self, typed: str, scope: Scope) -> tuple[str, ModelCard | None]:
        """The one name and the card of the model that a caller calls ``typed``; of a family's name
        those of the model that would be asked.

        Raises:
            UnknownModel: there is none.
        """
        runtime, cards = self.runtime, self.cards()
        name, family = named(typed, runtime.catalog, names_here(runtime.local))
        if family is None or name in cards:
            return name, cards.get(name)
        offered, ready = self.offered(scope), runtime.providers.ready()
        found = nearest(family, offered, runtime.catalog, ready, runtime.clock.now())
        if found is None:
            raise not_offered(typed)
        return found.id, found

    def origin_of(self, model: str) -> str:
        """Whose reasoning payloads ``model`` gives; empty for a model that is not known."""
        card = self.cards().get(model)
        return card.origin if card else ""
