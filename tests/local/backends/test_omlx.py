"""oMLX: found, told apart, and its quirks smoothed, against a stand-in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.errors import ErrorKind, LocalModelError
from edgeroute.core.events import Delta, Finish, TextDelta, UsageDelta
from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest
from edgeroute.core.secret import Secret
from edgeroute.local.backends import omlx
from edgeroute.local.backends.endpoint import Endpoint
from edgeroute.local.backends.omlx import OMLX
from tests.support.fake_omlx import MODEL, FakeOMLX

ASKED = ChatRequest((user("Hi"),))


async def no_wait(seconds: float) -> None:
    """Stand in for waiting."""


async def answer(backend: Endpoint, request: ChatRequest = ASKED) -> list[Delta]:
    """Every delta of an answer."""
    return [delta async for delta in backend.answer(request)]


def text(deltas: list[Delta]) -> str:
    """The visible text of deltas."""
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


@pytest.mark.parametrize("keepalive", ["chunk", "old-chunk", "comment", "off"])
async def test_keepalive_leaves_no_trace(keepalive: Any) -> None:
    """Whatever oMLX sends while it reads a prompt, the answer is the model's words alone."""
    async with FakeOMLX(keepalive=keepalive).running() as url:
        deltas = await answer(OMLX(url))
    assert text(deltas) == "Hello there"
    assert isinstance(deltas[-1], Finish)
    names = {delta.model for delta in deltas if isinstance(delta, UsageDelta)}
    assert names <= {MODEL, ""}


async def test_prefers_the_wanted_build_then_the_default() -> None:
    """The build of the ladder answers if it is there, else what oMLX has as its default."""
    fake = FakeOMLX(models=["bge-small", "other/Llama", MODEL], default="other/Llama")
    async with fake.running() as url:
        wanted = OMLX(url, wanted=["mlx-community/Nothing", MODEL.upper()])
        default = OMLX(url, wanted=["mlx-community/Nothing"])
        await answer(wanted)
        await answer(default)
    assert [body["model"] for body in fake.asked] == [MODEL, "other/Llama"]
    assert wanted.card.context_tokens == 16_384


async def test_embedding_models_are_not_offered() -> None:
    """Only models that can chat are taken for an answer."""
    async with FakeOMLX().running() as url:
        offers = await OMLX(url).offers()
    assert [offer.id for offer in offers if offer.chats] == [MODEL]


async def test_switches_thinking_off_unless_asked() -> None:
    """A Qwen that thinks by default is told not to; a reasoning effort lets it."""
    fake = FakeOMLX()
    async with fake.running() as url:
        backend = OMLX(url)
        await answer(backend)
        await answer(backend, ChatRequest((user("Hi"),), reasoning_effort="high"))
    told = [body["chat_template_kwargs"]["enable_thinking"] for body in fake.asked]
    assert told == [False, True]


async def test_refuses_another_model_than_asked() -> None:
    """A silent switch to another model is an error before a word of it is shown."""
    async with FakeOMLX(fallback=True).running() as url:
        backend = OMLX(url, model="mlx-community/Missing")
        with pytest.raises(LocalModelError, match="in place of") as caught:
            await answer(backend)
    assert caught.value.kind is ErrorKind.UNKNOWN_MODEL


async def test_waits_while_a_model_loads() -> None:
    """Busy is not a failure: the request is sent again."""
    fake = FakeOMLX(busy=2)
    async with fake.running() as url:
        assert text(await answer(OMLX(url, sleep=no_wait))) == "Hello there"
    assert len(fake.asked) == 3


@pytest.mark.parametrize(
    ("fake", "words", "kind"),
    [
        (FakeOMLX(too_large=True), "too large", ErrorKind.OUTAGE),
        (FakeOMLX(busy=99), "busy", ErrorKind.OUTAGE),
        (FakeOMLX(key="right"), "wants a key", ErrorKind.AUTH),
        (FakeOMLX(error_in_stream=True), "engine failed", ErrorKind.OUTAGE),
        (FakeOMLX(break_after=1), "middle of an answer", ErrorKind.OUTAGE),
    ],
    ids=["507", "409", "401", "error in stream", "cut off"],
)
async def test_failures_become_sentences(fake: FakeOMLX, words: str, kind: ErrorKind) -> None:
    """Every way in which oMLX fails is a sentence with what to do, never a silent end."""
    async with fake.running() as url:
        with pytest.raises(LocalModelError, match=words) as caught:
            await answer(OMLX(url, model=MODEL, sleep=no_wait))
    assert caught.value.kind is kind
    assert caught.value.hint or "engine failed" in str(caught.value)


async def test_unknown_model_is_named_as_such() -> None:
    """A model that is not loaded there is told apart from an outage."""
    async with FakeOMLX().running() as url:
        with pytest.raises(LocalModelError) as caught:
            await answer(OMLX(url, model="mlx-community/Missing"))
    assert caught.value.kind is ErrorKind.UNKNOWN_MODEL


async def test_sends_the_key() -> None:
    """A key from the keyring opens a server that wants one."""
    async with FakeOMLX(key="right").running() as url:
        assert text(await answer(OMLX(url, key=Secret("right")))) == "Hello there"


async def test_closing_the_answer_hangs_up() -> None:
    """Stopping an answer closes the connection, which is how oMLX hears of it."""
    fake = FakeOMLX(words=("word ",) * 2_000)
    async with fake.running() as url:
        stream = OMLX(url).answer(ASKED)
        assert isinstance(await anext(stream), TextDelta)
        await stream.aclose()


async def test_told_apart_from_other_programs() -> None:
    """Its port is a common one: only an answer that is oMLX's own counts."""
    async with FakeOMLX().running() as url:
        assert await omlx.is_omlx(url, seconds=20)
    async with FakeOMLX(health_status=503).running() as url:
        assert await omlx.is_omlx(url, seconds=20)
    async with FakeOMLX(owner="vllm", has_status=False).running() as url:
        assert not await omlx.is_omlx(url, seconds=20)
    async with FakeOMLX(health_status=404).running() as url:
        assert not await omlx.is_omlx(url, seconds=20)
    assert not await omlx.is_omlx(url, seconds=20)


def test_finds_its_port_in_its_settings(tmp_path: Path) -> None:
    """The configured address wins, then oMLX's own settings, then its usual port."""
    assert omlx.address("", tmp_path) == "http://127.0.0.1:8000/v1"
    (tmp_path / ".omlx").mkdir()
    settings = tmp_path / ".omlx" / "settings.json"
    settings.write_text(json.dumps({"server": {"port": 8123}, "auth": {"api_key": "k"}}))
    assert omlx.address("", tmp_path) == "http://127.0.0.1:8123/v1"
    settings.write_text("not json")
    assert omlx.settings_port(tmp_path) == 8000
    assert omlx.address("http://127.0.0.1:9/v1", tmp_path) == "http://127.0.0.1:9/v1"


async def test_status_without_a_server() -> None:
    """A server that is not there is a state with a sentence, not an exception."""
    async with FakeOMLX().running() as url:
        assert (await OMLX(url).status()).state == "ready"
        assert (await OMLX(url, model="x").status()).state == "missing"
    assert (await OMLX(url).status()).state == "unreachable"
