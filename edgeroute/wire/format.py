"""The contract of a wire format, and the one place where bodies become bytes.

Abilities of a card that formats look at: ``images``, ``files``, ``tools``, ``json_schema``,
``reasoning`` (takes a reasoning effort), ``cache_key`` (takes ``prompt_cache_key``),
``cache_marks`` (takes ``cache_control`` on the openai-chat wire), ``keep_thinking`` (wants its
``<think>`` text back).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol

from edgeroute.core.errors import EdgeRouteError

if TYPE_CHECKING:
    from edgeroute.core.answer import Answer
    from edgeroute.core.events import Delta, Event
    from edgeroute.core.model_card import ModelCard
    from edgeroute.core.request import ChatRequest
    from edgeroute.wire.sse import ServerSentEvent


class WireError(EdgeRouteError):
    """Bytes or a body that do not follow the wire format.

    From a caller it is a bad request, from a provider an answer that cannot be used.
    """

    exit_code = 2
    http_status = 400
    code = "invalid_request"


class WireFault(Exception):
    """A provider reports an error inside an answer whose status said success.

    ``body`` is the provider's own object, ``message`` its sentence: hostile text that may
    quote the prompt.
    """

    def __init__(self, body: Mapping[str, Any], message: str) -> None:
        super().__init__(message)
        self.body = body
        self.message = message


@dataclass(frozen=True, slots=True)
class CachePlan:
    """How a provider is asked to keep the stable prefix.

    ``duration`` holds for tools and system prompt; the growing history is kept for 5
    minutes.
    """

    system_prompt: bool = True
    duration: Literal["5m", "1h"] = "5m"
    history: bool = True


@dataclass(frozen=True, slots=True)
class Target:
    """Which model a request is written for. ``session_id`` is a random id of the conversation."""

    card: ModelCard
    stream: bool
    session_id: str = ""
    cache: CachePlan | None = None

    @property
    def origin(self) -> str:
        """Whose reasoning payloads this model accepts."""
        return origin_of(self.card)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What our endpoint writes around an answer.

    ``created`` is in seconds since 1970. ``usage`` asks for token counts at a stream's end.
    ``origin`` (``provider/family`` of the model) lets a caller hand reasoning payloads back.
    """

    id: str
    model: str
    created: int
    usage: bool = True
    origin: str = ""


class StreamDecoder(Protocol):
    """Turns a provider's events into deltas. ``Finish`` comes last and once, or not at all."""

    ended: bool

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


class StreamEncoder(Protocol):
    """Turns the engine's events into the bytes of a streamed answer of our endpoint."""

    def feed(self, event: Event) -> list[bytes]:
        """The bytes to send for one event, in order."""
        ...

    def error(self, error: EdgeRouteError) -> list[bytes]:
        """The bytes that end the stream with an error."""
        ...

    def keep_alive(self) -> bytes:
        """Bytes that mean nothing, for a client that would lose patience."""
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
    ``encode_error`` and ``encoder`` write what the caller reads; without an ``encoder`` there are
    whole answers only. ``id_prefix`` begins the id of an answer.
    """

    name: str
    path: str
    id_prefix: str
    decode_request: Callable[[Mapping[str, Any]], ChatRequest]
    encode_answer: Callable[[Answer, Envelope], dict[str, Any]]
    encode_error: Callable[[EdgeRouteError], dict[str, Any]]
    encoder: Callable[[Envelope], StreamEncoder] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFormat(CallerFormat):
    """One protocol, in both directions.

    Towards a provider, ``encode_request`` gives the body to send: stable parts first, messages
    last.
    """

    encode_request: Callable[[ChatRequest, Target], dict[str, Any]]
    new_decoder: Callable[[], WholeDecoder]

    def decoder(self, origin: str = "") -> StreamDecoder:  # noqa: ARG002
        """A decoder for one streamed answer of ``origin`` (``provider/family``)."""
        return self.new_decoder()

    def decode_answer(self, body: Mapping[str, Any]) -> list[Delta]:
        """The deltas of a whole answer, ending with ``Finish``.

        Raises:
            WireFault: the provider reports an error.
            WireError: the body is not of this format.
        """
        return self.new_decoder().whole(body)


def origin_of(card: ModelCard) -> str:
    """Whose reasoning payloads ``card`` accepts: ``provider/family``."""
    return f"{card.provider}/{card.family or card.wire_id}"


def dump_text(value: object) -> str:
    """Compact JSON text, keys in the order in which they were built."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def dump(body: Mapping[str, Any]) -> bytes:
    """The bytes of a body: the same body always gives the same bytes."""
    return dump_text(body).encode("utf-8", "replace")


def load(data: str | bytes) -> Any:
    """Parse JSON from another party. Lone surrogates become U+FFFD.

    Raises:
        WireError: not JSON, or nested too deeply.
    """
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise WireError("The JSON is nested too deeply.") from None
    except ValueError as error:
        raise WireError(f"The JSON cannot be read: {_where(error)}.") from None
    return _scrub(value) if "\\ud" in text or "\\uD" in text else value


def load_object(data: str | bytes) -> Mapping[str, Any]:
    """Parse a JSON object from another party.

    Raises:
        WireError: not JSON, or not an object.
    """
    value = load(data)
    if not isinstance(value, dict):
        raise WireError("The JSON must be an object.")
    return value


def _where(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at position {error.pos}"
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 at position {error.start}"
    return "a number is out of range"


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):  # nobody could be told such a number in JSON again
        raise ValueError(text)
    return value


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_scrub(item) for item in value]
    if isinstance(value, dict):
        return {_scrub(key): _scrub(item) for key, item in value.items()}
    return value
