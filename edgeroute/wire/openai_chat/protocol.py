"""Chat completions as one wire format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from edgeroute.core.answer import Answer
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.events import Delta
from edgeroute.core.request import ChatRequest
from edgeroute.wire.format import Envelope, Target
from edgeroute.wire.openai_chat import answer as answers
from edgeroute.wire.openai_chat import caller, request
from edgeroute.wire.openai_chat.stream import ChatDecoder


class OpenAIChat:
    """The format ``openai-chat``."""

    name: ClassVar[str] = request.NAME
    path: ClassVar[str] = "/chat/completions"

    def encode_request(self, asked: ChatRequest, target: Target) -> dict[str, Any]:
        """The body to send to a provider."""
        return request.encode_request(asked, target)

    def decoder(self, origin: str) -> ChatDecoder:  # noqa: ARG002
        """A decoder for one streamed answer."""
        return ChatDecoder()

    def decode_answer(self, body: Mapping[str, Any]) -> list[Delta]:
        """The deltas of a whole answer."""
        return ChatDecoder().whole(body)

    def decode_request(self, body: Mapping[str, Any]) -> ChatRequest:
        """What a caller of our endpoint asks."""
        return caller.decode_request(body)

    def encode_answer(self, answer: Answer, envelope: Envelope) -> dict[str, Any]:
        """The body that our endpoint sends for a whole answer."""
        return answers.encode_answer(answer, envelope)

    def encode_error(self, error: EdgeRouteError) -> dict[str, Any]:
        """The body that our endpoint sends for an error."""
        return answers.encode_error(error)

    def encoder(self, envelope: Envelope) -> answers.ChatEncoder:
        """An encoder for one streamed answer of our endpoint."""
        return answers.ChatEncoder(envelope)
