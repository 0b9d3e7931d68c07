"""A streamed answer: from bytes to deltas."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterator

from edgeroute.core.events import Delta
from edgeroute.wire.format import StreamDecoder
from edgeroute.wire.sse import SseParser


async def read_deltas(chunks: AsyncIterable[bytes], decoder: StreamDecoder) -> AsyncIterator[Delta]:
    """The deltas in a stream's bytes, up to its end mark.

    The answer is whole only if the last delta is a ``Finish``; a stream that broke off gives none.

    Raises:
        WireFault: the provider reports an error.
        WireError: the bytes are not of the decoder's format, or exceed a limit.
    """
    parser = SseParser()
    async for chunk in chunks:
        for delta in _decode(parser, decoder, chunk):
            yield delta
        if decoder.ended:
            return
    for delta in decoder.close():
        yield delta


def _decode(parser: SseParser, decoder: StreamDecoder, chunk: bytes) -> Iterator[Delta]:
    for event in parser.feed(chunk):
        yield from decoder.feed(event)
        if decoder.ended:
            return
