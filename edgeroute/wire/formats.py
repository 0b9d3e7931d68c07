"""The wire formats by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from edgeroute.wire import anthropic_messages, openai_chat, openai_images, openai_responses
from edgeroute.wire.anthropic_messages import passing as messages_passing
from edgeroute.wire.format import WireFormat
from edgeroute.wire.openai_chat import passing as chat_passing
from edgeroute.wire.openai_responses import compacting
from edgeroute.wire.openai_responses import passing as responses_passing
from edgeroute.wire.same_wire import FrameFormat

FORMATS: Final[Mapping[str, WireFormat]] = {
    each.name: each
    for each in (openai_chat.FORMAT, anthropic_messages.FORMAT, openai_responses.FORMAT)
}
"""Those that answer a conversation with text."""

FRAMES: Final[Mapping[str, FrameFormat]] = {
    each.wire: each
    for each in (
        chat_passing.FRAMES,
        messages_passing.FRAMES,
        responses_passing.FRAMES,
        replace(responses_passing.FRAMES, wire=compacting.FORMAT.name),
    )
}
"""How their events pass to a caller who speaks the same."""

IMAGES: Final = openai_images.FORMAT
PASSING: Final[Mapping[str, WireFormat]] = {**FORMATS, compacting.FORMAT.name: compacting.FORMAT}
"""Those in which a caller's own body goes to a provider that speaks the same."""

WIRES: Final[Mapping[str, WireFormat]] = {**PASSING, IMAGES.name: IMAGES}
"""All that goes out."""
