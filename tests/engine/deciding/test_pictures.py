"""Pictures on the way of one prompt."""

from __future__ import annotations

import base64
from decimal import Decimal
from pathlib import Path

import pytest

from edgeroute.core.errors import NothingAnswered, PrivacyRefused
from edgeroute.core.events import Answered, Failed, ImageDelta
from edgeroute.core.messages import Image, Message, assistant, user
from edgeroute.core.model_card import Place
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.deciding.pictures import without_drawn
from tests.support import replies
from tests.support.house import LOCAL_ANSWER, OPEN, house
from tests.support.replies import PNG
from tests.support.scripted_provider import Behaviour, Received, Reply, ScriptedProvider, always

FOX = "Draw a red fox in the snow."
KEYS = "[keys]\nenvironment = true\n"
DRAWN = Image("image/png", PNG)


def openai(request: Received) -> Reply:
    """OpenAI in small: it draws and it chats."""
    if request.path.endswith("/images/generations"):
        return replies.pictures()
    return replies.chat("A table of buckets.")


def painter(server: ScriptedProvider, name: str = "painter") -> str:
    """Settings for a provider of the user's own that draws."""
    wire = 'wire = "openai-images"\nmodels = ["brush"]\n'
    return f'[providers.{name}]\nbase_url = "{server.base_url}"\n{wire}'


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0000")


async def test_a_picture_is_drawn_counted_and_kept(tmp_path: Path) -> None:
    """The model that draws gets the prompt alone; the picture is shown, priced and stored."""
    async with house(tmp_path, {"openai": openai}, settings=KEYS) as home:
        seen = await home.ask(FOX)
        assert isinstance(seen.end, Answered)
        assert [e.image for e in seen.events if isinstance(e, ImageDelta)] == [DRAWN]
        assert seen.end.answer.images == (DRAWN,)
        receipt = seen.receipt
        assert (receipt.route, receipt.task) == (Place.CLOUD, "image")
        assert receipt.model == "openai/gpt-image-2.5-sunburst"
        assert receipt.cost.amount == Decimal(50 * 5 + 1000 * 30) / 1_000_000
        (sent,) = home.cloud["openai"].requests
        assert sent.json == {"model": "gpt-image-2.5-sunburst", "prompt": FOX}
        stored = home.runtime.conversations.messages(receipt.conversation)
        assert stored == (user(FOX), Message("assistant", (DRAWN,)))


async def test_a_drawn_picture_leaves_no_second_time(tmp_path: Path) -> None:
    """The next turn is answered with text by the cloud, which reads that a picture was drawn."""
    async with house(tmp_path, {"openai": openai}, settings=KEYS) as home:
        first = await home.ask(FOX)
        name = first.receipt.conversation
        history = home.runtime.conversations.messages(name)
        seen = await home.ask((*history, user(OPEN)), conversation=name)
        assert seen.text == "A table of buckets."
        assert not seen.receipt.private
        said = home.cloud["openai"].requests[-1].json["messages"]
        assert said[-2]["content"] == "[A picture was drawn here.]"
        stored = home.runtime.conversations.messages(name)
        assert [message.role for message in stored] == ["user", "assistant"] * 2
        assert stored[1].parts == (DRAWN,)


def test_only_drawn_pictures_are_left_out() -> None:
    """What the user attached stays what it is."""
    kept = ChatRequest((Message("user", (DRAWN,)), assistant("A dot.")))
    assert without_drawn(kept) is kept


@pytest.mark.parametrize("fields", [{}, {"task": "image"}, {"model": "openai/gpt-image-2"}])
async def test_a_private_picture_is_refused(tmp_path: Path, fields: dict[str, str]) -> None:
    """Nothing here draws: the refusal says so, no byte leaves, and the chat stays latched."""
    async with house(tmp_path, {"openai": openai}, settings=KEYS) as home:
        seen = await home.ask("Draw a portrait for Ann, SSN 521-44-9821.", **fields)
        assert isinstance(seen.end, Failed)
        assert isinstance(seen.end.error, PrivacyRefused)
        assert (seen.end.error.exit_code, seen.end.error.http_status) == (3, 403)
        assert "no model on this machine draws" in str(seen.end.error)
        assert home.bytes_out == 0
        assert not home.local.requests


async def test_private_mode_draws_nothing(tmp_path: Path) -> None:
    """In private mode a harmless picture is refused as well."""
    async with house(tmp_path, {"openai": openai}, settings=KEYS) as home:
        seen = await home.ask(FOX, privacy=PrivacyMode.PRIVATE)
        assert isinstance(seen.end, Failed)
        assert isinstance(seen.end.error, PrivacyRefused)
        assert home.bytes_out == 0


async def test_the_local_model_may_answer_in_words(tmp_path: Path) -> None:
    """Whoever asks the local model by name gets its words."""
    async with house(tmp_path, {"openai": openai}, settings=KEYS) as home:
        seen = await home.ask("Draw a portrait for Ann, SSN 521-44-9821.", model="local")
        assert seen.text == LOCAL_ANSWER
        assert home.bytes_out == 0


@pytest.mark.parametrize(
    "bad",
    [always(replies.error(503)), always(replies.json_body({"data": []})),
     always(replies.json_body({"data": [{"b64_json": "bm8gcGljdHVyZQ=="}]}))],
    ids=["down", "nothing", "no picture"],
)  # fmt: skip
async def test_another_model_draws_where_one_fails(tmp_path: Path, bad: Behaviour) -> None:
    """An outage, an empty answer or one that is no picture goes to the next model that draws."""
    with ScriptedProvider(always(replies.pictures())) as other:
        async with house(tmp_path, {"openai": bad}, settings=KEYS + painter(other)) as home:
            named = await home.ask(FOX, model="painter/brush")
            assert named.receipt.model == "painter/brush"
            seen = await home.ask(FOX)
            assert isinstance(seen.end, Failed | Answered)
            assert not home.local.requests
            if isinstance(seen.end, Failed):
                assert isinstance(seen.end.error, NothingAnswered)


async def test_without_a_model_that_draws_words_answer_with_a_note(tmp_path: Path) -> None:
    """The normal plan answers; the receipt says why there is no picture."""
    async with house(tmp_path) as home:
        seen = await home.ask(FOX)
        assert seen.text == "A table of buckets."
        assert any("No model that draws" in note for note in seen.receipt.notes)


async def test_who_takes_only_a_picture_gets_no_words(tmp_path: Path) -> None:
    """Without a model that draws such a request fails with a sentence, and asks nobody."""
    async with house(tmp_path) as home:
        seen = await home.ask(FOX, task="image", pictures="only")
        assert isinstance(seen.end, Failed)
        assert isinstance(seen.end.error, NothingAnswered)
        assert "keys set" in seen.end.error.hint
        assert home.bytes_out == 0


async def test_an_unpriced_picture_has_an_unknown_cost(tmp_path: Path) -> None:
    """A provider that tells no usage leaves the cost unknown, never 0."""
    told_nothing = always(
        replies.json_body({"data": [{"b64_json": base64.b64encode(PNG).decode()}]})
    )
    with ScriptedProvider(told_nothing) as server:
        async with house(tmp_path, settings=painter(server)) as home:
            seen = await home.ask(FOX)
            assert seen.receipt.model == "painter/brush"
            assert seen.receipt.cost.amount is None
