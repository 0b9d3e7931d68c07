"""The wire format of OpenAI Responses."""

from __future__ import annotations

from typing import Final

from edgeroute.wire.format import WireFormat
from edgeroute.wire.openai_chat.answer import encode_error
from edgeroute.wire.openai_responses.answer import ResponsesEncoder, encode_answer
from edgeroute.wire.openai_responses.caller import decode_request
from edgeroute.wire.openai_responses.request import NAME, encode_request
from edgeroute.wire.openai_responses.stream import ResponsesDecoder

FORMAT: Final = WireFormat(
    name=NAME,
    path="/responses",
    id_prefix="resp_",
    encode_request=encode_request,
    decoder=ResponsesDecoder,
    decode_request=decode_request,
    encode_answer=encode_answer,
    encode_error=encode_error,
    encoder=ResponsesEncoder,
)
