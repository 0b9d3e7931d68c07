"""Signs that a stream cuts in two: a half waits for the other, which comes with the next piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from typing import Final, TypeVar

from edgeroute.core.events import Delta, Finish, ReasoningDelta, TextDelta, ToolCallDelta
from edgeroute.wire.json_data import scrub

_Key = tuple[object, ...]
_Growing = TextDelta | ReasoningDelta | ToolCallDelta
_GROWS: Final = {TextDelta: "text", ReasoningDelta: "text", ToolCallDelta: "arguments"}
T = TypeVar("T", bound=_Growing)


class WholeSigns:
    """Joins the halves in the deltas of one answer."""

    def __init__(self) -> None:
        self._held: dict[_Key, tuple[_Growing, str]] = {}

    def feed(self, deltas: Iterable[Delta]) -> Iterator[Delta]:
        """``deltas`` without a half at the end of their texts."""
        for delta in deltas:
            if isinstance(delta, TextDelta) and not self._held and delta.text.isascii():
                yield delta
                continue
            if isinstance(delta, Finish):
                yield from self.close()
            yield self._joined(delta) if isinstance(delta, _Growing) else delta

    def close(self) -> Iterator[Delta]:
        """The halves of which the others never came."""
        held, self._held = self._held, {}
        for delta, half in held.values():
            yield _with(delta, scrub(half))

    def _joined(self, delta: T) -> T:
        field = _GROWS[type(delta)]
        key = (type(delta), getattr(delta, "index", 0))
        text = getattr(delta, field)
        if not self._held and text.isascii() and not isinstance(delta, ToolCallDelta):
            return delta
        held = self._held.pop(key, None)
        text = (held[1] if held else "") + text
        if text and "\ud800" <= text[-1] <= "\udbff":
            self._held[key] = delta, text[-1]
            text = text[:-1]
        clean = {
            each.name: scrub(getattr(delta, each.name))
            for each in fields(delta)
            if each.name not in {"index", field}
        }
        return replace(delta, **clean, **{field: scrub(text)})


def _with(delta: _Growing, text: str) -> Delta:
    if isinstance(delta, ToolCallDelta):
        return ToolCallDelta(delta.index, arguments=text)
    return type(delta)(text)
