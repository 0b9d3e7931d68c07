"""One request to one model: from cleared bytes to deltas, within time limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

from edgeroute.core.answer import WHOLE, Frame
from edgeroute.core.clock import Clock, SystemClock
from edgeroute.core.errors import ProviderError
from edgeroute.core.events import Delta, Finish, Piece, ToolCallDelta
from edgeroute.providers.calling.call import wire_of
from edgeroute.providers.resilience.faults import classify
from edgeroute.providers.resilience.resilience import Patience
from edgeroute.providers.transport.incoming import Deadline, outage
from edgeroute.wire.errors import WireError, WireFault
from edgeroute.wire.json_data import load_object
from edgeroute.wire.sse import looks_like_stream, once, read_deltas

if TYPE_CHECKING:
    from edgeroute.core.model_card import ModelCard
    from edgeroute.core.secret import Secret
    from edgeroute.providers.catalog.provider import Provider
    from edgeroute.providers.egress import Clearance, Door, Outgoing
    from edgeroute.providers.resilience.rate_limits import RateLimits
    from edgeroute.providers.transport.incoming import Incoming
    from edgeroute.wire.sse import StreamDecoder

_PIECE = get_args(Piece)
_ERROR_BYTES = 64 * 1024
_ERROR_SECONDS = 5.0
_DRAIN_SECONDS = 0.1


class Client:
    """Speaks with managed APIs through the door. ``rate_limits`` learns from every answer."""

    def __init__(
        self, door: Door, rate_limits: RateLimits | None = None, clock: Clock | None = None
    ) -> None:
        self._door = door
        self._rate_limits = rate_limits
        self._clock = clock or SystemClock()

    async def stream(
        self,
        outgoing: Outgoing,
        clearance: Clearance,
        card: ModelCard,
        provider: Provider,
        key: Secret | None,
        *,
        patience: Patience | None = None,
        on_head: Callable[[str, int], None] | None = None,
        frames: bool = False,
        names: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[Delta]:
        """The model's answer, ending with ``Finish``; whole answers come as deltas too. With
        ``frames`` each event comes as it was, too, before its deltas. ``names`` are the tools' own
        by those that the provider knows.

        ``on_head(host, bytes_sent)`` is called once the provider has begun to answer. Closing the
        generator closes the connection at once.

        Raises:
            ClearanceRefused: the gate has not cleared this request.
            ProviderError: it failed, fell silent, or broke off without ending its answer.
        """
        patience = patience or Patience()
        deadline = Deadline(asyncio.get_running_loop().time(), patience.first_token)
        opened = self._door.send(
            outgoing,
            clearance,
            provider,
            key,
            wire=card.wire,
            head_seconds=patience.first_token,
        )
        async with opened as incoming:
            if on_head is not None:
                on_head(incoming.host, incoming.bytes_sent)
            if self._rate_limits is not None:
                self._rate_limits.learn(
                    card.id, incoming.headers, self._clock.monotonic(), self._clock.now()
                )
            if incoming.status >= 400:
                body = await incoming.beginning(_ERROR_SECONDS, _ERROR_BYTES)
                raise self._classified(provider, incoming, incoming.status, body)
            answer = self._answer(incoming, card, provider, patience, deadline, frames=frames)
            whole = False
            async with aclosing(answer) as deltas:
                async for delta in deltas:
                    if delta.untold if isinstance(delta, Frame) else isinstance(delta, _PIECE):
                        deadline.seconds = patience.total
                    whole = whole or isinstance(delta, Finish)
                    if names and isinstance(delta, ToolCallDelta) and delta.name in names:
                        yield replace(delta, name=names[delta.name])
                    else:
                        yield delta
            if not whole:
                raise outage(
                    provider.id,
                    f"The answer of {provider.name} broke off.",
                    sent=incoming.bytes_sent,
                )

    async def _answer(
        self,
        incoming: Incoming,
        card: ModelCard,
        provider: Provider,
        patience: Patience,
        deadline: Deadline,
        *,
        frames: bool,
    ) -> AsyncGenerator[Delta]:
        """The deltas of a response that said success."""
        wire = wire_of(card, provider)
        try:
            if incoming.content_type == "text/event-stream":
                chunks = incoming.chunks(patience.gap, until=deadline)
                async for delta in _to_the_end(chunks, wire.decoder(), wire.name if frames else ""):
                    yield delta
                await _drain(chunks)
            else:
                body = await incoming.read(patience.total, until=deadline)
                decoder = wire.decoder()
                if looks_like_stream(body):
                    deltas = read_deltas(once(body), decoder, wire.name if frames else "")
                    async for delta in deltas:
                        yield delta
                    return
                whole = decoder.whole(load_object(body))
                if frames:
                    text = body.decode("utf-8", "replace")
                    yield Frame(wire.name, WHOLE, text, decoder.untold)
                for delta in whole:
                    yield delta
        except WireFault as fault:
            raise self._classified(provider, incoming, None, fault.body) from None
        except WireError:
            raise outage(
                provider.id,
                f"{provider.name} sent something that is not an answer.",
                sent=incoming.bytes_sent,
            ) from None

    def _classified(
        self,
        provider: Provider,
        incoming: Incoming,
        status: int | None,
        body: object,
    ) -> ProviderError:
        assert isinstance(body, bytes | dict)
        return classify(
            provider,
            status,
            incoming.headers,
            body,
            sent=incoming.bytes_sent,
            now=self._clock.now(),
        )


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    """Read what follows the end mark: only a connection that is read to its end is used again."""
    with suppress(TimeoutError, ProviderError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for _ in chunks:
                pass


async def _to_the_end(
    chunks: AsyncIterator[bytes], decoder: StreamDecoder, wire: str
) -> AsyncIterator[Delta]:
    """The deltas of a stream. One that has said how it ends, and then falls silent, has ended."""
    try:
        async for delta in read_deltas(chunks, decoder, wire):
            yield delta
    except ProviderError:
        rest = decoder.close()
        if not any(isinstance(delta, Finish) for delta in rest):
            raise
        for delta in rest:
            yield delta
