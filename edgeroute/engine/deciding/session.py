"""A conversation as the engine sees it: its mode, its latch, and what of a request is new in it.

The latch only goes up. A conversation that held personal data stays on this machine through
retries, restarts, forks and whatever model a client names; so does a branch that holds the data, or
what was made of it. A branch that leaves before is judged on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgeroute.core.errors import StoreError
from edgeroute.core.ids import owner_of
from edgeroute.core.messages import Message
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import PrivacyMode
from edgeroute.store.database.loss import REASON

if TYPE_CHECKING:
    from edgeroute.core.conversation import Conversation
    from edgeroute.store.chats.conversation_prefixes import Prefixes, PrefixMatch
    from edgeroute.store.chats.conversations import Conversations


@dataclass(frozen=True, slots=True)
class Session:
    """One request's conversation.

    ``new`` are the messages that are not stored yet. ``model`` gave the last answer. ``exists`` is
    false for a peek at a conversation to be. ``raised`` says that ``mode`` is stricter than the
    conversation's own, ``inherits`` that it is latched and the conversation's record does not say
    so. ``origin`` is the conversation that this one branches off. ``held_from`` is
    the message of the request from which it is latched; 0 is from its start. ``undecided`` says
    that the latch is due to a message of this very request, that nothing was answered to it, and
    that the rules that found it private hold still: only the user can have allowed it since.
    ``stored`` says whether anything of it is to be kept.
    ``lost`` tells the user of a loss of history that is not accepted yet. ``match`` is what was
    known of the request's beginning.
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
    inherits: bool = False
    held_from: int = 0
    undecided: bool = False
    stored: bool = True
    lost: str = ""
    match: PrefixMatch | None = None


class Sessions:
    """Finds or begins the conversation that a request belongs to.

    ``rules`` names all that decides what is private, but for the user's allow list; empty where
    that cannot be told. ``lost`` tells of a part of the history that is gone, empty where none is.
    """

    def __init__(
        self,
        conversations: Conversations,
        prefixes: Prefixes,
        default_mode: PrivacyMode,
        rules: Callable[[], str] = lambda: "",
        lost: Callable[[], str] = lambda: "",
    ) -> None:
        self._conversations = conversations
        self._prefixes = prefixes
        self._default_mode = default_mode
        self._rules = rules
        self._lost = lost
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
                peek.mode,
                id=request.conversation,
                stored=request.store,
                owner=_owner(request),
            )
            name = begun.id
        elif peek.raised and request.front_door != "chat":
            self._conversations.raise_mode(name, peek.mode)
        if peek.latched and (peek.inherits or not peek.exists):
            self._conversations.latch(name, peek.latch_reason, peek.held_from)
            self._prefixes.remember(name, request.messages)
            self._unsaved.pop(name, None)
        return replace(peek, id=name, exists=True)

    def peek(self, request: ChatRequest) -> Session:
        """The session that ``open`` would give, without beginning anything."""
        found, known, origin, match = self._find(request)
        name = found.id if found else request.conversation
        unsaved = self._unsaved.get(name, "")
        held = match is not None and match.latched
        inherited = unsaved or (_latch_of(origin) if held else "") or request.held
        held_from = match.held_from if match and not unsaved else 0
        lost = self._lost()
        if lost and not inherited and _may_be_lost(request, found, match):
            inherited, held_from = REASON, 0
        asked = replace(request, client=None) if match and match.masked else request
        stricter = self._mode(asked, found.mode if found else None, origin)
        if found is None:
            return Session(
                id="",
                mode=stricter,
                latched=bool(inherited),
                latch_reason=inherited,
                new=request.messages,
                exists=False,
                origin=origin.id if origin else "",
                held_from=held_from,
                stored=request.store,
                lost=lost,
            )
        return Session(
            id=found.id,
            mode=stricter,
            latched=found.latched or bool(inherited),
            latch_reason=found.latch_reason or inherited,
            new=_after(request.messages, known) if known else request.messages,
            model=found.model,
            raised=stricter is not found.mode,
            inherits=bool(inherited) and not found.latched,
            held_from=held_from,
            undecided=match is not None
            and match.undecided
            and not (request.conversation or unsaved or request.held or inherited == REASON)
            and match.held_by == self._rules() != "",
            stored=found.stored and request.store,
            lost=lost,
            match=match,
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
            stored=False,
        )

    def released(self, session: Session, request: ChatRequest, *, dry: bool) -> Session:
        """A session of its own for a request whose private message is private no more, since the
        user allowed what it held. The conversation that was latched stays so.
        """
        begun = Session(
            "",
            session.mode,
            new=request.messages,
            exists=False,
            stored=request.store,
            lost=session.lost,
        )
        if dry:
            return begun
        owner = _owner(request)
        name = self._conversations.create(session.mode, stored=request.store, owner=owner).id
        return replace(begun, id=name, exists=True)

    def latch(
        self,
        session: Session,
        reason: str,
        held_from: int = 0,
        beginning: Sequence[Message] = (),
    ) -> Session:
        """Bind the conversation to this machine, durably, before anything is sent.

        ``held_from`` is the message from which it holds the data, 0 where nobody knows;
        ``beginning`` are the messages up to that one if the data is in it.

        Raises:
            StoreError: it holds only as long as this process runs, or until it can be saved.
        """
        self._unsaved[session.id] = reason
        if session.exists:
            self._conversations.latch(session.id, reason, held_from, self._rules())
            if beginning:
                self._prefixes.remember(session.id, beginning)
            del self._unsaved[session.id]
        why = session.latch_reason if session.latched else reason
        return replace(session, latched=True, latch_reason=why, held_from=held_from)

    def now(self, session: Session) -> Session:
        """``session`` with the latch and the mode that its conversation has by now.

        A record that could be read before and cannot be read now may say anything: it is latched.
        """
        if not session.exists:
            return session
        try:
            found = self._conversations.binding(session.id)
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
        inherited = origin.mode if origin else None
        if request.front_door != "http":
            # Masks that were wanted elsewhere let nothing leave that this chat keeps here.
            elsewhere = inherited if inherited is not PrivacyMode.MASK else None
            modes = (begun, request.privacy or begun, elsewhere or begun)
            return max(modes, key=lambda mode: mode.strictness)
        for wish in (profile, request.privacy, inherited):
            begun = begun.tightened(wish)
        return begun

    def _find(
        self, request: ChatRequest
    ) -> tuple[Conversation | None, int, Conversation | None, PrefixMatch | None]:
        """The conversation, how many of its messages the request repeats, and the conversation
        that the request's history comes from, whose latch and mode it inherits under any name.
        """
        match = self._prefixes.find(request.messages, _owner(request))
        origin = self._conversations.get(match.conversation) if match else None
        if request.conversation:
            found = self._conversations.get(request.conversation)
            stored = self._conversations.messages(found.id) if found else ()
            return found, sum(message.role != "system" for message in stored), origin, match
        if match is not None and (match.whole or match.undecided or match.masked):
            return origin, match.length, origin, match
        return None, 0, origin, match


def _owner(request: ChatRequest) -> str:
    """Whose conversation ``request`` belongs to; empty where it is the user's."""
    person = request.client.owner if request.client else ""
    return person or owner_of(request.conversation)


def _latch_of(origin: Conversation | None) -> str:
    known = origin.latch_reason if origin else ""
    return known or "It branches off a conversation that held personal data."


def _may_be_lost(
    request: ChatRequest, found: Conversation | None, match: PrefixMatch | None
) -> bool:
    """Whether ``request`` may go on with a conversation whose record is gone."""
    if request.conversation:
        return found is None
    said = [message for message in request.messages if message.role != "system"]
    return any(one.role == "assistant" for one in said[match.length if match else 0 :])


def _after(messages: tuple[Message, ...], known: int) -> tuple[Message, ...]:
    """What comes after the first ``known`` messages, system messages not counted."""
    said = [message for message in messages if message.role != "system"]
    return tuple(said[known:] or said[-1:])
