"""Messages and their parts, free of any provider's wire format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant", "tool"]
FolderLabel = Literal["", "private", "code"]


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """An image, either its bytes or an address that the provider would fetch (never we).

    ``folder`` is how the user labelled the folder it was attached from; it never leaves.
    """

    media_type: str
    data: bytes = b""
    url: str = ""
    detail: str = ""
    folder: FolderLabel = ""


@dataclass(frozen=True, slots=True)
class File:
    """An attached file: its name counts as text that would leave, like its content.

    ``folder`` is how the user labelled the folder it was attached from; it never leaves.
    """

    name: str
    media_type: str
    data: bytes
    folder: FolderLabel = ""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call the model asks for. ``arguments`` is the JSON text exactly as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered to the call ``call_id``; ``name`` is the tool's, where known."""

    call_id: str
    parts: tuple[Text | Image | File | Unreadable, ...]
    name: str = ""
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A model's thinking.

    ``payload`` is the provider's own JSON (signature, encrypted item), replayed byte for byte and
    only to ``origin`` (``provider/family``); every other model never sees it.
    """

    text: str
    origin: str = ""
    payload: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part that we cannot read (audio, video, an unknown type): private by definition.

    ``payload`` is the part's own JSON as the caller sent it.
    """

    kind: str
    payload: str = ""


Part = Text | Image | File | ToolCall | ToolResult | Reasoning | Unreadable


@dataclass(frozen=True, slots=True)
class Message:
    """One turn, or one part of a turn, of a conversation."""

    role: Role
    parts: tuple[Part, ...]
    name: str = ""

    @property
    def text(self) -> str:
        """The message's visible text, without reasoning, tools and attachments."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tool calls in this message."""
        return tuple(part for part in self.parts if isinstance(part, ToolCall))


def system(text: str) -> Message:
    """A system message of plain text."""
    return Message("system", (Text(text),))


def user(text: str) -> Message:
    """A user message of plain text."""
    return Message("user", (Text(text),))


def assistant(text: str) -> Message:
    """An assistant message of plain text."""
    return Message("assistant", (Text(text),))
