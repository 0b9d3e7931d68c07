"""What a program may change about a conversation: its privacy goes up, never down."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from edgeroute.core.errors import PrivacyRefused, StoreError
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.admin.conversations import ConversationChange, ConversationService
from edgeroute.store.chats.conversations import Conversations
from edgeroute.store.database.database import Database


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Conversations]:
    """The conversations of an empty database."""
    database = Database.open(tmp_path / "data" / "edgeroute.db")
    yield Conversations(database)
    database.close()


@pytest.mark.parametrize(
    ("before", "wanted", "latched", "latch"),
    product(PrivacyMode, [*PrivacyMode, None], (True, False), (True, False, None)),
)
def test_a_program_never_lowers_privacy(
    store: Conversations,
    *,
    before: PrivacyMode,
    wanted: PrivacyMode | None,
    latched: bool,
    latch: bool | None,
) -> None:
    """A laxer mode or a lifted latch is refused, and then nothing of the change is made."""
    chat = store.create(before, title="old").id
    if latched:
        store.latch(chat, "Message 2 held a name.")
    change = ConversationChange(title="new", mode=wanted, latched=latch)
    laxer = wanted is not None and (
        wanted.strictness < before.strictness or before.tightened(wanted) is not wanted
    )
    if laxer or (latched and latch is False):
        with pytest.raises(PrivacyRefused):
            ConversationService(store).change(chat, change)
        expected = ("old", before, latched)
    else:
        ConversationService(store).change(chat, change)
        expected = ("new", wanted or before, latched or latch is True)
    found = store.get(chat)
    assert found is not None
    assert (found.title, found.mode, found.latched) == expected


@pytest.mark.parametrize("profile", [*PrivacyMode, None])
def test_only_a_program_that_was_given_masking_may_mask(
    store: Conversations, profile: PrivacyMode | None
) -> None:
    """Masked text leaves where `auto` keeps it here; `private` stays for all of them."""
    chat, closed = (store.create(mode).id for mode in (PrivacyMode.AUTO, PrivacyMode.PRIVATE))
    service, change = ConversationService(store), ConversationChange(mode=PrivacyMode.MASK)
    if profile is PrivacyMode.MASK:
        service.change(chat, change, profile)
    else:
        with pytest.raises(PrivacyRefused):
            service.change(chat, change, profile)
    with pytest.raises(PrivacyRefused):
        service.change(closed, change, profile)
    found = store.get(chat)
    assert found is not None
    assert (found.mode is PrivacyMode.MASK) == (profile is PrivacyMode.MASK)


@pytest.mark.parametrize(
    ("change", "said", "instead"),
    [
        (
            ConversationChange(mode=PrivacyMode.AUTO),
            "A program may raise a conversation's privacy, never lower it.",
            "Change it in the chat app.",
        ),
        (
            ConversationChange(latched=False),
            "This conversation held personal data and stays on this machine.",
            "Begin a new conversation.",
        ),
    ],
)
def test_a_refusal_says_what_to_do_instead(
    store: Conversations, change: ConversationChange, said: str, instead: str
) -> None:
    """Privacy is the user's to lower; a latch is nobody's."""
    chat = store.create(PrivacyMode.MASK).id
    store.latch(chat, "Message 2 held a name.")
    with pytest.raises(PrivacyRefused) as caught:
        ConversationService(store).change(chat, change)
    assert (caught.value.message, caught.value.hint) == (said, instead)


def test_what_is_not_named_stays(store: Conversations) -> None:
    """An empty change changes nothing, and tags and pin are set as asked."""
    chat = store.create(title="old").id
    service = ConversationService(store)
    before = service.get(chat)
    service.change(chat, ConversationChange())
    assert service.get(chat) == before
    service.change(chat, ConversationChange(pinned=True, tags=("b", "a")))
    found = service.get(chat)
    assert found is not None
    assert (found.title, found.pinned, found.tags) == ("old", True, ("a", "b"))


def test_an_unknown_conversation_is_an_error(store: Conversations) -> None:
    """Nothing is begun by a change."""
    with pytest.raises(StoreError, match="no conversation"):
        ConversationService(store).change("nope", ConversationChange(title="new"))
    assert not store.list()


def test_front_doors_cannot_write_what_the_engine_keeps(store: Conversations) -> None:
    """Latch, masks, beginnings and turns are the engine's to write."""
    offered = {name for name in dir(ConversationService(store)) if not name.startswith("_")}
    assert not offered & {"latch", "raise_mode", "append", "masks", "remember", "recognise"}


def test_without_notes_nothing_is_kept_beside_a_conversation(store: Conversations) -> None:
    """What is asked for is empty, and keeping is no mistake."""
    service = ConversationService(store)
    service.keep_note("c", "draft", "text")
    assert service.note("c", "draft") == ""
