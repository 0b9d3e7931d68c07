"""Ollama's own Python library against the real command: lists, chats, draws vectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import replies
from tests.support.installation import Endpoint, Installation
from tests.support.model_files import SMALL, require
from tests.support.scripted_provider import Received, Reply, ScriptedProvider

ollama: Any = pytest.importorskip("ollama", reason="the library ollama is not installed")

pytestmark = [pytest.mark.model, pytest.mark.timeout(240)]

QUESTION = "Explain how a hash table works."
ANSWER = "A table of buckets."
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


CALL = {
    "index": 0,
    "id": "c1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
}
PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


def behave(asked: Received) -> Reply:
    """Call the tool that is offered, once; else answer."""
    body = asked.json
    if not body.get("tools") or body["messages"][-1]["role"] == "tool":
        return replies.answer(asked, ANSWER)
    start, *_, usage, done = replies.chat_events([])
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    choices = (
        {"index": 0, "delta": {"tool_calls": [CALL]}, "finish_reason": None},
        {"index": 0, "delta": {}, "finish_reason": "tool_calls"},
    )
    calls = [replies.event(base | {"choices": [choice]}) for choice in choices]
    return replies.stream([start, *calls, usage, done])


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    """A managed API that answers."""
    with ScriptedProvider(behave) as started:
        yield started


@pytest.fixture(scope="module")
def served(shared_installation: Installation, provider: ScriptedProvider) -> Iterator[Endpoint]:
    """A running endpoint."""
    require(SMALL)
    shared_installation.provide(provider.base_url)
    with shared_installation.serving() as endpoint:
        yield endpoint


@pytest.fixture
def client(served: Endpoint) -> Iterator[Any]:
    """The library, with the token."""
    headers = {"Authorization": f"Bearer {served.token}"}
    with ollama.Client(
        host=f"http://127.0.0.1:{served.port}", headers=headers, timeout=200, trust_env=False
    ) as made:
        yield made


def test_models_are_listed_and_shown(client: Any) -> None:
    """Every listed name can be shown and says what it can do."""
    names = [model.model for model in client.list().models]
    assert {"auto", "mock/m", "local/qwen2.5-coder-0.5b"} <= set(names)
    assert "completion" in client.show("auto:latest").capabilities
    assert client.show("mock/m").modelinfo["edgeroute.context_length"] > 0
    assert client.ps().models is not None
    with pytest.raises(ollama.ResponseError, match="no model") as refused:
        client.show("nobody/knows")
    assert refused.value.status_code == 404


def test_a_conversation_is_answered(client: Any) -> None:
    """Whole and in pieces, with counts at the end."""
    asked = [{"role": "user", "content": QUESTION}]
    whole = client.chat(model="mock/m", messages=asked)
    assert (whole.message.content, whole.done, whole.done_reason) == (ANSWER, True, "stop")
    assert whole.eval_count > 0
    pieces = list(client.chat(model="mock/m", messages=asked, stream=True))
    assert "".join(piece.message.content for piece in pieces) == ANSWER
    assert [piece.done for piece in pieces[-2:]] == [False, True]


@pytest.mark.parametrize("stream", [False, True])
def test_tools_are_called_and_answered(client: Any, *, stream: bool) -> None:
    """The call comes with its arguments as an object, and its result goes back without an id."""
    history: list[Any] = [{"role": "user", "content": "What is the weather in Oslo?"}]
    came = client.chat(model="mock/m", messages=history, tools=[WEATHER], stream=stream)
    messages = [piece.message for piece in (came if stream else [came])]
    (calling,) = (message for message in messages if message.tool_calls)
    (call,) = calling.tool_calls
    assert (call.function.name, call.function.arguments) == ("weather", {"city": "Oslo"})
    history += [calling, {"role": "tool", "tool_name": "weather", "content": "Rain."}]
    answer = client.chat(model="mock/m", messages=history, tools=[WEATHER])
    assert answer.message.content == ANSWER


def test_one_prompt_is_answered(client: Any) -> None:
    """Whole and in pieces; the library always sends an empty suffix, which asks for nothing."""
    assert client.generate(model="mock/m", prompt=QUESTION, suffix="").response == ANSWER
    pieces = list(client.generate(model="mock/m", prompt=QUESTION, stream=True))
    assert "".join(piece.response for piece in pieces) == ANSWER
    assert client.generate(model="local", keep_alive=0).done_reason == "unload"


def test_what_is_private_stays_here(client: Any, provider: ScriptedProvider) -> None:
    """A private prompt and a picture that nobody has read are answered by the local model."""
    before = provider.bytes_received
    private = "Reply with one word. My SSN is 521-44-9821."
    for message in (
        {"role": "user", "content": private},
        {"role": "user", "content": "Reply with one word.", "images": [PICTURE]},
    ):
        answer = client.chat(
            model="auto", messages=[message], options={"num_predict": 5, "num_ctx": 512}
        )
        assert answer.model.startswith("local/")
        assert answer.message.content
    assert provider.bytes_received == before


def test_vectors_are_drawn_here(client: Any) -> None:
    """For one text and for several, by the sentence model alone."""
    require("minilm")
    vectors = client.embed(model="local/all-minilm-l6-v2", input=["one", "two"]).embeddings
    assert [len(vector) for vector in vectors] == [384, 384]
    with pytest.raises(ollama.ResponseError, match="makes no embeddings"):
        client.embed(model="mock/m", input="one")
