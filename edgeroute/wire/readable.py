"""A request's body as a person reads it: who says what, in the order in which it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from edgeroute.core.sent import SentPart
from edgeroute.core.words import size

_INSTRUCTIONS: Final = ("system", "instructions")
_TALK: Final = ("messages", "input", "contents", "prompt")
_DATA: Final = 256  # characters of an attachment from which on it is counted, not shown


def sent_parts(body: bytes) -> Sequence[SentPart]:
    """All of ``body``: instructions, messages, tools, then the settings of the call.

    Only attachments are shortened to their size. What is no JSON is one part.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return [SentPart("body", body.decode("utf-8", "replace"))]
    if not isinstance(value, dict):
        return [SentPart("body", _json(value))]
    found = [SentPart(name, _text(value.pop(name))) for name in _INSTRUCTIONS if value.get(name)]
    for name in _TALK:
        if value.get(name):
            found += _said(value.pop(name))
    if value.get("tools"):
        found.append(SentPart("tools", _json(value.pop("tools"))))
    if value:
        found.append(SentPart("settings", _json(value)))
    return found


def _said(value: Any) -> Iterator[SentPart]:
    if not isinstance(value, list):
        yield SentPart("user", _text(value))
        return
    for item in value:
        if not isinstance(item, dict):
            yield SentPart("user", _text(item))
            continue
        rest = dict(item)
        label = str(rest.pop("role", "") or rest.pop("type", "") or "message")
        if label == "message" or rest.get("type") == "message":
            rest.pop("type", None)
        text = _text(rest.pop("content")) if rest.get("content") else ""
        yield SentPart(label, "\n".join(filter(None, [text, _json(rest) if rest else ""])))


def _text(value: Any) -> str:
    """The words of a content: its texts as they are, all else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(_text(one) for one in value)
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        kind = str(value.get("type", "text"))
        rest = {name: one for name, one in value.items() if name not in {"text", "type"}}
        if kind in {"text", "input_text", "output_text"} and not rest:
            return str(value["text"])
    return _json(value)


def _json(value: Any) -> str:
    return json.dumps(_shortened(value), ensure_ascii=False, indent=1)


def _shortened(value: Any, name: str = "") -> Any:
    """``value`` with the bytes of attachments as their number."""
    if isinstance(value, dict):
        return {key: _shortened(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_shortened(one, name) for one in value]
    if isinstance(value, str) and len(value) > _DATA:
        head, mark, data = value[:_DATA].partition(";base64,")
        if mark and head.startswith("data:"):
            return f"[{head}, {size((len(value) - len(head)) * 3 // 4)}]"
        if name in {"data", "file_data"} and " " not in data:
            return f"[attachment, {size(len(value) * 3 // 4)}]"
    return value
