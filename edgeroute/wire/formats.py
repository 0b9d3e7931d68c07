"""The wire formats by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from edgeroute.wire import anthropic_messages, openai_chat, openai_responses
from edgeroute.wire.format import WireFormat

FORMATS: Final[Mapping[str, WireFormat]] = {
    each.name: each
    for each in (openai_chat.FORMAT, anthropic_messages.FORMAT, openai_responses.FORMAT)
}
