"""The wire format of Anthropic Messages."""

from __future__ import annotations

from typing import Final

from edgeroute.wire.anthropic_messages import passing
from edgeroute.wire.anthropic_messages.answer import (
    MessagesEncoder,
    encode_answer,
    encode_error,
)
from edgeroute.wire.anthropic_messages.caller import decode_request
from edgeroute.wire.anthropic_messages.request import NAME, encode_request
from edgeroute.wire.anthropic_messages.stream import MessagesDecoder
from edgeroute.wire.format import WireFormat
from edgeroute.wire.same_wire import encoded_by, encoder_by, request_by

FORMAT: Final = WireFormat(
    name=NAME,
    path="/messages",
    id_prefix="msg_",
    encode_request=request_by(encode_request, passing.encode_request, NAME),
    decoder=MessagesDecoder,
    decode_request=decode_request,
    encode_answer=encoded_by(encode_answer, passing.FRAMES),
    encode_error=encode_error,
    encoder=encoder_by(MessagesEncoder, passing.FRAMES),
    request_id="request-id",
    headers=frozenset({"anthropic-beta", "anthropic-version"}),
)
