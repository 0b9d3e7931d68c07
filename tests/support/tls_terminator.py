"""A small proxy that speaks TLS, as one stands in front of an endpoint of an office."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator

import trustme

_PIECE = 65_536


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_PIECE):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()


async def _serve(
    context: ssl.SSLContext, target: int, up: threading.Event, place: list[int], end: asyncio.Event
) -> None:
    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, forth = await asyncio.open_connection("127.0.0.1", target)
        try:
            await asyncio.gather(_copy(reader, forth), _copy(behind, writer))
        finally:
            for one in (forth, writer):
                one.transport.abort()

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=context)
    place.append(server.sockets[0].getsockname()[1])
    up.set()
    await end.wait()
    server.close()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await asyncio.sleep(0)  # what was aborted is closed in the next round of the loop


@contextlib.contextmanager
def terminating(certificate: trustme.LeafCert, target: int) -> Iterator[int]:
    """The port of a proxy with ``certificate`` that hands everything to ``target``, unchanged."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    up, loop, end = threading.Event(), asyncio.new_event_loop(), asyncio.Event()
    numbers: list[int] = []
    running = threading.Thread(
        target=lambda: loop.run_until_complete(_serve(context, target, up, numbers, end))
    )
    running.start()
    assert up.wait(10)
    try:
        yield numbers[0]
    finally:
        loop.call_soon_threadsafe(end.set)
        running.join(10)
        loop.close()
