"""The wire formats by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from edgeroute.wire import anthropic_messages, openai_chat, openai_images, openai_responses
from edgeroute.wire.format import WireFormat

FORMATS: Final[Mapping[str, WireFormat]] = {
    each.name: each
    for each in (openai_chat.FORMAT, anthropic_messages.FORMAT, openai_responses.FORMAT)
}
"""Those that answer a conversation with text."""

IMAGES: Final = openai_images.FORMAT
WIRES: Final[Mapping[str, WireFormat]] = {**FORMATS, IMAGES.name: IMAGES}
"""All that the catalog's models speak."""
