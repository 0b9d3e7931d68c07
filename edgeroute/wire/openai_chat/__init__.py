"""The wire format of OpenAI chat completions, which most providers speak."""

from __future__ import annotations

from typing import Final

from edgeroute.wire.format import WireFormat
from edgeroute.wire.openai_chat import passing
from edgeroute.wire.openai_chat.answer import ChatEncoder, encode_answer, encode_error
from edgeroute.wire.openai_chat.caller import decode_request
from edgeroute.wire.openai_chat.request import NAME, encode_request
from edgeroute.wire.openai_chat.stream import ChatDecoder
from edgeroute.wire.same_wire import encoded_by, encoder_by, request_by

FORMAT: Final = WireFormat(
    name=NAME,
    path="/chat/completions",
    id_prefix="chatcmpl-",
    encode_request=request_by(encode_request, passing.encode_request, NAME),
    decoder=ChatDecoder,
    decode_request=decode_request,
    encode_answer=encoded_by(encode_answer, passing.FRAMES),
    encode_error=encode_error,
    headers=frozenset({"openai-beta"}),
    encoder=encoder_by(ChatEncoder, passing.FRAMES),
)
