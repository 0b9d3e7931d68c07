"""A chat request as the bytes that one provider will get. Pure: builds, sends nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeroute.core.errors import ErrorKind, ProviderError
from edgeroute.providers.catalog.quirks import Circumstance, apply
from edgeroute.providers.egress import Outgoing
from edgeroute.wire.format import Target
from edgeroute.wire.formats import WIRES
from edgeroute.wire.json_text import dump

if TYPE_CHECKING:
    from edgeroute.core.model_card import ModelCard
    from edgeroute.core.request import ChatRequest
    from edgeroute.providers.catalog.provider import Provider
    from edgeroute.wire.format import CachePlan, WireFormat


def prepare(
    request: ChatRequest,
    card: ModelCard,
    provider: Provider,
    *,
    session_id: str = "",
    cache: CachePlan | None = None,
    stream: bool = True,
) -> Outgoing:
    """``request`` for ``card`` at ``provider``, without the key.

    ``session_id`` is a random id of the conversation, by which providers find their cache again.

    Raises:
        ProviderError: the provider's address is not complete, or no wire format fits the model.
    """
    wire = wire_of(card, provider)
    stream = stream and wire.encoder is not None
    url = provider.wires.get(card.wire, "")
    if not provider.ready or not url:
        raise ProviderError(
            ErrorKind.BAD_REQUEST,
            provider.id,
            f"The address of {provider.name} is not complete.",
            hint=f"Set providers.{provider.id}.base_url with `edgeroute config set`.",
        )
    body = wire.encode_request(request, Target(card, stream, session_id, cache))
    body = apply(card.quirks, body, Circumstance(card.wire, stream, session_id))
    headers = {
        "content-type": "application/json",
        "accept": "text/event-stream" if stream else "application/json",
        **provider.headers,
    }
    return Outgoing("POST", url.rstrip("/") + wire.path, dump(body), headers)


def wire_of(card: ModelCard, provider: Provider) -> WireFormat:
    """The wire format of ``card``.

    Raises:
        ProviderError: EdgeRoute does not speak that format.
    """
    wire = WIRES.get(card.wire)
    if wire is None:
        raise ProviderError(
            ErrorKind.BAD_REQUEST,
            provider.id,
            f"EdgeRoute does not speak the wire format `{card.wire}` of {card.id}.",
            hint="Choose another model.",
        )
    return wire
