"""A chat request as the bytes that one provider will get and keep. Pure: builds, sends nothing.

A mark that cannot be used costs money: Anthropic caches nothing below a model's minimum, and a
written prefix pays off only when it is read again.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from edgeroute.core.errors import ErrorKind, ProviderError, SettingsError
from edgeroute.providers.catalog.quirks import QuirkContext, apply, lost
from edgeroute.providers.egress import Outgoing
from edgeroute.wire import wishes
from edgeroute.wire.format import CachePlan, Target
from edgeroute.wire.formats import FORMATS, PASSING, WIRES
from edgeroute.wire.json_data import dump
from edgeroute.wire.same_wire import passes

if TYPE_CHECKING:
    from edgeroute.core.model_card import ModelCard
    from edgeroute.core.request import ChatRequest
    from edgeroute.providers.catalog.provider import Provider
    from edgeroute.wire.format import WireFormat

_DURATION: Final = re.compile(r"(\d+)\s*([smh])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}


def prepare(
    request: ChatRequest,
    card: ModelCard,
    provider: Provider,
    *,
    session_id: str = "",
    cache: CachePlan | None = None,
    stream: bool = True,
    answered_by: str = "",
) -> Outgoing:
    """``request`` for ``card`` at ``provider``, without the key.

    ``session_id`` is a random id of the conversation, by which providers find their cache again.

    Raises:
        ProviderError: the provider's address is not complete, or no wire format fits the model.
    """
    wire = wire_of(card, provider)
    stream = stream and wire.encoder is not None
    url = provider.wires.get(wire.base or wire.name, "")
    if not provider.ready or not url:
        raise ProviderError(
            ErrorKind.BAD_REQUEST,
            provider.id,
            f"The address of {provider.name} is not complete.",
            hint=f"Set providers.{provider.id}.base_url with `edgeroute config set`.",
        )
    target = Target(card, stream, session_id, cache, answered_by, provider.own)
    body = wire.encode_request(request, target)
    if card.quirks:
        body = apply(card.quirks, body, QuirkContext(card.wire, stream, session_id))
    headers = {
        "content-type": "application/json",
        "accept": "text/event-stream" if stream else "application/json",
        **provider.headers,
        **(request.headers if request.wire == card.wire else {}),
    }
    return Outgoing("POST", url.rstrip("/") + wire.path, dump(body), headers)


def untold(
    request: ChatRequest, card: ModelCard, provider: Provider | None, *, single: bool
) -> list[str]:
    """The fields of ``request`` of which ``card`` hears nothing, by their names.

    ``provider`` is None for a local model; only where a ``single`` model is asked can its answer,
    and so the caller's own body, pass as it is.
    """
    if provider is None:
        return wishes.untold(request, card, passing=False)
    card = spoken(card, provider, request)
    target = Target(card, stream=True, own=provider.own)
    passing = single and passes(request, target, card.wire)
    names = wishes.untold(request, card, passing=passing, own=provider.own)
    if card.quirks and card.wire in FORMATS:
        # What is asked for stands beside the conversation, which may be long.
        source = {**request.source, "messages": [], "input": []} if request.source else None
        bare = replace(request, messages=(), source=source)
        body = FORMATS[card.wire].encode_request(bare, target)
        names += lost(card.quirks, body, QuirkContext(card.wire, stream=True))
    return list(dict.fromkeys(names))


def spoken(card: ModelCard, provider: Provider, request: ChatRequest) -> ModelCard:
    """``card`` on the wire of the request's caller, where its provider speaks that one too."""
    wire = PASSING.get(request.wire)
    if request.source is None or wire is None or card.wire not in FORMATS:
        return card
    return replace(card, wire=wire.name) if provider.wires.get(wire.base or wire.name) else card


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


def plan_cache(
    card: ModelCard,
    *,
    system_prompt: bool,
    duration: str = "",
    prefix_tokens: int = 0,
    history_tokens: int = 0,
) -> CachePlan | None:
    """What to ask of ``card``'s provider, from the policy's ``cache`` section; None for nothing.

    ``prefix_tokens`` estimates system prompt and tools, ``history_tokens`` the turns before this
    one: they are what the next turn will begin with.

    Raises:
        SettingsError: ``duration`` is not a time such as ``5m`` or ``1h``.
    """
    long_lived = _seconds(duration) > 3600 / 2
    minimum = card.cache_minimum_tokens
    if not system_prompt or not takes_marks_or_keys(card):
        return None
    prefix = prefix_tokens >= minimum
    history = history_tokens > 0 and prefix_tokens + history_tokens >= minimum
    if not prefix and not history:
        return None
    return CachePlan(
        system_prompt=prefix, duration="1h" if long_lived and prefix else "5m", history=history
    )


def takes_marks_or_keys(card: ModelCard) -> bool:
    """Whether anything in a request to ``card`` can help its provider's cache."""
    return (
        card.wire == "anthropic-messages"
        or bool(card.abilities & {"cache_key", "cache_marks"})
        or bool({"cache_user_id", "openrouter_privacy"} & set(card.quirks))
    )


def session_id(conversation: str, provider: str, salt: bytes) -> str:
    """The id by which ``provider`` recognises a conversation's cache: random to everybody else,
    another one at every provider, the same after a restart. ``salt`` is a secret of this machine.
    """
    digest = hashlib.blake2b(key=salt[:64], digest_size=16)
    digest.update(f"{provider}/{conversation}".encode("utf-8", "replace"))
    return digest.hexdigest()


def _seconds(duration: str) -> int:
    if not duration:
        return 0
    match = _DURATION.fullmatch(duration.strip().lower())
    if not match:
        raise SettingsError(f"cache.duration: `{duration}` is no time; write 5m or 1h.")
    return int(match[1]) * _SECONDS[match[2]]
