"""Values back into the events of a stream that passes as it came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, Protocol

from edgeroute.core.answer import WHOLE, Frame
from edgeroute.privacy.masking.arguments import ArgumentsRestorer
from edgeroute.privacy.masking.restore import Restorer, Values
from edgeroute.wire.errors import WireError
from edgeroute.wire.formats import FRAMES
from edgeroute.wire.json_data import dump_piece, dump_text, load, load_piece
from edgeroute.wire.same_wire import Growing, Object
from edgeroute.word_lists import word_set

_ARGUMENTS: Final = frozenset({"arguments", "input"})


class _Pieces(Protocol):
    """Restores a text that comes in pieces."""

    def feed(self, text: str) -> str:
        """What can be shown now."""
        ...

    def close(self) -> str:
        """What was held back."""
        ...


class FrameRestorer:
    """Puts the values back into the events of one answer.

    ``origin`` is the model's; what it has signed of its thinking goes to the caller sealed.
    """

    def __init__(self, values: Values, wire: str, origin: str) -> None:
        self._values = values
        self._form = FRAMES[wire]
        self._seal = self._form.sealing(origin)
        self._open: dict[tuple[object, ...], tuple[_Pieces, Growing]] = {}
        self._tool = ""

    def feed(self, frame: Frame) -> Iterator[Frame]:
        """The events to show for one that has come."""
        try:
            came: Object | None = dict(load_piece(frame.data))
        except WireError:
            came = None
        if came is None:
            yield from (self._as_frame(frame, event) for event in self._rest())
            yield frame
            return
        for event in self._seal(came):
            if self._form.shuts(event) and not self._form.growing(event):
                yield from (self._as_frame(frame, rest) for rest in self._rest())
            self._restore(event, whole=frame.name == WHOLE)
            same = event == load_piece(frame.data)
            yield frame if same else self._as_frame(frame, event)

    def _as_frame(self, frame: Frame, event: Object) -> Frame:
        name = frame.name if frame.name in {WHOLE, "message"} else str(event.get("type", ""))
        return replace(frame, name=name, data=dump_piece(event).decode())

    def _rest(self) -> Iterator[Object]:
        """Events with what was held back."""
        held, self._open = self._open, {}
        for pieces, growing in held.values():
            if text := pieces.close():
                yield growing.alone(text)

    def _restore(self, event: Object, *, whole: bool) -> None:
        grows = [] if whole else self._form.growing(event)
        said = [growing.holder.pop(growing.field) for growing in grows]
        self._walk(event, "")
        for growing, text in zip(grows, said, strict=True):
            pieces = self._open[growing.key][0] if growing.key in self._open else None
            pieces = pieces or (self._called() if growing.calls else Restorer(self._values))
            shown = pieces.feed(text)
            if self._form.shuts(event):
                shown += pieces.close()
            self._open[growing.key] = pieces, growing
            growing.holder[growing.field] = shown

    def _called(self) -> ArgumentsRestorer:
        return ArgumentsRestorer(self._values, self._tool)

    def _walk(self, value: Any, key: str) -> Any:
        """``value`` with the values in all its strings but signatures; objects change in place."""
        if isinstance(value, dict):
            self._tool = value["name"] if isinstance(value.get("name"), str) else self._tool
            for name, item in value.items():
                value[name] = self._arguments(item) if name in _ARGUMENTS else (
                    self._walk(item, name)
                )  # fmt: skip
        elif isinstance(value, list):
            value[:] = [self._walk(item, key) for item in value]
        elif isinstance(value, str) and key not in word_set("json_fields.sealed_keys"):
            return _whole(value, Restorer(self._values))
        return value

    def _arguments(self, value: Any) -> Any:
        """What a tool is called with, as a text or as the object itself."""
        if isinstance(value, str):
            return _whole(value, self._called())
        written = dump_text(value)
        restored = _whole(written, self._called())
        return value if restored == written else load(restored)


def _whole(text: str, pieces: _Pieces) -> str:
    return pieces.feed(text) + pieces.close()
