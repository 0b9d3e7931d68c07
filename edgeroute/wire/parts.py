"""Attachments and parts that every format writes in much the same way."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from edgeroute.core.messages import File, Image, Message, Part, Text, ToolCall, Unreadable
from edgeroute.wire.errors import WireError
from edgeroute.wire.json_data import dump_text, load

# The fields in which blocks of one provider's own tools say in words what they are about.
_SAID: Final[Mapping[str, tuple[str, ...]]] = {
    "tool_reference": ("tool_name",),
    "web_search_result": ("title", "url"),
}
Plain = Text | Image | File | Unreadable

_DATA_URL: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+)?((?:;[\w.+-]+=[^;,]*)*);base64,", re.ASCII)
_TEXT_TYPES: Final = (
    "application/json",
    "application/xml",
    "application/x-yaml",
    "application/toml",
)


def encode_base64(data: bytes) -> str:
    """Standard base64 text."""
    return base64.b64encode(data).decode("ascii")


def data_url(media_type: str, data: bytes) -> str:
    """``data`` as a data URL."""
    return f"data:{media_type};base64,{encode_base64(data)}"


def decode_base64(text: str) -> bytes | None:
    """The bytes of base64 ``text``, or None where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def read_data_url(url: str) -> tuple[str, bytes] | None:
    """Media type and bytes of a base64 data URL, or None where it is none."""
    match = _DATA_URL.match(url)
    data = decode_base64(url[match.end() :]) if match else None
    return None if match is None or data is None else (match.group(1) or "text/plain", data)


def image_url(image: Image) -> str:
    """The address of an image: its own, or a data URL of its bytes."""
    return image.url or data_url(image.media_type, image.data)


def image_from_url(url: str, detail: str = "") -> Image | None:
    """An image from an address or a data URL; None where a data URL cannot be read."""
    if not url.startswith("data:"):
        return Image("", url=url, detail=detail) if url else None
    found = read_data_url(url)
    return Image(found[0], found[1], detail=detail) if found else None


def unreadable(part: object) -> Unreadable:
    """A part as it came, for those who may pass it on unread."""
    kind = part.get("type") if isinstance(part, dict) else None
    return Unreadable(str(kind or "unknown"), dump_text(part))


def plain(parts: Iterable[Part]) -> tuple[Plain, ...]:
    """The parts that are content, leaving out reasoning, tool calls and tool results."""
    return tuple(part for part in parts if isinstance(part, Plain))


def leading_systems(messages: Sequence[Message]) -> int:
    """How many messages at the start are system messages."""
    roles = [message.role for message in messages]
    return next((n for n, role in enumerate(roles) if role != "system"), len(roles))


def as_text(part: Plain) -> str:
    """What a model that cannot take ``part`` reads in its place."""
    if isinstance(part, Text):
        return part.text
    if isinstance(part, Image):
        return "[An image is attached here, which this model cannot see.]"
    if isinstance(part, File):
        if part.media_type.startswith("text/") or part.media_type in _TEXT_TYPES:
            return f"File {part.name}:\n{part.data.decode('utf-8', 'replace')}"
        return f"[The file {part.name} is attached here, which this model cannot read.]"
    said = [_named(found) for found in _holders(payload_object(part.payload))]
    return "\n".join(filter(None, said)) or (
        f"[A part of type {part.kind} is attached here, which this model cannot read.]"
    )


def _holders(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A block, or those inside it, such as what a search has found."""
    inner = payload.get("content")
    items = inner if isinstance(inner, list) else []
    return [item for item in items if isinstance(item, Mapping)] or [payload]


def _named(block: Mapping[str, Any]) -> str:
    """What a block names in words, where it is of a kind that only one provider reads."""
    fields = _SAID.get(str(block.get("type")), ())
    said = ": ".join(value for field in fields if isinstance(value := block.get(field), str))
    return f"[{block['type']}: {said}]" if said else ""


def arguments_object(call: ToolCall) -> dict[str, Any]:
    """A tool call's arguments as an object, for formats that want one."""
    try:
        value = load(call.arguments)
    except WireError:
        value = call.arguments
    return value if isinstance(value, dict) else {"arguments": value}


def payload_object(payload: str) -> dict[str, Any]:
    """A kept payload as an object; empty where it is none."""
    try:
        value = load(payload)
    except WireError:
        return {}
    return value if isinstance(value, dict) else {}
