"""What every command works with: the runtime, opened when it is first used, and the terminal.

Data goes to standard output and messages to standard error. Text that comes from models, files and
other machines is made safe before it is printed: what goes into a pipe may reach a terminal too.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar, cast

import click

from edgeroute.core.display import safe
from edgeroute.core.encoding import decoded

if TYPE_CHECKING:
    from edgeroute.core.secret import Secret
    from edgeroute.wiring import Runtime

COMPLETING: Final = "_EDGEROUTE_COMPLETE"
_WORD_FILE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# What is read as an attached file, by its first bytes, and what it is then called.
DOCUMENTS: Final = {b"%PDF": "application/pdf", b"PK\x03\x04": _WORD_FILE}
_COLOUR: Final = re.compile("(\x1b\\[(?:[012]|3[0-7])m)")
F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


class Terminal(Protocol):
    """Where a command prints that another process was asked for."""

    @property
    def on_terminal(self) -> bool:
        """Whether standard output is a terminal."""
        ...

    def print(self, text: str, *, err: bool) -> None:
        """Print ``text``, to standard error or output."""
        ...

    def piped(self) -> bytes | None:
        """What is piped in; None where nothing is."""
        ...


TERMINAL: Final[ContextVar[Terminal | None]] = ContextVar("TERMINAL", default=None)


def open_runtime() -> Runtime:
    """The runtime of this user."""
    from edgeroute.wiring import Runtime

    return Runtime.open()


def _passphrase() -> Secret:
    from edgeroute.core.secret import Secret

    given = os.environ.pop("EDGEROUTE_PASSPHRASE", "")
    if COMPLETING in os.environ:  # the Tab key asks nothing
        return Secret(given)
    return Secret(given or click.prompt("Passphrase of the database", hide_input=True, err=True))


class Shell:
    """One run of the command line."""

    folder = Path()  # in which it was begun
    remote = False  # whether another process was asked for it

    def __init__(self, opener: Callable[[], Runtime] = open_runtime) -> None:
        self._opener = opener

    @cached_property
    def runtime(self) -> Runtime:
        """The wired parts; the user is asked for the database's passphrase where it has one.

        Raises:
            SettingsError: the settings are wrong, with file and line.
        """
        self.locked.unlock(lambda: self._passphrase)
        return self.locked

    @cached_property
    def _passphrase(self) -> Secret:
        """The user is asked once, however often the parts are opened."""
        return _passphrase()

    @property
    def guarded(self) -> bool:
        """Whether the user had to say a passphrase."""
        return "_passphrase" in self.__dict__

    @cached_property
    def locked(self) -> Runtime:
        """The same parts for work that reads nothing of what is kept.

        Raises:
            SettingsError: the settings are wrong, with file and line.
        """
        return self._opener()

    def tell_asking(self) -> None:
        """Have it said when a local model is asked for a second opinion."""
        if not self.remote:  # the other process's check serves many
            self.runtime.inspector.on_asking = tell_asking

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """The result of ``work``, run on an event loop; the runtime is closed afterwards."""

        async def whole() -> T:
            try:
                return await work()
            finally:
                await self._close()

        return asyncio.run(whole())

    def close(self) -> None:
        """Let go of the runtime if it was opened."""
        if "locked" in self.__dict__:
            asyncio.run(self._close())

    async def _close(self) -> None:
        self.__dict__.pop("runtime", None)
        runtime = self.__dict__.pop("locked", None)
        if runtime is not None:
            await runtime.close()


def colours() -> bool | None:
    """False where NO_COLOR is set; None lets each stream decide (only a terminal gets colours)."""
    return False if os.environ.get("NO_COLOR") else None


def on_terminal() -> bool:
    """Whether standard output is a terminal."""
    terminal = TERMINAL.get()
    return sys.stdout.isatty() if terminal is None else terminal.on_terminal


def _print(text: str, *, err: bool = False) -> None:
    terminal = TERMINAL.get()
    if terminal is None:
        click.echo(text, nl=False, err=err, color=colours())
    else:
        terminal.print(text, err=err)


def out(text: str = "", *, end: str = "\n") -> None:
    """Print our own words as data."""
    _print(_coloured(text) + end)


def foreign(text: str, *, end: str = "\n", raw: bool = False) -> None:
    """Print text of others as data, made safe; ``raw`` leaves it as it is for a program."""
    untouched = raw and not on_terminal()
    shown = text.encode("utf-8", "replace").decode() if untouched else safe(text)
    _print(shown + end)


def note(text: str, *, end: str = "\n") -> None:
    """Print a message for the person."""
    _print(_coloured(text) + end, err=True)


def _coloured(text: str) -> str:
    """``text`` made safe but for our own colours; a name of others may have got into it."""
    pieces = _COLOUR.split(text)
    return "".join(piece if n % 2 else safe(piece) for n, piece in enumerate(pieces))


def tell_asking(model: str) -> None:
    """Say that the local ``model`` is being asked for a second opinion; nothing when it is done."""
    if model:
        note(dim(f"Asking {safe(model)} for a second opinion ..."))


def as_json(value: Any) -> None:
    """Print ``value`` as JSON, in ASCII so that no terminal acts on it."""
    _print(json.dumps(value, indent=2, default=_plain) + "\n")


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def dim(text: str) -> str:
    """``text`` in a quiet colour."""
    return click.style(text, dim=True)


def table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()
) -> None:
    """Print aligned columns; those numbered in ``right`` (from 0) are aligned to the right."""
    lines = [[safe(cell).replace("\n", " ") for cell in row] for row in (headings, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for number, line in enumerate(lines):
        cells = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        text = "  ".join(cells).rstrip()
        out(dim(text) if number == 0 else text)


def piped() -> str:
    """What standard input holds, empty where it is a terminal.

    Raises:
        UsageError: it is no text.
    """
    content = piped_content()
    if isinstance(content, bytes):
        raise no_text()
    return content


def no_text() -> click.UsageError:
    """Why bytes were not taken, and what to do about it."""
    return click.UsageError(
        "What is piped in cannot be read as text. Make it UTF-8 first: with `iconv -f ENCODING"
        " -t UTF-8`, or with `tr '\\0' '\\n'` where zero bytes part its lines."
    )


def piped_content() -> str | bytes:
    """What standard input holds: text in any encoding that can be told, otherwise its bytes."""
    data = _piped()
    if data is None:
        return ""
    if data.startswith(tuple(DOCUMENTS)):
        return data
    try:
        return decoded(data, "replace")
    except ValueError:
        return data


def _piped() -> bytes | None:
    terminal = TERMINAL.get()
    if terminal is not None:
        return terminal.piped()
    return None if sys.stdin is None or sys.stdin.isatty() else sys.stdin.buffer.read()


def pass_shell(command: F) -> F:
    """Give ``command`` the shell as its first argument."""
    return cast("F", click.pass_obj(command))
