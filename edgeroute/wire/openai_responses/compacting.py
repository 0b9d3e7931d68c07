"""A conversation made shorter by a provider: asked and answered as it is, whole, or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from edgeroute.core.answer import WHOLE, Answer
from edgeroute.core.events import Delta, Finish, UsageDelta
from edgeroute.core.request import COMPACTING, ChatRequest
from edgeroute.wire.errors import WireError
from edgeroute.wire.format import Envelope, Target, WireFormat
from edgeroute.wire.json_data import Json, load_piece, mapping, raise_if_fault, string
from edgeroute.wire.openai_chat.answer import encode_error
from edgeroute.wire.openai_responses import caller
from edgeroute.wire.openai_responses.passing import replay
from edgeroute.wire.openai_responses.request import NAME
from edgeroute.wire.same_wire import start_of
from edgeroute.wire.sse import ServerSentEvent
from edgeroute.wire.usage import from_openai

_OURS: Final = ("user", "safety_identifier", "previous_response_id", "store")


def decode_request(body: Json) -> ChatRequest:
    """The request in ``body``, of which nothing is kept.

    Raises:
        WireError: it is none of a response, or asks for a stream.
    """
    if body.get("stream"):
        raise WireError("A shortened conversation comes whole.", "Leave stream out.")
    return replace(caller.decode_request(body), wire=COMPACTING, store=False)


def encode_request(request: ChatRequest, target: Target) -> dict[str, Any]:
    """The caller's own body for the target's model."""
    body = start_of(request, target, *_OURS)
    replay(body, target)
    return body


class CompactingDecoder:
    """Reads what a provider has shortened, which nobody but it can read."""

    ended = False
    untold = True

    def feed(self, event: ServerSentEvent) -> list[Delta]:  # noqa: ARG002
        """Nothing: this format has no stream.

        Raises:
            WireError: always.
        """
        raise WireError("A shortened conversation does not come as a stream.")

    def close(self) -> list[Delta]:
        """Nothing was held back."""
        return []

    def whole(self, body: Json) -> list[Delta]:
        """What it used, and ``Finish``.

        Raises:
            WireFault: the provider reports an error.
            WireError: it is nothing that was shortened.
        """
        raise_if_fault(body)
        if not isinstance(body.get("output"), list):
            raise WireError("The answer holds no output.")
        self.ended = True
        usage = UsageDelta(from_openai(mapping(body.get("usage"))), string(body.get("model")))
        return [usage, Finish("stop")]


def encode_answer(answer: Answer, _: Envelope) -> dict[str, Any]:
    """What the provider gave, as it came.

    Raises:
        WireError: no provider did.
    """
    for frame in answer.frames:
        if (frame.wire, frame.name) == (COMPACTING, WHOLE):
            return dict(load_piece(frame.data))
    raise WireError("No provider has shortened the conversation.")


FORMAT: Final = WireFormat(
    name=COMPACTING,
    base=NAME,
    path="/responses/compact",
    id_prefix="resp_",
    encode_request=encode_request,
    decoder=CompactingDecoder,
    decode_request=decode_request,
    encode_answer=encode_answer,
    encode_error=encode_error,
    headers=frozenset({"openai-beta"}),
)
