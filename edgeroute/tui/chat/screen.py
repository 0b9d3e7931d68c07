"""The chat screen: everything its keys and commands do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen

from edgeroute.core.display import safe_line
from edgeroute.core.errors import StoreError
from edgeroute.tui.chat.composer_actions import ChatMessage
from edgeroute.tui.chat.state import Phase
from edgeroute.tui.commands import SlashCommand
from edgeroute.tui.keymap import CHAT, ON_MESSAGE, bindings
from edgeroute.tui.screens.help import HelpScreen
from edgeroute.tui.screens.picker import Picker, PickerItem, filtered
from edgeroute.tui.screens.providers import ProvidersScreen
from edgeroute.tui.screens.receipt import ReceiptScreen
from edgeroute.tui.screens.spend import SpendScreen
from edgeroute.tui.widgets.transcript.block import AnswerBlock, Block
from edgeroute.tui.widgets.transcript.error_card import ErrorCard
from edgeroute.tui.words import ago, cost_words

if TYPE_CHECKING:
    from edgeroute.engine.recording.feedback import Thumb
    from edgeroute.tui.app import ChatApp
    from edgeroute.tui.ports import RuntimePort

TWICE_SECONDS = 2.0
BLOCK_KEYS = frozenset(key for action in ON_MESSAGE for key in action.keys.split(","))


def chat_screen(runtime: RuntimePort, keys: Mapping[str, str]) -> ChatScreen:
    """The chat with ``keys`` by action id; an action without a key has none."""

    class Bound(ChatScreen, inherit_bindings=False):
        BINDINGS: ClassVar[list[BindingType]] = [
            *Screen.BINDINGS,
            *bindings(CHAT, keys, first=True),
        ]

    return Bound(runtime)


class ChatScreen(ChatMessage):
    """The chat."""

    app: ChatApp
    _last_press: tuple[str, float] = ("", 0.0)

    async def run_command(self, command: object, argument: str) -> None:
        """Run a slash command, with its argument where it takes one."""
        assert isinstance(command, SlashCommand)
        if command.argument and argument:
            getattr(self, f"action_{command.action}")(argument)
        else:
            await self.run_action(command.action)

    def twice(self, key: str) -> bool:
        """Whether ``key`` is pressed for the second time in two seconds."""
        now = asyncio.get_running_loop().time()
        before, self._last_press = self._last_press, (key, now)
        return before[0] == key and now - before[1] < TWICE_SECONDS

    # Answer

    async def action_stop(self) -> None:
        """Close the suggestions, leave a block, stop the answer; twice when idle: edit the last."""
        if self.suggestions.open:
            self.suggestions.close()
        elif not self.composer.has_focus:
            self.composer.focus()
        elif self.stop():
            return
        elif self.state.queue:
            self.state = replace(self.state, queue=self.state.queue[:-1])
            await self.transcript.queue(self.state.queue)
        elif self.twice("escape") and not self.text and self.state.messages:
            questions = [m.text for m in self.state.messages if m.role == "user"]
            await self.edit(len(questions) - 1, questions[-1])

    async def edit(self, turn: int, text: str) -> None:
        """Ask question ``turn`` differently, in a fork: nothing is lost."""
        replaced = self.receipt_of(turn)
        await self.fork(turn)
        self.state = replace(self.state, replaces=replaced)
        self.composer.put(text)
        self.composer.focus()

    async def action_block(self, step: int) -> None:
        """Move the block cursor; below the last block is the message box."""
        if not await self.transcript.move(step):
            self.composer.focus()

    async def on_block_asked(self, event: Block.Asked) -> None:
        """A key on a question or an answer."""
        block = event.block
        if event.what == "copy":
            self.copy(block.chosen_text)
        elif event.what == "branch":
            await self.fork(block.turn + 1)
        elif event.what == "details":
            self.show_receipt(block)
        elif event.what in {"up", "down"}:
            self.rate(self.transcript.answer(block.turn), event.what)
        elif self.state.phase is Phase.IDLE:
            question = self.question(block.turn)
            if question is None:
                return
            if event.what == "edit":
                await self.edit(block.turn, question)
            else:
                await self.ask_again(block.turn, question, here=event.what == "again_local")

    def question(self, turn: int) -> str | None:
        """The text of question number ``turn``."""
        questions = [m.text for m in self.state.messages if m.role == "user"]
        return questions[turn] if turn < len(questions) else None

    def receipt_of(self, turn: int) -> str:
        """The receipt of the answer in exchange ``turn``; empty where there is none."""
        turns = self.runtime.conversations.turns(self.state.id)
        return turns[turn].receipt if turn < len(turns) else ""

    async def ask_again(self, turn: int, question: str, *, here: bool) -> None:
        """Ask the last question anew in its place; an earlier one in a fork, so nothing is lost."""
        self.composer.focus()
        replaced = self.receipt_of(turn)
        if turn + 1 == len(self.runtime.conversations.turns(self.state.id)):
            self.runtime.conversations.keep_turns(self.state.id, turn)
            await self.open_chat(self.state.id)
        else:
            await self.fork(turn)
        self.state = replace(self.state, replaces=replaced)
        await self.send(question, here=here)

    async def action_again(self, *, here: bool = False) -> None:
        """Ask the last question again; after a failure, the one that failed."""
        if self.state.phase is not Phase.IDLE:
            return
        questions = [m.text for m in self.state.messages if m.role == "user"]
        kept = self.sent is not None and questions[-1:] == [self.sent.text]
        if self.transcript.query(ErrorCard) and self.sent is not None and not kept:
            text = self.sent.text
            if self.text == text:
                self.composer.put("")
            await self.send(text, here=here)
        elif questions:
            await self.ask_again(len(questions) - 1, questions[-1], here=here)

    async def action_again_local(self) -> None:
        """Ask the last question again, here only."""
        await self.action_again(here=True)

    async def on_error_card_pressed(self, event: ErrorCard.Pressed) -> None:
        """A button on the error card."""
        if event.what == "copy_error":
            self.copy(event.details)
        else:
            self.composer.focus()
            await self.action_again(here=event.what == "again_local")

    def copy(self, text: str) -> None:
        """To the clipboard, through the terminal."""
        self.app.copy_to_clipboard(text)
        self.notify(f"{len(text)} characters, through the terminal (OSC 52).", title="Copied")

    def show_receipt(self, block: Block) -> None:
        """The receipt of an answer, or of the answer to a question."""
        answer = self.transcript.answer(block.turn)
        if answer is not None and answer.receipt:
            self.app.push_screen(ReceiptScreen(answer.receipt, answer.thumb))
        else:
            self.notify("There is no receipt for this one.")

    def action_thumb(self, thumb: Thumb) -> None:
        """Rate the answer that is chosen, else the last one."""
        chosen = self.focused
        last = self.transcript.last_answer
        block = chosen if isinstance(chosen, Block) else last
        self.rate(self.transcript.answer(block.turn) if block else None, thumb)

    def rate(self, answer: AnswerBlock | None, thumb: Thumb) -> None:
        """Keep what the user thinks of ``answer``; the same word again takes it back."""
        if answer is None or answer.receipt is None:
            self.notify("There is no answer to rate yet.")
            return
        wanted = None if answer.thumb == thumb else thumb
        try:
            self.runtime.memory.rate(answer.receipt, wanted)
        except StoreError as error:
            self.notify(safe_line(str(error), 300), title="Not kept", severity="error")
            return
        answer.rated(wanted)

    def action_show_trace(self) -> None:
        """Why the last answer, or failure, went where it went."""
        cards = [card for card in self.transcript.query(ErrorCard) if card.receipt]
        last = self.transcript.last_answer
        receipt = cards[-1].receipt if cards else last.receipt if last else None
        if receipt is None:
            self.notify("No answer yet.")
        else:
            thumb = self.thumb(receipt.id)
            self.app.push_screen(ReceiptScreen(receipt, thumb))

    # App

    def action_show_help(self) -> None:
        """All keys and commands."""
        self.app.push_screen(HelpScreen(self.app.keys))

    def action_show_spend(self) -> None:
        """What was spent."""
        self.app.push_screen(SpendScreen(self.runtime.ledger, self.runtime.daily_limit))

    def action_show_providers(self) -> None:
        """Providers and keys."""
        self.app.push_screen(ProvidersScreen(self.runtime), lambda _: self.request_changed())

    @work(exclusive=True, group="dialog")
    async def action_show_left(self) -> None:
        """What left this machine: time, host, bytes, model, rule."""
        now = self.runtime.clock.now()
        receipts = {r.id: r for r in self.runtime.receipts.list(left_machine=True)}
        items = [
            PickerItem(
                r.id,
                Content.assemble(
                    (ago(r.created, now).ljust(11), "$muted"),
                    (safe_line(next((a.host for a in r.attempts if a.host), ""), 28).ljust(30)),
                    f"{sum(a.bytes_sent for a in r.attempts):>9,} bytes  ",
                    (f"{safe_line(r.model, 30)} · {cost_words(r.cost)}", "$muted"),
                ),
                f"{r.model} {' '.join(a.host for a in r.attempts)} {r.rule}",
            )
            for r in receipts.values()
        ]
        chosen = await self.app.push_screen_wait(
            Picker("What left this machine", filtered(items), empty="Nothing left this machine.")
        )
        if chosen is not None:
            thumb = self.thumb(chosen.id)
            await self.app.push_screen_wait(ReceiptScreen(receipts[chosen.id], thumb))

    @work(exclusive=True, group="dialog")
    async def action_pick_theme(self) -> None:
        """Choose a theme and keep it."""
        items = [PickerItem(name, Content(name)) for name in sorted(self.app.available_themes)]
        chosen = await self.app.push_screen_wait(Picker("Theme", filtered(items)))
        if chosen is not None:
            self.app.theme = chosen.id
            self.runtime.save("chat.theme", chosen.id)

    def action_interrupt(self) -> None:
        """Copy what is selected; else stop; twice quits."""
        selected = self.composer.selected_text or self.get_selected_text()
        if selected:
            self.copy(selected)
        elif not self.stop():
            if self.twice("ctrl+c"):
                self.action_quit_app()
            else:
                self.notify("Press ctrl+c again to quit.")

    def action_quit_app(self) -> None:
        """Stop what runs and leave."""
        self.stop()
        self.app.exit()

    def on_composer_leave(self) -> None:
        """ctrl+d in the empty box."""
        self.action_quit_app()

    def on_key(self, event: events.Key) -> None:
        """Typing on a block goes to the message box, but for the block's own keys."""
        typed = event.is_printable and event.character and event.key not in BLOCK_KEYS
        if typed and isinstance(self.focused, Block):
            event.stop()
            self.composer.focus()
            self.composer.insert(event.character or "")
