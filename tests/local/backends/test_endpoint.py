"""Any OpenAI-compatible server as the local model."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgeroute.core.errors import ErrorKind, LocalModelError
from edgeroute.core.events import Delta, TextDelta, ToolCallDelta
from edgeroute.core.messages import system, user
from edgeroute.core.model_card import Place
from edgeroute.core.request import ChatRequest, Tool
from edgeroute.local.backends.backend import ASIDE
from edgeroute.local.backends.client import LocalClient
from edgeroute.local.backends.endpoint import Endpoint
from tests.support.fake_omlx import serving


class Server:
    """A server that never streams, like some do, and answers with what it is given."""

    def __init__(self, answer: object = None, status: int = 200, models: tuple[str, ...] = ("m",)):
        choice = {"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}
        self.answer = {"choices": [choice]} if answer is None else answer
        self.status = status
        self.models = models
        self.asked: list[dict[str, object]] = []

    @property
    def app(self) -> Starlette:
        """The application."""
        return Starlette(
            routes=[
                Route("/v1/models", self._models),
                Route("/v1/chat/completions", self._chat, methods=["POST"]),
            ]
        )

    async def _models(self, request: Request) -> Response:
        rows = [{"id": name, "context_length": 4_096} for name in self.models]
        return JSONResponse({"data": rows})

    async def _chat(self, request: Request) -> Response:
        self.asked.append(await request.json())
        return JSONResponse(self.answer, self.status)


async def answer(server: Server, **options: str) -> list[Delta]:
    """The deltas of one answer."""
    async with serving(server.app) as root:
        backend = Endpoint("studio", f"{root}/v1", **options)  # type: ignore[arg-type]
        request = ChatRequest((user("Hi"),), model="local/whatever")
        return [delta async for delta in backend.answer(request)]


async def test_takes_the_first_model_that_is_offered() -> None:
    """Without a model in the settings the server's first one answers, streamed or not."""
    server = Server(models=("first", "second"))
    found = await answer(server)
    assert found[0] == TextDelta("Hi")
    assert server.asked[0]["model"] == "first"


async def test_learns_the_window() -> None:
    """The card is local, and its window is the server's own once it was asked."""
    async with serving(Server().app) as root:
        backend = Endpoint("studio", f"{root}/v1")
        assert backend.card.place is Place.LOCAL
        async for _ in backend.answer(ChatRequest((user("Hi"),))):
            pass
        assert (backend.card.wire_id, backend.card.context_tokens) == ("m", 4_096)
        assert (await backend.status()).state == "ready"


async def test_a_server_without_models() -> None:
    """A server that has loaded nothing is told apart from one that is not there."""
    with pytest.raises(LocalModelError, match="offers no model") as caught:
        await answer(Server(models=()))
    assert caught.value.kind is ErrorKind.UNKNOWN_MODEL


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"error": {"code": "context_length_exceeded", "message": "x"}}, 400, ErrorKind.CONTEXT),
        ({"error": {"type": "exceed_context_size_error"}}, 400, ErrorKind.CONTEXT),
        (
            {"error": {"message": "This model's maximum context length is 4096"}},
            400,
            ErrorKind.CONTEXT,
        ),
        ({"error": {"message": "bad"}}, 400, ErrorKind.BAD_REQUEST),
        ({"detail": [{"msg": "bad"}]}, 422, ErrorKind.BAD_REQUEST),
        ({"error": {"message": "boom"}}, 200, ErrorKind.OUTAGE),
        ({"error": "no model", "code": 404}, 404, ErrorKind.UNKNOWN_MODEL),
        ({"detail": "Not authenticated"}, 401, ErrorKind.AUTH),
        ({}, 500, ErrorKind.OUTAGE),
        ({"hello": 1}, 200, ErrorKind.OUTAGE),
        ([], 200, ErrorKind.OUTAGE),
    ],
)
async def test_failures_are_told_apart(body: object, status: int, kind: ErrorKind) -> None:
    """Whatever a server answers in place of an answer is a sentence of the right kind."""
    with pytest.raises(LocalModelError) as caught:
        await answer(Server(body, status), model="m")
    assert caught.value.kind is kind
    assert caught.value.message


async def test_raw_text_is_read_and_how_answers_begin_is_learnt() -> None:
    """A thought that the template has opened, and the words with which templates end a turn."""
    message = {"role": "assistant", "content": "Hm.\n</think>\n\nDear bank<|im_end|>"}
    server = Server(
        {"choices": [{"message": message, "finish_reason": "stop"}]}, models=("qwen3.5",)
    )
    found = await answer(server)
    assert [delta for delta in found if isinstance(delta, TextDelta)] == [TextDelta("Dear bank")]


async def test_all_that_the_system_says_stands_at_the_start() -> None:
    """Templates of local models know one system message, and want a user."""
    server = Server()
    async with serving(server.app) as root:
        backend = Endpoint("studio", f"{root}/v1")
        messages = (system("Be short."), user("Hi"), system("Be kind."))
        async for _ in backend.answer(ChatRequest(messages)):
            pass
        async for _ in backend.answer(ChatRequest((system("Say hello."),))):
            pass
    sent = [[m["role"] for m in body["messages"]] for body in server.asked]  # type: ignore[attr-defined]
    assert sent == [["system", "user"], ["user"]]


async def test_one_name_for_good() -> None:
    """What receipts call the model does not change with what the server turns out to have."""
    async with serving(Server(models=("qwen-32b",)).app) as root:
        backend = Endpoint("studio", f"{root}/v1", others=("qwen-4b",))
        before = [card.id for card in backend.cards()]
        async for _ in backend.answer(ChatRequest((user("Hi"),))):
            pass
        assert [card.id for card in backend.cards()] == before
    assert before == ["local/studio", "local/studio/qwen-4b"]
    assert Endpoint("studio", "http://127.0.0.1:9/v1", model="m").card.id == "local/m"


async def test_further_models_are_asked_by_name() -> None:
    """A server with several models answers with the one that the request names."""
    server = Server(models=("big", "small"))
    async with serving(server.app) as root:
        backend = Endpoint("studio", f"{root}/v1", others=("small",))
        for name in ("local/studio/small", "local/studio", "local"):
            async for _ in backend.answer(ChatRequest((user("Hi"),), model=name)):
                pass
    assert [body["model"] for body in server.asked] == ["small", "big", "big"]


async def test_a_model_for_vectors_is_never_asked_to_chat() -> None:
    """One that is listed first is passed over; one alone is no local model."""
    server = Server(models=("nomic-embed-text", "qwen"))
    await answer(server)
    assert server.asked[0]["model"] == "qwen"
    alone = Server(models=("bge-m3",))
    with pytest.raises(LocalModelError, match="offers no model"):
        await answer(alone)
    async with serving(alone.app) as root:
        assert (await Endpoint("studio", f"{root}/v1").status()).state == "missing"


async def test_the_window_of_a_named_model_is_learnt() -> None:
    """A model of the settings has the server's window, too."""
    async with serving(Server().app) as root:
        backend = Endpoint("studio", f"{root}/v1", model="m")
        async for _ in backend.answer(ChatRequest((user("Hi"),))):
            pass
        assert backend.card.context_tokens == 4_096


TOOL = Tool("book", "", {"type": "object", "properties": {}})


async def demanded(content: str, choice: str = "required") -> list[Delta]:
    """The deltas of an answer in words where a call was demanded."""
    message = {"role": "assistant", "content": content}
    server = Server({"choices": [{"message": message, "finish_reason": "stop"}]})
    async with serving(server.app) as root:
        backend = Endpoint("studio", f"{root}/v1", model="m")
        request = ChatRequest((user("Hi"),), tools=(TOOL,), tool_choice=choice)
        return [delta async for delta in backend.answer(request)]


@pytest.mark.parametrize("content", ["Sure!", "<tool_call></tool_call>", ""])
@pytest.mark.parametrize("choice", ["required", "book"])
async def test_a_demanded_call_comes_or_it_is_an_error(content: str, choice: str) -> None:
    """Words in its place are no answer, and tags never are."""
    with pytest.raises(LocalModelError, match="called"):
        await demanded(content, choice)


async def test_a_call_as_bare_json_is_a_call() -> None:
    """Small models forget the tags with every engine."""
    found = await demanded('```json\n{"name": "book", "arguments": {}}\n```', "auto")
    assert [delta.name for delta in found if isinstance(delta, ToolCallDelta)] == ["book"]


async def test_only_the_worker_hears_of_questions_aside() -> None:
    """A word that concerns our worker's cache is no field of other servers."""
    server = Server()
    async with serving(server.app) as root:
        asked = ChatRequest((user("Hi"),), wire="openai-chat", extra={ASIDE: True, "top_k": 3})
        async for _ in Endpoint("studio", f"{root}/v1").answer(asked):
            pass
    assert ASIDE not in server.asked[0]
    assert server.asked[0]["top_k"] == 3


def test_plain_http_to_another_machine_is_warned_of() -> None:
    """Whoever shares the network could read along; https and this machine's own are no news."""
    assert LocalClient(base_url="http://192.0.2.7:8000/v1", trusted=True).in_clear
    assert not LocalClient(base_url="https://192.0.2.7:8000/v1", trusted=True).in_clear
    assert not LocalClient(base_url="http://127.0.0.1:8000/v1").in_clear
