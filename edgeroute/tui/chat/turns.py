"""Sending: Enter, the verdict it waits for, the running answer, the queue, and what went wrong."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path

from edgeroute.core.messages import File, Image
from edgeroute.tui.chat import bridge
from edgeroute.tui.chat.attachments import read_attachment
from edgeroute.tui.chat.checker import PromptCheck
from edgeroute.tui.chat.page import ChatPage
from edgeroute.tui.chat.pictures import answer_text, saved
from edgeroute.tui.chat.state import Phase
from edgeroute.tui.chat.strip import blocked, waiting
from edgeroute.tui.commands import parsed
from edgeroute.tui.widgets.composer import Composer


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent, to bring it back where it fails."""

    text: str
    attachments: tuple[File | Image, ...]
    model: str


class ChatTurns(ChatPage):
    """The page with its turns."""

    running: bridge.Bridge | None = None
    sent: Sent | None = None
    recall: int = -1

    async def on_composer_submitted(self) -> None:
        """Enter: a command, a place in the queue, or a message that waits for its verdict."""
        text = self.text
        command = parsed(text)
        if command is not None:
            self.composer.put("")
            await self.run_command(*command)
        elif self.state.phase is Phase.ANSWERING and text:
            self.state = replace(self.state, queue=(*self.state.queue, text))
            self.composer.put("")
            await self.transcript.queue(self.state.queue)
        elif self.state.phase is Phase.IDLE and (text or self.state.attachments):
            check = self.checker.known(self.state.version)
            self.state = replace(self.state, phase=Phase.WAITING)
            self.show_state()
            if check is not None:
                await self.decide(check)
            else:
                self.strip.view = waiting(self.strip.view)
                self.ask(now=True)
        elif self.state.phase is Phase.IDLE and self.state.queue:
            self.run_worker(self.send_queued(), group="send", exclusive=True)

    @abstractmethod
    async def run_command(self, command: object, argument: str) -> None:
        """Run a slash command."""

    def checked(self, check: PromptCheck) -> None:
        """A check is done; an Enter may be waiting for it."""
        super().checked(check)
        if self.state.phase is Phase.WAITING and check.version == self.state.version:
            self.run_worker(self.decide(check), group="send", exclusive=True)

    async def decide(self, check: PromptCheck) -> None:
        """Send what was checked; a check that failed sends nothing."""
        if self.state.phase is not Phase.WAITING:
            return
        if check.explanation is None:
            self.state = replace(self.state, phase=Phase.IDLE)
            self.show_state()
            self.strip.view = blocked(check.error)
            return
        await self.send(self.text)

    async def send(self, text: str, *, here: bool = False) -> None:
        """Send ``text``; ``here`` keeps it local."""
        if not self.state.id:
            row = self.runtime.conversations.create(self.state.mode)
            self.state = replace(self.state, id=row.id)
        state = self.state
        prompt = state.prompt(text)
        request = state.request(prompt, here=here)
        self.sent = Sent(text, state.attachments, state.model)
        self.recall = -1
        self.composer.read_only = False
        if self.text == text:
            self.composer.put("")
        await self.transcript.forget_failure()
        await self.transcript.begin(
            text, [part.name for part in state.attachments if isinstance(part, File)]
        )
        self.request_changed(phase=Phase.ANSWERING, attachments=(), model="auto", replaces="")
        self.running = bridge.Bridge(self.post_message)
        self.running.start(self.runtime.engine.stream(request))

    async def send_queued(self) -> None:
        """Check and send the first prompt of the queue."""
        if not self.state.queue or self.state.phase is not Phase.IDLE:
            return
        text, *rest = self.state.queue
        self.state = replace(self.state, queue=tuple(rest), phase=Phase.WAITING)
        await self.transcript.queue(self.state.queue)
        self.strip.view = waiting(self.strip.view)
        request = self.state.request(self.state.prompt(text))
        check = await self.checker.check(self.state.version, request, text)
        if self.state.phase is not Phase.WAITING:
            self.give_back(text)
            return
        if check.explanation is None:
            self.state = replace(self.state, phase=Phase.IDLE)
            self.show_state()
            self.give_back(text)
            self.strip.view = blocked(check.error)
            return
        await self.send(text)

    def stop(self) -> bool:
        """Stop what runs; whether something did."""
        if self.state.phase is Phase.ANSWERING and self.running is not None:
            self.running.stop()
            return True
        if self.state.phase is Phase.WAITING:
            self.state = replace(self.state, phase=Phase.IDLE)
            self.request_changed()
            return True
        return False

    def give_back(self, text: str) -> None:
        """Put a prompt back into the message box, before what was typed since."""
        self.composer.read_only = False
        self.composer.put("\n\n".join(filter(None, [text, self.composer.text.strip()])))

    # What the engine says

    def on_turn_planned(self, event: bridge.TurnPlanned) -> None:
        """The engine's own decision stands above the message box and on the answer."""
        self.transcript.live_model = event.planned.plan.first.model
        self.show_state()

    def on_turn_trying(self, event: bridge.TurnTrying) -> None:
        """Say who is asked."""
        self.transcript.live_model = event.model
        if self.transcript.live is not None:
            again = f" (attempt {event.number})" if event.number > 1 else ""
            self.transcript.live.progress(f"asking {event.model}{again} · {event.reason}")
        self.show_state()

    async def on_turn_attempted(self, event: bridge.TurnAttempted) -> None:
        """A failed attempt is said in place."""
        attempt = event.attempt
        if attempt.outcome == "failed" and attempt.role == "answer":
            why = attempt.error.replace("_", " ") or attempt.detail
            await self.transcript.note("passed over", f"{attempt.model} failed: {why}")

    async def on_turn_text(self, event: bridge.TurnText) -> None:
        """More of the answer."""
        if self.transcript.live is not None:
            await self.transcript.live.write(event.text)

    def on_turn_thinking(self, event: bridge.TurnThinking) -> None:
        """More of the thinking."""
        if self.transcript.live is not None:
            self.transcript.live.think(event.text)

    async def on_turn_notice(self, event: bridge.TurnNotice) -> None:
        """A notice in place."""
        await self.transcript.note(event.kind.replace("_", " "), event.text)

    async def on_turn_folded(self, event: bridge.TurnFolded) -> None:
        """Another answer takes the place of what was shown."""
        if self.transcript.live is not None:
            await self.transcript.live.fold(event.model, event.text, event.reason)

    async def on_turn_done(self, event: bridge.TurnDone) -> None:
        """The answer is whole; of its pictures the transcript says where they are."""
        if event.answer.images:
            folder = self.runtime.pictures
            for where in await asyncio.to_thread(saved, event.answer, folder, event.receipt.id):
                await self.transcript.note("picture", where)
        await self.transcript.finish(answer_text(event.answer.message), event.receipt)
        self.turn_over()
        self.run_worker(self.send_queued(), group="send", exclusive=True)

    async def on_turn_broken(self, event: bridge.TurnBroken) -> None:
        """Stopped: the partial answer stays. Failed: a card, and the prompt comes back."""
        live = self.transcript.live
        partial = event.partial.text if event.partial else live.text if live else ""
        receipt = self.receipt(event.receipt) if event.receipt else None
        if event.cancelled:
            await self.transcript.note("stopped", "You stopped this answer.")
            await self.transcript.finish(partial, receipt)
            self.turn_over()
            return
        if partial:
            await self.transcript.finish(partial, receipt)
        await self.transcript.fail(event.error.message, event.error.hint, receipt)
        self.turn_over()
        if self.sent is not None and not partial:
            self.request_changed(attachments=self.sent.attachments, model=self.sent.model)
            self.give_back(self.sent.text)

    def turn_over(self) -> None:
        """Idle again; what was said is what the store holds."""
        stored = self.runtime.conversations.turns(self.state.id)
        messages = tuple(message for turn in stored for message in turn.messages)
        row = self.runtime.conversations.get(self.state.id)
        if row is not None:
            self.state = replace(
                self.state,
                title=row.title,
                latched=row.latched,
                latch_reason=row.latch_reason,
            )
        self.transcript.live_model = ""
        self.running = None
        self.request_changed(phase=Phase.IDLE, messages=messages)
        self.refresh_chats()
        self.refresh_money()

    # The message box

    def on_composer_recall(self, event: Composer.Recall) -> None:
        """Walk over what was asked before."""
        prompts = self.runtime.conversations.prompts(100)
        at = self.recall - event.step
        if -1 <= at < len(prompts):
            self.recall = at
            self.composer.put(prompts[at] if at >= 0 else "")

    def on_composer_choice(self, event: Composer.Choice) -> None:
        """A key for the suggestions."""
        if event.what == "up":
            self.suggestions.action_cursor_up()
        elif event.what == "down":
            self.suggestions.action_cursor_down()
        elif event.what == "take":
            self.take_suggestion()
        else:
            self.suggestions.close()

    def take_suggestion(self) -> None:
        """Complete the command, go into the folder, or attach the file."""
        chosen = self.suggestions.chosen
        self.suggestions.close()
        text = self.composer.text
        if chosen.startswith("/"):
            self.composer.put(f"{chosen} ")
            self.composer.post_message(Composer.Submitted())
        elif chosen.endswith("/"):
            self.composer.put(text[: text.rindex("@")] + chosen)
        elif chosen:
            self.composer.put(text[: text.rindex("@")])
            self.attach_file(chosen[1:])

    def attach_file(self, name: str) -> None:
        """Attach a file to the next message; its content is checked like the text."""
        try:
            part = read_attachment(Path(name).expanduser())
        except (OSError, ValueError) as error:
            self.notify(str(error), title="Not attached", severity="error")
            return
        self.request_changed(attachments=(*self.state.attachments, part))
