"""A web page whose name was made to point at this machine (DNS rebinding)."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.routing import Route

from edgeroute.server.context import ServerContext
from edgeroute.server.serve import routes
from tests.support.endpoint import Endpoint, running, runtime

NAME = "news.example"
PUBLIC, HERE = "203.0.113.7", "127.0.0.1"
BROWSER = {
    "Origin": "http://news.example:{port}",
    "Sec-Fetch-Site": "same-origin",
    "Referer": "http://news.example:{port}/",
}


class Browser(http.client.HTTPConnection):
    """A browser that trusts its name server anew for each connection and knows no token.

    It takes the page and this endpoint for one site, since they have one name and port.
    """

    answers: list[str]
    asked: list[str]

    def connect(self) -> None:
        """Ask for the name's address and go there; the public one holds the page itself."""
        self.asked.append(self.host)
        address = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if address == PUBLIC:
            raise ConnectionRefusedError("the page's server has gone, so ask for the name again")
        self.sock = socket.create_connection((address, self.port), self.timeout)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A real endpoint on loopback."""
    with running(tmp_path_factory.mktemp("rebinding")) as served:
        yield served


def visit(
    endpoint: Endpoint, method: str, path: str, headers: dict[str, str]
) -> tuple[int, dict[str, str], bytes]:
    """What the page reads of this machine under its own name."""
    browser = Browser(NAME, endpoint.port, timeout=20)
    browser.answers, browser.asked = [PUBLIC, HERE], []
    body = None if method == "GET" else json.dumps({"messages": [], "prompt": "hi"})
    kind = {} if body is None else {"Content-Type": "application/json"}
    with pytest.raises(ConnectionRefusedError):
        browser.connect()
    browser.request(method, path, body, headers | kind)
    answer = browser.getresponse()
    found = {name.lower(): value for name, value in answer.getheaders()}
    data = answer.read()
    browser.close()
    assert browser.asked == [NAME, NAME]
    return answer.status, found, data


@pytest.mark.parametrize("token", [False, True])
@pytest.mark.parametrize("kind", ["same origin", "navigation"])
def test_a_rebound_name_reads_nothing(endpoint: Endpoint, kind: str, *, token: bool) -> None:
    """No route answers to a foreign name that leads here, not even with a token that was stolen."""
    headers = {name: value.format(port=endpoint.port) for name, value in BROWSER.items()}
    if kind == "navigation":
        headers = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}
    if token:
        headers |= endpoint.headers
    for route in routes(ServerContext(runtime(Path("x")))):
        assert isinstance(route, Route)
        path = route.path.replace("{name:path}", "auto").replace("{id}", "r1")
        for method in [*sorted((route.methods or set()) - {"HEAD"}), "OPTIONS"]:
            status, found, data = visit(endpoint, method, path, headers)
            assert status == 421, (method, path)
            assert not [name for name in found if name.startswith("access-control")]
            assert found["cache-control"] == "no-store"
            assert endpoint.token.encode() not in data
    assert endpoint.engine.requests == []
    assert endpoint.runtime.stored.calls == []
