"""A model's whole answer, and how it is put together from a stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from edgeroute.core.messages import Image, Message, Part, Reasoning, Text, ToolCall
from edgeroute.core.usage import Usage

WHOLE: Final = "whole"
FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "refusal"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One event of a provider's stream as it came, for a caller who speaks the same ``wire``.

    ``name`` is the event's, or ``WHOLE`` where ``data`` is an answer in one piece. The deltas that
    follow it say the same for everybody else; ``untold`` says that something visible has come, such
    as a search by the provider itself, of which no delta tells.
    """

    wire: str
    name: str
    data: str
    untold: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """An assistant message with how it ended and what it used.

    ``model`` is the friendly id that answered. ``complete`` is false where the stream broke off.
    ``frames`` is how it came, where its caller speaks the same wire. ``stop`` is the stop sequence
    at which it ended, where that is known.
    """

    message: Message
    finish: FinishReason
    usage: Usage
    model: str
    complete: bool = True
    frames: tuple[Frame, ...] = ()
    stop: str = ""

    @property
    def text(self) -> str:
        """The visible text."""
        return self.message.text

    @property
    def images(self) -> tuple[Image, ...]:
        """The pictures that were drawn."""
        return tuple(part for part in self.message.parts if isinstance(part, Image))


class AnswerDraft:
    """Collects the pieces of a stream in the order in which they came."""

    def __init__(self, model: str, origin: str = "") -> None:
        self.model = model
        self.usage = Usage()
        self.finish: FinishReason | None = None
        self.stop = ""
        self._origin = origin
        self._parts: list[tuple[str, list[str]]] = []
        self._calls: dict[int, list[str]] = {}
        self._images: list[Image] = []
        self._frames: list[Frame] = []

    def add_text(self, text: str) -> None:
        """Append visible text."""
        self._extend("text", text)

    def add_reasoning(self, text: str, payload: str = "") -> None:
        """Append thinking; ``payload`` closes the current block with the provider's own JSON."""
        if text:
            self._extend("reasoning", text)
        if payload:
            self._parts.append(("payload", [payload]))

    def add_tool_call(self, index: int, id: str, name: str, arguments: str) -> None:  # noqa: A002
        """Append a piece of tool call ``index``."""
        if index not in self._calls:
            self._calls[index] = ["", "", ""]
            self._parts.append(("call", [str(index)]))
        call = self._calls[index]
        call[0] = call[0] or id
        call[1] = call[1] or name
        call[2] += arguments

    def add_image(self, image: Image) -> None:
        """Append a picture."""
        self._parts.append(("image", [str(len(self._images))]))
        self._images.append(image)

    def add_frame(self, frame: Frame) -> None:
        """Keep an event as it came."""
        self._frames.append(frame)

    def _extend(self, kind: str, text: str) -> None:
        if self._parts and self._parts[-1][0] == kind:
            self._parts[-1][1].append(text)
        else:
            self._parts.append((kind, [text]))

    @property
    def empty(self) -> bool:
        """Whether nothing visible (text, picture, tool call or what only its wire tells) came."""
        untold = bool(self._frames) and self._frames[-1].untold
        return not untold and not any(kind in {"text", "image", "call"} for kind, _ in self._parts)

    def answer(self) -> Answer:
        """The answer so far; ``complete`` only once the model has said that it ended."""
        parts: list[Part] = []
        for kind, pieces in self._parts:
            text = "".join(pieces)
            if kind == "text":
                parts.append(Text(text))
            elif kind == "reasoning":
                parts.append(Reasoning(text, self._origin))
            elif kind == "payload":
                if parts and isinstance(parts[-1], Reasoning) and not parts[-1].payload:
                    parts[-1] = Reasoning(parts[-1].text, self._origin, text)
                else:
                    parts.append(Reasoning("", self._origin, text))
            elif kind == "image":
                parts.append(self._images[int(text)])
            else:
                call_id, name, arguments = self._calls[int(text)]
                parts.append(ToolCall(call_id, name, arguments or "{}"))
        return Answer(
            Message("assistant", tuple(parts)),
            self.finish or "length",
            self.usage,
            self.model,
            complete=self.finish is not None,
            frames=tuple(self._frames),
            stop=self.stop,
        )
