"""Conversations: nothing lost, the latch only rises, deleted means gone."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeroute.core.errors import StoreError
from edgeroute.core.messages import Message, assistant, system, user
from edgeroute.core.verdict import PrivacyMode
from edgeroute.core.words import begun_by
from edgeroute.store.chats.conversation_prefixes import Prefixes
from edgeroute.store.chats.conversations import Conversations
from edgeroute.store.chats.masks import ConversationMasks
from edgeroute.store.database.database import Database
from edgeroute.store.records.receipts import Receipts
from tests.store.conftest import Ticking
from tests.support import nouns
from tests.support.receipts import attempt, receipt


@pytest.fixture
def conversations(database: Database, now: Ticking) -> Conversations:
    """The conversations of an empty database."""
    return Conversations(database, now=now)


@pytest.fixture
def masks(database: Database) -> ConversationMasks:
    """The placeholders of the same database."""
    return ConversationMasks(database)


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(turn=st.lists(nouns.messages, max_size=3), complete=st.booleans())
def test_a_turn_comes_back_as_it_was(
    conversations: Conversations, turn: list[Message], *, complete: bool
) -> None:
    """Whatever the messages hold, the stored turn equals them."""
    chat = conversations.create()
    added = conversations.append(chat.id, turn, complete=complete, receipt="r", model="a/b")
    assert conversations.turns(chat.id) == [added]
    assert conversations.messages(chat.id) == tuple(turn)


def test_who_began_a_conversation_is_known_from_its_first_receipt(
    conversations: Conversations, database: Database
) -> None:
    """The front door and the program; later requests through another door change nothing."""
    for name in ("mine", "theirs", "nobodys"):
        conversations.create(id=name)
    receipts = Receipts(database)
    for number, (name, door, client) in enumerate(
        (("theirs", "http", "zed"), ("theirs", "chat", ""), ("mine", "cli", ""))
    ):
        at = datetime(2026, 11, 22, 12, number, tzinfo=UTC)
        told = receipt(
            id=str(number), conversation=name, front_door=door, client=client, created=at
        )
        receipts.add(told)
    found = {one.id: (one.front_door, one.client) for one in conversations.list()}
    assert found == {"mine": ("cli", ""), "theirs": ("http", "zed"), "nobodys": ("", "")}
    assert [one.id for one in conversations.list(front_door="http")] == ["theirs"]


def test_a_fork_began_where_what_it_took_over_did(
    conversations: Conversations, database: Database
) -> None:
    """Until it is gone on with elsewhere; where no receipt tells, it is called a fork."""
    receipts = Receipts(database)
    receipts.add(receipt(id="1", conversation="theirs", front_door="http", client="zed"))
    conversations.create(id="theirs")
    conversations.append("theirs", [user("a"), assistant("b")], receipt="1", model="local/m")
    fork = conversations.fork("theirs").id
    again = conversations.fork(fork)
    assert (again.front_door, again.client, again.model) == ("http", "zed", "local/m")
    assert begun_by(again) == "zed"
    receipts.add(receipt(id="2", conversation=fork, front_door="chat"))
    found = conversations.get(fork)
    assert found is not None
    assert begun_by(found) == "app"
    conversations.create(id="untold")
    assert begun_by(conversations.fork("untold")) == "fork"


def test_the_list_shows_pinned_ones_first_then_the_latest(conversations: Conversations) -> None:
    """Order, titles from the first prompt, tags, and where the last answer came from."""
    first = conversations.create()
    conversations.append(first.id, [user("What  is\na monad?"), assistant("A")], model="local/qwen")
    second = conversations.create(PrivacyMode.PRIVATE)
    third = conversations.create(title="named")
    conversations.append(third.id, [user("x"), assistant("y")], model="openai/gpt-5.5")
    conversations.pin(second.id)
    conversations.tag(first.id, ["work", "maths", "work"])
    listed = conversations.list()
    assert [c.id for c in listed] == [second.id, third.id, first.id]
    assert [c.title for c in listed] == ["", "named", "What is a monad?"]
    assert [c.place for c in listed] == ["", "cloud", "local"]
    assert [c.turns for c in listed] == [0, 1, 1]
    assert [c.id for c in conversations.list(tag="work")] == [first.id]
    assert conversations.list(1, offset=1)[0].id == third.id
    conversations.rename(third.id, "n" * 500)
    renamed = conversations.get(third.id)
    assert renamed is not None
    assert len(renamed.title) == 120


def test_a_given_id_is_found_again_and_not_reset(conversations: Conversations) -> None:
    """A client's own conversation id keeps mode and latch when it comes again."""
    conversations.create(PrivacyMode.MASK, id="client-7")
    conversations.latch("client-7", "An address.")
    again = conversations.create(PrivacyMode.AUTO, id="client-7")
    assert (again.mode, again.latched, again.latch_reason) == (
        PrivacyMode.MASK,
        True,
        "An address.",
    )
    with pytest.raises(StoreError, match="at most 200"):
        conversations.create(id="x" * 201)


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["latch", "mode", "rename", "append", "trim", "fork", "create"]),
        st.sampled_from(PrivacyMode),
    ),
    max_size=8,
)


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(actions=ACTIONS)
def test_the_latch_never_falls(
    conversations: Conversations, actions: list[tuple[str, PrivacyMode]]
) -> None:
    """Nothing but deletion undoes a latch, and a fork of a latched conversation is latched."""
    chat = conversations.create().id
    latched = False
    for action, mode in actions:
        if action == "latch":
            conversations.latch(chat, "reason")
            latched = True
        elif action == "mode":
            conversations.set_mode(chat, mode)
        elif action == "rename":
            conversations.rename(chat, "x")
        elif action == "append":
            conversations.append(chat, [user("a")])
        elif action == "trim":
            conversations.keep_turns(chat, 0)
        elif action == "fork":
            chat = conversations.fork(chat, 1).id
        else:
            conversations.create(mode, id=chat)
        found = conversations.get(chat)
        assert found is not None
        assert found.latched is latched


def test_raising_the_mode_never_lowers_it(conversations: Conversations) -> None:
    """Of two programs that ask for more privacy at once, the stricter wish holds."""
    chat = conversations.create().id
    for mode, after in (("mask", "mask"), ("private", "private"), ("mask", "private")):
        conversations.raise_mode(chat, PrivacyMode(mode))
        found = conversations.get(chat)
        assert found is not None
        assert found.mode == after


def test_a_fork_has_the_first_turns_the_mode_and_the_masks(
    conversations: Conversations, masks: ConversationMasks
) -> None:
    """A fork stands on its own: what follows in one is not in the other."""
    chat = conversations.create(PrivacyMode.MASK, title="trip").id
    for n in range(3):
        conversations.append(chat, [user(f"q{n}"), assistant(f"a{n}")], model="a/b")
    masks.change(chat, lambda _: {"<PERSON_1>": "Ann"})
    fork = conversations.fork(chat, 2)
    assert (fork.mode, fork.parent, fork.title, fork.turns) == (
        PrivacyMode.MASK,
        chat,
        "trip (fork)",
        2,
    )
    assert masks.get(fork.id) == {"<PERSON_1>": "Ann"}
    conversations.append(fork.id, [user("other")])
    assert len(conversations.turns(chat)) == 3
    conversations.keep_turns(chat, 1)
    assert [t.messages[0].text for t in conversations.turns(chat)] == ["q0"]
    assert [t.messages[0].text for t in conversations.turns(fork.id, limit=2)] == ["q1", "other"]


def test_search_finds_words_wherever_they_are(conversations: Conversations) -> None:
    """All words, as beginnings, without accents, also in scripts without spaces."""
    chat = conversations.create(title="Food").id
    conversations.append(chat, [user("hello there")])
    conversations.append(chat, [user("Where is the best café in Zürich?"), assistant("Here.")])
    conversations.append(chat, [user("東京で一番おいしいラーメン屋")])
    hit = conversations.search("zuric cafe")[0]
    assert (hit.conversation, hit.title, hit.position) == (chat, "Food", 1)
    assert [hit.snippet[a:b] for a, b in hit.marks] == ["café", "Zürich"]
    ramen = conversations.search("ラーメン")[0]
    assert (ramen.position, [ramen.snippet[a:b] for a, b in ramen.marks]) == (2, ["ラーメン"])
    assert conversations.search("hello zürich") == []
    conversations.keep_turns(chat, 1)
    assert conversations.search("café") == []


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(query=nouns.texts | st.sampled_from(['"', "a OR b", "NEAR(", "text:x", "*", "-a", "'; --"]))
def test_no_query_is_an_error(conversations: Conversations, query: str) -> None:
    """Whatever is typed into the search box, the search answers."""
    conversations.search(query)


def test_a_conversation_that_stores_nothing_keeps_its_latch(
    conversations: Conversations, database: Database
) -> None:
    """With storing off there is no text, title or mask, but latch and recognition hold."""
    chat = conversations.create(stored=False, title="x").id
    history = [user("my secret plan"), assistant("a secret answer")]
    assert conversations.append(chat, history) is None
    masks, prefixes = ConversationMasks(database), Prefixes(database)
    masks.change(chat, lambda _: {"<PERSON_1>": "Ann"})
    prefixes.remember(chat, history)
    conversations.latch(chat, "A name.")
    assert conversations.list() == []
    assert masks.get(chat) == {}
    assert conversations.turns(chat) == []
    found = prefixes.find([*history, user("go on")])
    assert found is not None
    assert (found.conversation, found.latched, found.whole) == (chat, True, True)
    database.flush()
    database.close()
    assert b"secret" not in database.path.read_bytes()


@pytest.mark.parametrize("turns", [1, 40])
def test_deleting_leaves_no_trace(
    conversations: Conversations, database: Database, turns: int
) -> None:
    """Text, title, masks, index and backups of a deleted conversation are not on the disk."""
    canary = "quetzalcoatl"
    keep = conversations.create(title="kept").id
    conversations.append(keep, [user("harmless")])
    chat = conversations.create().id
    for _ in range(turns):
        conversations.append(chat, [user(f"{canary} here"), assistant(f"{canary} " * 300)])
    ConversationMasks(database).change(chat, lambda _: {"<X>": canary})
    backup = database.path.with_name(database.path.name + ".backup-v1")
    backup.write_bytes(canary.encode())
    conversations.delete(chat)
    everything = b"".join(p.read_bytes() for p in database.path.parent.iterdir())
    assert canary.encode() not in everything
    assert not backup.exists()
    assert [c.id for c in conversations.list()] == [keep]
    with pytest.raises(StoreError, match="no conversation"):
        conversations.delete(chat)


def test_export_reads_well_and_loses_nothing(conversations: Conversations) -> None:
    """Markdown is for reading; JSON holds every message."""
    chat = conversations.create(title="Trip").id
    conversations.append(chat, [user("Where?"), assistant("Rome")], model="a/b", complete=False)
    conversations.latch(chat, "An address was found.")
    text = conversations.export(chat)
    assert text.startswith("# Trip\n")
    assert "## a/b\n\nRome" in text
    assert "stays local: An address was found." in text
    assert "*The answer broke off here.*" in text
    content = json.loads(conversations.export(chat, "json"))
    assert content["latched"] is True
    assert content["turns"][0]["messages"][1]["parts"][0]["text"] == "Rome"


def test_earlier_prompts_come_newest_first_without_repeats(conversations: Conversations) -> None:
    """The composer's history is what the user typed, once each."""
    chat = conversations.create().id
    for text in ("a", "b", "a", " "):
        conversations.append(chat, [system("s"), user(text), assistant("x")])
    assert conversations.prompts() == ["a", "b"]
    assert conversations.prompts(1) == ["a"]


def test_a_chat_is_local_only_where_nothing_of_it_ever_left(
    conversations: Conversations, database: Database
) -> None:
    """An earlier answer, or a failed attempt whose bytes left, counts for good, in forks too."""
    said = [user("x"), assistant("y")]
    chat, tried, here = (conversations.create() for _ in range(3))
    conversations.append(chat.id, said, receipt="r1", model="openai/gpt-5.5")
    failed = receipt(attempt(outcome="failed"), id="r3", conversation=tried.id)
    Receipts(database).add(failed)
    for one in (chat, tried, here):
        name = failed.id if one is tried else ""
        conversations.append(one.id, said, receipt=name, model="local/m")
    places = {row.id: row.place for row in conversations.list()}
    assert places == {chat.id: "cloud", tried.id: "cloud", here.id: "local"}
    for one in (chat, tried, here):
        assert conversations.fork(one.id).place == places[one.id]
