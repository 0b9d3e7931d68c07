"""What the transcript is made of: questions and answers that can be walked over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from edgeroute.core.display import safe, safe_line
from edgeroute.core.receipt import Receipt
from edgeroute.tui.keymap import ON_MESSAGE, bindings
from edgeroute.tui.widgets.transcript.body import AnswerBody
from edgeroute.tui.words import THUMB_WORDS, receipt_line

if TYPE_CHECKING:
    from edgeroute.engine.recording.feedback import Thumb

BlockAction = Literal["copy", "edit", "again", "again_local", "branch", "details", "up", "down"]
_SLIDE: Final = 8  # columns that a wide table moves by


class FoldedBlock(Vertical):
    """Says whose answer was withdrawn and why; a click, or ``f`` on the answer, shows it."""

    def __init__(self, model: str, text: str, reason: str) -> None:
        super().__init__()
        self._title = safe_line(f"{model}, withdrawn: {reason}", 120)
        self._text = safe(text)

    def compose(self) -> ComposeResult:
        """The line and the text."""
        yield Static(Content(f"+ {self._title}"), classes="title", markup=False)
        yield Static(Content(self._text), classes="withdrawn", markup=False)

    def on_mount(self) -> None:
        """Begin folded."""
        self.query_one(".withdrawn").display = False

    def on_click(self) -> None:
        """Fold or unfold."""
        self.toggle()

    def toggle(self) -> None:
        """Show or hide the text."""
        body = self.query_one(".withdrawn")
        body.display = not body.display
        sign = "-" if body.display else "+"
        self.query_one(".title", Static).update(Content(f"{sign} {self._title}"))


class Block(Vertical, can_focus=True, can_focus_children=False):
    """A question or an answer. ``turn`` counts exchanges from 0, ``part`` is the chosen code block
    or table.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(ON_MESSAGE)]

    class KeyPressed(Message):
        """A key was pressed on a block."""

        def __init__(self, block: Block, action: BlockAction) -> None:
            super().__init__()
            self.block, self.action = block, action

    def __init__(self, text: str, turn: int) -> None:
        super().__init__()
        self.text = safe(text)
        self.turn = turn
        self.part = -1

    def focus_on_click(self) -> bool:
        """No: who selects with the mouse and goes on typing means the message box."""
        return False

    @property
    def parts(self) -> list[str]:
        """The code blocks and tables in the text."""
        return []

    @property
    def chosen_text(self) -> str:
        """What copying takes: the chosen code block or table, else everything."""
        return self.parts[self.part] if 0 <= self.part < len(self.parts) else self.text

    def choose(self, part: int) -> None:
        """Choose code block or table ``part``, or the whole block with -1."""
        self.part = part

    def rows_of(self, part: int) -> tuple[int, int]:
        """The row in which ``part`` (-1: all of it) begins, and how many it has."""
        del part
        return 0, self.size.height

    def action_slide(self, way: int) -> None:
        """Move a chosen table that is wider than the page; only an answer has one."""

    def action_unfold(self) -> None:
        """Show or hide the answers that were withdrawn."""
        for folded in self.query(FoldedBlock):
            folded.toggle()

    def action_press(self, action: BlockAction) -> None:
        """Hand a key on to the screen."""
        self.post_message(self.KeyPressed(self, action))


class Question(Block):
    """What the user asked."""

    def __init__(self, text: str, turn: int, files: Sequence[str] = ()) -> None:
        super().__init__(text, turn)
        self._files = files

    def compose(self) -> ComposeResult:
        """The text, and the names of what was attached."""
        yield Static(Content(self.text), markup=False, classes="text")
        if self._files:
            names = ", ".join(safe_line(name, 60) for name in self._files)
            yield Static(Content(f"attached: {names}"), classes="files")


class AnswerBlock(Block):
    """An answer, while it is written and after."""

    def __init__(
        self,
        text: str = "",
        turn: int = 0,
        receipt: Receipt | None = None,
        thumb: Thumb | None = None,
        *,
        live: bool = False,
    ) -> None:
        super().__init__(text, turn)
        self.receipt = receipt
        self.thumb: Thumb | None = thumb
        self._live = live
        self.body = AnswerBody(self.text, live=live)
        self._progress = Static("", classes="progress", markup=False)
        self._receipt = Static("", classes="receipt", markup=False)
        self._thinking = ""
        self._noted: dict[str, tuple[list[str], Static]] = {}

    def compose(self) -> ComposeResult:
        """Progress while nothing has come, the text, the receipt line."""
        yield self._progress
        yield self.body
        yield self._receipt

    def on_mount(self) -> None:
        """Show what is known already."""
        self._progress.display = self._live
        self._show_receipt()

    def _show_receipt(self) -> None:
        """One dim line: where the answer stayed or went, what the user thinks of it, the rest."""
        self._receipt.display = self.receipt is not None
        if self.receipt is not None:
            where, rest = receipt_line(self.receipt)
            style = "$cloud" if self.receipt.left_machine else "$local"
            rated = (f"[{THUMB_WORDS[self.thumb]}] " if self.thumb else "", "bold")
            content = Content.assemble(rated, (where, style), (f" · {rest}", "$muted"))
            self._receipt.update(content)

    def on_click(self, event: events.Click) -> None:
        """A click on the receipt's line opens the receipt."""
        if event.widget is self._receipt and self.receipt is not None:
            self.action_press("details")

    def rated(self, thumb: Thumb | None) -> None:
        """Show what the user thinks of it."""
        self.thumb = thumb
        self._show_receipt()

    @property
    def parts(self) -> list[str]:
        """The code blocks and tables in the text."""
        return self.body.parts

    def progress(self, text: str) -> None:
        """What is happening while there is no text yet; empty hides the line."""
        self._progress.update(Content(safe_line(text, 160)))
        self._progress.display = bool(text)

    def waiting(self, text: str) -> None:
        """What the answer is doing, in the line that its receipt will take."""
        if self._live:
            self._receipt.update(Content.styled(text, "$muted"))
            self._receipt.display = True

    def think(self, piece: str) -> None:
        """More of the model's thinking, of which the last line is shown."""
        self._thinking += piece
        last = self._thinking.rstrip().rpartition("\n")[2]
        self.progress(f"thinking: {last[-120:]}")

    async def write(self, piece: str) -> None:
        """More of the answer."""
        self.progress("")
        self.text += piece
        self.body.write(piece)

    async def fold(self, model: str, text: str, reason: str) -> None:
        """Put what was shown away: another answer takes its place."""
        self.text = ""
        await self.mount(FoldedBlock(model, text, reason), before=self.body)
        old, self.body = self.body, AnswerBody(live=True)
        await self.mount(self.body, after=old)
        await old.remove()

    async def note(self, kind: str, text: str) -> None:
        """A notice inside the answer; those of one kind stand together, each once."""
        told, shown = self._noted.setdefault(kind, ([], Static(classes="notice", markup=False)))
        if text in told:
            return
        told.append(text)
        lines = "\n".join(safe_line(one, 400) for one in told)
        shown.update(Content.assemble((f"{safe_line(kind, 30)}: ", "bold"), lines))
        if not shown.is_attached:
            await self.mount(shown, before=self._receipt)

    async def finish(self, text: str, receipt: Receipt | None) -> None:
        """The answer is whole (or stopped): ``text`` is what stands."""
        self._live = False
        self.progress("")
        self.text = safe(text) or self.text
        self.body.finish(self.text)
        self.receipt = receipt
        self._show_receipt()

    def on_blur(self) -> None:
        """A left answer has nothing chosen."""
        self.choose(-1)

    def choose(self, part: int) -> None:
        """Mark code block or table ``part``."""
        super().choose(part)
        self.body.choose(part)

    def rows_of(self, part: int) -> tuple[int, int]:
        """The row in which ``part`` (-1: all of it) begins, and how many it has."""
        if part < 0:
            return super().rows_of(part)
        row, count = self.body.rows_of(part)
        return self.body.virtual_region.y + row, count

    def action_slide(self, way: int) -> None:
        """Move the chosen table sideways."""
        self.body.slide(way * _SLIDE)
