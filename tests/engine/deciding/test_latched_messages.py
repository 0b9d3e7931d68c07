"""A latch covers what holds the data: who leaves before the private message is judged anew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from edgeroute.core.messages import Message, Text, ToolCall, ToolResult, assistant, system, user
from edgeroute.core.model_card import Place
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.admin.conversations import ConversationChange
from tests.support import replies
from tests.support.house import OPEN, PRIVATE, House, Seen, house
from tests.support.scripted_provider import Received, Reply

CLOUD, LOCAL = Place.CLOUD, Place.LOCAL
SSN: Final = "521-44-9821"
SHORT: Final = "Dear bank, farewell."
LONG: Final = "Dear bank, " + "I herewith close the account that we spoke of last week. " * 3
FIRST: Final = (user("Help me with letters."), assistant("A table of buckets."))
CALL: Final = Message("assistant", (ToolCall("c1", "read_file", '{"path": "customers.csv"}'),))


def local(asked: Received) -> Reply:
    """The local model, which answers at length where a long letter is asked for."""
    if asked.method == "GET":
        return replies.json_body({"object": "list", "data": [{"id": "m", "object": "model"}]})
    return replies.answer(asked, LONG if b"long letter" in asked.body else SHORT)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    """A house whose cloud always says the same."""
    async with house(tmp_path, local=local) as made:
        yield made


def result(*parts: str) -> Message:
    """What a tool gave back."""
    return Message("tool", tuple(ToolResult("c1", (Text(part),)) for part in parts))


async def route(home: House, *messages: Message, **fields: object) -> Place | None:
    """Who answered; nothing was received by anybody outside where that was the local model."""
    before = home.bytes_out
    seen = await home.ask(messages, **fields)
    place = seen.receipt.route
    assert (place is CLOUD) == (home.bytes_out > before)
    return place


async def told(home: House, long: str = "") -> Seen:
    """A conversation that is private from its third message on."""
    assert await route(home, FIRST[0]) is CLOUD
    return await home.ask([*FIRST, user(PRIVATE + long)])


async def test_a_new_session_with_the_same_first_turns_is_judged_anew(home: House) -> None:
    """The same first question and answer, and then something else: that may leave, however long the
    private session goes on; its own private message may not.
    """
    await told(home)
    more = (*FIRST, user(PRIVATE), assistant(SHORT), user(OPEN))
    assert await route(home, *more) is LOCAL
    assert await route(home, *more, assistant(SHORT), user("Go on.")) is LOCAL
    assert await route(home, FIRST[0]) is CLOUD
    assert await route(home, *FIRST, user(OPEN)) is CLOUD
    assert await route(home, *FIRST, user(OPEN), assistant("A table of buckets."), user("And?"))
    assert await route(home, *FIRST, user(PRIVATE)) is LOCAL


@pytest.mark.parametrize("name", ["", "another"])
async def test_a_branch_after_the_private_message_stays(home: House, name: str) -> None:
    """A branch that keeps the private message and its answer is latched, and so are its branches;
    one of its branches that leaves before is not.
    """
    seen = await told(home)
    kept = (*FIRST, user(PRIVATE), assistant(SHORT))
    await route(home, *kept, user(OPEN))
    assert await route(home, *kept, user("And moss?"), conversation=name) is LOCAL
    branch = (*kept, user("And moss?"), assistant(SHORT))
    assert await route(home, *branch, user("Ferns?")) is LOCAL
    assert await route(home, *branch, user("Trees?")) is LOCAL
    assert await route(home, *FIRST, user(OPEN)) is CLOUD
    assert (await home.ask(OPEN, conversation=seen.receipt.conversation)).receipt.route is LOCAL


@pytest.mark.parametrize("long", ["", " Make it a long letter."])
async def test_an_answer_stays_when_the_private_message_is_edited(home: House, long: str) -> None:
    """The private message is edited away and the answer to it is kept: it stays here."""
    seen = await told(home, long)
    edited = (*FIRST, user("Write to my bank."), assistant(seen.text), user(OPEN))
    assert await route(home, *edited) is LOCAL
    assert await route(home, *edited, assistant(SHORT), user("Go on.")) is LOCAL
    moved = (FIRST[0], assistant(seen.text), user(OPEN))
    assert await route(home, *moved) is LOCAL


async def test_a_long_answer_stays_wherever_it_stands(home: House) -> None:
    """A client that keeps nothing else of the conversation than a long answer keeps it here."""
    seen = await told(home, " Make it a long letter.")
    assert await route(home, user("We had this:"), assistant(seen.text), user(OPEN)) is LOCAL
    assert await route(home, user("We had this:"), assistant("Something."), user(OPEN)) is CLOUD


async def test_the_same_words_of_an_open_conversation_may_leave(home: House) -> None:
    """An answer that an open conversation got by itself is not taken for the private one's."""
    await told(home)
    other = (*FIRST, user("Write farewell."))
    assert await route(home, *other, model="local") is LOCAL
    assert await route(home, *other, assistant(SHORT), user(OPEN)) is CLOUD


async def test_another_system_prompt_is_judged_anew(home: House) -> None:
    """Where the system prompt held the data, another one is judged on its own, unless an answer
    that was made with the private one is kept.
    """
    private = system(f"The user's SSN is {SSN}.")
    first = await home.ask([private, FIRST[0]])
    assert first.receipt.route is LOCAL
    assert await route(home, system("Be short."), FIRST[0]) is CLOUD
    assert await route(home, private, FIRST[0]) is LOCAL
    kept = (FIRST[0], assistant(first.text), user(OPEN))
    assert await route(home, system("Be short."), *kept) is LOCAL


async def test_a_system_prompt_that_turns_private_binds_what_comes_after(home: House) -> None:
    """Answers from before it may leave with another system prompt; those after it may not."""
    private = system(f"The user's SSN is {SSN}.")
    await route(home, FIRST[0])
    later = await home.ask([private, *FIRST, user("Write farewell.")])
    assert later.receipt.route is LOCAL
    kept = (*FIRST, user("Write farewell."), assistant(later.text), user(OPEN))
    assert await route(home, *kept) is LOCAL
    assert await route(home, *FIRST, user(OPEN)) is CLOUD


@pytest.mark.parametrize(
    "third",
    [
        result(f"name,ssn: SSN {SSN}"),
        result("nothing", f"name,ssn: SSN {SSN}"),
        Message("user", (Text("Here."), ToolResult("c1", (Text(f"SSN {SSN}"),)), Text("Go on."))),
    ],
    ids=["result", "second of two", "beside text"],
)
async def test_a_tool_result_binds_from_where_it_stands(home: House, third: Message) -> None:
    """The same call with another result is judged on its own; with the private one it stays, and
    so does what followed when the result is taken out.
    """
    begun = (user("Sort my customers."), CALL)
    seen = await home.ask([*begun, third])
    assert seen.receipt.route is LOCAL
    assert await route(home, *begun, result("No such file.")) is CLOUD
    assert await route(home, *begun, third) is LOCAL
    assert await route(home, *begun, third, assistant(seen.text), user(OPEN)) is LOCAL
    cleared = (*begun, result("[cleared]"), assistant(seen.text), user(OPEN))
    assert await route(home, *cleared) is LOCAL


async def test_what_the_user_allowed_goes_on(home: House) -> None:
    """The refused request, sent again after its value was allowed, may leave, with all that follows
    it; what was answered here before stays, and so does the conversation by its name.
    """
    seen = await told(home)
    home.runtime.lists.allow(SSN)
    assert await route(home, *FIRST, user(PRIVATE)) is CLOUD
    on = (*FIRST, user(PRIVATE), assistant("A table of buckets."), user(OPEN))
    assert await route(home, *on) is CLOUD
    assert await route(home, *FIRST, user(PRIVATE), assistant(SHORT), user(OPEN)) is LOCAL
    assert await route(home, user(OPEN), conversation=seen.receipt.conversation) is LOCAL


async def test_looser_rules_release_nothing(home: House) -> None:
    """A message that stayed under stricter rules stays when they are loosened, answered or not."""
    home.runtime.lists.keep_private("project", "Falcon")
    falcon = user("What does Falcon weigh?")
    assert await route(home, falcon) is LOCAL
    home.runtime.lists.forget_private("Falcon")
    assert await route(home, falcon) is LOCAL
    assert await route(home, falcon, assistant(SHORT), user(OPEN)) is LOCAL
    assert await route(home, user("What does Falcon really weigh?")) is CLOUD


@pytest.mark.parametrize("fields", [{}, {"conversation": "mine"}], ids=["nameless", "named"])
async def test_the_users_word_binds_the_whole(home: House, fields: dict[str, str]) -> None:
    """A conversation that was told to stay here stays as a whole, and all that branches off it."""
    seen = await home.ask(FIRST[:1], **fields)
    home.runtime.conversations.change(seen.receipt.conversation, ConversationChange(latched=True))
    assert await route(home, *FIRST, user(OPEN)) is LOCAL
    assert await route(home, *FIRST, user("And moss?")) is LOCAL


async def test_a_named_conversation_is_bound_as_a_whole(home: House) -> None:
    """Under the name it stays whatever it repeats; its words without the name are judged anew."""
    named = {"conversation": "mine"}
    await route(home, FIRST[0], **named)
    assert await route(home, *FIRST, user(PRIVATE), **named) is LOCAL
    assert await route(home, *FIRST, user(OPEN), **named) is LOCAL
    assert await route(home, user(OPEN), **named) is LOCAL
    assert await route(home, *FIRST, user(OPEN)) is CLOUD


async def test_masks_take_the_place_of_the_latch_at_the_users_word(home: House) -> None:
    """After the user's word a held conversation goes on masked, the private message included, and
    so do its branches from there; what cannot be masked holds it anew.
    """
    mail = user("Write a note to anna.berg@fjordmail.no about lunch.")
    held = await home.ask([*FIRST, mail])
    assert held.receipt.route is LOCAL
    home.runtime.conversations.mask(held.receipt.conversation)
    assert await route(home, *FIRST, mail) is CLOUD
    kept = (*FIRST, mail, assistant("A table of buckets."))
    assert await route(home, *kept, user(OPEN)) is CLOUD
    assert await route(home, *kept, user("And moss?")) is CLOUD
    sent = b"".join(one.body for one in home.cloud["mock"].requests)
    assert b"anna.berg" not in sent
    assert b"<EMAIL" in sent
    secret = user("Why does this fail: AWS_SECRET_ACCESS_KEY=vT8qLr2XnKd5WzPb7YhMc4JfGsRt00000001")
    assert await route(home, *kept, user(OPEN), assistant("A table of buckets."), secret) is LOCAL
    assert await route(home, *kept, user("And ferns?")) is LOCAL


async def test_only_what_masks_can_cover_is_unbound(home: House) -> None:
    """A private conversation, and one that is bound as a whole, cannot be masked; back in auto the
    latch of a masked one holds again.
    """
    conversations = home.runtime.conversations
    held = (await home.ask("Write a note to anna.berg@fjordmail.no.")).receipt.conversation
    conversations.mask(held)
    conversations.set_mode(held, PrivacyMode.AUTO)
    assert await route(home, user(OPEN), conversation=held) is LOCAL
    whole = conversations.create().id
    conversations.change(whole, ConversationChange(latched=True))
    with pytest.raises(Exception, match="no message of it that can be masked"):
        conversations.mask(whole)
    private = conversations.create(PrivacyMode.PRIVATE).id
    with pytest.raises(Exception, match="set to stay on this machine"):
        conversations.mask(private)
