"""The worker with a real model: answers, stops, survives, shares, and keeps to itself."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
from collections.abc import Iterator
from contextlib import aclosing, closing, suppress
from pathlib import Path

import pytest
from llama_cpp import Llama

from edgeroute.core.errors import ErrorKind, LocalModelError
from edgeroute.core.events import Delta, Finish, TextDelta, ToolCallDelta, UsageDelta
from edgeroute.core.messages import Message, assistant, user
from edgeroute.core.request import ChatRequest, Sampling, Tool
from edgeroute.local.backends import worker_process
from edgeroute.local.backends.llamacpp import LlamaCpp
from edgeroute.local.backends.worker_process import LOCK, LOG, SOCKET, WorkerProcess
from edgeroute.local.files.models import LocalModels
from tests.support.model_files import SMALL, require

pytestmark = [pytest.mark.model, pytest.mark.timeout(300)]

MODEL = "qwen2.5-coder-0.5b"
CANARY = "canary-7f3a91"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerProcess]:
    """One worker for all tests here, started by the first, ended by its pid."""
    folder = require(SMALL).parent
    base = tmp_path_factory.mktemp("w")
    worker = WorkerProcess(base / "run", base / "state", folder, window=2_048, idle_seconds=120)
    os.environ["OPENAI_API_KEY"] = CANARY
    yield worker
    del os.environ["OPENAI_API_KEY"]
    loop = asyncio.new_event_loop()
    loop.run_until_complete(worker.stop())
    loop.close()


@pytest.fixture
def backend(process: WorkerProcess) -> LlamaCpp:
    """The local model."""
    return LlamaCpp(LocalModels(process.models), process, MODEL)


def ask(*messages: Message | str, tokens: int = 24, **more: object) -> ChatRequest:
    """A request without chance."""
    said = tuple(user(one) if isinstance(one, str) else one for one in messages)
    sampling = Sampling(temperature=0, max_output_tokens=tokens)
    return ChatRequest(said, sampling=sampling, **more)  # type: ignore[arg-type]


async def whole(backend: LlamaCpp, request: ChatRequest) -> list[Delta]:
    """Every delta of an answer."""
    return [delta async for delta in backend.answer(request)]


def text(deltas: list[Delta]) -> str:
    """The visible text."""
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


def tokens_of(words: str) -> list[int]:
    """The numbers of the tokens of ``words`` in the small model's vocabulary."""
    with closing(Llama(str(require(SMALL)), vocab_only=True, verbose=False)) as vocabulary:
        return [int(token) for token in vocabulary.tokenize(words.encode(), add_bos=False)]


def cached(deltas: list[Delta]) -> int:
    """The tokens that were found in the cache."""
    return next(delta.usage.cache_read for delta in deltas if isinstance(delta, UsageDelta))


async def test_answers_in_a_stream_and_remembers_the_prefix(backend: LlamaCpp) -> None:
    """An answer comes in pieces and ends once; the next turn reads only what is new."""
    first = await whole(backend, ask("Count from 1 to 5, digits only."))
    assert "1" in text(first)
    assert "5" in text(first)
    assert sum(isinstance(delta, TextDelta) for delta in first) > 1
    assert [isinstance(delta, Finish) for delta in first].count(True) == 1
    assert isinstance(first[-1], Finish)
    again = ask("Count from 1 to 5, digits only.", assistant(text(first)), "And 6?", tokens=4)
    assert cached(await whole(backend, again)) > 20


async def test_conversations_in_turn_keep_their_state(backend: LlamaCpp) -> None:
    """Whoever spoke in between, a second turn reads only what is new."""
    asked = {name: f"Say the word {name} and nothing else. " * 3 for name in ("sun", "sea", "ice")}
    said = {name: text(await whole(backend, ask(words))) for name, words in asked.items()}
    for name, words in asked.items():
        again = await whole(backend, ask(words, assistant(said[name]), "Again?", tokens=2))
        (usage,) = [delta.usage for delta in again if isinstance(delta, UsageDelta)]
        assert usage.cache_read > 30
        assert usage.input_uncached < 20


async def test_answers_at_the_same_time_all_come(backend: LlamaCpp, process: WorkerProcess) -> None:
    """One after another, and the worker says how many wait."""
    waiting = [asyncio.create_task(whole(backend, ask("Say OK.", tokens=12))) for _ in range(3)]
    await asyncio.sleep(0.5)
    health = await process.health()
    assert health is not None
    assert health["waiting"] <= 2
    assert all(text(found) for found in await asyncio.gather(*waiting))
    assert (await process.health() or {})["waiting"] == 0


async def test_stops_when_the_reader_leaves(backend: LlamaCpp, process: WorkerProcess) -> None:
    """Closing an answer ends the model's work at the next token, and the next one is served."""
    async with aclosing(backend.answer(ask("Tell a long story.", tokens=1_500))) as answer:
        async for _ in answer:
            break
    assert text(await whole(backend, ask("Say OK.", tokens=3)))
    for _ in range(100):  # the answer ends a moment before the work on it
        health = await process.health() or {}
        if health.get("state") == "ready":
            return
        await asyncio.sleep(0.1)
    pytest.fail("the model still works")


async def test_front_doors_share_one_worker(process: WorkerProcess) -> None:
    """Several that start it at the same moment end up with the same process."""
    await process.stop()
    assert process.pid() == 0
    others = [
        WorkerProcess(process.runtime, process.state, process.models, idle_seconds=120)
        for _ in range(3)
    ]
    clients = await asyncio.gather(*(other.ensure() for other in others))
    pids = [(await client.call("/health", seconds=60)).body["pid"] for client in clients]
    assert set(pids) == {process.pid()}


async def test_a_killed_worker_is_an_error_and_comes_back(
    backend: LlamaCpp, process: WorkerProcess
) -> None:
    """Killed in the middle of an answer it is a sentence, and the next request starts another."""
    answer = backend.answer(ask("Tell a long story.", tokens=1_500))
    assert isinstance(await anext(answer), TextDelta)
    before = process.pid()
    os.kill(before, signal.SIGKILL)
    with pytest.raises(LocalModelError, match="middle of an answer"):
        _ = [delta async for delta in answer]
    assert text(await whole(backend, ask("Say OK.", tokens=3)))
    assert process.pid() not in {0, before}


async def test_a_worker_that_hangs_while_it_answers_is_an_error(
    backend: LlamaCpp, process: WorkerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for it for ever: it is a sentence, the next prompt is answered by another, and
    that is the only process left.
    """
    monkeypatch.setattr(worker_process, "_LOOK_SECONDS", 0.3)
    monkeypatch.setattr(worker_process, "_END_SECONDS", 1.0)
    answer = backend.answer(ask("Tell a long story.", tokens=1_500))
    assert isinstance(await anext(answer), TextDelta)
    before = process.pid()
    os.kill(before, signal.SIGSTOP)
    with pytest.raises(LocalModelError, match="middle of an answer"):
        _ = [delta async for delta in answer]
    monkeypatch.undo()
    assert text(await whole(backend, ask("Say OK.", tokens=3)))
    assert process.pid() not in {0, before}


async def test_a_frozen_worker_is_replaced(backend: LlamaCpp, process: WorkerProcess) -> None:
    """One that takes connections but never answers does not block its user for ever."""
    await process.ensure()
    before = process.pid()
    os.kill(before, signal.SIGSTOP)
    assert text(await whole(backend, ask("Say OK.", tokens=3)))
    assert process.pid() != before


async def test_only_its_user_can_reach_it(process: WorkerProcess) -> None:
    """Folder, socket, lock and log are the user's alone."""
    await process.ensure()
    modes = {
        path.name: stat.S_IMODE(path.lstat().st_mode)
        for path in (process.runtime, *process.runtime.iterdir(), process.state / LOG)
    }
    assert modes == {"run": 0o700, SOCKET: 0o600, LOCK: 0o600, LOG: 0o600}


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")
async def test_it_has_no_keys_and_no_network(backend: LlamaCpp, process: WorkerProcess) -> None:
    """Its environment holds no key, and none of its sockets belongs to a network."""
    await whole(backend, ask("Hi", tokens=2))
    proc = Path("/proc") / str(process.pid())
    try:
        environment = (proc / "environ").read_bytes()
        links = []
        for entry in (proc / "fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                links.append(str(entry.readlink()))
    except PermissionError:
        pytest.skip("the process is closed to other processes of its user, as it should be")
    assert CANARY.encode() not in environment
    sockets = {link[8:-1] for link in links if link.startswith("socket:[")}
    network = "".join((proc / "net" / name).read_text() for name in ("tcp", "tcp6", "udp", "udp6"))
    assert sockets
    assert not sockets & set(network.split())


async def test_its_log_holds_no_prompt(backend: LlamaCpp, process: WorkerProcess) -> None:
    """Neither a question nor an answer is written down."""
    await whole(backend, ask(f"Repeat: {CANARY}"))
    assert CANARY not in (process.state / LOG).read_text()


async def test_a_prompt_that_is_too_long(backend: LlamaCpp) -> None:
    """It is refused as such, so that the caller can shorten it."""
    with pytest.raises(LocalModelError, match="tokens") as caught:
        await whole(backend, ask("word " * 40_000))
    assert caught.value.kind is ErrorKind.CONTEXT


async def test_answers_in_json(backend: LlamaCpp) -> None:
    """A schema holds the answer to it."""
    schema = {
        "type": "object",
        "properties": {"age": {"type": "integer"}},
        "required": ["age"],
    }
    found = await whole(backend, ask("Bob is 41. His age?", response_format=schema))
    assert text(found).replace(" ", "") == '{"age":41}'


async def test_calls_a_tool(backend: LlamaCpp) -> None:
    """A tool that must be called is called, with JSON arguments."""
    tool = Tool(
        "weather", "Weather", {"type": "object", "properties": {"city": {"type": "string"}}}
    )
    request = ask("Weather in Paris?", tools=(tool,), tool_choice="weather", tokens=40)
    found = await whole(backend, request)
    calls = [delta for delta in found if isinstance(delta, ToolCallDelta)]
    assert calls[0].name == "weather"
    assert "Paris" in calls[0].arguments
    assert found[-1] == Finish("tool_calls", "tool_calls")


WEATHER = Tool(
    "weather",
    "The weather of a city.",
    {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer", "minimum": 1, "maximum": 14},
        },
        "required": ["city", "days"],
    },
)


@pytest.mark.parametrize("prompt", ["Weather in Oslo this week?", "Write me a poem."])
async def test_a_demanded_call_is_always_one(backend: LlamaCpp, prompt: str) -> None:
    """Whatever was asked, by the tool's own schema, and no word of it is shown."""
    request = ask(prompt, tools=(WEATHER,), tool_choice="required", tokens=60)
    found = await whole(backend, request)
    (call, *_) = [delta for delta in found if isinstance(delta, ToolCallDelta)]
    arguments = json.loads(call.arguments)
    assert set(arguments) == {"city", "days"}
    assert 1 <= arguments["days"] <= 14
    assert text(found) == ""


async def test_a_demanded_call_that_is_cut_is_an_error(backend: LlamaCpp) -> None:
    """Half a call is none."""
    with pytest.raises(LocalModelError, match="called no tool"):
        await whole(backend, ask("Hi", tools=(WEATHER,), tool_choice="required", tokens=6))


async def test_tools_and_a_schema_together(backend: LlamaCpp) -> None:
    """The answer is JSON of the schema, or a call."""
    schema = {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}
    request = ask("What is 2 + 2?", tools=(WEATHER,), response_format=schema, tokens=60)
    found = await whole(backend, request)
    called = [delta for delta in found if isinstance(delta, ToolCallDelta)]
    assert called or isinstance(json.loads(text(found))["sum"], int)


async def test_the_callers_words_on_drawing_are_heard(backend: LlamaCpp) -> None:
    """A token that is forbidden does not come; what is no number is refused by name."""
    usual = text(await whole(backend, ask("Say OK.", tokens=1)))
    client = await backend._process.ensure()
    forbidden = {str(token): -100 for token in tokens_of(usual)}
    body = {"messages": [{"role": "user", "content": "Say OK."}], "max_tokens": 1}
    reply = await client.call(
        "/v1/chat/completions",
        body | {"temperature": 0, "logit_bias": forbidden, "top_k": 5, "min_p": 0.1},
        seconds=120,
    )
    drawn = reply.body["choices"][0]["message"]["content"]
    assert drawn
    assert drawn != usual
    wrong = await client.call("/v1/chat/completions", body | {"min_p": "high"}, seconds=120)
    assert "min_p" in wrong.body["error"]["message"]


async def test_log_probabilities(process: WorkerProcess) -> None:
    """Asked for, each token comes with its probability and the likeliest others."""
    client = await process.ensure()
    body = {
        "model": MODEL,
        "messages": [{"role": "user", "content": "Answer A or B."}],
        "max_tokens": 1,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": 3,
    }
    reply = await client.call("/v1/chat/completions", body, seconds=120)
    (token,) = reply.body["choices"][0]["logprobs"]["content"]
    assert token["logprob"] <= 0
    assert len(token["top_logprobs"]) == 3
    assert token["token"] == token["top_logprobs"][0]["token"]


async def test_status_tells_what_is_loaded(backend: LlamaCpp) -> None:
    """A running worker names its model."""
    await whole(backend, ask("Say OK.", tokens=1))
    status = await backend.status()
    assert (status.state, status.model) == ("ready", MODEL)
