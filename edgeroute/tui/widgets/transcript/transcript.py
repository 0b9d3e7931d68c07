"""The scrolling list of exchanges: only a window of it is mounted, one answer at most is live."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import Button, Static

from edgeroute.core.display import safe_line
from edgeroute.core.receipt import Receipt
from edgeroute.core.words import plural
from edgeroute.tui.widgets.transcript.block import AnswerBlock, Block, Question
from edgeroute.tui.widgets.transcript.error_card import ErrorCard
from edgeroute.tui.widgets.transcript.window import Window

if TYPE_CHECKING:
    from edgeroute.engine.recording.feedback import Thumb

WELCOME = (
    ("EdgeRoute", "bold $primary"),
    ("\n\nAsk anything. The line above the message box says where it will go, and why,", ""),
    (" before you send it. Personal data stays on this machine.\n\n", ""),
    ("ctrl+t", "bold $primary"),
    ("  keep this chat local or mask personal data\n", "$muted"),
    ("ctrl+o", "bold $primary"),
    ("  see the whole plan and change it\n", "$muted"),
    ("/     ", "bold $primary"),
    ("  commands        ", "$muted"),
    ("@", "bold $primary"),
    ("  attach a file        ", "$muted"),
    ("f1", "bold $primary"),
    ("  all keys", "$muted"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a chat: a question (with the names of its files) or an answer."""

    kind: str
    text: str
    turn: int
    receipt: str = ""
    files: tuple[str, ...] = ()


class Transcript(VerticalScroll, can_focus=False):
    """The chat so far."""

    def __init__(
        self,
        receipts: Callable[[str], Receipt | None],
        thumbs: Callable[[str], Thumb | None] = lambda _: None,
    ) -> None:
        super().__init__(id="transcript")
        self._receipts = receipts
        self._thumbs = thumbs
        self._entries: list[Entry] = []
        self._window = Window()
        self._placed = True  # whether what is shown stands where it should
        self.live: AnswerBlock | None = None
        self.live_model = ""

    def compose(self) -> ComposeResult:
        """The welcome, until there is something to show."""
        yield Button("", id="earlier", compact=True)
        yield Static(Content.assemble(*WELCOME), id="welcome", markup=False)
        yield Button("", id="later", compact=True)

    def on_mount(self) -> None:
        """Begin empty."""
        self._label()

    @property
    def blocks(self) -> list[Block]:
        """The mounted questions and answers, from the top."""
        return list(self.query(Block))

    def answer(self, turn: int) -> AnswerBlock | None:
        """The finished answer of exchange ``turn``, if it is on the screen."""
        found = [block for block in self.query(AnswerBlock) if block.turn == turn]
        return found[-1] if found and found[-1].receipt else None

    @property
    def last_answer(self) -> AnswerBlock | None:
        """The newest answer on the screen."""
        answers = list(self.query(AnswerBlock))
        return answers[-1] if answers else None

    async def show(self, entries: Sequence[Entry], *, at: int | None = None) -> None:
        """Show a chat: its end, or around entry ``at``."""
        self._entries = list(entries)
        total = len(entries)
        self.live = None
        await self._display(Window.tail(total) if at is None else Window.around(at, total))
        if at is None:
            self.anchor(bool(total))
        else:
            self.release_anchor()
            self.call_after_refresh(self._hold, at - self._window.start, focus=True)

    async def _display(self, window: Window) -> None:
        self._window = window
        self._placed = False
        async with self.batch():
            await self.remove_children("Block, ErrorCard, .standalone")
            widgets = [self._make(entry) for entry in self._entries[window.start : window.end]]
            await self.mount_all(widgets, after="#welcome")
        self._label()
        self.call_after_refresh(self._is_placed)

    def _is_placed(self) -> None:
        self._placed = True

    def _make(self, entry: Entry) -> Widget:
        if entry.kind == "user":
            return Question(entry.text, entry.turn, entry.files)
        if not entry.receipt:
            return AnswerBlock(entry.text, entry.turn)
        receipt, thumb = self._receipts(entry.receipt), self._thumbs(entry.receipt)
        return AnswerBlock(entry.text, entry.turn, receipt, thumb)

    def _label(self) -> None:
        self.query_one("#welcome").display = not self._entries
        self.set_class(not self._entries, "-empty")
        for name, count, word in (
            ("#earlier", self._window.start, "earlier"),
            ("#later", self._window.later, "later"),
        ):
            button = self.query_one(name, Button)
            button.display = count > 0
            button.label = Content(plural(count, f"{word} message"))

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        """Load more at either end."""
        if event.button.id == "earlier":
            event.stop()
            await self.load_older()
        elif event.button.id == "later":
            event.stop()
            await self._display(self._window.newer())

    def turn(self, pages: int) -> None:
        """Scroll by ``pages``, up where that is negative."""
        self.release_anchor()
        if pages < 0:
            self.scroll_page_up(animate=False)
        else:
            self.scroll_page_down(animate=False)

    async def to_edge(self, which: int) -> None:
        """Go to the first message (-1) or the last (1), whether it is mounted or not."""
        total = len(self._entries)
        if which < 0:
            self.release_anchor()
            if self._window.start and self.live is None:
                await self._display(Window.around(0, total))
            self.call_after_refresh(self.scroll_home, animate=False)
        else:
            if self._window.later and self.live is None:
                await self._display(Window.tail(total))
            self.anchor(bool(total))

    async def load_older(self) -> None:
        """Mount earlier messages; the view stays on what was read."""
        if not self._window.start or self.live is not None:
            return
        first = self._window.start
        self.release_anchor()
        await self._display(self._window.older())
        self.call_after_refresh(self._hold, first - self._window.start)

    def _hold(self, place: int, *, focus: bool = False) -> None:
        """Have the mounted block number ``place`` at the top, now that its place is known."""
        shown = self.blocks
        if 0 <= place < len(shown):
            if focus:
                shown[place].focus(scroll_visible=False)
            self.scroll_to_region(shown[place].virtual_region, animate=False, top=True, force=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Reaching the top loads more, unless it was reached because other messages are shown."""
        super().watch_scroll_y(old_value, new_value)
        if new_value <= 0 < old_value and self._window.start and self._placed:
            self.call_after_refresh(self.load_older)

    async def begin(self, text: str, files: Sequence[str]) -> AnswerBlock:
        """A new exchange: the question, and an answer that is about to come."""
        if self._window.later:
            await self._display(Window.tail(len(self._entries)))
        turn = self._entries[-1].turn + 1 if self._entries else 0
        self._entries.append(Entry("user", text, turn, files=tuple(files)))
        self.live = AnswerBlock(turn=turn, live=True)
        async with self.batch():
            await self.mount(Question(text, turn, files), self.live, before="#later")
            await self._prune(extra=2)
        self.anchor()
        return self.live

    async def _prune(self, extra: int) -> None:
        """Let the oldest mounted messages go once there are too many."""
        total = len(self._entries) + extra - 1
        self._window = Window(self._window.start, total, total)
        keep = Window.tail(total)
        surplus = keep.start - self._window.start
        if surplus > 0:
            for block in self.blocks[:surplus]:
                await block.remove()
            self._window = keep
        self._label()

    async def finish(self, text: str, receipt: Receipt | None) -> None:
        """The live answer is finished."""
        if self.live is None:
            return
        await self.live.finish(text, receipt)
        self._entries.append(Entry("answer", text, self.live.turn, receipt.id if receipt else ""))
        self.live = None

    async def fail(self, message: str, hint: str, receipt: Receipt | None) -> None:
        """The live answer became an error card; the exchange is not part of the chat."""
        card = ErrorCard(message, hint, receipt)
        if self.live is not None:
            await self.live.remove()
            self.live = None
            if self._entries and self._entries[-1].kind == "user":
                self._entries.pop()
        total = len(self._entries)
        self._window = Window(min(self._window.start, total), total, total)
        await self.mount(card, before="#later")
        self.anchor()

    async def note(self, kind: str, text: str) -> None:
        """A notice in place: inside the live answer, else at the end."""
        if self.live is not None:
            await self.live.note(kind, text)
            return
        content = Content.assemble((f"{kind}: ", "bold"), text)
        await self.mount(
            Static(content, classes="notice standalone", markup=False), before="#later"
        )

    async def forget_failure(self) -> None:
        """Take away error cards and the questions that they belong to."""
        for card in self.query(ErrorCard):
            before = card.query_ancestor(Transcript).children
            place = before.index(card)
            if place and isinstance(before[place - 1], Question):
                await before[place - 1].remove()
            await card.remove()

    async def queue(self, prompts: Sequence[str], *, paused: bool = False) -> None:
        """Show what waits to be sent; ``paused``, it waits for a key."""
        await self.remove_children(".queued")
        words = "not sent yet (enter sends it, esc takes it back)" if paused else "next"
        rows = [
            Static(Content(f"{words}: {safe_line(text)}"), classes="queued standalone")
            for text in prompts
        ]
        await self.mount_all(rows, after="#later")

    def move(self, step: int) -> bool:
        """Move the block cursor; False where it leaves the transcript at the bottom."""
        stops = [(block, part) for block in self.blocks for part in range(-1, len(block.parts))]
        if not stops:
            return False
        here = next((b for b in self.blocks if b.has_focus), None)
        at = len(stops) if here is None else stops.index((here, here.part))
        if at + step >= len(stops):
            return False
        block, part = stops[max(0, at + step)]
        self.release_anchor()
        block.focus(scroll_visible=False)
        block.choose(part)
        row, count = block.rows_of(part)
        place = Region(0, row, block.size.width, min(count, self.size.height))
        self.scroll_to_region(place.translate(block.virtual_region.offset), animate=False)
        return True
