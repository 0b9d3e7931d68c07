"""The wire format of Anthropic Messages."""

from __future__ import annotations

from typing import Final

from edgeroute.wire.anthropic_messages.answer import (
    PING,
    MessagesEncoder,
    encode_answer,
    encode_error,
)
from edgeroute.wire.anthropic_messages.caller import decode_request
from edgeroute.wire.anthropic_messages.request import NAME, encode_request
from edgeroute.wire.anthropic_messages.stream import MessagesDecoder
from edgeroute.wire.format import WireFormat

FORMAT: Final = WireFormat(
    name=NAME,
    path="/messages",
    id_prefix="msg_",
    encode_request=encode_request,
    decoder=MessagesDecoder,
    decode_request=decode_request,
    encode_answer=encode_answer,
    encode_error=encode_error,
    encoder=MessagesEncoder,
    keep_alive=PING,
)
