"""What every route needs: the wired parts, the counts, and a look at a model's card."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from starlette.types import Scope

from edgeroute.core.model_card import ModelCard
from edgeroute.core.request import ChatRequest, Client
from edgeroute.engine.deciding.model_names import canonical, names_here
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

    def client(self, scope: Scope) -> Client | None:
        """The connected program that asks; None where the token is the endpoint's own."""
        name = scope["state"]["client"]
        return self.runtime.client(name) if name else None

    def asked_by(self, scope: Scope, request: ChatRequest) -> ChatRequest:
        """``request`` with the connected program that asks it, whose profile then holds."""
        return replace(request, client=self.client(scope))

    def named(self, typed: str) -> str:
        """The one name of the model that a caller calls ``typed``.

        Raises:
            UnknownModel: there is none.
        """
        return canonical(typed, self.runtime.catalog, names_here(self.runtime.local))

    def origin_of(self, model: str) -> str:
        """Whose reasoning payloads ``model`` gives; empty for a model that is not known."""
        card = self.cards().get(model)
        return card.origin if card else ""
