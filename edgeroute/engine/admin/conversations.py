"""Conversations as front doors see and change them; a caller's wish never lowers their privacy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edgeroute.core.conversation import Conversation
from edgeroute.core.errors import PrivacyRefused
from edgeroute.core.verdict import PrivacyMode

if TYPE_CHECKING:
    from edgeroute.store.chats.conversations import Conversations
    from edgeroute.store.chats.history_loss import HistoryLoss
    from edgeroute.store.chats.notes import ConversationNotes, Kind

_ASKED: Final = "You asked for it to stay on this machine."


@dataclass(frozen=True, slots=True)
class ConversationChange:
    """What a program asks to change; None leaves a thing as it is."""

    title: str | None = None
    pinned: bool | None = None
    tags: tuple[str, ...] | None = None
    mode: PrivacyMode | None = None
    latched: bool | None = None


class ConversationService:
    """The conversations of this machine.

    What only reads, or touches no privacy, is the store's own. Latch, masks and turns are written
    by the engine alone. ``set_mode``, ``mask`` and ``accept_loss`` are the user's own word, in the
    chat app and on the command line; a program uses ``change``.
    """

    def __init__(
        self,
        store: Conversations,
        loss: HistoryLoss | None = None,
        notes: ConversationNotes | None = None,
    ) -> None:
        self._store = store
        self._loss = loss
        self._notes = notes
        self.get, self.list, self.create = store.get, store.list, store.create
        self.turns, self.messages, self.prompts = store.turns, store.messages, store.prompts
        self.search, self.export, self.fork = store.search, store.export, store.fork
        self.rename, self.pin, self.keep_turns = store.rename, store.pin, store.keep_turns
        self.delete, self.purge, self.set_mode = store.delete, store.purge, store.set_mode
        self.mask = store.mask

    def accept_loss(self) -> int:
        """Let go on what is here only because a part of the history was lost; how many.

        Raises:
            StoreError: it cannot be written.
        """
        return self._loss.accept() if self._loss else 0

    def note(self, conversation: str, kind: Kind) -> str:
        """What is kept beside a conversation: its draft, or the name of its system prompt."""
        return self._notes.get(conversation, kind) if self._notes else ""

    def noted(self, kind: Kind) -> list[str]:
        """The conversations beside which a text of this ``kind`` is kept.

        Raises:
            StoreError: they cannot be read.
        """
        return self._notes.noted(kind) if self._notes else []

    def keep_note(self, conversation: str, kind: Kind, text: str) -> None:
        """Keep ``text`` beside a conversation; an empty one is forgotten.

        Raises:
            StoreError: it cannot be written.
        """
        if self._notes:
            self._notes.keep(conversation, kind, text)

    def change(
        self, conversation: str, change: ConversationChange, profile: PrivacyMode | None = None
    ) -> None:
        """Change what a program asks for, all of it or nothing.

        ``profile`` is the mode that its user chose for it, if one was chosen.

        Raises:
            PrivacyRefused: the privacy would be lowered.
            StoreError: there is no such conversation.
        """
        found = self._store.get(conversation)
        if found is not None:
            require_no_less_privacy(found, change, profile)
        if change.title is not None:
            self._store.rename(conversation, change.title)
        if change.pinned is not None:
            self._store.pin(conversation, change.pinned)
        if change.tags is not None:
            self._store.tag(conversation, change.tags)
        if change.mode is not None:
            self._store.raise_mode(conversation, change.mode)
        if change.latched:
            self._store.latch(conversation, _ASKED)


def require_no_less_privacy(
    found: Conversation, change: ConversationChange, profile: PrivacyMode | None = None
) -> None:
    """Let a program raise a conversation's privacy, and never lower it.

    Masked text leaves where `auto` keeps it here, so only a program whose user chose masking for it
    (``profile``) may turn `auto` into `mask`.

    Raises:
        PrivacyRefused: it would be lowered.
    """
    laxer = change.mode is not None and (
        change.mode.strictness < found.mode.strictness
        or (found.mode.tightened(change.mode) is not change.mode and profile is not change.mode)
    )
    if laxer:
        raise PrivacyRefused(
            "A program may raise a conversation's privacy, never lower it.",
            "Change it in the chat app.",
        )
    if change.latched is False and found.latched:
        raise PrivacyRefused(
            "This conversation held personal data and stays on this machine.",
            "Begin a new conversation.",
        )
