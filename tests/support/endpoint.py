"""The endpoint in tests: a wired runtime of doubles with a scripted engine, and a real server."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from edgeroute.core.answer import Answer, FinishReason
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.events import (
    Answered,
    AttemptStarted,
    Event,
    Failed,
    Planned,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
)
from edgeroute.core.local_models import LocalStatus
from edgeroute.core.messages import Message, Reasoning, Text, ToolCall
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.plan import Candidate, Plan, Strategy
from edgeroute.core.receipt import Receipt
from edgeroute.core.request import ChatRequest
from edgeroute.core.signals import Signals
from edgeroute.core.stored_response import StoredResponse
from edgeroute.core.usage import Usage
from edgeroute.core.verdict import CLEAR, PrivacyMode
from edgeroute.engine.admin.conversations import ConversationService
from edgeroute.engine.admin.token_texts import TokenTexts
from edgeroute.providers.catalog.catalog import Catalog
from edgeroute.server.serve import serving

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MODEL = "acme/one"
RECEIPT = Receipt(
    id="r1",
    created=NOW,
    conversation="c1",
    front_door="http",
    mode=PrivacyMode.AUTO,
    private=False,
    privacy_reason=CLEAR.reason,
    findings={},
    latched=False,
    rule="default",
    why="It is the default.",
    route=Place.CLOUD,
    model=MODEL,
    duration_ms=1500,
    first_token_ms=120,
)
ANSWER = Answer(
    Message("assistant", (Text("Hello there"),)), "stop", Usage(7, output_visible=2), MODEL
)


def planned(strategy: Strategy = "single", *, verify: str = "") -> Planned:
    """The decision that starts every script."""
    candidates = (
        Candidate(MODEL, Place.CLOUD, "It is cheap."),
        Candidate("local/small", Place.LOCAL, "It is here.", "last_resort"),
    )
    plan = Plan("default", "It is the default.", candidates, strategy, verify=verify)
    return Planned(plan, CLEAR, Signals(input_tokens=7), PrivacyMode.AUTO, "c1", "r1")


def script(*pieces: str, answer: Answer = ANSWER, receipt: Receipt = RECEIPT) -> list[Event]:
    """The events of an answer that comes in ``pieces``."""
    start: list[Event] = [planned(), AttemptStarted(1, MODEL, "It is cheap.")]
    return [*start, *(TextDelta(piece) for piece in pieces), Answered(answer, receipt)]


def thinking_script() -> list[Event]:
    """The events of an answer that thinks, speaks and calls two tools."""
    calls = (ToolCall("c1", "f", '{"a":1}'), ToolCall("c2", "g", "{}"))
    thought = Reasoning("Hm.", "acme/one", '{"reasoning_content":"Hm."}')
    message = Message("assistant", (thought, Text("Look."), *calls))
    answer = replace(ANSWER, message=message, finish="tool_calls")
    deltas: list[Event] = [
        ReasoningDelta("Hm."),
        ReasoningDelta(payload='{"reasoning_content":"Hm."}'),
        TextDelta("Look."),
        ToolCallDelta(0, "c1", "f"),
        ToolCallDelta(0, arguments='{"a":1}'),
        ToolCallDelta(1, "c2", "g", "{}"),
    ]
    start: list[Event] = [planned(), AttemptStarted(1, MODEL, "It is cheap.")]
    return [*start, *deltas, Answered(answer, RECEIPT)]


def asked(path: str, *, stream: bool) -> dict[str, Any]:
    """A short prompt as the wire of ``path`` wants it."""
    field = {"responses": "input", "completions": "prompt", "generate": "prompt"}
    name = "" if "chat" in path else field.get(path.rpartition("/")[2], "")
    said = {name: "hi"} if name else {"messages": [{"role": "user", "content": "hi"}]}
    return {"model": "auto", "stream": stream} | said


def failing_script(error: EdgeRouteError, *pieces: str) -> list[Event]:
    """The events of a request that fails after ``pieces``."""
    start: list[Event] = [planned(), AttemptStarted(1, MODEL, "It is cheap.")]
    failed = Failed(error, replace(RECEIPT, error=error.code, route=None))
    return [*start, *(TextDelta(piece) for piece in pieces), failed]


def finished(finish: FinishReason) -> Answer:
    """The usual answer with another end."""
    return replace(ANSWER, finish=finish)


class ScriptedEngine:
    """Plays ``script``; before event number ``hang_after`` it waits until it is cancelled."""

    def __init__(self) -> None:
        self.script: list[Event] = script("Hello", " there")
        self.requests: list[ChatRequest] = []
        self.hang_after: int | None = None
        self.hanging = threading.Event()
        self.closed = threading.Event()
        self.breaks = False

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event]:
        """The events of the script."""
        self.requests.append(request)
        if self.breaks:
            raise RuntimeError("the prompt was: secret")
        try:
            for number, event in enumerate(self.script):
                if number == self.hang_after:
                    self.hanging.set()
                    await asyncio.sleep(3600)
                yield event
        finally:
            self.closed.set()

    async def explain(self, request: ChatRequest, *, full: bool = False) -> Any:
        """A fixed explanation."""
        self.requests.append(request)
        body = {"privacy": {"complete": full}, "rule": "default", "candidates": []}
        return SimpleNamespace(as_json=lambda: body, signals=Signals(input_tokens=42))


class FakeStore(dict[str, Any]):
    """Receipts or conversations by id, with the calls that changed them."""

    def __init__(self, **items: Any) -> None:
        super().__init__(items)
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args: self.calls.append((name, *args))


@dataclass(frozen=True)
class FakeConversation:
    """What the endpoint tells of a conversation."""

    id: str = "c1"
    title: str = "Hash tables"
    mode: PrivacyMode = PrivacyMode.MASK
    latched: bool = False


CONVERSATION = FakeConversation()


class FakeLocal:
    """A local backend that is ready."""

    name = "here"
    card = ModelCard("local/small", "local", "small", place=Place.LOCAL)
    standby: tuple[ModelCard, ...] = ()

    def cards(self) -> tuple[ModelCard, ...]:
        """The one model."""
        return (self.card,)

    async def status(self) -> LocalStatus:
        """Ready."""
        return LocalStatus("ready", "small", "It is ready.", self.name, 4096)


class FakeMemory:
    """What the user thinks of answers."""

    def __init__(self) -> None:
        self.thumbs: dict[str, str | None] = {}

    def thumb(self, receipt: str) -> str | None:
        """What was kept."""
        return self.thumbs.get(receipt)

    def rate(self, receipt: Receipt, thumb: str | None) -> None:
        """Keep it."""
        self.thumbs[receipt.id] = thumb


class FakeSentences:
    """A sentence model that counts characters."""

    def __init__(self) -> None:
        self.token_texts = TokenTexts(Path("nowhere"))

    def embed(self, text: str) -> tuple[list[float], int]:
        """As many tokens as characters."""
        return [float(len(text)), 0.5], len(text)


class FakeResponses(dict[str, StoredResponse]):
    """Stored responses in memory."""

    keeps = True

    def add(self, response: StoredResponse) -> None:
        """Keep it."""
        self[response.id] = response

    def get(self, client: str, response: str) -> StoredResponse | None:  # type: ignore[override]
        """The client's own."""
        found = super().get(response)
        return found if found and found.client == client else None

    def holding(self, client: str, item: str) -> StoredResponse | None:
        """The one whose answer holds the item."""
        own = [one for one in self.values() if one.client == client]
        return next((one for one in own if item in [each["id"] for each in one.output]), None)

    def delete(self, client: str, response: str) -> bool:
        """Forget the client's own."""
        return self.get(client, response) is not None and bool(self.pop(response))

    def expire(self) -> None:
        """Nothing is ever too old."""


def runtime(folder: Path) -> Any:
    """A runtime of doubles whose files lie in ``folder``."""
    cards = {MODEL: ModelCard(MODEL, "acme", "one", family="one")}
    wired = SimpleNamespace(
        clock=SimpleNamespace(now=lambda: NOW),
        paths=SimpleNamespace(state=folder / "state", runtime=folder / "run"),
        settings=SimpleNamespace(
            server=SimpleNamespace(
                origins=["https://page.example"], editors=[], hosts=[], keep_unstored=False
            ),
            local=SimpleNamespace(idle_minutes=10),
        ),
        catalog=Catalog({}, cards),
    )
    reset(wired)
    return wired


def reset(wired: Any) -> None:
    """Give a runtime fresh doubles."""
    wired.engine = ScriptedEngine()
    wired.local = FakeLocal()
    wired.receipts = FakeStore(r1=RECEIPT)
    wired.stored = FakeStore(c1=CONVERSATION)
    wired.conversations = ConversationService(wired.stored)
    wired.memory = FakeMemory()
    wired.embeddings = FakeSentences()
    wired.providers = SimpleNamespace(ready=frozenset)
    wired.responses = FakeResponses()


@dataclass
class Endpoint:
    """A server that is running."""

    runtime: Any
    address: str
    token: str
    port: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def engine(self) -> ScriptedEngine:
        """The scripted engine behind it."""
        engine: ScriptedEngine = self.runtime.engine
        return engine

    def ask(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (lower case) and body of one request with the token."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            data = json.dumps(body) if body is not None else None
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            content = {"Content-Type": "application/json"} if data is not None else {}
            connection.request(method, path, data, self.headers | content | names)
            response = connection.getresponse()
            return (
                response.status,
                {name.lower(): value for name, value in response.getheaders()},
                response.read(),
            )
        finally:
            connection.close()

    def raw(self, data: bytes, *, wait: float = 20) -> bytes:
        """Everything that comes back for ``data`` until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as connection:
            connection.sendall(data)
            received = b""
            while piece := connection.recv(65536):
                received += piece
            return received

    def post(self, path: str = "/v1/chat/completions", **fields: Any) -> tuple[Any, ...]:
        """Ask for an answer to one short prompt."""
        body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]} | fields
        status, headers, data = self.ask("POST", path, body)
        return status, headers, json.loads(data) if data.startswith(b"{") else data


@contextmanager
def running(folder: Path, **options: Any) -> Iterator[Endpoint]:
    """A real server over doubles, in a thread of its own."""
    wired = runtime(folder)
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    ready: threading.Event = threading.Event()
    found: list[Any] = []

    async def main() -> None:
        try:
            async with serving(wired, port=0, **options) as listening:
                found.append(listening)
                ready.set()
                await stop.wait()
        except EdgeRouteError as error:
            found.append(error)
            ready.set()

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),), daemon=True)
    thread.start()
    assert ready.wait(20)
    listening = found[0]
    if isinstance(listening, EdgeRouteError):
        thread.join(20)
        loop.close()
        raise listening
    token = listening.token_file.read_text().strip()
    port = 0 if options.get("unix_socket") else int(listening.address.rpartition(":")[2])
    try:
        yield Endpoint(wired, listening.address, token, port, {"Authorization": f"Bearer {token}"})
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        loop.close()
        assert not thread.is_alive()
