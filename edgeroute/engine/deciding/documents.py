"""Attached files for models that take none: what can be read of them stands in their place."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import replace
from threading import Lock
from typing import Any, Final

from edgeroute.core.messages import File, Message, Text, ToolResult
from edgeroute.core.request import ChatRequest

_PDF: Final = "application/pdf"
_KEPT: Final = 4  # a file is read for every draft, every count and every model that is asked
_texts: OrderedDict[bytes, str] = OrderedDict()
_lock = Lock()


def with_text(request: ChatRequest, abilities: Collection[str] = ()) -> ChatRequest:
    """``request`` as a model of these ``abilities`` can read it: the text of a file in its place.

    Who takes files gets PDFs as they are, and whatever a caller wrote in the model's own format.
    """
    native = "files" in abilities

    def shown(part: Any) -> Any:
        if isinstance(part, ToolResult):
            return replace(part, parts=tuple(shown(inner) for inner in part.parts))
        if not isinstance(part, File) or (native and (request.source or part.media_type == _PDF)):
            return part
        return Text(_read(part))

    def whole(message: Message) -> Message:
        parts = tuple(shown(part) for part in message.parts)
        return message if parts == message.parts else replace(message, parts=parts)

    if not may_hold_files(request):
        return request
    messages = tuple(whole(message) for message in request.messages)
    return (
        request
        if messages == request.messages
        else replace(request, messages=messages, source=None)
    )


def may_hold_files(request: ChatRequest) -> bool:
    """Whether ``with_text`` may find something in ``request``."""
    return any(isinstance(p, File | ToolResult) for m in request.messages for p in m.parts)


def _read(file: File) -> str:
    """What a model reads in place of ``file``."""
    name = f"{file.name}\0{file.media_type}\0".encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(name + file.data).digest()
    with _lock:
        if digest not in _texts:
            _texts[digest] = _text_of(file)
            while len(_texts) > _KEPT:
                _texts.popitem(last=False)
        _texts.move_to_end(digest)
        return _texts[digest]


def _text_of(file: File) -> str:
    from edgeroute.privacy.inspecting.attachments import (  # noqa: PLC0415 - brings the PDF reader
        UnreadableFile,
        shown_in,
    )

    try:
        return f"File {file.name}:\n{shown_in(file.media_type, file.data)}"
    except UnreadableFile as error:
        return f"[The file {file.name} is attached here, but cannot be read. {error}]"
