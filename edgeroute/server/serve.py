"""The endpoint: the guard, behind it the routes; started and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import stat
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from starlette.routing import Match, Route, Router
from starlette.types import Scope

from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.hosts import is_loopback
from edgeroute.core.private_file import make_private_folder
from edgeroute.server.access.clients import ClientTokens
from edgeroute.server.access.guard import Guard, Rules
from edgeroute.server.access.protocol import GuardedProtocol
from edgeroute.server.access.token import read_or_make, token_path
from edgeroute.server.answer.caller_request import BodyLimits
from edgeroute.server.context import ServerContext
from edgeroute.server.http_refusal import PREFIX
from edgeroute.server.routes import (
    completions,
    edgeroute_api,
    embeddings,
    models_and_health,
    ollama,
    openapi,
    responses,
)

if TYPE_CHECKING:
    from edgeroute.wiring import Runtime

_GRACE_SECONDS = 5
_GIVE_WAY_SECONDS = 0.0005
_SOCKET_NAME = "endpoint.sock"


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the endpoint listens, for the front door to tell.

    ``address`` is the base address for clients, ``/v1`` not included; for a Unix socket its path.
    """

    address: str
    token_file: Path
    exposed: bool = False


@asynccontextmanager
async def serving(
    runtime: Runtime,
    host: str = "127.0.0.1",
    port: int = 8377,
    *,
    unix_socket: bool = False,
    accept_exposure: bool = False,
    body: BodyLimits | None = None,
    keep_alive_seconds: float = 15.0,
) -> AsyncIterator[Listening]:
    """Serve while the block runs; leaving it lets answers under way end for a few seconds.

    ``host`` must be this machine unless ``accept_exposure``; ``port`` 0 takes a free one. With
    ``unix_socket`` the endpoint listens on a socket in the runtime folder instead.

    Raises:
        EdgeRouteError: the address is taken, or not this machine, or the token is unfit.
    """
    # What a thread computes beside the answers must not keep them waiting.
    sys.setswitchinterval(_GIVE_WAY_SECONDS)
    path = token_path(runtime.paths.state)
    token = await asyncio.to_thread(read_or_make, path)
    connection = (
        _bind_unix(runtime.paths.runtime / _SOCKET_NAME)
        if unix_socket
        else _bind(host, port, accept_exposure=accept_exposure)
    )
    bound = 0 if unix_socket else connection.getsockname()[1]
    exposed = not unix_socket and not is_loopback(host)
    rules = Rules(
        token=token,
        port=bound,
        exposed=exposed,
        origins=frozenset(runtime.settings.server.origins),
        editors=frozenset(runtime.settings.server.editors),
        hosts=frozenset(runtime.settings.server.hosts),
        body=body or BodyLimits(),
        holder=ClientTokens(runtime.paths.state).holder,
    )
    server = _Server(
        _config(build(ServerContext(runtime, keep_alive_seconds=keep_alive_seconds), rules))
    )
    running = asyncio.create_task(server.serve(sockets=[connection]))
    expiring = asyncio.create_task(asyncio.to_thread(runtime.responses.expire))
    try:
        await server.up(running)
        shown = f"[{host}]" if ":" in host else host
        address = connection.getsockname() if unix_socket else f"http://{shown}:{bound}"
        yield Listening(address, path, exposed)
    finally:
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await running
        with contextlib.suppress(EdgeRouteError):
            await expiring
        connection.close()
        if unix_socket:
            (runtime.paths.runtime / _SOCKET_NAME).unlink(missing_ok=True)


def _config(app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # uvicorn's own notion of ASGI
        http=GuardedProtocol,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        log_level="critical",  # uvicorn's messages quote requests
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        h11_max_incomplete_event_size=32 * 1024,
    )


class _Server(uvicorn.Server):
    """A server that leaves the process's signals alone: the front door handles them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def up(self, running: asyncio.Task[None]) -> None:
        """Wait until connections are accepted."""
        while not self.started:
            if running.done():
                await running
                raise EdgeRouteError("The endpoint could not start.")
            await asyncio.sleep(0.01)


def _bind(host: str, port: int, *, accept_exposure: bool) -> socket.socket:
    if not is_loopback(host) and not accept_exposure:
        raise EdgeRouteError(
            f"{host} would make this endpoint reachable from other machines.",
            "Leave --host away, or accept it with --i-accept-network-exposure.",
        )
    address = "127.0.0.1" if host.lower() == "localhost" else host
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named.
    connection = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            connection.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        connection.bind((address, port))
        connection.listen(256)
    except (OSError, OverflowError) as error:
        connection.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise EdgeRouteError(
            f"Port {port} on {host} cannot be used ({reason}).",
            "Choose another with --port, or stop the program that has it.",
        ) from error
    connection.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    return connection


def _bind_unix(path: Path) -> socket.socket:
    """A socket file of the user's own: folder 0700, socket 0600."""
    folder = path.parent
    make_private_folder(folder)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise EdgeRouteError(f"{folder} is not a private folder.", f"Run: chmod 700 {folder}")
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    if path.is_socket():
        if connection.connect_ex(str(path)) == 0:
            connection.close()
            raise EdgeRouteError(f"An endpoint is running at {path} already.", "Use that one.")
        path.unlink()
    try:
        connection.bind(str(path))
        path.chmod(0o600)
        connection.listen(256)
    except OSError as error:
        connection.close()
        raise EdgeRouteError(f"{path} cannot be used ({error.strerror}).") from error
    connection.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    return connection


def routes(context: ServerContext) -> list[Route]:
    """Every route there is."""
    pages = (completions, responses, models_and_health, embeddings, edgeroute_api, ollama)
    full = [route for page in pages for route in page.routes(context)]
    # Many programs leave the /v1 of a base address away.
    versioned = [route for route in full if route.path.startswith(PREFIX)]
    full += [Route(one.path[len(PREFIX) :], one.endpoint, methods=one.methods) for one in versioned]
    return [*full, openapi.route(full)]


def build(context: ServerContext, rules: Rules) -> Guard:
    """The application. Nothing is reachable around the guard."""
    known = routes(context)

    def takes(scope: Scope) -> bool:
        return any(route.matches(scope)[0] is Match.FULL for route in known)

    return Guard(Router(known, redirect_slashes=False), rules, takes)
