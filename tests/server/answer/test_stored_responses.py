"""Stored responses through the real endpoint, asked by OpenAI's own client."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai
import pytest

from edgeroute.server.access.clients import ClientTokens
from edgeroute.server.serve import serving
from edgeroute.wiring import Runtime
from tests.support.house import LOCAL_ANSWER, PRIVATE, House, house
from tests.support.responses_wire import Behaviour, call, counting, heard, message, reply
from tests.support.scripted_provider import Received, Reply, ScriptedProvider

WIRES = {"mock/m": "openai-chat", "resp/m": "openai-responses"}
MAIL = "milena.kowalczyk@fjordmail.no"


@dataclass
class Caller:
    """A program at the endpoint, and the managed APIs behind it."""

    home: House
    cloud: dict[str, ScriptedProvider]
    address: str
    client: Any

    async def ask(self, text: Any, model: str = "mock/m", **more: Any) -> Any:
        """A response."""
        return await self.client.responses.create(model=model, input=text, **more)

    def sent(self, model: str) -> list[Received]:
        """What a managed API was asked."""
        return [one for one in self.cloud[model].requests if one.method == "POST"]

    @property
    def bytes_out(self) -> int:
        """How many bytes all of them received."""
        return sum(one.bytes_received for one in self.cloud.values())

    def other(self, name: str) -> Any:
        """The client of another connected program."""
        token = ClientTokens(self.home.runtime.paths.state).make(name).reveal()
        return openai.AsyncOpenAI(api_key=token, base_url=self.client.base_url, max_retries=0)


@asynccontextmanager
async def at(runtime: Runtime) -> AsyncIterator[tuple[str, Any]]:
    """The endpoint of ``runtime``, and a client that has its token."""
    async with serving(runtime, port=0) as listening:
        token = listening.token_file.read_text().strip()
        url = f"{listening.address}/v1"
        async with openai.AsyncOpenAI(api_key=token, base_url=url, max_retries=0) as client:
            yield listening.address, client


@asynccontextmanager
async def calling(
    folder: Path, behave: Behaviour = counting, settings: str = ""
) -> AsyncIterator[Caller]:
    """An endpoint over one managed API of each of two wires."""
    chat = ScriptedProvider(behave)
    with ScriptedProvider(behave) as responses:
        table = (
            f'[providers.resp]\nwire = "openai-responses"\nbase_url = "{responses.base_url}"\n'
            'models = ["m"]\n'
        )
        async with (
            house(folder, {"mock": chat}, settings=table + settings) as home,
            at(home.runtime) as (address, client),
        ):
            yield Caller(home, {"mock/m": chat, "resp/m": responses}, address, client)


async def whole(response: Any) -> Any:
    """The response at the end of a stream, whose numbers must rise."""
    last, number = None, -1
    async for event in response:
        assert event.sequence_number > number
        last, number = event, event.sequence_number
    assert last is not None
    assert last.type == "response.completed"
    return last.response


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("model", WIRES)
async def test_a_program_sends_only_what_is_new(
    tmp_path: Path, model: str, *, streamed: bool
) -> None:
    """The provider gets the whole conversation and no id that it does not know; the answer says
    what it goes on from.
    """
    async with calling(tmp_path) as caller:
        previous: str | None = None
        for turn in ("one", "two", "three"):
            answer = await caller.ask(turn, model, previous_response_id=previous, stream=streamed)
            answer = await whole(answer) if streamed else answer
            assert answer.output_text == f"Answer to {turn}"
            assert (answer.previous_response_id, answer.store) == (previous, True)
            previous = answer.id
        request = caller.sent(model)[-1]
        assert heard(request) == ["one", "Answer to one", "two", "Answer to two", "three"]
        assert request.json.get("store") is not True
        assert b"resp_" not in request.body
        (chat,) = caller.home.runtime.conversations.list()
        assert chat.turns == 3


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("model", WIRES)
async def test_a_response_can_be_asked_for_again(
    tmp_path: Path, model: str, *, streamed: bool
) -> None:
    """As its program read it, whole or as events whose numbers rise, of which some may be left."""
    async with calling(tmp_path) as caller:
        first = await caller.ask("one", model, stream=streamed, instructions="Be brief.")
        first = await whole(first) if streamed else first
        again = await caller.client.responses.retrieve(first.id)
        assert again.to_dict() == first.to_dict()
        events = [
            event async for event in await caller.client.responses.retrieve(first.id, stream=True)
        ]
        assert [event.sequence_number for event in events] == [*range(len(events))]
        assert events[-1].response.to_dict() == first.to_dict()
        assert "response.output_text.delta" in [event.type for event in events]
        rest = await caller.client.responses.retrieve(first.id, stream=True, starting_after=3)
        assert [event.sequence_number async for event in rest] == [*range(4, len(events))]


async def test_what_was_asked_is_listed(tmp_path: Path) -> None:
    """All that the model was given, in pages, from either end, each item with an id."""
    async with calling(tmp_path) as caller:
        first = await caller.ask("one")
        second = await caller.ask("two", previous_response_id=first.id)
        items = caller.client.responses.input_items
        page = await items.list(second.id, order="asc", limit=2)
        assert [item.content[0].text for item in page.data] == ["one", "Answer to one"]
        assert page.has_more
        assert page.last_id == page.data[1].id == first.output[0].id
        rest = await items.list(second.id, order="asc", after=page.last_id)
        assert [item.content[0].text for item in rest.data] == ["two"]
        assert not rest.has_more
        every = [item.content[0].text async for item in await items.list(second.id, limit=1)]
        assert every == ["two", "Answer to one", "one"]
        with pytest.raises(openai.NotFoundError):
            await items.list(second.id, after="msg_x")
        for wrong in ({"limit": 0}, {"limit": 101}, {"order": "up"}):
            with pytest.raises(openai.BadRequestError):
                await items.list(second.id, **wrong)
        again = await caller.ask(
            [{"type": "item_reference", "id": rest.data[0].id}, {"role": "user", "content": "x"}]
        )
        assert again.output_text == "Answer to x"
        assert heard(caller.sent("mock/m")[-1]) == ["two", "x"]


@pytest.mark.parametrize("model", WIRES)
async def test_items_may_be_named_instead_of_sent(tmp_path: Path, model: str) -> None:
    """A reference stands for the item, also in what a later response goes on from."""
    async with calling(tmp_path) as caller:
        first = await caller.ask("one", model)
        items: list[Any] = [
            {"role": "user", "content": "one"},
            {"type": "item_reference", "id": first.output[0].id},
            {"role": "user", "content": "two"},
        ]
        second = await caller.ask(items, model)
        assert second.output_text == "Answer to two"
        third = await caller.ask("three", model, previous_response_id=second.id)
        assert third.output_text == "Answer to three"
        told = ["one", "Answer to one", "two", "Answer to two", "three"]
        assert heard(caller.sent(model)[-1]) == told
        assert b"item_reference" not in caller.sent(model)[-1].body
        with pytest.raises(openai.NotFoundError) as error:
            await caller.ask([{"type": "item_reference", "id": "msg_nobody"}], model)
        assert error.value.param == "input"


def _calls(request: Received) -> Reply:
    """Asks for the weather, and says it once there is a result."""
    items = request.json["input"]
    if isinstance(items, list) and items[-1].get("type") == "function_call_output":
        return reply(request, [message(f"It is {items[-1]['output']}.", "msg_end")])
    return reply(request, [call("weather", '{"city": "Oslo"}')])


async def test_a_result_alone_answers_a_stored_call(tmp_path: Path) -> None:
    """The call that it belongs to comes from the store."""
    async with calling(tmp_path, _calls) as caller:
        tool: Any = {"type": "function", "name": "weather", "parameters": {"type": "object"}}
        first = await caller.ask("How is it in Oslo?", "resp/m", tools=[tool])
        result = {"type": "function_call_output", "call_id": first.output[0].call_id}
        second = await caller.ask(
            [{**result, "output": "cold"}], "resp/m", previous_response_id=first.id, tools=[tool]
        )
        assert second.output_text == "It is cold."
        sent = caller.sent("resp/m")[-1].json["input"]
        assert [item["type"] for item in sent] == [
            "message", "function_call", "function_call_output",
        ]  # fmt: skip


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_answer_whose_end_does_not_repeat_it_is_whole(
    tmp_path: Path, *, streamed: bool
) -> None:
    """Its items come from the events that told of them."""

    def briefly(request: Received) -> Reply:
        items = [message("Hm.", "msg_1"), message("Done.", "msg_2")]
        return reply(request, items, brief=True)

    async with calling(tmp_path, briefly) as caller:
        answer = await caller.ask("one", "resp/m", stream=streamed)
        answer = await whole(answer) if streamed else answer
        again = await caller.client.responses.retrieve(answer.id)
        assert again.output_text == "Hm.Done."
        await caller.ask("two", "resp/m", previous_response_id=answer.id)
        assert heard(caller.sent("resp/m")[-1]) == ["one", "Hm.", "Done.", "two"]


async def test_what_is_deleted_is_gone(tmp_path: Path) -> None:
    """It can neither be read nor gone on from, and what went on from it cannot be either; chats
    that are deleted take their responses along.
    """
    async with calling(tmp_path) as caller:
        responses = caller.client.responses
        first = await caller.ask("one")
        second = await caller.ask("two", previous_response_id=first.id)
        await responses.delete(first.id)
        for call_ in (responses.retrieve, responses.delete, responses.input_items.list):
            with pytest.raises(openai.NotFoundError, match="not found"):
                await call_(first.id)
        for previous in (first.id, second.id):
            with pytest.raises(openai.BadRequestError) as error:
                await caller.ask("three", previous_response_id=previous)
            assert error.value.code == "previous_response_not_found"
            assert error.value.param == "previous_response_id"
            assert first.id in error.value.message
        left = await responses.input_items.list(second.id)
        assert [item.content[0].text for item in left.data] == ["two"]
        (chat,) = caller.home.runtime.conversations.list()
        caller.home.runtime.conversations.delete(chat.id)
        with pytest.raises(openai.NotFoundError):
            await responses.retrieve(second.id)
        third = await caller.ask("three")
        caller.home.runtime.conversations.purge()
        with pytest.raises(openai.NotFoundError):
            await responses.retrieve(third.id)


async def test_nothing_is_kept_where_that_is_asked_for(tmp_path: Path) -> None:
    """Neither the response nor a word of the chat; the answer says so. The latch holds all the
    same.
    """
    async with calling(tmp_path) as caller:
        answer = await caller.ask("quetzalcoatl", store=False)
        assert answer.store is False
        with pytest.raises(openai.NotFoundError):
            await caller.client.responses.retrieve(answer.id)
        with pytest.raises(openai.BadRequestError, match="not found"):
            await caller.ask("two", previous_response_id=answer.id)
        assert caller.home.runtime.conversations.search("quetzalcoatl") == []
        assert caller.home.runtime.conversations.list() == []
        held = await caller.ask(PRIVATE, "auto", store=False)
        before = caller.bytes_out
        items: list[Any] = [
            {"role": "user", "content": PRIVATE}, *held.output, {"role": "user", "content": "And?"},
        ]  # fmt: skip
        assert (await caller.ask(items, "auto", store=False)).output_text == LOCAL_ANSWER
        assert caller.bytes_out == before


def _thinks(request: Received) -> Reply:
    """Answers with a thought that only its own model can read."""
    thought = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "gAAA" * 9}
    return reply(request, [thought, message("Done.")])


@pytest.mark.parametrize("kept", [False, True])
async def test_a_thought_goes_back_to_its_own_model_only(tmp_path: Path, *, kept: bool) -> None:
    """Kept or not, it is known who answered last."""
    with ScriptedProvider(_thinks) as other:
        settings = (
            f'[providers.other]\nwire = "openai-responses"\nbase_url = "{other.base_url}"\n'
            'models = ["n"]\n'
        )
        async with calling(tmp_path, _thinks, settings) as caller:
            first = await caller.ask("one", "resp/m", store=kept)
            items = [{"role": "user", "content": "one"}, *first.to_dict()["output"]]
            turn = [*items, {"role": "user", "content": "two"}]
            await caller.ask(turn, "resp/m", store=kept)
            await caller.ask([*turn, *items[1:], items[0]], "other/n", store=kept)
            assert b"gAAA" in caller.sent("resp/m")[-1].body
            assert b"gAAA" not in other.requests[-1].body
            if kept:
                second = await caller.ask("two", "other/n", previous_response_id=first.id)
                assert b"gAAA" not in other.requests[-1].body
                third = await caller.ask("three", "resp/m", previous_response_id=second.id)
                assert caller.sent("resp/m")[-1].body.count(b"gAAA" * 9) == 1
                named = [{"type": "item_reference", "id": third.output[0].id}, items[0]]
                await caller.ask(named, "other/n")
                assert b"gAAA" not in other.requests[-1].body


async def test_the_user_may_keep_the_chats_of_such_programs(tmp_path: Path) -> None:
    """The history is the user's; the program's response is not stored all the same."""
    async with calling(tmp_path, settings="[server]\nkeep_unstored = true\n") as caller:
        answer = await caller.ask("quetzalcoatl", store=False)
        assert answer.store is False
        assert len(caller.home.runtime.conversations.search("quetzalcoatl")) == 1
        with pytest.raises(openai.NotFoundError):
            await caller.client.responses.retrieve(answer.id)


async def test_nothing_is_kept_where_the_settings_say_so(tmp_path: Path) -> None:
    """The answer says that it is not stored, and who goes on from it is told why."""
    settings = "[server]\nresponses_days = 0\n"
    async with calling(tmp_path, settings=settings) as caller:
        answer = await caller.ask("one")
        assert answer.store is False
        with pytest.raises(openai.NotFoundError):
            await caller.client.responses.retrieve(answer.id)
        with pytest.raises(openai.BadRequestError, match="responses_days"):
            await caller.ask("two", previous_response_id=answer.id)


async def test_each_program_sees_its_own_only(tmp_path: Path) -> None:
    """Another's response is as unknown as one that never was, by every way to it."""
    async with calling(tmp_path) as caller, caller.other("cline") as other:
        first = await caller.ask("one")
        theirs = await other.responses.create(model="mock/m", input="one")
        for mine, name, item in (
            (other, first.id, first.output[0].id),
            (caller.client, theirs.id, theirs.output[0].id),
        ):
            for call_ in (
                mine.responses.retrieve,
                mine.responses.delete,
                mine.responses.input_items.list,
            ):
                with pytest.raises(openai.NotFoundError):
                    await call_(name)
            with pytest.raises(openai.BadRequestError):
                await mine.responses.create(model="mock/m", input="x", previous_response_id=name)
            for named in (item, f"msg_{name.removeprefix('resp_')}_i0"):
                reference: Any = {"type": "item_reference", "id": named}
                with pytest.raises(openai.NotFoundError):
                    await mine.responses.create(model="mock/m", input=[reference])
        assert (await caller.client.responses.retrieve(first.id)).id == first.id
        assert (await other.responses.retrieve(theirs.id)).id == theirs.id


@pytest.mark.parametrize("forgotten", [False, True])
async def test_what_goes_on_from_a_held_conversation_is_held(
    tmp_path: Path, *, forgotten: bool
) -> None:
    """By its id or by one short item of it, though its texts be recognised no more. Where they are,
    a branch that leaves before the private message is judged on its own.
    """
    async with calling(tmp_path) as caller:
        first = await caller.ask("Good morning.", "auto")
        held = await caller.ask(PRIVATE, "auto", previous_response_id=first.id)
        assert held.output_text == LOCAL_ANSWER
        if forgotten:
            caller.home.stores.database.write("DELETE FROM prefixes")
        before = caller.bytes_out
        later = await caller.ask("And now?", "auto", previous_response_id=held.id)
        named = [{"type": "item_reference", "id": held.output[0].id}]
        alone = await caller.ask([*named, {"role": "user", "content": "Go on."}], "auto")
        last = await caller.ask("Go on.", "mock/m", previous_response_id=alone.id)
        for answer in (later, alone, last):
            assert answer.output_text == LOCAL_ANSWER
        assert caller.bytes_out == before
        branch = await caller.ask("Say hello.", "auto", previous_response_id=first.id)
        assert branch.output_text == LOCAL_ANSWER if forgotten else "Answer to Say hello."
        assert not any("521-44-9821" in one.body.decode() for one in caller.sent("mock/m"))


async def test_what_goes_on_from_a_private_conversation_is_private(tmp_path: Path) -> None:
    """A program that asked for it once need not say so again."""
    async with calling(tmp_path) as caller:
        kept = {"X-EdgeRoute-Privacy": "private"}
        first = await caller.ask("Good morning.", "auto", extra_headers=kept)
        caller.home.stores.database.write("DELETE FROM prefixes")
        second = await caller.ask("And now?", "auto", previous_response_id=first.id)
        assert first.output_text == second.output_text == LOCAL_ANSWER
        assert caller.bytes_out == 0


def _masked(request: Received) -> Reply:
    """Repeats the placeholder, cut in the middle."""
    (mark,) = set(re.findall(r"<EMAIL\w*>", json.dumps(heard(request))))
    text = f"To {mark}"
    return reply(request, [message(text, f"msg_up{request.number}")], 3 + len(mark) // 2)


@pytest.mark.parametrize("streamed", [False, True])
async def test_what_was_masked_is_stored_as_it_was_read_and_leaves_masked(
    tmp_path: Path, *, streamed: bool
) -> None:
    """With the same placeholder; the numbers of a restored stream rise."""
    settings = '[privacy]\nmode = "mask"\n'
    async with calling(tmp_path, _masked, settings) as caller:
        asked = f"My sister's address is {MAIL}. Write to her."
        first = await caller.ask(asked, "resp/m", stream=streamed)
        first = await whole(first) if streamed else first
        assert first.output_text == f"To {MAIL}"
        again = await caller.client.responses.retrieve(first.id)
        assert again.output_text == f"To {MAIL}"
        second = await caller.ask(
            "Once more.", "resp/m", stream=streamed, previous_response_id=first.id
        )
        second = await whole(second) if streamed else second
        assert second.output_text == f"To {MAIL}"
        one, two = (heard(request) for request in caller.sent("resp/m"))
        assert two[0] == one[0]
        assert two[1] == f"To {re.findall('<EMAIL[^>]*>', one[0])[0]}"
        assert not any(MAIL in one.body.decode() for one in caller.sent("resp/m"))


async def test_responses_outlive_the_program(tmp_path: Path) -> None:
    """After a restart they are there, and so is the latch."""
    async with calling(tmp_path) as caller:
        first = await caller.ask("one", "auto")
        held = await caller.ask(PRIVATE, "auto", previous_response_id=first.id)
        fresh = caller.home.reopened()
        async with at(fresh) as (_, client):
            before = caller.bytes_out
            assert (await client.responses.retrieve(held.id)).output_text == LOCAL_ANSWER
            again = await client.responses.create(
                model="auto", input="And now?", previous_response_id=held.id
            )
            assert again.output_text == LOCAL_ANSWER
            assert caller.bytes_out == before
        await fresh.close()


async def test_a_long_chain_holds(tmp_path: Path) -> None:
    """Every turn of it reaches the model."""
    async with calling(tmp_path) as caller:
        previous = None
        for turn in range(30):
            answer = await caller.ask(f"{turn}", previous_response_id=previous)
            previous = answer.id
        assert len(heard(caller.sent("mock/m")[-1])) == 59


async def test_a_conversation_beyond_the_limit_of_a_body_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it would be if its program had sent all of it."""
    from edgeroute.server.answer import stored_responses
    from edgeroute.server.answer.caller_request import BodyLimits

    async with calling(tmp_path) as caller:
        first = await caller.ask("x" * 5_000)
        second = await caller.ask("two", previous_response_id=first.id)
        third = await caller.ask("three", previous_response_id=second.id)
        monkeypatch.setattr(stored_responses, "_LIMITS", BodyLimits(max_bytes=1_000))
        with pytest.raises(openai.APIStatusError) as error:
            await caller.ask("four", previous_response_id=third.id)
        assert error.value.status_code == 413


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE responses SET previous = id",
        "UPDATE responses SET content = x'00'",
        "UPDATE responses SET content = x'789c030000000001'",
        "UPDATE responses SET previous = 'resp_gone'",
    ],
)
async def test_a_damaged_chain_is_told(tmp_path: Path, harm: str) -> None:
    """It ends in a sentence, not in a loop, a broken server or half a conversation."""
    async with calling(tmp_path) as caller:
        first = await caller.ask("one")
        second = await caller.ask("two", previous_response_id=first.id)
        caller.home.stores.database.write(harm)
        with pytest.raises(openai.BadRequestError) as error:
            await caller.ask("three", previous_response_id=second.id)
        assert error.value.code == "previous_response_not_found"
        assert (await caller.ask("four")).output_text == "Answer to four"


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"background": True}, "background"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"previous_response_id": 5}, "previous_response_id"),
    ],
)
async def test_what_is_not_offered_is_said(tmp_path: Path, more: dict[str, Any], word: str) -> None:
    """With its name and what to do instead; nothing is sent."""
    async with calling(tmp_path) as caller:
        with pytest.raises(openai.BadRequestError, match=word):
            await caller.ask("one", extra_body=more)
        assert caller.bytes_out == 0
        assert (await caller.ask("one", background=False)).output_text == "Answer to one"


async def test_a_full_disk_costs_the_record_never_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer comes, and only going on from it fails."""
    from edgeroute.core.errors import StoreError
    from edgeroute.store.records.stored_responses import StoredResponses

    def full(*_: object) -> None:
        raise StoreError("The disk is full.")

    async with calling(tmp_path) as caller:
        monkeypatch.setattr(StoredResponses, "add", full)
        answer = await caller.ask("one")
        assert answer.output_text == "Answer to one"
        with pytest.raises(openai.NotFoundError):
            await caller.client.responses.retrieve(answer.id)
