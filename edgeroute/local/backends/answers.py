"""From a local server's answer to deltas, and from its errors to sentences."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any, Final

from edgeroute.core.answer import WHOLE, Frame
from edgeroute.core.display import safe_line
from edgeroute.core.errors import ErrorKind, LocalModelError
from edgeroute.core.events import Delta, Finish
from edgeroute.core.request import ChatRequest
from edgeroute.local.backends.client import BrokenOff, Stream, parse_object, read_all
from edgeroute.wire.errors import WireError, WireFault, counts_in, says_overflow
from edgeroute.wire.formats import FORMATS
from edgeroute.wire.sse import StreamDecoder, looks_like_stream, once, read_deltas

FORMAT: Final = FORMATS["openai-chat"]

_CONTEXT: Final = ("context_length_exceeded", "exceed_context_size_error")
_SENTENCES: Final[dict[int, tuple[str, str, ErrorKind]]] = {
    401: (
        "{name} wants a key.",
        "Store it with `edgeroute keys set {name}`.",
        ErrorKind.AUTH,
    ),
    403: (
        "{name} refuses this key.",
        "Store another: `edgeroute keys set {name}`.",
        ErrorKind.AUTH,
    ),
    404: (
        "{name} has no such model.",
        "Choose one that it offers in the setting local.endpoints, or load it there.",
        ErrorKind.UNKNOWN_MODEL,
    ),
    409: ("{name} is busy loading a model.", "Try again in a moment.", ErrorKind.OUTAGE),
    413: ("The prompt is too long for {name}.", "Shorten it.", ErrorKind.CONTEXT),
    503: ("{name} is not ready yet.", "Try again in a moment.", ErrorKind.OUTAGE),
    507: (
        "The model is too large for the memory of {name}.",
        "Choose a smaller one.",
        ErrorKind.OUTAGE,
    ),
}


def passing_wire(request: ChatRequest) -> str:
    """The wire format of the caller who gets the answer as it comes; empty where nobody does.

    Only those who ask for log probabilities do, for which there is no other way through.
    """
    asks = request.source is not None and request.extra.get("logprobs") is True
    return FORMAT.name if asks and request.wire == FORMAT.name and not request.tools else ""


async def deltas(
    stream: Stream, name: str, decoder: StreamDecoder | None = None, wire: str = ""
) -> AsyncGenerator[Delta, None]:
    """The deltas of ``stream``, which a server called ``name`` sends; the last is a ``Finish``.

    With ``wire`` each event comes as it was, too, before its deltas.

    Raises:
        LocalModelError: the server reports an error, breaks off, or speaks another language.
    """
    ended = False
    try:
        if stream.status != 200:
            raise failure(name, stream.status, parse_object(await read_all(stream)))
        async for delta in _said(stream, decoder or FORMAT.decoder(), wire):
            ended = ended or isinstance(delta, Finish)
            yield delta
    except WireFault as error:
        raise failure(name, 200, error.body) from error
    except WireError as error:
        raise LocalModelError(
            f"{name} answers in a way that cannot be read: {safe_line(error.message)}.",
            "Check that its address is that of an OpenAI-compatible server.",
        ) from error
    if not ended:
        raise BrokenOff(f"{name} ended in the middle of an answer.", "Try again.")


async def _said(stream: Stream, decoder: StreamDecoder, wire: str) -> AsyncIterator[Delta]:
    if stream.content_type == "text/event-stream":
        async for delta in read_deltas(stream.chunks, decoder, wire):
            yield delta
        return
    # Not streamed after all, or not called so; and perhaps an error although all seems well.
    body = await read_all(stream)
    if looks_like_stream(body):
        async for delta in read_deltas(once(body), decoder, wire):
            yield delta
        return
    if wire:
        yield Frame(wire, WHOLE, body.decode("utf-8", "replace"))
    for delta in FORMAT.decode_answer(parse_object(body)):
        yield delta


def failure(name: str, status: int, body: Mapping[str, Any]) -> LocalModelError:
    """What an error of the server ``name`` means. Its own words may quote the prompt."""
    error = body.get("error", body)
    found: Mapping[str, Any] = error if isinstance(error, Mapping) else {"message": error}
    said = safe_line(str(found.get("message") or found.get("detail") or ""))
    words = {str(found.get(key)) for key in ("code", "type")}
    if words & set(_CONTEXT) or says_overflow(said):
        plain = f"The prompt is too long for {name}."
        return LocalModelError(
            said or plain,
            _hint(found),
            kind=ErrorKind.CONTEXT,
            counts=counts_in(said),
            recorded=plain,
        )
    code = found.get("code")
    for number in (status, code if isinstance(code, int) else 0):
        if number in _SENTENCES and "hint" not in found:
            text, hint, kind = _SENTENCES[number]
            return LocalModelError(text.format(name=name), hint.format(name=name), kind=kind)
    kinds = {"model_not_found": ErrorKind.UNKNOWN_MODEL, "invalid_request": ErrorKind.BAD_REQUEST}
    kind = next((kinds[word] for word in words if word in kinds), ErrorKind.OUTAGE)
    if kind is ErrorKind.OUTAGE and status in {400, 422}:
        kind = ErrorKind.BAD_REQUEST
    plain = f"{name} failed with status {status}." if status != 200 else f"{name} failed."
    return LocalModelError(said or plain, _hint(found), kind=kind, recorded=plain)


def _hint(found: Mapping[str, Any]) -> str:
    return safe_line(str(found.get("hint") or ""))
