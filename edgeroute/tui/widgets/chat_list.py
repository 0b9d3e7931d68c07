"""Rows of the chat list, for the side pane and the chat picker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from edgeroute.core.display import safe_line
from edgeroute.tui.words import ago

if TYPE_CHECKING:
    from edgeroute.core.conversation import Conversation


def row(chat: Conversation, now: datetime, width: int = 24) -> Content:
    """Two lines: the title; whether anything of it ever left, and when it was used."""
    place = place_words(chat)
    colour = "$local" if chat.place == "local" else "$cloud" if chat.place else "$muted"
    colour = "$forced" if chat.latched else colour
    when = "pinned" if chat.pinned else ago(chat.updated, now)
    return Content.assemble(
        safe_line(chat.title, width) or "new chat",
        ("\n" + place, colour),
        (f" · from {safe_line(chat.program, 20)}" if chat.program else "", "$muted"),
        (f" · {when}", "$muted"),
    )


def place_words(chat: Conversation) -> str:
    """``local`` means that nothing of it ever left this machine."""
    if chat.latched:
        return "left, now local" if chat.place == "cloud" else "stays local"
    return {"cloud": "left", "local": "local", "": "new"}[chat.place]


class Sidebar(OptionList):
    """The newest chats at the left; a click or Enter opens one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("delete", "delete", show=False)]

    class Delete(Message):
        """The highlighted chat is to be deleted."""

        def __init__(self, chat: str) -> None:
            super().__init__()
            self.chat = chat

    def __init__(self) -> None:
        super().__init__(id="sidebar", markup=False)
        self.border_title = "Chats"

    def action_delete(self) -> None:
        """Hand the highlighted chat on."""
        if self.highlighted is not None:
            self.post_message(self.Delete(str(self.get_option_at_index(self.highlighted).id)))

    def show(self, chats: Sequence[Conversation], now: datetime, current: str) -> None:
        """Fill the list and mark ``current``."""
        at = self.highlighted
        kept = self.get_option_at_index(at).id if at is not None and self.has_focus else current
        self.clear_options()
        self.add_options([Option(row(chat, now), id=chat.id) for chat in chats])
        ids = [chat.id for chat in chats]
        self.highlighted = ids.index(kept) if kept in ids else None
