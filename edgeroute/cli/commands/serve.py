"""``edgeroute serve``: the localhost endpoint."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from typing import TYPE_CHECKING, Final

import click

from edgeroute.cli.getting_ready import get_ready
from edgeroute.cli.shell import Shell, note, out, pass_shell
from edgeroute.config import Paths
from edgeroute.core import heap

if TYPE_CHECKING:
    from edgeroute.server.serve import Listening
    from edgeroute.wiring import Runtime

_NEW_OBJECTS: Final = 10_000  # that are made before some are looked through


@click.command()
@click.option("--host", default="", help="The address to listen on (default: 127.0.0.1).")
@click.option("--port", default=None, type=click.IntRange(0, 65535), help="Default: 8377.")
@click.option("--uds", "unix_socket", is_flag=True, help="Listen on a Unix socket instead.")
@click.option(
    "--i-accept-network-exposure",
    "exposed",
    is_flag=True,
    help="Allow a --host that other machines can reach.",
)
@pass_shell
def serve(shell: Shell, host: str, port: int | None, *, unix_socket: bool, exposed: bool) -> None:
    """Serve the OpenAI and Anthropic wire formats to programs on this machine."""
    from edgeroute.cli.answering import answering
    from edgeroute.cli.beside import fingerprint
    from edgeroute.server.serve import serving

    program = click.get_current_context().find_root().command
    heap.share()
    key = fingerprint(Paths.find())  # of what is about to be read
    get_ready(shell)
    runtime = shell.runtime
    # An invalid policy is no reason to be found out by the first request.
    runtime.check()
    settings = runtime.settings.server

    async def work() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with (
            serving(
                runtime,
                host or settings.host,
                settings.port if port is None else port,
                unix_socket=unix_socket,
                accept_exposure=exposed,
            ) as listening,
            # Who guards the record with a passphrase is asked for it with every command.
            contextlib.nullcontext() if shell.guarded else answering(runtime, key, program),
        ):
            _announce(listening)
            warming = asyncio.create_task(_warm(runtime))
            await stop.wait()
            warming.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await warming
        note("The endpoint has ended.")

    shell.run(work)


async def _warm(runtime: Runtime) -> None:
    """Load what the first answer needs; what is loaded then stays, so nobody looks for garbage in
    it again, which would hold up answers.
    """
    await runtime.warm()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
    heap.give_back()


def _announce(listening: Listening) -> None:
    if listening.exposed:
        note("Other machines can reach this endpoint. Whoever has the token can use your keys.")
    out(f"EdgeRoute listens on {listening.address}")
    out(f"The token is in {listening.token_file}")
    note("Press ctrl+c to end it.")
