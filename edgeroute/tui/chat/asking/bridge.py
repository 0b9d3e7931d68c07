"""The engine's events as messages of the chat app: the only module that knows both."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.message import Message as TextualMessage

from edgeroute.core.answer import Frame
from edgeroute.core.display import SafeStream
from edgeroute.core.errors import Cancelled, EdgeRouteError
from edgeroute.core.events import (
    Answered,
    AttemptEnded,
    AttemptStarted,
    Event,
    Failed,
    Folded,
    ImageDelta,
    Notice,
    Planned,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
)

if TYPE_CHECKING:
    from edgeroute.core.answer import Answer

FLUSH_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class TurnBroken:
    """The turn ended without a whole answer. ``receipt`` is its id, empty where nothing began."""

    error: EdgeRouteError
    receipt: str
    partial: Answer | None = None
    cancelled: bool = False


TurnStep = (
    Planned
    | AttemptStarted
    | AttemptEnded
    | TextDelta
    | ReasoningDelta
    | Notice
    | Folded
    | Answered
    | TurnBroken
)


class TurnEvent(TextualMessage):
    """Something happened in the turn. Streamed text is safe to show."""

    def __init__(self, step: TurnStep) -> None:
        super().__init__()
        self.step = step


@dataclass
class _Buffer:
    """Text of one kind that waits for the next flush."""

    make: Callable[[str], TextDelta | ReasoningDelta]
    post: Callable[[TurnEvent], object]
    stream: SafeStream
    pieces: list[str]
    timer: asyncio.TimerHandle | None = None

    def add(self, text: str) -> None:
        self.pieces.append(self.stream.feed(text))
        if self.timer is None:
            loop = asyncio.get_running_loop()
            self.timer = loop.call_later(FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        text = "".join(self.pieces)
        self.pieces.clear()
        if text:
            self.post(TurnEvent(self.make(text)))


class Bridge:
    """Runs one turn and posts what happens; text is flushed every 100 ms, not per token."""

    def __init__(self, post: Callable[[TurnEvent], object]) -> None:
        self._post = post
        self._text = _Buffer(TextDelta, post, SafeStream(), [])
        self._thinking = _Buffer(ReasoningDelta, post, SafeStream(), [])
        self._task: asyncio.Task[None] | None = None
        self._receipt = ""

    def start(self, events: AsyncGenerator[Event]) -> None:
        """Begin the turn."""
        self._task = asyncio.create_task(self._run(events))

    def stop(self) -> None:
        """Ask the turn to end; its terminal message still comes."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self, events: AsyncGenerator[Event]) -> None:
        terminal = False
        error: EdgeRouteError
        try:
            async with contextlib.aclosing(events):
                async for event in events:
                    terminal = self._translate(event) or terminal
        except asyncio.CancelledError:
            error = Cancelled("Stopped.")
        except EdgeRouteError as raised:
            error = raised
        except Exception as raised:  # noqa: BLE001 - the prompt must survive a defect of the engine
            error = EdgeRouteError(
                f"EdgeRoute itself failed ({type(raised).__name__}).", "The log has the details."
            )
        else:
            error = EdgeRouteError("The answer ended without a result.", "Try again.")
        if not terminal:
            self._flush()
            cancelled = isinstance(error, Cancelled)
            self._post(TurnEvent(TurnBroken(error, self._receipt, cancelled=cancelled)))

    def _flush(self) -> None:
        self._thinking.flush()
        self._text.flush()

    def _translate(self, event: Event) -> bool:
        """Post ``event``; whether it was the terminal one."""
        if isinstance(event, TextDelta):
            self._text.add(event.text)
        elif isinstance(event, ReasoningDelta):
            if event.text:
                self._thinking.add(event.text)
        elif not isinstance(event, ToolCallDelta | ImageDelta | Frame):
            self._flush()
            if isinstance(event, Planned):
                self._receipt = event.receipt_id
            self._post(TurnEvent(_broken(event) if isinstance(event, Failed) else event))
        return isinstance(event, Answered | Failed)


def _broken(event: Failed) -> TurnBroken:
    cancelled = event.status == "cancelled"
    return TurnBroken(event.error, event.receipt.id, event.partial, cancelled)
