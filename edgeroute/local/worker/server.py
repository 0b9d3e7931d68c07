"""Serving the same user, giving memory back, and ending when nobody asks any more."""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
from pathlib import Path
from typing import Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from edgeroute.core.peer import is_another_user
from edgeroute.local.files.models import LocalModels
from edgeroute.local.worker import app
from edgeroute.local.worker.service import WorkerService

_LOOK_SECONDS: Final = 5.0


class OwnUserOnly(H11Protocol):
    """Hangs up on every other user, should the folder's permissions ever fail."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Check the peer before a byte is read."""
        if is_another_user(transport.get_extra_info("socket")):
            transport.abort()
            return
        super().connection_made(transport)


async def serve(options: argparse.Namespace, listener: socket.socket) -> None:
    """Answer on ``listener`` until told to end, idle for long, or cut off from its path."""
    models = LocalModels(options.models, options.own)
    service = WorkerService(
        models, window=options.window, threads=options.threads, pinned=options.pinned
    )

    def shut_down() -> None:
        server.should_exit = True

    server = uvicorn.Server(
        uvicorn.Config(
            app.build(service, shut_down),
            http=OwnUserOnly,
            loop="asyncio",  # another loop would make its own system calls, past the audit hook
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
    )
    path = Path(listener.getsockname())
    identity = path.stat().st_ino  # noqa: ASYNC240 - before anybody is served
    watching = asyncio.create_task(_watch(service, server, options.idle_seconds, path, identity))
    await server.serve(sockets=[listener])
    watching.cancel()
    if _still_ours(path, identity):
        path.unlink(missing_ok=True)  # noqa: ASYNC240 - nobody is served any more


async def _watch(
    service: WorkerService, server: uvicorn.Server, idle_seconds: float, path: Path, identity: int
) -> None:
    """Give memory back after ``idle_seconds``, end after twice as long, where they are not 0; end
    when cut off.
    """
    while not server.should_exit:
        await asyncio.sleep(min(_LOOK_SECONDS, idle_seconds or _LOOK_SECONDS))
        idle = service.idle_seconds if idle_seconds else -1.0
        if idle >= idle_seconds:
            await service.unload_idle()
        if idle >= 2 * idle_seconds or not _still_ours(path, identity):
            server.should_exit = True


def _still_ours(path: Path, identity: int) -> bool:
    try:
        return os.lstat(path).st_ino == identity
    except OSError:
        return False
