"""The wire format of OpenAI Responses."""

from __future__ import annotations

from typing import Final

from edgeroute.wire.format import WireFormat
from edgeroute.wire.openai_chat.answer import encode_error
from edgeroute.wire.openai_responses import passing
from edgeroute.wire.openai_responses.answer import ResponsesEncoder, encode_answer
from edgeroute.wire.openai_responses.caller import decode_request
from edgeroute.wire.openai_responses.request import NAME, encode_request
from edgeroute.wire.openai_responses.stream import ResponsesDecoder
from edgeroute.wire.same_wire import encoded_by, encoder_by, request_by

FORMAT: Final = WireFormat(
    name=NAME,
    path="/responses",
    id_prefix="resp_",
    encode_request=request_by(encode_request, passing.encode_request, NAME),
    decoder=ResponsesDecoder,
    decode_request=decode_request,
    encode_answer=encoded_by(encode_answer, passing.FRAMES),
    encode_error=encode_error,
    headers=frozenset({"openai-beta"}),
    encoder=encoder_by(ResponsesEncoder, passing.FRAMES),
)
