"""Messages and other nouns as JSON text and back, without losing anything.

Text may hold halves of signs, which UTF-8 cannot: JSON escapes keep them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, get_args

import msgspec

from edgeroute.core.messages import Message, Part, Text, ToolCall, ToolResult

T = TypeVar("T")

_ENCODER: Final = msgspec.json.Encoder()
_KINDS: Final = {kind.__name__: kind for kind in get_args(Part)}


def dump(value: object) -> str:
    """``value`` (builtins, dataclasses, Decimal, datetime) as compact JSON text."""
    try:
        return _ENCODER.encode(value).decode()
    except UnicodeEncodeError:  # it refuses halves of signs
        return json.dumps(msgspec.to_builtins(value), separators=(",", ":"))


def load(text: str, kind: type[T]) -> T:
    """What ``dump`` made of a ``kind``."""
    return msgspec.convert(json.loads(text), kind)


def dump_messages(messages: Iterable[Message]) -> str:
    """``messages`` as JSON text, attachments in base64."""
    content = [
        {"role": message.role, "name": message.name, "parts": [_plain(p) for p in message.parts]}
        for message in messages
    ]
    return json.dumps(content, separators=(",", ":"))


def load_messages(text: str) -> tuple[Message, ...]:
    """What ``dump_messages`` was given."""
    return tuple(
        Message(item["role"], tuple(_part(part) for part in item["parts"]), item["name"])
        for item in json.loads(text)
    )


def visible_text(messages: Sequence[Message]) -> str:
    """The text of ``messages`` that a person would search for."""
    lines: list[str] = []
    for message in messages:
        for part in message.parts:
            if isinstance(part, Text):
                lines.append(part.text)
            elif isinstance(part, ToolCall):
                lines.append(f"{part.name} {part.arguments}")
            elif isinstance(part, ToolResult):
                lines += [inner.text for inner in part.parts if isinstance(inner, Text)]
    return printable("\n".join(lines))


def printable(text: str) -> str:
    """``text`` as SQLite can store it: lone surrogates become question marks, NUL a space."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


def stamp(moment: datetime) -> str:
    """``moment`` as text that sorts by time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def moment(text: str) -> datetime:
    """What ``stamp`` was given, in UTC."""
    return datetime.fromisoformat(text)


def _plain(part: Part) -> dict[str, Any]:
    content: dict[str, Any] = {"part": type(part).__name__}
    for field in fields(part):
        value = getattr(part, field.name)
        if isinstance(value, bytes):
            value = base64.b64encode(value).decode("ascii")
        elif isinstance(part, ToolResult) and field.name == "parts":
            value = [_plain(inner) for inner in value]
        content[field.name] = value
    return content


def _part(content: dict[str, Any]) -> Part:
    values = dict(content)
    kind = _KINDS[values.pop("part")]
    if "data" in values:
        values["data"] = base64.b64decode(values["data"])
    if kind is ToolResult:
        values["parts"] = tuple(_part(inner) for inner in values["parts"])
    return kind(**values)  # type: ignore[no-any-return]
