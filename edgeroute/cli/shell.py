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
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

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


def open_runtime() -> Runtime:
    """The runtime of this user."""
    from edgeroute.wiring import Runtime

    runtime = Runtime.open()
    runtime.unlock(_passphrase)
    return runtime


def _passphrase() -> Secret:
    from edgeroute.core.secret import Secret

    given = os.environ.pop("EDGEROUTE_PASSPHRASE", "")
    if COMPLETING in os.environ:  # the Tab key asks nothing
        return Secret(given)
    return Secret(given or click.prompt("Passphrase of the database", hide_input=True, err=True))


class Shell:
    """One run of the command line."""

    def __init__(self, opener: Callable[[], Runtime] = open_runtime) -> None:
        self._opener = opener

    @cached_property
    def runtime(self) -> Runtime:
        """The wired parts.

        Raises:
            SettingsError: the settings are wrong, with file and line.
        """
        return self._opener()

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
        if "runtime" in self.__dict__:
            asyncio.run(self._close())

    async def _close(self) -> None:
        runtime = self.__dict__.pop("runtime", None)
        if runtime is not None:
            await runtime.close()


def colours() -> bool | None:
    """False where NO_COLOR is set; None lets each stream decide (only a terminal gets colours)."""
    return False if os.environ.get("NO_COLOR") else None


def on_terminal() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout.isatty()


def out(text: str = "", *, end: str = "\n") -> None:
    """Print our own words as data."""
    click.echo(_coloured(text) + end, nl=False, color=colours())


def foreign(text: str, *, end: str = "\n", raw: bool = False) -> None:
    """Print text of others as data, made safe; ``raw`` leaves it as it is for a program."""
    untouched = raw and not on_terminal()
    shown = text.encode("utf-8", "replace").decode() if untouched else safe(text)
    click.echo(shown + end, nl=False, color=colours())


def note(text: str, *, end: str = "\n") -> None:
    """Print a message for the person."""
    click.echo(_coloured(text) + end, nl=False, err=True, color=colours())


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
    click.echo(json.dumps(value, indent=2, default=_plain))


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
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    data = sys.stdin.buffer.read()
    if data.startswith(tuple(DOCUMENTS)):
        return data
    try:
        return decoded(data, "replace")
    except ValueError:
        return data


def pass_shell(command: F) -> F:
    """Give ``command`` the shell as its first argument."""
    return cast("F", click.pass_obj(command))
