"""What the profile of a connected program lets it ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeroute.core.errors import UnknownModel
from edgeroute.core.request import TIERS

if TYPE_CHECKING:
    from edgeroute.core.request import ChatRequest, Tier
    from edgeroute.providers.catalog.catalog import Catalog


def tier_of(usual: Tier, request: ChatRequest) -> Tier:
    """What quality may cost; a program may ask for less than its profile says, not for more."""
    given = request.client.tier if request.client else None
    if given and request.tier and request.front_door == "http":
        return min(given, request.tier, key=TIERS.index)
    return request.tier or given or usual


def allowed(request: ChatRequest, catalog: Catalog) -> ChatRequest:
    """``request``, unless it names a managed model that its client's profile leaves out.

    Raises:
        UnknownModel: it does.
    """
    client, model = request.client, request.model
    if client is None or catalog.card(model) is None or client.allows(model):
        return request
    raise UnknownModel(
        f"The profile of {client.name} does not allow the model `{model}`.",
        f"It allows {', '.join(client.models)}: ask for one of these, or for `auto`; or change"
        f" clients.{client.name}.models in the settings.",
    )
