"""The other side of ``beside``: a running ``edgeroute serve`` runs commands for its user."""

from __future__ import annotations

import asyncio
import base64
import contextvars
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import click

from edgeroute.cli.beside import NAME
from edgeroute.cli.shell import TERMINAL, Shell
from edgeroute.core.peer import is_another_user
from edgeroute.core.private_file import make_private_folder

if TYPE_CHECKING:
    from edgeroute.wiring import Runtime

_AT_ONCE: Final = 8
_LINE_BYTES: Final = 64 * 1024 * 1024
_FAILED: Final = 1
T = TypeVar("T")


@asynccontextmanager
async def answering(runtime: Runtime, key: str, program: click.Command) -> AsyncIterator[None]:
    """Run ``program`` while the block runs, for whoever of this user knows the ``key``.

    Where another one of this user does already, or no socket can be made, nothing is answered.
    """
    connection = _bound(runtime.paths.runtime / NAME)
    if connection is None:
        yield
        return
    workers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="commands")

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if is_another_user(writer.get_extra_info("socket")):
            writer.close()
            return
        await _Conversation(_Host(runtime, key, program, workers), reader, writer).run()

    server = await asyncio.start_unix_server(take, sock=connection, limit=_LINE_BYTES)
    try:
        yield
    finally:
        server.close()
        workers.shutdown(wait=False, cancel_futures=True)
        with suppress(OSError):
            (runtime.paths.runtime / NAME).unlink()


def _bound(path: Path) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        make_private_folder(path.parent)
        if path.is_socket():
            if connection.connect_ex(str(path)) == 0:
                connection.close()
                return None
            path.unlink()
        connection.bind(str(path))
        path.chmod(0o600)
        connection.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    except OSError:
        connection.close()
        return None
    return connection


class _Host(NamedTuple):
    """What commands run in."""

    runtime: Runtime
    key: str
    program: click.Command
    workers: ThreadPoolExecutor


class _Conversation:
    """One command: what its terminal sends, and what it is told."""

    def __init__(
        self, host: _Host, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._host, self._reader, self._writer = host, reader, writer
        self._loop = asyncio.get_running_loop()
        self._input: Future[bytes | None] | None = None
        self._ended = False

    async def run(self) -> None:
        """Read what was typed, run it, tell its exit code."""
        try:
            typed = json.loads(await self._reader.readline())
            if typed["key"] != self._host.key:
                self._tell({"begun": False})
                return
            self._tell({"begun": True})
            terminal = RemoteTerminal(self, typed)
            shell = RemoteShell(self._host.runtime, self._loop, Path(typed["folder"]))
            run = partial(_run, self._host.program, typed["arguments"], shell, terminal)
            running = self._loop.run_in_executor(
                self._host.workers, contextvars.copy_context().run, run
            )
            reading = asyncio.create_task(self._read(shell))
            try:
                self._tell({"code": await running})
            finally:
                reading.cancel()
                self._answer_input(None)
                shell.stop()
        except (OSError, ValueError, KeyError, TypeError):
            return  # whoever it was is gone, or is none of us
        finally:
            with suppress(OSError):
                await self._writer.drain()
            self._writer.close()

    async def _read(self, shell: RemoteShell) -> None:
        """Take what the terminal sends; where it sends nothing more, the command is stopped."""
        while line := await self._reader.readline():
            data = json.loads(line).get("input")
            self._answer_input(None if data is None else base64.b64decode(data))
        self._ended = True
        self._answer_input(None)
        shell.stop()

    def _answer_input(self, data: bytes | None) -> None:
        asked, self._input = self._input, None
        if asked is not None:
            asked.set_result(data)

    def ask_input(self) -> bytes | None:
        """What is piped into the command; None where nothing is. In the command's own thread."""
        asked: Future[bytes | None] = Future()
        self._input = asked
        if self._ended:
            return None
        self.say({"input": True})
        return asked.result()

    def say(self, value: object) -> None:
        """Tell the terminal ``value``, from any thread."""
        self._loop.call_soon_threadsafe(self._tell, value)

    def _tell(self, value: object) -> None:
        if not self._writer.is_closing():
            self._writer.write(json.dumps(value).encode() + b"\n")


class RemoteTerminal:
    """The terminal of a command that another process was asked for."""

    def __init__(self, at: _Conversation, typed: dict[str, Any]) -> None:
        self._at = at
        self.on_terminal: Final = bool(typed["terminal"])
        self._coloured: Final = {
            False: self.on_terminal and not typed["plain"],
            True: bool(typed["messages_terminal"]) and not typed["plain"],
        }

    def print(self, text: str, *, err: bool) -> None:
        """Print ``text``, without colours where they are not wanted."""
        shown = text if self._coloured[err] else click.unstyle(text)
        self._at.say({"err" if err else "out": shown})

    def piped(self) -> bytes | None:
        """What is piped in; None where nothing is."""
        return self._at.ask_input()


class RemoteShell(Shell):
    """A run of the command line within a process whose runtime is open, and stays open."""

    def __init__(self, runtime: Runtime, loop: asyncio.AbstractEventLoop, folder: Path) -> None:
        super().__init__(lambda: runtime)
        self.folder = folder
        self.remote = True
        self.__dict__["runtime"] = self.__dict__["locked"] = runtime
        self._loop = loop
        self._task: asyncio.Future[Any] | None = None
        self._stopped = False

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """The result of ``work``, run on the event loop of the process."""
        done: Future[T] = Future()

        def ended(task: asyncio.Future[T]) -> None:
            if task.cancelled():
                done.set_exception(asyncio.CancelledError())
            elif error := task.exception():
                done.set_exception(error)
            else:
                done.set_result(task.result())

        def begin() -> None:
            self._task = task = asyncio.ensure_future(work())
            task.add_done_callback(ended)
            if self._stopped:
                task.cancel()

        self._loop.call_soon_threadsafe(begin)
        try:
            return done.result()
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None

    def stop(self) -> None:
        """The user pressed ctrl+c. On the event loop."""
        self._stopped = True
        if self._task is not None:
            self._task.cancel()

    def close(self) -> None:
        """What is open stays open."""


def _run(
    program: click.Command, arguments: list[str], shell: RemoteShell, terminal: RemoteTerminal
) -> int:
    """Run what was typed; its exit code."""
    TERMINAL.set(terminal)
    try:
        program.main(arguments, prog_name="edgeroute", obj=shell)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else _FAILED
    except Exception:  # noqa: BLE001 - with EDGEROUTE_DEBUG errors come through to here
        return _FAILED
