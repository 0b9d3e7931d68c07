"""The chat screen: puts the parts together and hands keys and messages on to them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.actions import parse
from textual.app import ComposeResult
from textual.binding import BindingsMap, BindingType
from textual.screen import Screen
from textual.widgets import OptionList, TextArea

from edgeroute.core.display import safe
from edgeroute.core.errors import SettingsError
from edgeroute.tui.chat.answers.answer_actions import AnswerActions
from edgeroute.tui.chat.answers.receipts import ReceiptPages, thumb_of
from edgeroute.tui.chat.answers.sent_pages import SentPages
from edgeroute.tui.chat.app_actions import AppActions
from edgeroute.tui.chat.asking.bridge import TurnEvent
from edgeroute.tui.chat.asking.composer_actions import ComposerActions
from edgeroute.tui.chat.asking.request_options import RequestOptions
from edgeroute.tui.chat.asking.retries import Retries
from edgeroute.tui.chat.asking.turns import Turns
from edgeroute.tui.chat.chats import Chats
from edgeroute.tui.chat.context import ChatContext
from edgeroute.tui.chat.interrupts import Interrupts
from edgeroute.tui.chat.message_draft import MessageDraft
from edgeroute.tui.chat.page import ChatPage
from edgeroute.tui.chat.state import ChatState
from edgeroute.tui.commands import misspelt, parsed
from edgeroute.tui.keymap import CHAT, ON_MESSAGE, bindings
from edgeroute.tui.widgets.chat_list import Sidebar
from edgeroute.tui.widgets.composer import Composer
from edgeroute.tui.widgets.transcript.block import Block
from edgeroute.tui.widgets.transcript.error_card import ErrorCard

if TYPE_CHECKING:
    from edgeroute.wiring import Runtime

STATUS_SECONDS = 4.0
NEW_OBJECTS = 700
BLOCK_KEYS = frozenset(key for action in ON_MESSAGE for key in action.keys.split(","))


Dialog = Callable[..., Coroutine[Any, Any, None]]


class Actions:
    """``quick`` ones are done within the screen's messages; ``dialogs`` ask something and go on
    beside them, one at a time.
    """

    def __init__(
        self,
        chat: ChatContext,
        quick: Mapping[str, Callable[..., object]],
        dialogs: Mapping[str, Dialog],
    ) -> None:
        self._chat, self._quick, self._dialogs = chat, quick, dialogs

    async def run(self, call: str, *arguments: str) -> None:
        """Do what ``call`` says, such as ``thumb('up')``, with ``arguments`` after its own."""
        _, name, given = parse(call)
        if name in self._dialogs:
            self._chat.run(self._dialogs[name](*given, *arguments), "dialog")
            return
        result = self._quick[name](*given, *arguments)
        if isawaitable(result):
            await result


class ChatScreen(Screen[None], inherit_bindings=False):
    """The chat with ``keys`` by action id; an action without a key has none."""

    BINDINGS: ClassVar[list[BindingType]] = Screen.BINDINGS
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares a list
        (0, "-narrow"),
        (100, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares a list
        (0, "-short"),
        (20, "-tall"),
    ]

    def __init__(self, runtime: Runtime, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._bindings = BindingsMap([*Screen.BINDINGS, *bindings(CHAT, keys, screen=True)])
        self._runtime = runtime
        self.page = ChatPage(runtime.receipts.get, partial(thumb_of, runtime), vim=runtime.chat.vim)
        self._chat = ChatContext(runtime, self.page, self)
        self.draft = MessageDraft(self._chat)
        self.options = RequestOptions(self._chat, self.draft)
        self.composer_actions = ComposerActions(self._chat, self.draft)
        self.turns = Turns(self._chat, self.draft, self._long_answer)
        self.chats = Chats(self._chat, self.draft)
        self.retries = Retries(self._chat, self.turns, self.chats)
        self.receipts = ReceiptPages(self._chat)
        self.answers = AnswerActions(self._chat, self.chats, self.retries, self.receipts)
        self.interrupts = Interrupts(self._chat, self.turns, self.retries, self.answers)
        app_actions = AppActions(self._chat, self.draft, keys)
        self.offer_own = app_actions.offer_own
        self.actions = self._actions(app_actions)

    def _actions(self, app: AppActions) -> Actions:
        """Everything that a key of the chat, or a command, can do."""
        quick: dict[str, Callable[..., object]] = {
            "newline": self.composer_actions.newline,
            "detach": self.composer_actions.detach,
            "open_editor": self.composer_actions.open_editor,
            "stop": self.interrupts.stop,
            "interrupt": self.interrupts.interrupt,
            "quit_app": self.interrupts.quit,
            "block": self.answers.move,
            "page": self.page.turn,
            "edge": self.page.transcript.to_edge,
            "copy_last": self.answers.copy_last,
            "thumb": self.answers.thumb,
            "again": self.retries.again,
            "again_local": self.retries.again_local,
            "show_trace": self.receipts.last,
            "new_chat": self.chats.new,
            "fork_here": self.chats.fork_here,
            "show_help": app.show_help,
            "set_up": app.set_up,
            "show_spend": app.show_spend,
            "toggle_sidebar": app.toggle_sidebar,
            "focus_sidebar": app.focus_sidebar,
            "undo_delete": self.chats.undo_delete,
        }
        dialogs: dict[str, Dialog] = {
            "attach": self.composer_actions.attach,
            "search_prompts": self.composer_actions.search_prompts,
            "cycle_privacy": self.options.cycle_privacy,
            "set_privacy": self.options.set_privacy,
            "show_plan": self.options.show_plan,
            "pick_model": self.options.pick_model,
            "show_findings": self.options.show_findings,
            "show_chats": self.chats.choose,
            "find": self.chats.find,
            "rename_chat": self.chats.rename,
            "export_chat": self.chats.export,
            "show_left": SentPages(self._chat).show,
            "show_providers": app.show_providers,
            "show_models": app.show_models,
            "show_settings": app.show_settings,
            "show_rules": app.show_rules,
            "show_clients": app.show_clients,
            "show_own": app.show_own,
            "pick_system": app.pick_system,
            "pick_theme": app.pick_theme,
        }
        return Actions(self._chat, quick, dialogs)

    def _long_answer(self) -> None:
        """An answer that took long is there; whoever waits may look elsewhere."""
        self.app.tell_done()  # type: ignore[attr-defined]

    async def action_do(self, call: str) -> None:
        """A key of the chat."""
        await self.actions.run(call)

    @property
    def state(self) -> ChatState:
        """The open chat."""
        return self._chat.state

    @property
    def composer(self) -> Composer:
        """The message box."""
        return self.page.composer

    # Starting

    def compose(self) -> ComposeResult:
        """The page."""
        yield from self.page.compose()

    def on_mount(self) -> None:
        """Paint first; whatever is slow comes after."""
        self.composer.focus()
        self._chat.show()
        self.call_after_refresh(self._wake)

    async def _wake(self) -> None:
        """What happens after the first paint; what was typed by then stays."""
        typed = self.composer.text
        self.draft.restore()
        if typed:
            self.composer.insert(typed)
        self.chats.erase_deleted()
        self._chat.show_chats()
        self._chat.show_money()
        self.run_worker(self._warm_up(), group="warm", exit_on_error=False)
        self._ask_local()
        self.set_interval(STATUS_SECONDS, self._ask_local)

    def on_unmount(self) -> None:
        """Keep what was begun, and erase what was deleted."""
        self.draft.keep()
        self.chats.erase_deleted()

    def _ask_local(self) -> None:
        """See how the local model is."""
        self.run_worker(
            self.draft.refresh_local(), group="local", exclusive=True, exit_on_error=False
        )

    async def _warm_up(self) -> None:
        """Load the engine; with settings or policies that are not valid the app does not go on."""
        try:
            await self._runtime.warm()
        except SettingsError as error:
            self.app.exit(return_code=1, message=safe(str(error)))
            return
        gc.set_threshold(NEW_OBJECTS)  # the command line lets a start make more of them
        self.run_worker(self.offer_own(), group="offer", exit_on_error=False)

    # What the widgets say

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """The next request changed: what was known of it no longer holds."""
        if event.text_area is self.composer:
            self.draft.typed()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A chat in the side pane, or a suggestion, was clicked."""
        if event.option_list is self.page.sidebar and event.option_id:
            self._chat.run(self.chats.switch(event.option_id), "open")
        elif event.option_list is self.page.suggestions:
            self.composer_actions.take_suggestion()

    def on_sidebar_delete(self, event: Sidebar.Delete) -> None:
        """A chat in the side pane is to be deleted."""
        self._chat.run(self.chats.delete_one(event.chat), "dialog")

    async def on_composer_submitted(self) -> None:
        """Enter: a command, or something to ask."""
        typed = self.composer.text.rstrip()
        if wrong := misspelt(typed):
            self._chat.notify(wrong, title="Not sent", severity="warning")
            return
        command, argument = parsed(typed) or (None, "")
        if command is None:
            await self.turns.submit()
            return
        self.composer.put("")
        arguments = [argument] if command.argument and argument else []
        await self.actions.run(command.action, *arguments)

    def on_composer_recall(self, event: Composer.Recall) -> None:
        """An earlier or later prompt is wanted."""
        self.composer_actions.recall(event.step)

    def on_composer_choice(self, event: Composer.Choice) -> None:
        """A key for the suggestions."""
        self.composer_actions.choose(event.what)

    def on_composer_detach(self) -> None:
        """Backspace in the empty box."""
        if self.state.attachments:
            self.composer_actions.detach()

    def on_composer_leave(self) -> None:
        """ctrl+d in the empty box."""
        self.interrupts.quit()

    async def on_turn_event(self, event: TurnEvent) -> None:
        """Something happened in the running turn."""
        await self.turns.take(event.step)

    async def on_block_key_pressed(self, event: Block.KeyPressed) -> None:
        """A key on a question or an answer."""
        await self.answers.on_block(event.block, event.action)

    async def on_error_card_pressed(self, event: ErrorCard.Pressed) -> None:
        """A button on the error card."""
        await self.answers.on_card(event)

    def on_key(self, event: events.Key) -> None:
        """Typing elsewhere goes to the message box, but for a block's own keys."""
        if self.composer.read_only or not (event.is_printable and event.character):
            return
        # A key that was meant for a block which has just lost the focus comes by here, too.
        if isinstance(self.focused, Block) and event.key in BLOCK_KEYS:
            return
        if isinstance(self.focused, Block | Sidebar | Composer):
            event.stop()
            self.set_focus(self.composer)
            self.composer.insert(event.character)
