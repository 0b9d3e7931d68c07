"""A conversation as the engine sees it: its mode, its latch, and what of a request is new in it.

The latch only goes up. A conversation that held personal data stays on this machine through
retries, restarts, forks and whatever model a client names; so does a branch that holds the data, or
what was made of it. A branch that leaves before is judged on its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgeroute.core.errors import StoreError
from edgeroute.core.messages import Message
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import PrivacyMode

if TYPE_CHECKING:
    from edgeroute.core.conversation import Conversation
    from edgeroute.store.chats.conversation_prefixes import Prefixes, PrefixMatch
    from edgeroute.store.chats.conversations import Conversations


@dataclass(frozen=True, slots=True)
class Session:
    """One request's conversation.

    ``new`` are the messages that are not stored yet. ``model`` gave the last answer. ``exists`` is
    false for a peek at a conversation to be. ``raised`` says that ``mode`` is stricter than the
    conversation's own. ``origin`` is the conversation that this one branches off. ``undecided``
    says that the latch is due to a message of this very request that nothing was answered to.
    """

    id: str
    mode: PrivacyMode
    latched: bool = False
    latch_reason: str = ""
    new: tuple[Message, ...] = ()
    model: str = ""
    exists: bool = True
    raised: bool = False
    origin: str = ""
    undecided: bool = False


class Sessions:
    """Finds or begins the conversation that a request belongs to."""

    def __init__(
        self, conversations: Conversations, prefixes: Prefixes, default_mode: PrivacyMode
    ) -> None:
        self._conversations = conversations
        self._prefixes = prefixes
        self._default_mode = default_mode
        self._unsaved: dict[str, str] = {}  # latches that the store has not taken, with reasons

    def open(self, request: ChatRequest) -> Session:
        """The session of ``request``; a conversation is begun where there is none.

        A program that asks for more privacy raises the conversation's: what it kept here must not
        leave with its next request. The chat app sets the mode itself, and may ask once more here.
        """
        peek = self.peek(request)
        name = peek.id
        if not peek.exists:
            begun = self._conversations.create(
                peek.mode, id=request.conversation, stored=request.store
            )
            name = begun.id
        elif peek.raised and request.front_door != "chat":
            self._conversations.raise_mode(name, peek.mode)
        if peek.latched:
            self._conversations.latch(name, peek.latch_reason)
            self._unsaved.pop(name, None)
        return replace(peek, id=name, exists=True)

    def peek(self, request: ChatRequest) -> Session:
        """The session that ``open`` would give, without beginning anything."""
        found, known, origin, match = self._find(request)
        name = found.id if found else request.conversation
        inherited = self._unsaved.get(name, "")
        if origin is not None and match is not None and match.latched:
            inherited = inherited or _latch_of(origin)
        stricter = self._mode(request, found.mode if found else None, origin)
        if found is None:
            return Session(
                id="",
                mode=stricter,
                latched=bool(inherited),
                latch_reason=inherited,
                new=request.messages,
                exists=False,
                origin=origin.id if origin else "",
            )
        return Session(
            id=found.id,
            mode=stricter,
            latched=found.latched or bool(inherited),
            latch_reason=found.latch_reason or inherited,
            new=_after(request.messages, known) if known else request.messages,
            model=found.model,
            raised=stricter is not found.mode,
            undecided=match is not None
            and match.undecided
            and not request.conversation
            and not inherited,
        )

    def without_store(self, request: ChatRequest, error: StoreError, name: str) -> Session:
        """A session called ``name`` that lives in memory only.

        Whether an old conversation was latched cannot be known then, so it counts as latched.
        """
        old = bool(request.conversation) or any(m.role == "assistant" for m in request.messages)
        return Session(
            id=request.conversation or name,
            mode=self._mode(request),
            latched=old,
            latch_reason=f"Its record cannot be read. {error.message}" if old else "",
            new=request.messages,
            exists=False,
        )

    def released(self, session: Session, request: ChatRequest, *, dry: bool) -> Session:
        """A session of its own for a request whose private message is private no more, since the
        user allowed what it held. The conversation that was latched stays so.
        """
        begun = Session("", session.mode, new=request.messages, exists=False)
        if dry:
            return begun
        name = self._conversations.create(session.mode, stored=request.store).id
        return replace(begun, id=name, exists=True)

    def latch(self, session: Session, reason: str, beginning: Sequence[Message] = ()) -> Session:
        """Bind the conversation to this machine, durably, before anything is sent.

        ``beginning`` are its messages up to the first that holds the data, without system messages;
        none where nobody knows which that is.

        Raises:
            StoreError: it holds only as long as this process runs, or until it can be saved.
        """
        if session.latched and session.exists:
            return session
        self._unsaved[session.id] = reason
        if session.exists:
            self._conversations.latch(session.id, reason, len(beginning))
            if beginning:
                self._prefixes.remember(session.id, beginning)
            del self._unsaved[session.id]
        return replace(session, latched=True, latch_reason=reason)

    def now(self, session: Session) -> Session:
        """``session`` with the latch and the mode that its conversation has by now.

        A record that could be read before and cannot be read now may say anything: it is latched.
        """
        if not session.exists:
            return session
        try:
            found = self._conversations.get(session.id)
        except StoreError as error:
            reason = f"Its record cannot be read. {error.message}"
            return replace(session, latched=True, latch_reason=session.latch_reason or reason)
        if found is None:
            return session
        return replace(
            session,
            mode=max(session.mode, found.mode, key=lambda mode: mode.strictness),
            latched=session.latched or found.latched,
            latch_reason=session.latch_reason or found.latch_reason,
        )

    def _mode(
        self,
        request: ChatRequest,
        own: PrivacyMode | None = None,
        origin: Conversation | None = None,
    ) -> PrivacyMode:
        """The mode of a request whose conversation has ``own``; None where it begins now.

        A connected program's profile says how its conversations begin. What a program asks for may
        only keep more here than that, so it cannot choose masking; its user can.
        """
        profile = request.client.privacy if request.client else None
        begun = own or profile or self._default_mode
        wishes = (request.privacy, origin.mode if origin else None)
        if request.front_door != "http":
            asked = (wish for wish in wishes if wish)
            return max((begun, *asked), key=lambda mode: mode.strictness)
        for wish in (profile, *wishes):
            begun = begun.tightened(wish)
        return begun

    def _find(
        self, request: ChatRequest
    ) -> tuple[Conversation | None, int, Conversation | None, PrefixMatch | None]:
        """The conversation, how many of its messages the request repeats, and the conversation
        that the request's history comes from, whose latch and mode it inherits under any name.
        """
        match = self._prefixes.find(request.messages)
        origin = self._conversations.get(match.conversation) if match else None
        if request.conversation:
            found = self._conversations.get(request.conversation)
            stored = self._conversations.messages(found.id) if found else ()
            return found, sum(message.role != "system" for message in stored), origin, match
        if match is not None and match.whole:
            return origin, match.length, origin, match
        return None, 0, origin, match


def _latch_of(origin: Conversation) -> str:
    reason = origin.latch_reason or "It branches off a conversation that held personal data."
    return reason if origin.latched else ""


def _after(messages: tuple[Message, ...], known: int) -> tuple[Message, ...]:
    """What comes after the first ``known`` messages, system messages not counted."""
    said = [message for message in messages if message.role != "system"]
    return tuple(said[known:] or said[-1:])
