"""Whatever a client sends, over the whole house: an answer, or its own mistake in its own format.

``EDGEROUTE_FUZZ_REQUESTS`` sets how many requests are tried.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeroute.core.secret import Secret
from edgeroute.server.access.guard import Rules
from edgeroute.server.context import ServerContext
from edgeroute.server.headers import REQUEST_HEADERS
from edgeroute.server.serve import build
from tests.support import replies
from tests.support.bodies import BODIES, spoilt
from tests.support.house import house

COUNT = int(os.environ.get("EDGEROUTE_FUZZ_REQUESTS", "100"))
TOKEN = "a-token-of-the-tests-" + "x" * 24
PLAIN = [
    *(
        "/v1/models",
        "/v1/models/auto",
        "/v1/models/mock/m",
        "/v1/models/%00",
        "/health",
        "/metrics",
    ),
    *("/edgeroute/v1/receipts/r1", "/edgeroute/v1/conversations/c1", "/nothing", "/v1", "//", "/"),
    *("/v1/responses/resp_1", "/v1/responses/%00", "/responses/x/input_items?limit=x&after=%00"),
    *("/api/version", "/api/tags", "/api/ps", "/models", "/models/auto"),
]
MISTAKES = {400, 401, 403, 404, 405, 409, 413, 415, 421, 431}
# What this house cannot do, whatever is asked: it has no sentence model, and no provider draws.
MISSING = {
    "/v1/embeddings": 503,
    "/v1/images/generations": 503,
    "/api/embed": 503,
    "/api/embeddings": 503,
}


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@st.composite
def requests(draw: st.DrawFn) -> Asked:
    """A valid request with a few things wrong in it."""
    headers = {
        name: draw(st.sampled_from(["private", "auto", "free", "image", "c1", "x" * 200, "é", ""]))
        for name in draw(st.lists(st.sampled_from([*REQUEST_HEADERS, "x-edgeroute-x"]), max_size=1))
    }
    if draw(st.integers(0, 9)) == 0:
        method = draw(st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"]))
        return Asked(method, draw(st.sampled_from(PLAIN)), headers)
    method, path = draw(st.sampled_from(list(BODIES)))
    body = draw(spoilt(BODIES[method, path] | ({"stream": True} if draw(st.booleans()) else {})))
    data = json.dumps(body).encode()
    if draw(st.integers(0, 19)) == 0:
        cut = draw(st.integers(0, len(data)))
        data = data[:cut] + draw(st.binary(max_size=3)) + data[cut + 1 :]
    return Asked(method, path, {"content-type": "application/json", **headers}, data)


class Caller:
    """A client in memory, in front of a real house."""

    def __init__(self, runner: asyncio.Runner, app: Any) -> None:
        self._runner = runner
        self._app = app

    def ask(self, asked: Asked) -> httpx.Response:
        """The whole answer; what the application does not answer raises."""
        return self._runner.run(self._ask(asked))

    async def _ask(self, asked: Asked) -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self._app), base_url="http://127.0.0.1:8377", timeout=30
        ) as client:
            headers = {"authorization": f"Bearer {TOKEN}"} | asked.headers
            raw = [(name.encode(), value.encode()) for name, value in headers.items()]
            return await client.request(asked.method, asked.path, content=asked.body, headers=raw)


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """The client of a house whose provider answers everything."""
    home = tmp_path_factory.mktemp("fuzz") / "home"
    with asyncio.Runner() as runner:
        opened = house(home, {"mock": lambda asked: replies.answer(asked, "Hello there.")})
        built = runner.run(opened.__aenter__())
        yield Caller(runner, build(ServerContext(built.runtime), Rules(Secret(TOKEN), 8377)))
        runner.run(opened.__aexit__(None, None, None))


@settings(
    max_examples=COUNT, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
@given(asked=requests())
def test_no_request_breaks_the_endpoint(caller: Caller, asked: Asked) -> None:
    """Every request is answered, or refused as the caller's mistake in the caller's own format."""
    response = caller.ask(asked)
    status, kind = response.status_code, response.headers.get("content-type", "")
    assert response.headers["cache-control"] == "no-store"
    if asked.method == "HEAD":
        assert status in {200, *MISTAKES}
        return
    if status == 200:
        assert_readable(asked.path, kind, response)
        return
    assert status in {*MISTAKES, MISSING.get(asked.path)}, (status, response.text)
    assert kind == "application/json"
    assert_own_format(asked.path, response.json())


def assert_readable(path: str, kind: str, response: httpx.Response) -> None:
    """JSON is JSON, a stream is whole events of JSON that end as the format wants it."""
    if kind == "application/x-ndjson":
        assert all(isinstance(json.loads(line), dict) for line in response.text.splitlines())
    elif path == "/":
        assert kind == "text/plain; charset=utf-8"
    elif kind.startswith("text/event-stream"):
        events = response.text.removesuffix("\n\n").split("\n\n")
        data = [line[6:] for event in events for line in event.split("\n") if line[:6] == "data: "]
        assert data
        for one in data:
            assert one == "[DONE]" or isinstance(json.loads(one), dict)
        if path in {"/v1/chat/completions", "/v1/completions"}:
            assert data[-1] == "[DONE]"
    elif kind != "text/plain; version=0.0.4; charset=utf-8":
        assert kind == "application/json"
        assert isinstance(response.json(), dict)


def assert_own_format(path: str, body: Any) -> None:
    """An error as the client of this path reads it, with a sentence."""
    if path.startswith("/api/"):
        assert isinstance(body["error"], str)
        return
    assert isinstance(body["error"]["message"], str)
    assert body["error"]["message"]
    if path.startswith("/v1/messages"):
        assert body["type"] == "error"
        assert isinstance(body["error"]["type"], str)
    else:
        assert body["error"].keys() >= {"message", "type", "code"}
