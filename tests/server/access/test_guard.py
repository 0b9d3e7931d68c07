"""The guard, over real sockets: nothing passes that is not allowed by name."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from edgeroute.core.secret import Secret
from edgeroute.server.access.guard import EDITORS, Rules, check_host, check_origin, check_peer
from edgeroute.server.access.protocol import GuardedProtocol
from edgeroute.server.answer.caller_request import BodyLimits
from edgeroute.server.context import ServerContext
from edgeroute.server.http_refusal import HttpRefusal
from edgeroute.server.serve import routes
from tests.support.endpoint import Endpoint, running, runtime

OK = b'{"messages":[{"role":"user","content":"hi"}]}'


def request(
    endpoint: Endpoint,
    *,
    method: str = "GET",
    path: str = "/health",
    hosts: tuple[str, ...] | None = None,
    token: str | None = None,
    extra: tuple[str, ...] = (),
    body: bytes = b"",
) -> tuple[int, bytes]:
    """Status and whole answer of a request written by hand."""
    names = (f"127.0.0.1:{endpoint.port}",) if hosts is None else hosts
    lines = [f"{method} {path} HTTP/1.1", *(f"Host: {name}" for name in names)]
    lines += [f"Authorization: Bearer {endpoint.token if token is None else token}"]
    lines += ["Connection: close", *extra, "", ""]
    answer = endpoint.raw("\r\n".join(lines).encode("latin-1") + body)
    return int(answer.split(b" ", 2)[1]), answer


def post(endpoint: Endpoint, *extra: str, body: bytes = OK, kind: str = "application/json") -> int:
    """The status of a chat completion written by hand."""
    headers = (f"Content-Type: {kind}", *extra)
    if not any(name.lower().startswith(("content-length", "transfer")) for name in extra):
        headers = (*headers, f"Content-Length: {len(body)}")
    return request(endpoint, method="POST", path="/v1/chat/completions", extra=headers, body=body)[
        0
    ]


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"])
def test_this_machine_may_be_named_in_three_ways(endpoint: Endpoint, name: str) -> None:
    """The three literals of this machine with the port pass."""
    assert request(endpoint, hosts=(f"{name}:{endpoint.port}",))[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        *("0.0.0.0:{port}", "127.0.0.2:{port}", "localhost.:{port}", "localhost.evil:{port}"),
        *("evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1:{port}0", "[::1]"),
        *("user@127.0.0.1:{port}", "2130706433:{port}", "127.1:{port}", "", ":{port}"),
        *("[::ffff:127.0.0.1]:{port}", "127.0.0.1:{port}, evil.example"),
    ],
)
def test_any_other_host_is_refused(endpoint: Endpoint, host: str) -> None:
    """A name that was made to point here (DNS rebinding) is not this machine's name."""
    assert request(endpoint, hosts=(host.format(port=endpoint.port),))[0] in (400, 421)


def test_one_wish_for_privacy_never_hides_another(endpoint: Endpoint) -> None:
    """A header of ours that comes twice is refused, so that nobody must guess which one counts."""
    once = "X-EdgeRoute-Privacy: private"
    assert post(endpoint, once) == 200
    assert post(endpoint, "X-EdgeRoute-Privacy: auto", once) == 400
    assert post(endpoint, once, once.lower()) == 400


@pytest.mark.parametrize("count", [0, 2])
def test_exactly_one_host_is_needed(endpoint: Endpoint, count: int) -> None:
    """No host, or two, is refused."""
    hosts = (f"127.0.0.1:{endpoint.port}",) * count
    assert request(endpoint, hosts=hosts)[0] in (400, 421)


@pytest.mark.parametrize(
    "header",
    [
        *("Origin: null", "Origin: https://evil.example", "Origin: http://127.0.0.1"),
        *("Origin: https://page.example.evil", "Origin: ", "Sec-Fetch-Site: cross-site"),
        "Sec-Fetch-Site: same-site",
    ],
)
def test_web_pages_are_refused(endpoint: Endpoint, header: str) -> None:
    """Any origin that is not allowed by name is refused, without a word for other origins."""
    status, answer = request(endpoint, extra=(header,))
    assert status == 403
    assert b"access-control" not in answer.lower()


def test_an_allowed_page_may_ask(endpoint: Endpoint) -> None:
    """An origin in the settings passes, and its browser is told so."""
    page = "Origin: https://page.example"
    status, answer = request(endpoint, extra=(page, "Sec-Fetch-Site: cross-site"))
    assert status == 200
    assert b"access-control-allow-origin: https://page.example" in answer
    status, answer = request(endpoint, method="OPTIONS", token="", extra=(page,))
    assert status == 204
    assert b"access-control-allow-headers: authorization" in answer


ORIGINS = {
    "vscode": ("vscode-webview://1a2b-3c", "vscode-file://vscode-app"),
    "obsidian": ("app://obsidian.md",),
    "tauri": ("tauri://localhost", "http://tauri.localhost", "https://tauri.localhost"),
    "capacitor": ("capacitor://localhost",),
}


def test_an_editor_may_ask_where_it_is_named() -> None:
    """Each name lets its program's pages in and no other's, and no page of the web looks alike."""
    assert ORIGINS.keys() == EDITORS.keys()
    every = [origin for origins in ORIGINS.values() for origin in origins]
    for editor, own in ORIGINS.items():
        rules = replace(RULES, editors=frozenset({editor}))
        for origin in every:
            assert allowed(rules, origin) is (origin in own), (editor, origin)
            assert not allowed(RULES, origin)
    rules = replace(RULES, editors=frozenset(EDITORS))
    for origin in (
        *("https://vscode-webview.example", "vscode-webview://a.example", "vscode-webview://"),
        *("https://obsidian.md", "app://obsidian.md.example", "app://obsidianxmd", "app://."),
        *("https://tauri.localhost.example", "http://tauri.localhost:1", "capacitor://localhost/"),
        *("tauri://localhost\n", "null", ""),
    ):
        assert not allowed(rules, origin), origin


def allowed(rules: Rules, origin: str) -> bool:
    """Whether a page of ``origin`` may ask."""
    try:
        check_origin(
            {"headers": [(b"origin", origin.encode()), (b"sec-fetch-site", b"cross-site")]}, rules
        )
    except HttpRefusal:
        return False
    return True


def test_a_preflight_allows_what_sdks_send(endpoint: Endpoint) -> None:
    """The SDKs' own headers are allowed by name; any other is not, and none is made up."""
    asked = "x-stainless-lang, X-Stainless-Retry-Count,anthropic-beta , openai-organization"
    page = ("Origin: https://page.example", f"Access-Control-Request-Headers: {asked}, x-evil")
    status, answer = request(endpoint, method="OPTIONS", token="", extra=page)
    found = re.search(rb"access-control-allow-headers: ([^\r]*)", answer)
    assert (status, bool(found)) == (204, True)
    assert found is not None
    names = found.group(1).decode().split(", ")
    sdks = ["x-stainless-lang", "x-stainless-retry-count", "anthropic-beta", "openai-organization"]
    assert names[:4] == ["authorization", "content-type", "x-api-key", "api-key"]
    assert names[-4:] == sdks
    assert "x-evil" not in names


def test_a_page_may_read_what_an_answer_tells(endpoint: Endpoint) -> None:
    """The browser shows an allowed page the names of request, receipt and warning."""
    _, headers, _ = endpoint.ask("GET", "/health", Origin="https://page.example")
    told = headers["access-control-expose-headers"].split(", ")
    assert {"x-edgeroute-receipt", "x-request-id", "request-id", "warning"} <= set(told)
    assert headers["vary"] == "origin"


def test_every_answer_names_its_request(endpoint: Endpoint) -> None:
    """OpenAI's clients look for x-request-id, Anthropic's for request-id; it is the receipt's id
    where there is one.
    """
    _, headers, _ = endpoint.post()
    assert headers["x-request-id"] == f"req_{headers['x-edgeroute-receipt']}"
    _, headers, _ = endpoint.post("/v1/messages", max_tokens=5)
    assert headers["request-id"] == f"req_{headers['x-edgeroute-receipt']}"
    assert "x-request-id" not in headers
    one, two = (endpoint.ask("GET", "/nothing")[1]["x-request-id"] for _ in range(2))
    assert one != two
    assert re.fullmatch("req_[0-9a-f]{24}", one)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json; charset=utf-8", 200),
        ("Application/JSON", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/jsonx", 415),
        ("", 415),
    ],
)
def test_only_json_bodies_pass(endpoint: Endpoint, kind: str, status: int) -> None:
    """What a form on a web page can send without asking is refused."""
    assert post(endpoint, kind=kind) == status


def test_compressed_bodies_are_refused(endpoint: Endpoint) -> None:
    """A small body cannot become a large one."""
    assert post(endpoint, "Content-Encoding: gzip") == 415


def test_every_route_needs_the_token(endpoint: Endpoint) -> None:
    """No route of the application, and no unknown address, answers without the token."""
    found = [
        route for route in routes(ServerContext(runtime(Path("x")))) if isinstance(route, Route)
    ]
    assert len(found) >= 13
    for route in found:
        path = route.path.replace("{name:path}", "auto").replace("{id}", "r1")
        for method in sorted(route.methods or ()):
            if method == "HEAD":
                continue
            for wrong in ("", "x", endpoint.token + "x", endpoint.token[:-1]):
                assert request(endpoint, method=method, path=path, token=wrong)[0] == 401
    assert request(endpoint, path="/nothing", token="")[0] == 401
    assert request(endpoint, path="/nothing")[0] == 404
    assert endpoint.engine.requests == []


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Authorization: Bearer {token}", 200),
        ("AUTHORIZATION: bEaReR {token}", 200),
        ("X-Api-Key: {token}", 200),
        ("x-API-key: {token}", 200),
        ("API-Key: {token}", 200),
        ("api-key: {token}x", 401),
        ("Authorization: Basic {token}", 401),
        ("Authorization: {token}", 401),
        ("X-Api-Key: {token}é", 401),
        ("Cookie: token={token}", 401),
        ("X-Other: {token}", 401),
    ],
)
def test_the_token_comes_in_three_headers(endpoint: Endpoint, header: str, status: int) -> None:
    """Bearer, x-api-key or Azure's api-key, in any case of letters; nowhere else."""
    line = header.format(token=endpoint.token)
    data = f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{endpoint.port}\r\nConnection: close\r\n{line}"
    answer = endpoint.raw(data.encode("latin-1") + b"\r\n\r\n")
    assert int(answer.split(b" ", 2)[1]) == status


def test_the_token_is_not_taken_from_the_address(endpoint: Endpoint) -> None:
    """Addresses end up in logs and histories."""
    assert request(endpoint, path=f"/health?token={endpoint.token}", token="")[0] == 401


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "CONNECT", "PUT", "DELETE", "FOO"])
@pytest.mark.parametrize("path", ["/health", "/nothing"])
def test_other_methods_are_refused(endpoint: Endpoint, method: str, path: str) -> None:
    """Only GET, with its HEAD, POST, PATCH and DELETE exist, each where it means something."""
    status, answer = request(endpoint, method=method, path=path)
    assert status in (400, 403, 405) or (status, method) == (404, "DELETE")
    assert b"access-control" not in answer.lower()


@pytest.mark.parametrize("path", ["/", "/health", "/v1/models", "/api/tags", "/nothing"])
def test_head_is_get_without_a_body(endpoint: Endpoint, path: str) -> None:
    """Where something can be read its headers can, with the token; where nothing can, neither."""
    read, asked = (request(endpoint, method=method, path=path) for method in ("GET", "HEAD"))
    assert asked[0] == read[0]
    head, _, body = asked[1].partition(b"\r\n\r\n")
    assert body == b""
    assert re.search(rb"content-length: \d+", head)
    assert request(endpoint, method="HEAD", path=path, token="x")[0] == 401
    assert request(endpoint, method="HEAD", path="/v1/messages")[0] == 405


def test_a_known_address_takes_its_own_methods_only(endpoint: Endpoint) -> None:
    """A wrong method is told apart from a wrong address."""
    status, answer = request(endpoint, path="/v1/chat/completions")
    assert status == 405
    assert b"allow: POST" in answer
    assert b"allow: DELETE, GET, HEAD, PATCH, POST" in request(endpoint, method="PUT")[1]
    assert request(endpoint, path="/V1/models")[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/v1/models", 405), ("POST", "/nothing", 404), ("GET", "/v1/embeddings", 405),
     ("DELETE", "/v1/messages", 405), ("GET", "/v1/models", 400)],
)  # fmt: skip
def test_an_address_that_takes_no_body_says_so_first(
    endpoint: Endpoint, method: str, path: str, status: int
) -> None:
    """Whatever the body is: to send it as JSON would help nobody. One with a method that never has
    one is refused for it where the method fits.
    """
    for content in ("text/plain", "application/json"):
        connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=20)
        connection.request(method, path, "{", endpoint.headers | {"Content-Type": content})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status == status


def test_websockets_are_refused(endpoint: Endpoint) -> None:
    """There is no websocket, whatever a client asks for."""
    upgrade = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    status, answer = request(endpoint, path="/nothing", extra=(*upgrade, key))
    assert status == 404
    assert b"101 " not in answer[:20]


def test_answers_are_neither_guessed_nor_kept(endpoint: Endpoint) -> None:
    """Every answer, good or bad, says nosniff and no-store, and names no server."""
    for path in ("/health", "/nothing"):
        _, answer = request(endpoint, path=path)
        assert b"x-content-type-options: nosniff" in answer
        assert b"cache-control: no-store" in answer
        assert b"server:" not in answer.lower()
        assert b"<html" not in answer.lower()


def test_large_and_many_headers_are_refused(endpoint: Endpoint) -> None:
    """More than 100 headers or 32 KiB of them end the connection."""
    assert request(endpoint, extra=tuple(f"X-{n}: y" for n in range(120)))[0] == 431
    assert request(endpoint, extra=("X-Big: " + "y" * 40_000,))[0] in (400, 431)
    assert request(endpoint, path="/" + "y" * 40_000)[0] in (400, 431)


def test_ambiguous_and_broken_framing_is_refused(endpoint: Endpoint) -> None:
    """A body whose length can be read in two ways could hide a second request."""
    chunked = b"2d\r\n" + OK + b"\r\n0\r\n\r\n"
    assert post(endpoint, "Transfer-Encoding: chunked", body=chunked) == 200
    both = ("Transfer-Encoding: chunked", f"Content-Length: {len(OK)}")
    assert post(endpoint, *both, body=chunked) == 400
    assert post(endpoint, "Content-Length: 5", "Content-Length: 6") == 400
    assert post(endpoint, "Content-Length: -5") == 400
    assert post(endpoint, "Content-Length: 5x") == 400
    assert post(endpoint, "Transfer-Encoding: gzip, chunked", body=chunked) in (400, 501)
    assert request(endpoint, extra=("Content-Length: 3",), body=b"abc")[0] == 400


def test_a_bad_chunk_reaches_nobody(endpoint: Endpoint) -> None:
    """A broken chunk ends the connection before the engine hears of it."""
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{endpoint.port}\r\n"
        f"Authorization: Bearer {endpoint.token}\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    answer = endpoint.raw(head.encode() + b"zz\r\n" + OK)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
    assert endpoint.engine.requests == []


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """An endpoint with small limits."""
    limits = BodyLimits(max_bytes=1000, gap_seconds=0.2, whole_seconds=0.6)
    with running(tmp_path_factory.mktemp("small"), body=limits) as endpoint:
        yield endpoint


def test_a_body_is_counted_as_it_comes(small: Endpoint) -> None:
    """A large body is refused by its announced length, and by its true one when chunked."""
    assert post(small, body=b" " * 1001) == 413
    chunk = b"190\r\n" + b" " * 400 + b"\r\n"
    assert post(small, "Transfer-Encoding: chunked", body=chunk * 3) == 413


def test_a_slow_body_is_given_up(small: Endpoint) -> None:
    """A body that stops coming, or drips, ends with a 408."""
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{small.port}\r\n"
        f"Authorization: Bearer {small.token}\r\nContent-Type: application/json\r\n"
        "Content-Length: 500\r\n\r\n"
    )
    assert small.raw(head.encode()).startswith(b"HTTP/1.1 408 ")
    with socket.create_connection(("127.0.0.1", small.port), timeout=20) as connection:
        connection.sendall(head.encode())
        for _ in range(8):
            time.sleep(0.1)
            try:
                connection.sendall(b" ")
            except OSError:
                break
        assert connection.recv(20).startswith(b"HTTP/1.1 408 ")


def test_idle_connections_are_dropped_and_block_nobody(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """200 connections that never finish a request's head do not keep the 201st waiting."""
    monkeypatch.setattr(GuardedProtocol, "head_seconds", 1.0)
    slow = [socket.create_connection(("127.0.0.1", endpoint.port), timeout=20) for _ in range(200)]
    try:
        for connection in slow[::2]:
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: 127")
        assert request(endpoint)[0] == 200
        for connection in slow:
            try:
                assert connection.recv(10) == b""
            except ConnectionResetError:
                continue
    finally:
        for connection in slow:
            connection.close()
    assert request(endpoint)[0] == 200


def test_requests_beyond_the_limit_wait_for_their_turn(tmp_path: Path) -> None:
    """Sixty-four are answered at once; the next one waits until one of them is over, and what
    needs no answer of a model does not wait.
    """
    with running(tmp_path) as endpoint:
        endpoint.engine.hang_after = 0
        body = {"messages": [{"role": "user", "content": "hi"}]}
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{endpoint.port}\r\n"
            f"Authorization: Bearer {endpoint.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(json.dumps(body))}\r\n\r\n{json.dumps(body)}"
        )
        held = []
        try:
            for number in range(64):
                held.append(socket.create_connection(("127.0.0.1", endpoint.port), timeout=20))
                held[-1].sendall(head.encode())
                while len(endpoint.engine.requests) <= number:
                    time.sleep(0.005)
            held.append(socket.create_connection(("127.0.0.1", endpoint.port), timeout=20))
            held[-1].sendall(head.encode())
            assert request(endpoint)[0] == 200
            time.sleep(0.1)
            assert len(endpoint.engine.requests) == 64
            held.pop(0).close()
            for _ in range(1_000):
                if len(endpoint.engine.requests) == 65:
                    break
                time.sleep(0.01)
            assert len(endpoint.engine.requests) == 65
        finally:
            for connection in held:
                connection.close()


def scope(client: tuple[str, int] | None, host: str) -> dict[str, Any]:
    """The scope of a request as the guard sees it."""
    return {"client": client, "headers": [(b"host", host.encode())], "method": "GET"}


RULES = Rules(Secret("t"), 8377)


@pytest.mark.parametrize("address", ["192.168.1.5", "10.0.0.1", "203.0.113.9", "::2", "unknown"])
def test_other_machines_are_refused(address: str) -> None:
    """Even if the port were reachable, only this machine is answered."""
    with pytest.raises(HttpRefusal, match="Only this machine"):
        check_peer(scope((address, 5), ""), RULES)
    check_peer(scope((address, 5), ""), replace(RULES, exposed=True))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_this_machine_has_many_addresses(address: str) -> None:
    """Every loopback address is this machine."""
    check_peer(scope((address, 5), ""), RULES)


def test_an_exposed_endpoint_is_named_by_address() -> None:
    """From other machines only an address is taken as host: names could be made to point here."""
    exposed = replace(RULES, exposed=True)
    for host in ("192.168.1.5:8377", "[fd00::1]:8377", "localhost:8377"):
        check_host(scope(None, host), exposed)
    for host in ("box.lan:8377", "192.168.1.5:80", "192.168.1.5"):
        with pytest.raises(HttpRefusal):
            check_host(scope(None, host), exposed)


def test_further_names_of_this_machine_come_from_the_settings() -> None:
    """Such as a container's name for its host, or the office's name for this box, which a proxy
    serves at a port of its own: that name, with any port, and no other.
    """
    rules = replace(RULES, hosts=frozenset({"host.docker.internal"}))
    for host in ("host.docker.internal:8377", "HOST.docker.internal:443", "localhost:8377"):
        check_host(scope(None, host), rules)
    check_host(scope(None, "host.docker.internal"), rules)
    for host in ("host.docker.internal:x", "localhost:80", "docker.internal:8377", "internal"):
        with pytest.raises(HttpRefusal):
            check_host(scope(None, host), rules)
    with pytest.raises(HttpRefusal):
        check_host(scope(None, "host.docker.internal:8377"), RULES)
