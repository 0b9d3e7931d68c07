"""Sending: Enter, the verdict it waits for, the running answer, the queue, and what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edgeroute.core.events import (
    Answered,
    AttemptEnded,
    AttemptStarted,
    Folded,
    Notice,
    Planned,
    ReasoningDelta,
    TextDelta,
)
from edgeroute.core.messages import File, Image
from edgeroute.core.model_card import Place
from edgeroute.core.reasons import failed
from edgeroute.tui.chat.asking.bridge import Bridge, TurnBroken, TurnStep
from edgeroute.tui.chat.asking.wait import Wait
from edgeroute.tui.chat.checker import PromptCheck
from edgeroute.tui.chat.context import ChatContext
from edgeroute.tui.chat.message_draft import MessageDraft
from edgeroute.tui.chat.page import part_name
from edgeroute.tui.chat.pictures import answer_text, saved
from edgeroute.tui.chat.state import Phase
from edgeroute.tui.chat.strip import blocked, waiting
from edgeroute.tui.widgets.transcript.transcript import Transcript

if TYPE_CHECKING:
    from textual.timer import Timer

LONG_SECONDS: Final = 10.0
_TICK: Final = 1.0


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent, to bring it back where it fails."""

    text: str
    attachments: tuple[File | Image, ...]
    model: str


class Turns:
    """One turn after the other: waiting for its verdict, running, queued. ``on_long`` is called at
    the end of one that took long.
    """

    def __init__(
        self, chat: ChatContext, draft: MessageDraft, on_long: Callable[[], object] = lambda: None
    ) -> None:
        self._chat, self._draft, self.on_long = chat, draft, on_long
        self._bridge: Bridge | None = None
        self._wait = Wait(0.0)
        self._ticking: Timer | None = None
        self._local: frozenset[str] = frozenset()
        self.sent: Sent | None = None
        draft.on_checked = self._checked

    async def submit(self) -> None:
        """Enter: a place in the queue, or a message that waits for its verdict."""
        chat, page = self._chat, self._chat.page
        state, text = chat.state, page.text
        if state.phase is Phase.ANSWERING and text:
            chat.update(queue=(*state.queue, text))
            page.composer.put("")
            await page.transcript.queue(chat.state.queue)
        elif state.phase is Phase.IDLE and (text or state.attachments):
            check = self._draft.check
            chat.update(phase=Phase.WAITING)
            chat.show()
            if check is not None:
                await self._decide(check)
            else:
                page.strip.view = waiting(page.strip.view)
                self._draft.ask(now=True)
        elif state.phase is Phase.IDLE and state.queue:
            chat.run(self._send_queued(), "send")

    def _checked(self, check: PromptCheck) -> None:
        """An Enter may be waiting for the check."""
        if self._chat.state.phase is Phase.WAITING:
            self._chat.run(self._decide(check), "send")

    async def _decide(self, check: PromptCheck) -> None:
        """Send what was checked; a check that failed sends nothing."""
        if self._chat.state.phase is not Phase.WAITING:
            return
        if check.explanation is None:
            self._block(check)
        else:
            await self.send(self._chat.page.text)

    def _block(self, check: PromptCheck, text: str = "") -> None:
        """Say that the check failed, and give back the ``text`` that was to be sent."""
        self._chat.update(phase=Phase.IDLE)
        self._chat.show()
        if text:
            self._give_back(text)
        self._chat.page.strip.view = blocked(check.error)

    async def send(self, text: str, *, here: bool = False) -> None:
        """Send ``text``; ``here`` keeps it local."""
        chat, page = self._chat, self._chat.page
        if not chat.state.id:
            chat.update(id=chat.runtime.conversations.create(chat.state.mode).id)
            self._draft.begun(chat.state.id)
        state = chat.state
        request = state.request(state.prompt(text), here=here)
        self.sent = Sent(text, state.attachments, state.model)
        page.composer.read_only = False
        if page.text == text:
            page.composer.put("")
        await page.transcript.forget_failure()
        await page.transcript.begin(text, [part_name(part) for part in state.attachments])
        self._draft.changed(
            phase=Phase.ANSWERING, attachments=(), model="auto", replaces="", recalled=-1
        )
        self._wait = Wait(self._now())
        self._ticking = self._ticking or chat.screen.set_interval(_TICK, self._tick)
        self._bridge = Bridge(chat.screen.post_message)
        self._bridge.start(chat.runtime.engine.stream(request))

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _tick(self) -> None:
        """Say what the answer is doing."""
        live = self._chat.page.transcript.live
        if live is None:
            return
        live.waiting(self._wait.words(self._now(), self._draft.local))
        if self._wait.here and self._wait.first is None:
            self._chat.run(self._draft.refresh_local(), "local")

    async def _send_queued(self) -> None:
        """Check and send the first prompt of the queue."""
        chat, page, state = self._chat, self._chat.page, self._chat.state
        if not state.queue or state.phase is not Phase.IDLE:
            return
        text, *rest = state.queue
        chat.update(queue=tuple(rest), phase=Phase.WAITING)
        await page.transcript.queue(chat.state.queue)
        page.strip.view = waiting(page.strip.view)
        check = await self._draft.check_text(text)
        if chat.state.phase is not Phase.WAITING:
            self._give_back(text)
        elif check.explanation is None:
            self._block(check, text)
        else:
            await self.send(text)

    async def unqueue(self) -> bool:
        """Bring the last prompt of the queue back into the message box; whether there was one."""
        *rest, last = self._chat.state.queue or ("",)
        if not last:
            return False
        self._chat.update(queue=tuple(rest))
        await self._chat.page.transcript.queue(rest, paused=True)
        self._give_back(last)
        return True

    def stop(self) -> bool:
        """Stop what runs; whether something did."""
        if self._chat.state.phase is Phase.ANSWERING and self._bridge is not None:
            self._bridge.stop()
            return True
        if self._chat.state.phase is Phase.WAITING:
            self._draft.changed(phase=Phase.IDLE)
            return True
        return False

    def _give_back(self, text: str) -> None:
        """Put a prompt back into the message box, before what was typed since."""
        composer = self._chat.page.composer
        composer.read_only = False
        composer.put("\n\n".join(filter(None, [text, composer.text.strip()])))

    async def take(self, step: TurnStep) -> None:
        """Something happened in the running turn."""
        if isinstance(step, Answered):
            await self._answered(step)
        elif isinstance(step, TurnBroken):
            await self._broken(step)
        else:
            self._follow(step)
            await show_step(self._chat.page.transcript, step)
            if isinstance(step, Planned | AttemptStarted):
                self._chat.show()

    def _follow(self, step: TurnStep) -> None:
        """Keep what the wait is about."""
        match step:
            case Planned():
                candidates = step.plan.candidates
                self._local = frozenset(c.model for c in candidates if c.place is Place.LOCAL)
            case AttemptStarted():
                self._wait.asks(here=step.model in self._local)
                self._tick()
            case TextDelta():
                first = self._wait.first is None
                self._wait.said(step.text, self._now())
                if first:
                    self._tick()
            case ReasoningDelta():
                self._wait.thinking = True

    async def _answered(self, step: Answered) -> None:
        """The answer is whole; of its pictures the transcript says where they are."""
        transcript = self._chat.page.transcript
        if step.answer.images:
            folder = self._chat.runtime.pictures
            for where in await asyncio.to_thread(saved, step.answer, folder, step.receipt.id):
                await transcript.note("picture", where)
        await transcript.finish(answer_text(step.answer.message), step.receipt)
        self._over()
        self._chat.run(self._send_queued(), "send")

    async def _broken(self, step: TurnBroken) -> None:
        """Stopped: the partial answer stays. Failed: a card, and the prompt comes back."""
        transcript = self._chat.page.transcript
        live = transcript.live
        partial = step.partial.text if step.partial else live.text if live else ""
        receipt = self._chat.runtime.receipts.get(step.receipt) if step.receipt else None
        if step.cancelled:
            await transcript.note("stopped", "You stopped this answer.")
        if step.cancelled or partial:
            await transcript.finish(partial, receipt)
        if not step.cancelled:
            await transcript.fail(step.error.message, step.error.hint, receipt)
        self._over()
        await transcript.queue(self._chat.state.queue, paused=True)
        if self.sent is not None and not step.cancelled and not partial:
            self._draft.changed(attachments=self.sent.attachments, model=self.sent.model)
            self._give_back(self.sent.text)

    def _over(self) -> None:
        """Idle again; what was said is what the store holds."""
        chat = self._chat
        stored = chat.runtime.conversations.turns(chat.state.id)
        messages = tuple(message for turn in stored for message in turn.messages)
        row = chat.runtime.conversations.get(chat.state.id)
        if row is not None:
            chat.update(title=row.title, latched=row.latched, latch_reason=row.latch_reason)
        chat.page.transcript.live_model = ""
        self._bridge = None
        if self._ticking is not None:
            self._ticking.stop()
            self._ticking = None
        if self._now() - self._wait.began >= LONG_SECONDS:
            self.on_long()
        self._draft.changed(phase=Phase.IDLE, messages=messages)
        chat.show_chats()
        chat.show_money()


async def show_step(transcript: Transcript, step: TurnStep) -> None:
    """Show in ``transcript`` what happened while the answer is under way."""
    live = transcript.live
    match step:
        case Planned():
            transcript.live_model = step.plan.first.model
        case AttemptStarted(number, model, reason):
            transcript.live_model = model
            again = f" (attempt {number})" if number > 1 else ""
            if live is not None:
                live.progress(f"asking {model}{again} · {reason}")
        case AttemptEnded(_, attempt) if attempt.outcome == "failed" and attempt.role == "answer":
            await transcript.note("next", failed(attempt.model, attempt.error))
        case TextDelta(text) if live is not None:
            await live.write(text)
        case ReasoningDelta(text) if live is not None:
            live.think(text)
        case Notice(kind, text):
            await transcript.note(kind.replace("_", " "), text)
        case Folded(model, text, reason) if live is not None:
            await live.fold(model, text, reason)
