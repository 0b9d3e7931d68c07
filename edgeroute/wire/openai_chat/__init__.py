"""The wire format of OpenAI chat completions, which most providers speak."""

from __future__ import annotations

from typing import Final

from edgeroute.wire.format import WireFormat
from edgeroute.wire.openai_chat.answer import ChatEncoder, encode_answer, encode_error
from edgeroute.wire.openai_chat.caller import decode_request
from edgeroute.wire.openai_chat.request import NAME, encode_request
from edgeroute.wire.openai_chat.stream import ChatDecoder

FORMAT: Final = WireFormat(
    name=NAME,
    path="/chat/completions",
    id_prefix="chatcmpl-",
    encode_request=encode_request,
    decoder=ChatDecoder,
    decode_request=decode_request,
    encode_answer=encode_answer,
    encode_error=encode_error,
    encoder=ChatEncoder,
)
