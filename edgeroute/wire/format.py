"""The contract of a wire format.

Abilities of a card that formats look at: ``images``, ``files``, ``tools``, ``json_schema``,
``reasoning`` (takes a reasoning effort), ``cache_key`` (takes ``prompt_cache_key``),
``cache_marks`` (takes ``cache_control`` on the openai-chat wire), ``keep_thinking`` (wants its
``<think>`` text back), ``all_fields`` (a local server that gets fields without a noun here).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from edgeroute.core.events import Delta
from edgeroute.wire.json_data import dump_text
from edgeroute.wire.sse import StreamDecoder

if TYPE_CHECKING:
    from edgeroute.core.answer import Answer
    from edgeroute.core.errors import EdgeRouteError
    from edgeroute.core.events import Delta, Event
    from edgeroute.core.model_card import ModelCard
    from edgeroute.core.request import ChatRequest


_BYTES_PER_TOKEN: Final = 4.0


@dataclass(frozen=True, slots=True)
class CachePlan:
    """How a provider is asked to keep the stable prefix.

    ``duration`` holds for tools and system prompt; the growing history is kept for 5
    minutes.
    """

    system_prompt: bool = True
    duration: Literal["5m", "1h"] = "5m"
    history: bool = True

    @property
    def mark(self) -> dict[str, Any]:
        """The ``cache_control`` object for the stable prefix."""
        if self.duration == "5m":
            return {"type": "ephemeral"}
        return {"type": "ephemeral", "ttl": self.duration}


@dataclass(frozen=True, slots=True)
class Target:
    """Which model a request is written for. ``session_id`` is a random id of the conversation.

    ``answered_by`` is the origin of the model that gave the last answer, where that is known: what
    a caller hands back of its thinking says nothing to another one. ``own`` marks a provider from
    the user's settings, of whose models nobody knows what they cannot do.
    """

    card: ModelCard
    stream: bool
    session_id: str = ""
    cache: CachePlan | None = None
    answered_by: str = ""
    own: bool = False

    def would_cache(self, *prefix: object) -> bool:
        """Whether ``prefix`` (JSON values) is long enough, by estimate, for the model to cache it.

        Below its minimum a provider ignores the mark; the estimate rather errs to that side.
        """
        size = sum(len(dump_text(value).encode("utf-8", "replace")) for value in prefix)
        tokens = size / _BYTES_PER_TOKEN * self.card.token_factor
        return tokens >= self.card.cache_minimum_tokens


@dataclass(slots=True)
class Envelope:
    """What our endpoint writes around an answer.

    ``model`` and ``origin`` change while nobody has answered yet: an encoder reads them whenever it
    writes. ``created`` is in seconds since 1970. ``usage`` asks for token counts at a stream's end.
    ``origin`` (``provider/family`` of the model) lets a caller hand reasoning payloads back.
    ``custom_tools`` are those that the caller wants called with one text. ``echo`` is what the
    answer repeats of its request, in formats whose answers do. ``request_id`` names the request to
    its caller.
    """

    id: str
    model: str
    created: int
    usage: bool = True
    origin: str = ""
    custom_tools: frozenset[str] = frozenset()
    echo: Mapping[str, Any] = field(default_factory=dict)
    request_id: str = ""


class StreamEncoder(Protocol):
    """Turns the engine's events into the bytes of a streamed answer of our endpoint."""

    def feed(self, event: Event) -> list[bytes]:
        """The bytes to send for one event, in order."""
        ...

    def error(self, error: EdgeRouteError) -> list[bytes]:
        """The bytes that end the stream with an error."""
        ...

    def idle(self) -> list[bytes]:
        """The bytes that say nothing to a caller who would lose patience with a silent stream.

        Clients count events, not comments.
        """
        ...


class WholeDecoder(StreamDecoder, Protocol):
    """A decoder that also takes an answer in one piece."""

    def whole(self, body: Mapping[str, Any]) -> list[Delta]:
        """The deltas of a whole answer, ending with ``Finish``."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerFormat:
    """What a caller of our endpoint speaks.

    ``path`` follows the base address. ``decode_request`` raises ``WireError``. ``encode_answer``,
    ``encode_error`` (which is told the name of the request) and ``encoder`` write what the caller
    reads; without an ``encoder`` there are whole answers only; a stream is of ``media_type``.
    ``id_prefix`` begins the id of an answer. Where the format ``streams``, a caller who says
    nothing of it gets a stream. ``headers`` are those of the format itself, which a provider of the
    same format gets too. ``request_id`` is the
    header in which clients look for the name of their request. ``ignored`` names the fields and
    options of a body that change nothing here.
    """

    name: str
    path: str
    id_prefix: str
    decode_request: Callable[[Mapping[str, Any]], ChatRequest]
    encode_answer: Callable[[Answer, Envelope], dict[str, Any]]
    encode_error: Callable[[EdgeRouteError, str], dict[str, Any]]
    encoder: Callable[[Envelope], StreamEncoder] | None = None
    headers: frozenset[str] = frozenset()
    media_type: str = "text/event-stream; charset=utf-8"
    streams: bool = False
    request_id: str = "x-request-id"
    ignored: Callable[[Mapping[str, Any]], Sequence[str]] = lambda _: ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFormat(CallerFormat):
    """One protocol, in both directions.

    Towards a provider, ``encode_request`` gives the body to send: stable parts first, messages
    last. ``decoder`` makes what reads one answer. ``base`` is the format whose address it shares at
    a provider, where it has none of its own.
    """

    encode_request: Callable[[ChatRequest, Target], dict[str, Any]]
    decoder: Callable[[], WholeDecoder]
    base: str = ""

    def decode_answer(self, body: Mapping[str, Any]) -> list[Delta]:
        """The deltas of a whole answer, ending with ``Finish``.

        Raises:
            WireFault: the provider reports an error.
            WireError: the body is not of this format.
        """
        return self.decoder().whole(body)
