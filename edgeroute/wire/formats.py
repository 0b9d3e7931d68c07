"""The wire formats by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from edgeroute.wire.format import WireFormat
from edgeroute.wire.openai_chat.protocol import OpenAIChat

FORMATS: Final[Mapping[str, WireFormat]] = {each.name: each for each in (OpenAIChat(),)}
