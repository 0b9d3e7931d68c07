"""The chat as labelled lines, one after the other: for screen readers, dumb terminals and pipes.

Nothing is redrawn, no line is coloured, and every line says what it is. Textual is not loaded.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
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
from edgeroute.core.words import cost_words, money, plural, sentence
from edgeroute.tui.chat.checker import Checker
from edgeroute.tui.chat.pictures import answer_text, saved
from edgeroute.tui.chat.state import ChatState, opened
from edgeroute.tui.chat.strip import strip_view
from edgeroute.tui.words import (
    MODE_SENTENCES,
    MODE_WORDS,
    MODEL_ALIASES,
    THUMB_WORDS,
    ago,
    dollars,
    receipt_line,
)

if TYPE_CHECKING:
    from edgeroute.engine.recording.feedback import Thumb
    from edgeroute.wiring import Runtime

HELP: Final = """\
Type a message and press Enter. Commands:
  /route TEXT   where a message would go; nothing is sent
  /auto /private /mask   the privacy mode of this chat
  /model NAME   the model for the next message; auto goes back to the rules
  /local        ask the last question again, here only
  /new          begin a new chat
  /chats        list the chats, numbered;  /open NUMBER opens one
  /find WORDS   search all chats
  /why          the last receipt
  /good /bad    what you think of the last answer; /unrated takes it back
  /cost         what was spent
  /quit         leave (also ctrl+d); ctrl+c stops an answer"""


def wanted(environment: Mapping[str, str], *, terminal: bool) -> bool:
    """Whether plain mode is right without being asked for."""
    return (
        bool(environment.get("ACCESSIBLE"))
        or environment.get("TERM", "") in {"", "dumb"}
        or not terminal
    )


class PlainChat:
    """One chat, read and written line by line.

    ``read`` shows a prompt and returns a line, or raises EOFError; ``write`` shows one line.
    """

    def __init__(
        self, runtime: Runtime, read: Callable[[str], str], write: Callable[[str], None]
    ) -> None:
        self._runtime = runtime
        self._read = read
        self._write = write
        self._state = ChatState(mode=runtime.new_mode)
        self._checker = Checker(runtime, lambda _: None)
        self._listed: list[str] = []
        self._last_question = ""
        self._last_receipt = ""

    def run(self) -> int:
        """Talk until the user leaves."""
        self._write("EdgeRoute, plain mode. /help lists the commands, /quit leaves.")
        self._write_mode()
        with asyncio.Runner() as runner:
            try:
                runner.run(self._runtime.warm())
                self._talk(runner)
            finally:
                # Kept connections can be let go of only on the loop that they were opened on.
                runner.run(self._runtime.close())
        return 0

    def _talk(self, runner: asyncio.Runner) -> None:
        while True:
            try:
                line = safe(self._read("You: ")).strip()
                if line == "/quit":
                    return
                if line:
                    runner.run(self._take(line))
            except EOFError:
                return
            except KeyboardInterrupt:
                self._write("Stopped. ctrl+d leaves.")

    async def _take(self, line: str) -> None:
        name, _, argument = line.partition(" ")
        commands: dict[str, Callable[[str], None]] = {
            "/help": lambda _: self._write(HELP),
            "/auto": lambda _: self._set_mode(PrivacyMode.AUTO),
            "/private": lambda _: self._set_mode(PrivacyMode.PRIVATE),
            "/mask": lambda _: self._set_mode(PrivacyMode.MASK),
            "/model": self._set_model,
            "/new": lambda _: self._new(),
            "/chats": lambda _: self._list(),
            "/open": self._open,
            "/find": self._find,
            "/why": lambda _: self._why(),
            "/good": lambda _: self._rate("up"),
            "/bad": lambda _: self._rate("down"),
            "/unrated": lambda _: self._rate(None),
            "/cost": lambda _: self._cost(),
        }
        try:
            if name in commands:
                commands[name](argument.strip())
            elif name == "/route":
                await self._route(argument)
            elif name == "/local" and self._last_question:
                await self._ask(self._last_question, here=True)
            elif name.startswith("/") and "/" not in name[1:]:
                self._write(f"Error: {name} is no command. /help lists them.")
            else:
                await self._ask(line)
        except EdgeRouteError as error:
            self._write(f"Error: {safe_line(str(error), 400)}")

    async def _route(self, text: str, *, here: bool = False) -> bool:
        """Say where ``text`` would go; whether it may be sent."""
        if not text:
            self._write("Error: /route needs a text.")
            return False
        request = self._state.request(self._state.prompt(text), here=here)
        check = await self._checker.check(self._state.version, request, text)
        if check.explanation is None:
            self._write(f"Route: BLOCKED {safe_line(check.error, 400)} Nothing was sent.")
            return False
        view = strip_view(
            check.explanation,
            found=check.findings,
            cards=self._runtime.catalog.cards,
            local_state=(await self._runtime.local.status()).state,
            now=self._runtime.clock.now(),
            last_message=len(self._state.messages),
        )
        self._write(f"Route: {view.word} {view.target}, {view.why} ({view.details})")
        return True

    async def _ask(self, text: str, *, here: bool = False) -> None:
        """Say where it goes, send it, and read the answer aloud."""
        self._last_question = text
        if not await self._route(text, here=here):
            return
        if not self._state.id:
            row = self._runtime.conversations.create(self._state.mode)
            self._state = replace(self._state, id=row.id)
        request = self._state.request(self._state.prompt(text), here=here)
        try:
            await self._write_answer(self._runtime.engine.stream(request))
        finally:
            self._resume(self._state.id)

    async def _write_answer(self, events: AsyncIterator[Event]) -> None:
        """Write whole lines as they come; a line is never taken back."""
        stream, line, label = SafeStream(), "", "Answer: "
        async for event in events:
            if isinstance(event, TextDelta):
                *whole, line = (line + stream.feed(event.text)).split("\n")
                for each in whole:
                    self._write(label + each)
                    label = ""
                continue
            if line:
                self._write(label + line)
                line, label = "", ""
            if isinstance(event, Folded):
                label = "Answer: "
            self._write_event(event)

    def _write_event(self, event: Event) -> None:
        if isinstance(event, Folded):
            reason = sentence(safe_line(event.reason))
            self._write(f"Withdrawn: {safe_line(event.model)}, {reason}")
        elif isinstance(event, Notice):
            word = "Warning" if event.kind in DOUBTS else "Note"
            self._write(f"{word}: {safe_line(event.text, 400)}")
        elif isinstance(event, AttemptEnded) and event.attempt.outcome == "failed":
            self._write(f"Note: {safe_line(event.attempt.model)} failed, {event.attempt.error}.")
        elif isinstance(event, Answered):
            self._last_receipt = event.receipt.id
            for where in saved(event.answer, self._runtime.pictures, event.receipt.id):
                self._write(f"Picture: {safe_line(where, 4096)}")
            self._write("Receipt: " + " · ".join(receipt_line(event.receipt)))
        elif isinstance(event, Failed):
            self._last_receipt = event.receipt.id
            self._write(f"Error: {safe_line(str(event.error), 400)}")

    # Commands

    def _write_mode(self) -> None:
        mode = self._state.mode
        self._write(f"Privacy: {MODE_WORDS[mode]}. {MODE_SENTENCES[mode]}")
        if self._state.latched:
            self._write(f"Privacy: this chat stays local. {safe_line(self._state.latch_reason)}")

    def _set_mode(self, mode: PrivacyMode) -> None:
        if mode.strictness < self._state.mode.strictness:
            if self._state.latched:
                self._write("Error: this chat stays local. /new begins another.")
                return
            question = (
                f"Change from {MODE_WORDS[self._state.mode]} to {MODE_WORDS[mode]}? yes or no: "
            )
            if self._read(question).strip().lower() not in {"y", "yes"}:
                return
        if self._state.id:
            self._runtime.conversations.set_mode(self._state.id, mode)
        self._state = self._state.changed(mode=mode)
        self._write_mode()

    def _set_model(self, name: str) -> None:
        known_names = (*MODEL_ALIASES, *self._runtime.catalog.cards)
        if name not in known_names and self._runtime.catalog.families.read(name) is None:
            self._write(f"Error: there is no model {safe_line(name)}.")
            for known in known_names:
                self._write(f"Model: {safe_line(known)}")
            return
        self._state = self._state.changed(model=name)
        self._write(f"Model: {safe_line(name)} for the next message.")

    def _new(self) -> None:
        self._state = ChatState(mode=self._runtime.new_mode, version=self._state.version + 1)
        self._write("Chat: a new one.")
        self._write_mode()

    def _list(self) -> None:
        now = self._runtime.clock.now()
        chats = self._runtime.conversations.list(50)
        self._listed = [chat.id for chat in chats]
        for number, chat in enumerate(chats, 1):
            place = "stays local" if chat.latched else chat.place or "new"
            title = safe_line(chat.title, 60) or "new chat"
            self._write(f"Chat {number}: {title}, {place}, {ago(chat.updated, now)}")

    def _open(self, number: str) -> None:
        at = int(number) - 1 if number.isdecimal() else -1
        if not 0 <= at < len(self._listed):
            self._write("Error: no such number. /chats lists the chats.")
            return
        self._resume(self._listed[at])
        self._write(f"Chat: {safe_line(self._state.title, 60)}")
        self._write_mode()
        for message in self._state.messages[-4:]:
            who = "You" if message.role == "user" else "Answer"
            if text := answer_text(message):
                self._write(f"{who}: {safe(text)}")

    def _resume(self, chat: str) -> None:
        row = self._runtime.conversations.get(chat)
        if row is not None:
            turns = self._runtime.conversations.turns(chat)
            messages = [message for turn in turns for message in turn.messages]
            self._state = opened(row, messages, self._state.version)

    def _find(self, words: str) -> None:
        hits = self._runtime.conversations.search(words, 20) if words else ()
        self._listed = [hit.conversation for hit in hits]
        for number, hit in enumerate(hits, 1):
            self._write(
                f"Found {number}: {safe_line(hit.title, 50)}: {safe_line(hit.snippet, 120)}"
            )
        if not hits:
            self._write("Found: nothing.")

    def _why(self) -> None:
        receipt = self._runtime.receipts.get(self._last_receipt) if self._last_receipt else None
        if receipt is None:
            self._write("Receipt: none yet.")
            return
        self._write("Receipt: " + " · ".join(receipt_line(receipt)))
        self._write(f"Rule: {safe_line(receipt.rule)}: {safe_line(receipt.why)}")
        self._write(f"Privacy: {safe_line(receipt.privacy_reason)}")
        for number, attempt in enumerate(receipt.attempts, 1):
            sent = f"{attempt.bytes_sent} bytes to {attempt.host}" if attempt.bytes_sent else "none"
            cost = cost_words(attempt.cost)
            self._write(
                f"Attempt {number}: {safe_line(attempt.model)}, {attempt.outcome}, {cost},"
                f" left: {sent}"
            )

    def _rate(self, thumb: Thumb | None) -> None:
        receipt = self._runtime.receipts.get(self._last_receipt) if self._last_receipt else None
        if receipt is None or not receipt.model:
            self._write("Error: there is no answer to rate yet.")
            return
        self._runtime.memory.rate(receipt, thumb)
        self._write(f"Rated: {THUMB_WORDS[thumb] or 'nothing'}.")

    def _cost(self) -> None:
        self._write(f"Today: {dollars(self._runtime.ledger.today())}")
        for row in self._runtime.ledger.rows("model"):
            calls = plural(row.calls, "call")
            self._write(f"Model: {safe_line(row.label)}, {calls}, {money(row.cost)}")


def run(runtime: Runtime) -> int:
    """Run the plain chat on standard input and output; the exit code of the program."""

    def write(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    return PlainChat(runtime, input, write).run()
