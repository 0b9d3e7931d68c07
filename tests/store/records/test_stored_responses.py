"""Stored responses: kept as long as the settings say, for their program, gone with their chat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from edgeroute.core.stored_response import StoredResponse
from edgeroute.core.verdict import PrivacyMode
from edgeroute.store.chats.conversations import Conversations
from edgeroute.store.chats.purge import purge
from edgeroute.store.database.database import Database
from edgeroute.store.records.stored_responses import StoredResponses
from tests.store.conftest import Ticking

CANARY = "quetzalcoatl"


def response(now: Ticking, name: str = "resp_1", **more: Any) -> StoredResponse:
    """A response of the conversation ``c``."""
    item = {"id": f"msg_{name}", "type": "message", "content": [{"text": f"{CANARY} \ud800 é"}]}
    made = StoredResponse(
        id=name,
        client="one",
        created=now(),
        conversation="c",
        length=2,
        previous="",
        input=[{"role": "user", "content": CANARY}],
        body={"id": name, "output": [item]},
    )
    return replace(made, **more)


@pytest.fixture
def chats(database: Database, now: Ticking) -> Conversations:
    """A store with the conversation ``c``."""
    found = Conversations(database, now=now)
    found.create(id="c")
    return found


def bytes_on_disk(database: Database) -> bytes:
    """All bytes of all files beside the database."""
    return b"".join(path.read_bytes() for path in sorted(database.path.parent.iterdir()))


@pytest.mark.usefixtures("chats")
def test_a_response_is_read_as_it_was_kept(database: Database, now: Ticking) -> None:
    """By its id and by its items, in any later process, by its own program only."""
    kept = response(now)
    StoredResponses(database, now=now).add(kept)
    database.close()
    again = StoredResponses(database, now=now)
    assert again.get("one", "resp_1") == again.holding("one", "msg_resp_1") == kept
    for client, name, item in (("two", "resp_1", "msg_resp_1"), ("one", "resp_2", "msg_x")):
        assert again.get(client, name) is None
        assert again.holding(client, item) is None
        assert not again.delete(client, name)
    assert again.get("one", "resp_1") == kept


@pytest.mark.usefixtures("chats")
def test_the_first_of_an_id_stays(database: Database, now: Ticking) -> None:
    """Nobody can put another's text in the place of what was kept."""
    responses = StoredResponses(database, now=now)
    responses.add(response(now))
    responses.add(response(now, client="two", body={"id": "resp_1"}))
    found = responses.get("one", "resp_1")
    assert found is not None
    assert found.output
    assert responses.get("two", "resp_1") is None


@pytest.mark.usefixtures("chats")
def test_an_encrypted_history_encrypts_them(database: Database, now: Ticking) -> None:
    """Not a word of one, nor the name of its item, is in any file."""
    StoredResponses(database, now=now).add(response(now))
    database.flush()
    assert (b"msg_resp_1" in bytes_on_disk(database)) != database.encrypted


def test_what_is_deleted_leaves_no_trace(
    database: Database, now: Ticking, chats: Conversations
) -> None:
    """By itself, with its conversation, and with all of them."""
    responses = StoredResponses(database, now=now)
    ways: list[Callable[[], object]] = [
        lambda: responses.delete("one", "resp_0"),
        lambda: chats.delete("c"),
        lambda: purge(database),
        lambda: purge(database, before=now()),
    ]
    for number, delete in enumerate(ways):
        chats.create(id="c")
        responses.add(response(now, f"resp_{number}"))
        delete()
        assert responses.get("one", f"resp_{number}") is None
        assert database.read("SELECT * FROM responses") == []
        assert database.read("SELECT * FROM response_items") == []
        assert f"msg_resp_{number}".encode() not in bytes_on_disk(database)
    responses.add(response(now, "resp_late"))
    assert responses.get("one", "resp_late") is None


@pytest.mark.usefixtures("chats")
def test_they_are_kept_for_so_many_days(database: Database, now: Ticking) -> None:
    """What is older is not shown, and gone with the next start or the next one that is kept."""
    responses = StoredResponses(database, days=30, now=now)
    for number in range(2):
        responses.add(response(now, f"resp_{number}"))
        now.moment += timedelta(days=29)
        assert responses.get("one", f"resp_{number}") is not None
        now.moment += timedelta(days=2)
        assert responses.get("one", f"resp_{number}") is None
        assert responses.holding("one", f"msg_resp_{number}") is None
        assert len(database.read("SELECT * FROM responses")) == 1
    responses.expire()
    assert database.read("SELECT * FROM responses") == []


@pytest.mark.usefixtures("chats")
def test_the_latest_stay_where_there_are_too_many(database: Database, now: Ticking) -> None:
    """The oldest go first; one that is too large alone is not kept."""
    import random

    noise = [random.Random(number).randbytes(3_000).hex() for number in range(9)]
    responses = StoredResponses(database, megabytes=0.02, now=now)
    for number in range(8):
        responses.add(response(now, f"resp_{number}", input=[noise[number]]))
    left = [row["id"] for row in database.read("SELECT id FROM responses ORDER BY created")]
    assert left == [f"resp_{number}" for number in range(8 - len(left), 8)]
    assert 2 < len(left) < 8
    responses.add(response(now, "resp_large", input=noise))
    assert responses.get("one", "resp_large") is None


@pytest.mark.parametrize("none", [{"days": 0}, {"megabytes": 0}])
@pytest.mark.usefixtures("chats")
def test_nothing_is_kept_where_nothing_is_to_be(
    database: Database, now: Ticking, none: dict[str, float]
) -> None:
    """What was kept before is not shown, and goes."""
    StoredResponses(database, now=now).add(response(now))
    closed = StoredResponses(database, now=now, **none)
    assert not closed.keeps
    closed.add(response(now, "resp_2"))
    assert closed.get("one", "resp_1") is None
    closed.expire()
    assert database.read("SELECT * FROM responses") == []


def test_it_says_what_binds_who_goes_on_from_it(
    database: Database, now: Ticking, chats: Conversations
) -> None:
    """What its conversation held up to its answer, or at all where that was named; its mode; and no
    more once the user lets it go on with masks.
    """
    responses = StoredResponses(database, now=now)
    for name, length in (("resp_before", 2), ("resp_after", 4), ("resp_named", 0)):
        responses.add(response(now, name, length=length))

    def held() -> list[str]:
        names = ("resp_before", "resp_after", "resp_named")
        found = [responses.get("one", name) for name in names]
        return [each.held for each in found if each is not None]

    assert held() == ["", "", ""]
    chats.latch("c", "It holds a number.", 3)
    assert held() == ["", "It holds a number.", "It holds a number."]
    chats.mask("c")
    assert held() == ["", "", ""]
    chats.latch("c", "It holds a number.")
    assert all(held())
    kept = responses.get("one", "resp_before")
    assert kept is not None
    assert not kept.private
    chats.set_mode("c", PrivacyMode.PRIVATE)
    kept = responses.get("one", "resp_before")
    assert kept is not None
    assert kept.private


@pytest.mark.parametrize("content", ["x''", "x'00'", "x'789c030000000001'", "'text'"])
@pytest.mark.usefixtures("chats")
def test_a_damaged_row_is_no_response(database: Database, now: Ticking, content: str) -> None:
    """It is as if it had never been, and can be deleted."""
    responses = StoredResponses(database, now=now)
    responses.add(response(now))
    database.write(f"UPDATE responses SET content = {content}")
    assert responses.get("one", "resp_1") is None
    assert responses.holding("one", "msg_resp_1") is None
    assert responses.delete("one", "resp_1")
