"""Any OpenAI-compatible server as the local model."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgeroute.core.errors import ErrorKind, LocalModelError
from edgeroute.core.events import Delta, TextDelta
from edgeroute.core.messages import system, user
from edgeroute.core.model_card import Place
from edgeroute.core.request import ChatRequest
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
