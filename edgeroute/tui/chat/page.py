"""The chat screen's page: what is on it, what it knows, and the check behind the route strip."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer, OptionList, TextArea

from edgeroute.core.display import safe
from edgeroute.core.errors import SettingsError, StoreError
from edgeroute.core.messages import File, Image
from edgeroute.core.receipt import Receipt
from edgeroute.core.verdict import PrivacyMode
from edgeroute.tui.chat.checker import Checker, PromptCheck
from edgeroute.tui.chat.pictures import answer_text
from edgeroute.tui.chat.state import ChatState, Phase, opened
from edgeroute.tui.chat.strip import IDLE, StripView, blocked, strip_view
from edgeroute.tui.commands import matching, parsed
from edgeroute.tui.widgets.chat_list import Sidebar
from edgeroute.tui.widgets.composer import Composer
from edgeroute.tui.widgets.header import Header
from edgeroute.tui.widgets.route_strip import RouteStrip
from edgeroute.tui.widgets.suggestions import Suggestions
from edgeroute.tui.widgets.transcript.transcript import Entry, Transcript
from edgeroute.tui.words import MODE_SENTENCES

if TYPE_CHECKING:
    from edgeroute.core.conversation import Turn
    from edgeroute.engine.recording.feedback import Thumb
    from edgeroute.tui.ports import Runtime

STATUS_SECONDS = 4.0


class ChatPage(Screen[None]):
    """Header, chats, transcript, strip and message box."""

    CSS_PATH = "chat.tcss"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares a list
        (0, "-narrow"),
        (100, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares a list
        (0, "-short"),
        (20, "-tall"),
    ]

    def __init__(self, runtime: Runtime) -> None:
        super().__init__()
        self.runtime = runtime
        self.state = ChatState(mode=runtime.new_mode)
        self.header = Header()
        self.transcript = Transcript(self.receipt, self.thumb)
        self.strip = RouteStrip()
        self.composer = Composer()
        self.suggestions = Suggestions()
        self.sidebar = Sidebar()
        self.checker = Checker(lambda: runtime.engine, lambda: runtime.inspector, self.checked)
        self.local_state = "loading"
        self.last_check: PromptCheck | None = None

    def compose(self) -> ComposeResult:
        """The page."""
        yield self.header
        with Horizontal(id="main"):
            yield self.sidebar
            with Vertical(id="chat"):
                yield self.transcript
                yield self.suggestions
                yield self.strip
                yield self.composer
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Paint first; whatever is slow comes after."""
        self.composer.suggesting = lambda: self.suggestions.open
        self.composer.focus()
        self.show_state()
        self.call_after_refresh(self.wake)

    async def wake(self) -> None:
        """What happens after the first paint."""
        self.refresh_chats()
        self.refresh_money()
        self.run_worker(self.warm_up(), group="warm", exit_on_error=False)
        self.run_worker(self.refresh_local(), group="local", exit_on_error=False)
        self.set_interval(
            STATUS_SECONDS,
            lambda: self.run_worker(
                self.refresh_local(), group="local", exclusive=True, exit_on_error=False
            ),
        )

    async def warm_up(self) -> None:
        """Load the engine; with settings or policies that are not valid the app does not go on."""
        try:
            await self.runtime.warm()
        except SettingsError as error:
            self.app.exit(return_code=1, message=safe(str(error)))

    def receipt(self, receipt: str) -> Receipt | None:
        """The receipt of that id."""
        return self.runtime.receipts.get(receipt)

    def thumb(self, receipt: str) -> Thumb | None:
        """What the user thinks of the answer with that receipt."""
        with suppress(StoreError):
            return self.runtime.memory.thumb(receipt)
        return None

    # What the page shows of the state

    def show_state(self) -> None:
        """Header, message box and strip say what the state says."""
        state = self.state
        self.header.show_chat(state.title, state.mode, latched=state.latched)
        names = [file_name(part) for part in state.attachments]
        chosen = f"next: {state.model}" if state.model != "auto" else ""
        self.composer.title(" · ".join(filter(None, [chosen, *names])))
        self.composer.read_only = state.phase is Phase.WAITING
        if not self.text:
            self.strip.view = self.resting_view()

    def resting_view(self) -> StripView:
        """The strip while there is nothing to send."""
        state = self.state
        if state.phase is Phase.ANSWERING:
            target = self.transcript.live_model
            return StripView("busy", "ANSWERING", target, details="esc stops and keeps what came")
        if state.latched:
            return StripView(
                "forced",
                "STAYS LOCAL",
                why=state.latch_reason or "this chat held personal data",
                details="Every message is answered on this machine. ctrl+n begins another chat.",
            )
        return StripView("idle", IDLE.word, why=MODE_SENTENCES[state.mode], details=IDLE.details)

    def refresh_chats(self) -> None:
        """Fill the side pane."""
        chats = self.runtime.conversations.list(60)
        self.sidebar.show(chats, self.runtime.clock.now(), self.state.id)

    def refresh_money(self) -> None:
        """What today cost."""
        self.header.show_money(self.runtime.ledger.today(), self.runtime.daily_limit)

    async def refresh_local(self) -> None:
        """How the local model is."""
        status = await self.runtime.local.status()
        before, self.local_state = self.local_state, status.state
        self.header.show_local(status.state, status.model)
        if before != self.local_state and self.last_check is not None:
            self.show_check(self.last_check)

    # The check behind the strip

    @property
    def text(self) -> str:
        """What stands in the message box, without space around it."""
        return self.composer.text.strip()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """The next request changed: what was known of it no longer holds."""
        if event.text_area is not self.composer:
            return
        self.suggestions.offer(self.composer.text, Path.cwd())
        self.request_changed()

    def request_changed(self, **values: object) -> None:
        """Text, mode, model or attachments changed; ask again where it would go."""
        self.state = self.state.changed(**values)
        self.show_state()
        if (
            (not self.text and not self.state.attachments)
            or parsed(self.text)
            or matching(self.text)
        ):
            self.checker.cancel()
            self.composer.border_subtitle = ""
            self.strip.view = self.resting_view()
            return
        self.strip.view = self.strip.view.behind()
        self.ask()

    def ask(self, *, now: bool = False) -> None:
        """Check what Enter would send."""
        prompt = self.state.prompt(self.composer.text)
        self.checker.ask(
            self.state.version, self.state.request(prompt), self.composer.text, now=now
        )

    def checked(self, check: PromptCheck) -> None:
        """A check is done."""
        if check.version == self.state.version:
            self.show_check(check)

    def show_check(self, check: PromptCheck) -> None:
        """The strip and the marks say what the check found."""
        self.last_check = check
        if check.version != self.state.version:
            return
        if check.explanation is None:
            self.strip.view = blocked(check.error)
            return
        self.strip.view = strip_view(
            check.explanation,
            found=check.findings,
            cards=self.runtime.catalog.cards,
            local_state=self.local_state,
            now=self.runtime.clock.now(),
            last_message=len(self.state.messages),
        )
        self.composer.show_findings(check.findings, self.strip.view.kind)

    # Opening chats

    async def open_chat(self, conversation: str, *, turn: int | None = None) -> None:
        """Show a stored chat, at its end or at exchange ``turn``."""
        row = self.runtime.conversations.get(conversation)
        if row is None:
            self.notify("That chat is gone.", severity="warning")
            return
        turns = self.runtime.conversations.turns(conversation)
        messages = [message for each in turns for message in each.messages]
        self.state = opened(row, messages, self.state.version)
        entries = entries_of(turns)
        at = next((n for n, entry in enumerate(entries) if entry.turn == turn), None)
        await self.transcript.show(entries, at=at if turn is not None else None)
        self.refresh_chats()
        self.show_state()
        self.request_changed()

    async def open_new(self, mode: PrivacyMode) -> None:
        """An empty chat; it is stored with its first message."""
        self.state = ChatState(mode=mode, version=self.state.version + 1)
        await self.transcript.show([])
        self.refresh_chats()
        self.show_state()
        self.request_changed()
        self.composer.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A chat in the side pane, or a suggestion, was clicked."""
        if event.option_list is self.sidebar and event.option_id:
            self.run_worker(self.switch_chat(event.option_id), group="open", exclusive=True)
        elif event.option_list is self.suggestions:
            self.take_suggestion()

    @abstractmethod
    async def switch_chat(self, conversation: str, *, turn: int | None = None) -> None:
        """Open another chat unless an answer is running."""

    @abstractmethod
    def take_suggestion(self) -> None:
        """Use the suggestion that is chosen."""


def file_name(part: File | Image) -> str:
    """What the message box calls an attachment."""
    if isinstance(part, File):
        return f"{part.name} ({max(1, len(part.data) // 1024)} kB)"
    return f"image ({max(1, len(part.data) // 1024)} kB)"


def entries_of(turns: Sequence[Turn]) -> list[Entry]:
    """What the transcript shows of stored turns: questions and answers, not tool traffic."""
    entries: list[Entry] = []
    for number, turn in enumerate(turns):
        for message in turn.messages:
            if message.role == "user":
                files = tuple(part.name for part in message.parts if isinstance(part, File))
                entries.append(Entry("user", message.text, number, files=files))
            elif message.role == "assistant" and (text := answer_text(message)):
                entries.append(Entry("answer", text, number, turn.receipt))
    return entries
