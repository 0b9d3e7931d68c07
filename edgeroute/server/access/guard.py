"""The guard of the endpoint: no request passes that is not allowed by name.

It decides in this order: peer, ``Host``, ``Origin``, token, method, header sizes, body. Web pages
reach a loopback port through a browser, so a name in ``Host`` or a foreign origin is refused even
with the right token.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.hosts import is_loopback
from edgeroute.core.secret import Secret
from edgeroute.server.access.waiting_room import FIRST, NEXT, NoPlace, WaitingRoom
from edgeroute.server.answer.caller_request import BodyLimits, read_body, replay
from edgeroute.server.headers import REQUEST_HEADERS, RESPONSE_HEADERS
from edgeroute.server.http_refusal import HttpRefusal, as_response, format_at, request_name

log = logging.getLogger(__name__)

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PATCH", "DELETE"})
_WITH_BODY: Final = frozenset({"POST", "PATCH"})
# What the SDKs of OpenAI and Anthropic say of themselves; nothing here depends on it.
_SDK_HEADER: Final = re.compile(r"(?:x-stainless|anthropic|openai)-[a-z0-9-]{1,60}", re.ASCII)
REQUEST_IDS: Final = (b"x-request-id", b"request-id")
_TOLD: Final = (*RESPONSE_HEADERS, *REQUEST_IDS, b"warning")
EDITORS: Final[Mapping[str, str]] = {
    "vscode": r"vscode-webview://[a-z0-9-]+|vscode-file://vscode-app",
    "obsidian": r"app://obsidian\.md",
    "tauri": r"tauri://localhost|https?://tauri\.localhost",
    "capacitor": r"capacitor://localhost",
}
"""The origins of programs' built-in pages, which no page of the web can have."""
_CLOSE: Final = (("connection", "close"),)
_PROTECTION: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the guard lets pass.

    ``port`` is the port that ``Host`` must name, 0 for a Unix socket. ``exposed`` admits peers
    from other machines; they must name this one by address, since a name could have been made to
    point here. ``origins`` are the web pages that the user allows, ``editors`` the programs whose
    built-in pages are allowed, ``hosts`` further names of this machine, with any port: a proxy that
    speaks TLS for it has a port of its own. ``holder`` names the
    connected program that one of some tokens belongs to, if there is one.
    """

    token: Secret
    port: int
    exposed: bool = False
    origins: frozenset[str] = frozenset()
    editors: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    body: BodyLimits = field(default_factory=BodyLimits)
    max_headers: int = 100
    max_header_bytes: int = 32 * 1024
    max_requests: int = 64
    max_waiting: int = 256
    waiting_seconds: float = 30.0
    holder: Callable[[Sequence[bytes]], str] = lambda _: ""


class Guard:
    """ASGI middleware; the outermost layer of the endpoint.

    ``takes`` says whether ``app`` has a route for a request. One that it has none for is told so,
    whatever its body is, which nobody reads then.
    """

    def __init__(
        self, app: ASGIApp, rules: Rules, takes: Callable[[Scope], bool] = lambda _: True
    ) -> None:
        self._app = app
        self._rules = rules
        self._takes = takes
        self._room = WaitingRoom(rules.max_requests, rules.max_waiting, rules.waiting_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] != "http":
            return  # no websockets, no lifespan: nothing answers
        begun = False
        origin = _header(scope, b"origin") or ""

        async def protected(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = [
                    *message.get("headers", ()),
                    *_PROTECTION,
                    *request_id(scope["path"], message.get("headers", ())),
                    *_cors(origin, self._rules),
                ]
            await send(message)

        try:
            await self._pass(scope, receive, protected)
        except (EdgeRouteError, HTTPException) as error:
            if begun:
                raise
            refused = _no_such_route(error) if isinstance(error, HTTPException) else error
            more = (error.headers or {}) if isinstance(error, HTTPException) else {}
            answer = as_response(refused, scope["path"], (*_CLOSE, *more.items()))
            await answer(scope, receive, protected)
        except Exception as error:
            # The message of an unknown error may quote a prompt: the log keeps its type only.
            log.error("a request broke: %s", type(error).__name__)  # noqa: TRY400
            if begun:
                raise  # the connection is cut, so that nobody takes half an answer for a whole
            broken = EdgeRouteError(
                f"Something broke inside EdgeRoute ({type(error).__name__}).",
                "`edgeroute doctor` checks the installation.",
            )
            await as_response(broken, scope["path"], _CLOSE)(scope, receive, protected)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        rules = self._rules
        check_peer(scope, rules)
        check_host(scope, rules)
        check_origin(scope, rules)
        if scope["method"] == "OPTIONS":
            return await _preflight(scope, receive, send)
        client = check_token(scope, rules)
        check_shape(scope, rules)
        # With an app in its scope a router raises for unknown routes instead of answering.
        known = {**scope, "app": self._app, "state": {"client": client}}
        if not self._takes(scope):
            return await self._app(known, receive, send)
        check_length(scope, rules)
        if scope["method"] not in _WITH_BODY:
            return await self._app(known, receive, send)
        check_content(scope)
        try:
            async with self._room.place(_priority(scope)):
                body = await read_body(receive, rules.body)
                return await self._app(known, replay(body, receive), send)
        except NoPlace:
            with suppress(HttpRefusal):  # a client that is still sending would miss the answer
                await read_body(receive, rules.body)
            raise


def _priority(scope: Scope) -> int:
    """What has to stay here is answered by one model, and waits for nobody else's."""
    return FIRST if _header(scope, b"x-edgeroute-privacy") == "private" else NEXT


def check_peer(scope: Scope, rules: Rules) -> None:
    """Refuse peers of other machines. A Unix socket has none; its user is checked on connecting."""
    client = scope.get("client")
    if client is not None and rules.port and not rules.exposed and not is_loopback(client[0]):
        raise HttpRefusal(403, "foreign_peer", "Only this machine may use this endpoint.")


def check_host(scope: Scope, rules: Rules) -> None:
    """Refuse a request that does not name this machine in exactly one ``Host``."""
    hosts = _headers(scope, b"host")
    if len(hosts) == 1 and _is_this_machine(hosts[0].lower(), rules):
        return
    raise HttpRefusal(
        421,
        "wrong_host",
        "The Host header does not name this endpoint.",
        (f"Use http://127.0.0.1:{rules.port} as the address" if rules.port else "Use localhost")
        + ", or list the name that programs use (`host.docker.internal`) in server.hosts.",
    )


def _is_this_machine(host: str, rules: Rules) -> bool:
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]"):
        name, port = host, "80"
    if name in rules.hosts:
        return port.isdecimal()
    if rules.port and port != str(rules.port):
        return False
    if name in {"127.0.0.1", "localhost", "[::1]"}:
        return True
    return rules.exposed and _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def check_origin(scope: Scope, rules: Rules) -> None:
    """Refuse web pages, except those of an origin that the user allows."""
    origins = _headers(scope, b"origin")
    if len(origins) == 1 and _is_allowed(origins[0], rules):
        return
    if origins or _header(scope, b"sec-fetch-site") in {"cross-site", "same-site"}:
        raise HttpRefusal(
            403,
            "foreign_origin",
            "Web pages may not use this endpoint.",
            "Add the page's origin to server.origins in the settings if you trust it, or an"
            " editor to server.editors.",
        )


def _is_allowed(origin: str, rules: Rules) -> bool:
    patterns = (EDITORS[name] for name in rules.editors)
    return origin in rules.origins or any(re.fullmatch(each, origin) for each in patterns)


def check_token(scope: Scope, rules: Rules) -> str:
    """Refuse whoever does not know a token, in a time that tells nothing about it.

    Returns the name of the connected program whose token it is; empty for the endpoint's own.
    """
    expected = rules.token.reveal().encode()
    own = (*_headers(scope, b"x-api-key"), *_headers(scope, b"api-key"))
    given = [value.encode("latin-1") for value in own]
    for value in _headers(scope, b"authorization"):
        scheme, _, token = value.partition(" ")
        if scheme.lower() == "bearer":
            given.append(token.strip().encode("latin-1"))
    known = [hmac.compare_digest(each, expected) for each in given]
    if any(known):
        return ""
    if client := rules.holder(given):
        return client
    raise HttpRefusal(
        401,
        "wrong_token",
        "The token is missing or wrong.",
        "`edgeroute serve` says where the token is; send it as a Bearer token or x-api-key."
        " `edgeroute connect` gives a program a token of its own.",
    )


def check_shape(scope: Scope, rules: Rules) -> None:
    """Refuse methods and headers of a kind that no route takes."""
    headers = scope["headers"]
    if scope["method"] not in METHODS:
        raise HTTPException(405, headers={"Allow": ", ".join(sorted(METHODS))})
    size = len(scope["raw_path"]) + len(scope["query_string"])
    size += sum(len(name) + len(value) for name, value in headers)
    if len(headers) > rules.max_headers or size > rules.max_header_bytes:
        raise HttpRefusal(431, "headers_too_large", "The headers are too many or too large.")


def check_length(scope: Scope, rules: Rules) -> None:
    """Refuse a body where none belongs, and one that is too long or of an unclear length."""
    length, encoding = _headers(scope, b"content-length"), _headers(scope, b"transfer-encoding")
    if scope["method"] not in _WITH_BODY:
        if encoding or any(value != "0" for value in length):
            raise HttpRefusal(400, "unexpected_body", "This method takes no body.")
        return
    if length and encoding:
        raise HttpRefusal(400, "ambiguous_length", "The body's length is given in two ways.")
    if length and (not length[0].isdecimal() or int(length[0]) > rules.body.max_bytes):
        raise rules.body.too_large()


def check_content(scope: Scope) -> None:
    """Refuse a body that is not JSON as it is."""
    kind = (_header(scope, b"content-type") or "").partition(";")[0].strip().lower()
    if kind != "application/json" or (_header(scope, b"content-encoding") or "identity") != (
        "identity"
    ):
        raise HttpRefusal(
            415,
            "content_type",
            "The body must be plain JSON.",
            "Send Content-Type: application/json.",
        )


def _no_such_route(error: HTTPException) -> HttpRefusal:
    if error.status_code == 405:
        return HttpRefusal(405, "method", "This address does not take this method.")
    return HttpRefusal(error.status_code, "not_found", "There is nothing at this address.")


async def _preflight(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a browser that asks on behalf of an allowed page."""
    if not _header(scope, b"origin"):
        raise HttpRefusal(403, "method", "OPTIONS is for allowed web pages only.")
    asked = (_header(scope, b"access-control-request-headers") or "").lower().split(",")
    known = [name for each in asked if _SDK_HEADER.fullmatch(name := each.strip())]
    allowed = {
        "access-control-allow-methods": ", ".join(sorted(METHODS)),
        "access-control-allow-headers": "authorization, content-type, x-api-key, api-key, "
        + ", ".join((*REQUEST_HEADERS, *known)),
    }
    await Response(status_code=204, headers=allowed)(scope, receive, send)


def _cors(origin: str, rules: Rules) -> list[tuple[bytes, bytes]]:
    """What lets a page of an allowed origin read the answer; nothing for anybody else."""
    if not _is_allowed(origin, rules):
        return []
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (
            b"access-control-expose-headers",
            b", ".join(_TOLD),
        ),
        (b"vary", b"origin"),
    ]


def request_id(path: str, headers: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """The header that names a request, as the client of ``path`` looks for it: by its receipt.
    Errors have it already.
    """
    name, known = format_at(path).request_id.encode(), {key.lower(): val for key, val in headers}
    if name not in known:
        receipt = known.get(RESPONSE_HEADERS[0], b"").decode("latin-1")
        yield name, request_name(receipt).encode("latin-1")


def _headers(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _header(scope: Scope, name: bytes) -> str | None:
    return next(iter(_headers(scope, name)), None)
