"""The chat's page: its widgets, and what they show of the chat's state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Footer

from edgeroute.core.messages import File, Image
from edgeroute.core.receipt import Receipt
from edgeroute.core.words import size
from edgeroute.tui.chat.state import ChatState, Phase
from edgeroute.tui.chat.strip import resting
from edgeroute.tui.widgets.chat_list import Sidebar
from edgeroute.tui.widgets.composer import Composer
from edgeroute.tui.widgets.header import Header
from edgeroute.tui.widgets.route_strip import RouteStrip
from edgeroute.tui.widgets.suggestions import Suggestions
from edgeroute.tui.widgets.transcript.transcript import Transcript

if TYPE_CHECKING:
    from edgeroute.engine.recording.feedback import Thumb


class ChatPage:
    """Header, chats, transcript, strip and message box.

    ``preparing`` says how far the local model is that cannot answer yet; empty where one can.
    """

    def __init__(
        self,
        receipts: Callable[[str], Receipt | None],
        thumbs: Callable[[str], Thumb | None],
        *,
        vim: bool = False,
    ) -> None:
        self.header = Header()
        self.sidebar = Sidebar()
        self.transcript = Transcript(receipts, thumbs)
        self.suggestions = Suggestions()
        self.strip = RouteStrip()
        self.preparing = ""
        self.composer = Composer(vim=vim)
        self.composer.suggesting = lambda: bool(self.suggestions.display)

    def compose(self) -> ComposeResult:
        """The widgets in their places."""
        yield self.header
        with Horizontal(id="main"):
            yield self.sidebar
            with Vertical(id="chat"):
                yield self.transcript
                yield self.suggestions
                yield self.strip
                yield self.composer
        yield Footer(compact=True, show_command_palette=False)

    def turn(self, pages: int) -> None:
        """Scroll by ``pages``: the message box where it holds more than it shows, else the chat."""
        box = self.composer
        if box.has_focus and box.max_scroll_y:
            (box.action_cursor_page_up if pages < 0 else box.action_cursor_page_down)()
        else:
            self.transcript.turn(pages)

    @property
    def text(self) -> str:
        """What stands in the message box, without space around it."""
        return self.composer.text.strip()

    def show(self, state: ChatState) -> None:
        """Header, message box and strip say what ``state`` says."""
        self.header.show_chat(state.title, state.mode, latched=state.latched)
        names = [file_name(part) for part in state.attachments]
        names += ["/detach takes it off"] if names else []
        chosen = f"next: {state.model}" if state.model != "auto" else ""
        prompt = f"system prompt: {state.system}" if state.system else ""
        self.composer.title(" · ".join(filter(None, [prompt, chosen, *names])))
        self.composer.read_only = state.phase is Phase.WAITING
        if not self.text:
            self.rest(state)

    def rest(self, state: ChatState) -> None:
        """The strip while there is nothing to send."""
        self.strip.view = resting(state, self.transcript.live_model, self.preparing)


def file_name(part: File | Image) -> str:
    """What an attachment is called."""
    return f"{part_name(part)} ({size(len(part.data))})"


def part_name(part: File | Image) -> str:
    """The name of a file; of a picture, which has none, what kind it is."""
    return part.name if isinstance(part, File) else f"picture, {part.media_type}"
