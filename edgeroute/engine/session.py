"""A conversation as the engine sees it: its mode, its latch, and what of a request is new in it.

The latch only goes up. A conversation that held personal data stays on this machine through
retries, restarts, forks, branches and whatever model a client names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgeroute.core.messages import Message
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import PrivacyMode

if TYPE_CHECKING:
    from edgeroute.store.conversation import Conversation
    from edgeroute.store.conversations import Conversations


@dataclass(frozen=True, slots=True)
class Session:
    """One request's conversation.

    ``new`` are the messages that are not stored yet. ``model`` gave the last answer. ``exists`` is
    false for a peek at a conversation to be.
    """

    id: str
    mode: PrivacyMode
    latched: bool = False
    latch_reason: str = ""
    new: tuple[Message, ...] = ()
    model: str = ""
    exists: bool = True


class Sessions:
    """Finds or begins the conversation that a request belongs to."""

    def __init__(self, conversations: Conversations, default_mode: PrivacyMode) -> None:
        self._conversations = conversations
        self._default_mode = default_mode

    def open(self, request: ChatRequest) -> Session:
        """The session of ``request``; a conversation is begun where there is none."""
        peek = self.peek(request)
        name = peek.id
        if not peek.exists:
            mode = request.privacy or self._default_mode
            begun = self._conversations.create(mode, id=request.conversation, stored=request.store)
            name = begun.id
        if peek.latched:
            self._conversations.latch(name, peek.latch_reason)
        return replace(peek, id=name, exists=True)

    def peek(self, request: ChatRequest) -> Session:
        """The session that ``open`` would give, without beginning anything."""
        found, known, inherited = self._find(request)
        stricter = max(
            (found.mode if found else self._default_mode, request.privacy or PrivacyMode.AUTO),
            key=lambda mode: mode.strictness,
        )
        if found is None:
            return Session(
                id="",
                mode=stricter,
                latched=bool(inherited),
                latch_reason=inherited,
                new=request.messages,
                exists=False,
            )
        return Session(
            id=found.id,
            mode=stricter,
            latched=found.latched or bool(inherited),
            latch_reason=found.latch_reason or inherited,
            new=_after(request.messages, known) if known else request.messages,
            model=found.model,
        )

    def latch(self, session: Session, reason: str) -> Session:
        """Bind the conversation to this machine, durably, before anything is sent."""
        if session.latched:
            return session
        if session.exists:
            self._conversations.latch(session.id, reason)
        return replace(session, latched=True, latch_reason=reason)

    def _find(self, request: ChatRequest) -> tuple[Conversation | None, int, str]:
        """The conversation, how many of its messages the request repeats, an inherited latch.

        A history that branches off a latched conversation is latched under any name.
        """
        match = self._conversations.recognise(request.messages)
        inherited = self._latch_of(match.conversation) if match and match.latched else ""
        if request.conversation:
            found = self._conversations.get(request.conversation)
            stored = self._conversations.messages(found.id) if found else ()
            return found, sum(message.role != "system" for message in stored), inherited
        if match is not None and match.whole:
            found = self._conversations.get(match.conversation)
            return found, match.length, inherited
        return None, 0, inherited

    def _latch_of(self, conversation: str) -> str:
        found = self._conversations.get(conversation)
        reason = found.latch_reason if found else ""
        return reason or "It branches off a conversation that held personal data."


def _after(messages: tuple[Message, ...], known: int) -> tuple[Message, ...]:
    """What comes after the first ``known`` messages, system messages not counted."""
    said = [message for message in messages if message.role != "system"]
    return tuple(said[known:] or said[-1:])
