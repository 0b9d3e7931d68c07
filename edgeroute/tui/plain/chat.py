"""One chat in plain mode: what is entered is asked or done, and what comes is written as lines."""

from __future__ import annotations

import asyncio
import select
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from inspect import isawaitable
from typing import TYPE_CHECKING, Final

from edgeroute.core.display import SafeStream, safe, safe_line
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.events import (
    DOUBTS,
    Answered,
    AttemptEnded,
    Event,
    Failed,
    Folded,
    Notice,
    TextDelta,
)
from edgeroute.core.verdict import PrivacyMode
from edgeroute.core.words import sentence
from edgeroute.tui.chat.checker import Checker
from edgeroute.tui.chat.pictures import saved
from edgeroute.tui.chat.state import ChatState
from edgeroute.tui.chat.strip import strip_view
from edgeroute.tui.plain.chats import PlainChats
from edgeroute.tui.plain.commands import PlainCommand, help_lines, is_command, mistyped
from edgeroute.tui.plain.context import PlainContext
from edgeroute.tui.plain.message import PlainMessage
from edgeroute.tui.plain.records import PlainRecords
from edgeroute.tui.plain.setting_up import PlainSetup
from edgeroute.tui.words import receipt_line

if TYPE_CHECKING:
    from edgeroute.wiring import Runtime

# A terminal hands over a pasted text line by line, faster than anybody types.
_PASTED_SECONDS: Final = 0.05


class PlainChat:
    """One chat, read and written line by line.

    ``read`` shows a prompt and returns what was entered, or raises EOFError; ``write`` shows one
    line.
    """

    def __init__(
        self, runtime: Runtime, read: Callable[[str], str], write: Callable[[str], None]
    ) -> None:
        self._runtime = runtime
        self._talk = talk = PlainContext(runtime, read, write, ChatState(mode=runtime.new_mode))
        self._checker = Checker(runtime, lambda _: None)
        self._chats = PlainChats(talk)
        self._entered = ""
        groups = (
            PlainMessage(talk, self._take_later),
            self._chats,
            PlainRecords(talk),
            PlainSetup(talk),
        )
        self._commands = [*self._own(), *(each for group in groups for each in group.commands())]

    def _own(self) -> list[PlainCommand]:
        return [
            PlainCommand("/help", "", "these commands", lambda _: self._help()),
            PlainCommand("/route", "TEXT", "where a message would go; nothing is sent", self._plan),
            PlainCommand(
                "/retry", "", "ask the last question again", lambda _: self._again(here=False)
            ),
            PlainCommand("/local", "", "the same, here only", lambda _: self._again(here=True)),
            PlainCommand(
                "/quit", "", "leave (also ctrl+d); ctrl+c stops an answer", lambda _: None
            ),
        ]

    def run(self) -> int:
        """Talk until the user leaves."""
        self._talk.write("EdgeRoute, plain mode. /help lists the commands, /quit leaves.")
        self._chats.say_mode()
        with asyncio.Runner() as runner:
            try:
                runner.run(self._runtime.warm())
                self._loop(runner)
            finally:
                self._chats.erase()
                # Kept connections can be let go of only on the loop that they were opened on.
                runner.run(self._runtime.close())
        return 0

    def _loop(self, runner: asyncio.Runner) -> None:
        while True:
            try:
                entered = self._entered or safe(self._talk.read("You: ")).rstrip()
                self._entered = ""
                if entered.strip() == "/quit":
                    return
                if entered.strip():
                    runner.run(self._take(entered))
            except EOFError:
                return
            except KeyboardInterrupt:
                self._talk.write("Stopped. ctrl+d leaves.")

    def _take_later(self, text: str) -> None:
        """A message that a command has read; a space keeps it from being a command."""
        self._entered = f" {safe(text)}" if text.strip() else ""

    async def _take(self, entered: str) -> None:
        """A command, or something to ask."""
        try:
            if not is_command(entered):
                await self._ask(entered.strip())
                return
            name, _, argument = entered.partition(" ")
            mode = next((mode for mode in PrivacyMode if name == f"/{mode.value}"), None)
            found = next((one for one in self._commands if name in one.names.split()), None)
            if mode is not None:
                self._chats.set_mode(mode)
            elif found is None:
                self._talk.error(mistyped(safe_line(name, 40), self._commands))
            elif isawaitable(result := found.run(argument.strip())):
                await result
        except EdgeRouteError as error:
            self._talk.error(str(error))

    def _help(self) -> None:
        for line in help_lines(self._commands):
            self._talk.write(line)

    async def _plan(self, text: str) -> None:
        """Where ``text`` would go."""
        if text:
            await self._route(text)
        else:
            self._talk.error("/route needs a text.")

    async def _again(self, *, here: bool) -> None:
        """The last question once more, in the place of the one that was answered."""
        talk = self._talk
        if not talk.question:
            talk.error("nothing was asked yet.")
            return
        if talk.state.questions[-1:] == [talk.question]:
            stored = self._runtime.conversations
            *before, last = stored.turns(talk.state.id)
            stored.keep_turns(talk.state.id, len(before))
            talk.resume(talk.state.id)
            talk.state = replace(talk.state, replaces=last.receipt)
        await self._ask(talk.question, here=here)

    async def _route(self, text: str, *, here: bool = False) -> bool:
        """Say where ``text`` would go; whether it may be sent."""
        request = self._talk.state.request(self._talk.state.prompt(text), here=here)
        check = await self._checker.check(self._talk.state.version, request, text)
        if check.explanation is None:
            self._talk.write(f"Route: BLOCKED {safe_line(check.error, 400)} Nothing was sent.")
            return False
        view = strip_view(
            check.explanation,
            found=check.findings,
            cards=self._runtime.catalog.cards,
            local_state=(await self._runtime.local.status()).state,
            now=self._runtime.clock.now(),
            last_message=len(self._talk.state.context),
        )
        self._talk.write(f"Route: {view.word} {view.target}, {view.why} ({view.details})")
        return True

    async def _ask(self, text: str, *, here: bool = False) -> None:
        """Say where it goes, send it, and read the answer aloud."""
        self._talk.question = text
        if not await self._route(text, here=here):
            return
        if not self._talk.state.id:
            row = self._runtime.conversations.create(self._talk.state.mode)
            self._runtime.conversations.keep_note(row.id, "system", self._talk.state.system)
            self._talk.state = replace(self._talk.state, id=row.id)
        before = self._talk.state
        request = before.request(before.prompt(text), here=here)
        answered = False
        try:
            answered = await self._write_answer(self._runtime.engine.stream(request))
        finally:
            self._talk.resume(before.id)
            if not answered:  # what was attached is still to be sent
                kept = replace(self._talk.state, attachments=before.attachments)
                self._talk.state = kept

    async def _write_answer(self, events: AsyncIterator[Event]) -> bool:
        """Write whole lines as they come; a line is never taken back. Whether it was answered."""
        answered = False
        stream, line, label = SafeStream(), "", "Answer: "
        async for event in events:
            if isinstance(event, TextDelta):
                *whole, line = (line + stream.feed(event.text)).split("\n")
                for each in whole:
                    self._talk.write(label + each)
                    label = ""
                continue
            if line:
                self._talk.write(label + line)
                line, label = "", ""
            if isinstance(event, Folded):
                label = "Answer: "
            answered = isinstance(event, Answered)
            self._write_event(event)
        return answered

    def _write_event(self, event: Event) -> None:
        if isinstance(event, Folded):
            reason = sentence(safe_line(event.reason))
            self._talk.write(f"Withdrawn: {safe_line(event.model)}, {reason}")
        elif isinstance(event, Notice):
            word = "Warning" if event.kind in DOUBTS else "Note"
            self._talk.write(f"{word}: {safe_line(event.text, 400)}")
        elif isinstance(event, AttemptEnded) and event.attempt.outcome == "failed":
            self._talk.write(
                f"Note: {safe_line(event.attempt.model)} failed, {event.attempt.error}."
            )
        elif isinstance(event, Answered):
            self._talk.receipt = event.receipt.id
            for where in saved(event.answer, self._runtime.pictures, event.receipt.id):
                self._talk.write(f"Picture: {safe_line(where, 4096)}")
            self._talk.write("Receipt: " + " · ".join(receipt_line(event.receipt)))
        elif isinstance(event, Failed):
            self._talk.receipt = event.receipt.id
            self._talk.error(str(event.error))


def run(runtime: Runtime) -> int:
    """Run the plain chat on standard input and output; the exit code of the program."""

    def write(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def read(prompt: str) -> str:
        lines = [input(prompt)]
        while not is_command(lines[0]) and pasting():
            lines.append(input())
        if len(lines) > 1:
            write(f"Pasted: {len(lines)} lines. Enter sends them, a word before it goes with them.")
            lines.append(input())
        return "\n".join(lines).rstrip()

    return PlainChat(runtime, read, write).run()


def pasting() -> bool:
    """Whether a terminal holds more lines already, as it does of a pasted text."""
    if not sys.stdin.isatty():
        return False
    return bool(select.select([sys.stdin], [], [], _PASTED_SECONDS)[0])
