"""Server-sent events, read from bytes that arrive in pieces of any size, and the answer in them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from edgeroute.core.answer import Frame
from edgeroute.core.events import TextDelta
from edgeroute.wire.errors import WireError
from edgeroute.wire.surrogates import WholeSigns

if TYPE_CHECKING:
    from edgeroute.core.events import Delta

MAX_LINE_BYTES: Final = 4 * 1024 * 1024
MAX_EVENT_BYTES: Final = 8 * 1024 * 1024
# Only these end a line; str.splitlines would also split at U+2028 and U+0085, as found in JSON.
_END: Final = re.compile(rb"\r\n|\r|\n")
_BOM: Final = b"\xef\xbb\xbf"


class ServerSentEvent(NamedTuple):
    """One event: its name (``message`` where it has none) and its joined data lines."""

    event: str
    data: str


class SseParser:
    """Feed it bytes as they come; it gives the events that are complete.

    An event that lacks its closing blank line is never given: what was cut off is not known.
    """

    def __init__(
        self, max_line_bytes: int = MAX_LINE_BYTES, max_event_bytes: int = MAX_EVENT_BYTES
    ) -> None:
        self._max_line = max_line_bytes
        self._max_event = max_event_bytes
        self._line: list[bytes] = []
        self._line_bytes = 0
        self._name = ""
        self._data: list[str] = []
        self._data_bytes = 0
        self._after_cr = False
        self._first = True

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """The events that ``chunk`` completes.

        Raises:
            WireError: a line or an event is larger than the limit.
        """
        if not chunk:
            return []
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        if self._between and chunk.startswith(b"data: ") and chunk.endswith(b"\n\n"):
            usual = self._usual(chunk)
            if usual is not None:
                self._after_cr = self._first = False
                return usual
        self._after_cr = chunk.endswith(b"\r")
        *lines, rest = _END.split(chunk)
        events: list[ServerSentEvent] = []
        for line in lines:
            self._append(line)
            whole = b"".join(self._line)
            self._line, self._line_bytes = [], 0
            event = self._take(whole)
            if event is not None:
                events.append(event)
        self._append(rest)
        return events

    @property
    def _between(self) -> bool:
        """Whether the last line that came ended an event."""
        return not (self._line or self._name or self._data)

    def _usual(self, chunk: bytes) -> list[ServerSentEvent] | None:
        """The events of a chunk of whole events, each in one line; None of any other chunk."""
        if b"\r" in chunk or len(chunk) > self._max_line:
            return None
        blocks = chunk[:-2].split(b"\n\n")
        if any(b"\n" in block or not block.startswith(b"data: ") for block in blocks):
            return None
        return [ServerSentEvent("message", str(block[6:], "utf-8", "replace")) for block in blocks]

    def _append(self, piece: bytes) -> None:
        self._line_bytes += len(piece)
        if self._line_bytes > self._max_line:
            raise WireError(f"A line of the stream is longer than {self._max_line} bytes.")
        if piece:
            self._line.append(piece)

    def _take(self, line: bytes) -> ServerSentEvent | None:
        if self._first:
            self._first = False
            line = line.removeprefix(_BOM)
        if not line:
            return self._dispatch()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data_bytes += len(value)
            if self._data_bytes > self._max_event:
                raise WireError(f"An event of the stream is larger than {self._max_event} bytes.")
            self._data.append(value.decode("utf-8", "replace"))
        elif field == b"event":
            self._name = value.decode("utf-8", "replace")
        return None

    def _dispatch(self) -> ServerSentEvent | None:
        name, data = self._name, self._data
        self._name, self._data, self._data_bytes = "", [], 0
        return ServerSentEvent(name or "message", "\n".join(data)) if data else None


def looks_like_stream(body: bytes) -> bool:
    """Whether ``body`` is a stream of events, whatever its type says."""
    return body.lstrip(_BOM + b" \r\n").startswith((b"data:", b"event:", b"id:", b":"))


async def once(body: bytes) -> AsyncIterator[bytes]:
    """A stream that has come in one piece."""
    yield body


class StreamDecoder(Protocol):
    """Turns a provider's events into deltas. ``Finish`` comes last and once, or not at all.

    ``untold`` says that something visible has come of which no delta tells.
    """

    ended: bool
    untold: bool

    def feed(self, event: ServerSentEvent) -> list[Delta]:
        """The deltas of one event.

        Raises:
            WireFault: the provider reports an error.
            WireError: the event is not of this format.
        """
        ...

    def close(self) -> list[Delta]:
        """The bytes are over: what was held back. Without a ``Finish`` the answer is incomplete."""
        ...


async def read_deltas(
    chunks: AsyncIterable[bytes], decoder: StreamDecoder, wire: str = ""
) -> AsyncIterator[Delta]:
    """The deltas in a stream's bytes, up to its end mark.

    With ``wire``, the name of their format, each event comes as it was, too, before its deltas;
    texts that come together are one delta then, since who reads the events has them singly.

    The answer is whole only if the last delta is a ``Finish``; a stream that broke off gives none.

    Raises:
        WireFault: the provider reports an error.
        WireError: the bytes are not of the decoder's format, or exceed a limit.
    """
    parser, signs = SseParser(), WholeSigns()
    async for chunk in chunks:
        for delta in signs.feed(_decode(parser, decoder, chunk, wire)):
            yield delta
        if decoder.ended:
            return
    for delta in (*signs.feed(decoder.close()), *signs.close()):
        yield delta


def _decode(parser: SseParser, decoder: StreamDecoder, chunk: bytes, wire: str) -> Iterator[Delta]:
    texts: list[str] = []
    for event in parser.feed(chunk):
        deltas = decoder.feed(event)
        if wire:
            yield Frame(wire, event.event, event.data, decoder.untold)
            if len(deltas) == 1 and isinstance(deltas[0], TextDelta):
                texts.append(deltas[0].text)
                continue
        if texts:
            yield TextDelta("".join(texts))
            texts = []
        yield from deltas
        if decoder.ended:
            return
    if texts:
        yield TextDelta("".join(texts))
