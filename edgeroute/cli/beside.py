"""Commands that a running ``edgeroute serve`` of the same user answers: its models are loaded.

They go over a private Unix socket, a line of JSON each way: what was typed, then what is printed.
A running one answers only for its own version, settings, rules and keys; otherwise, and wherever
anything is unclear, the command does its own work.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import socket
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from edgeroute import __version__
from edgeroute.config import Paths
from edgeroute.core.peer import peer_user

NAME: Final = "commands.sock"
_COMMANDS: Final = frozenset({"ask", "explain", "scan"})
# What is read by its place, asks a person, or belongs to this process alone.
_OWN_WORK: Final = ("--staged", "--files-from", "--help", "-h")
_STARTS: Final = ("EDGEROUTE_", "AWS_", "XDG_")
_ENDS: Final = ("_KEY", "_TOKEN", "_PROXY", "_proxy")
# Read anew by whoever works with them, with every request.
_LIVE: Final = frozenset({"privacy-lists.yaml", "private-entries.json"})
_FAILED: Final = 1
_CHECK_FAILED: Final = 2  # 1 says that something was found
_PATIENCE_SECONDS: Final = 2.0  # for the first word of an answer


def answered(arguments: list[str]) -> int | None:
    """The exit code of a command that a running one has answered; None where none did."""
    if not arguments or arguments[0] not in _COMMANDS or os.environ.get("EDGEROUTE_DEBUG"):
        return None
    if any(one.partition("=")[0] in _OWN_WORK for one in arguments):
        return None
    paths = Paths.find()
    connection = _connected(paths.runtime / NAME)
    if connection is None:
        return None
    with connection:
        return _Asked(connection).run(arguments, fingerprint(paths))


def fingerprint(paths: Paths) -> str:
    """What an answer depends on beside what was typed: this program, the settings and the rules
    as they are now, and the keys and folders of the environment.
    """
    told: list[object] = [__version__, str(Path(__file__).parent), sys.version, *map(str, (
        paths.config, paths.data, paths.models, paths.state))]  # fmt: skip
    for name, value in sorted(os.environ.items()):
        if name == "HOME" or name.startswith(_STARTS) or name.endswith(_ENDS):
            told += name, value
    for folder, _, names in sorted(os.walk(paths.config)):
        for name in sorted(names):
            path = os.path.join(folder, name)  # noqa: PTH118 - asked at every start
            if name in _LIVE:
                continue
            with suppress(OSError):
                status = os.stat(path)  # noqa: PTH116
                told += path, status.st_mtime_ns, status.st_size, status.st_ino
    return hashlib.sha256("\0".join(map(str, told)).encode("utf-8", "surrogateescape")).hexdigest()


def _connected(path: Path) -> socket.socket | None:
    """A connection to a running one of this very user."""
    try:
        folder = path.parent.lstat()
        if not stat.S_ISDIR(folder.st_mode) or folder.st_uid != os.getuid():
            return None
        if folder.st_mode & 0o077 or not stat.S_ISSOCK(path.lstat().st_mode):
            return None
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    except OSError:
        return None
    try:
        connection.settimeout(_PATIENCE_SECONDS)
        connection.connect(str(path))
        if peer_user(connection) in {os.getuid(), None}:
            return connection
    except OSError:
        pass
    connection.close()
    return None


class _Asked:
    """One command that a running one answers."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._begun = False
        self._broken = _FAILED

    def run(self, arguments: list[str], key: str) -> int | None:
        """Print what is answered; the exit code, None where it is not answered here."""
        self._broken = _CHECK_FAILED if "--check" in arguments else _FAILED
        self._send(
            {
                "key": key,
                "arguments": arguments,
                "folder": str(Path.cwd()),
                "terminal": sys.stdout.isatty(),
                "messages_terminal": sys.stderr.isatty(),
                "plain": bool(os.environ.get("NO_COLOR")),
            }
        )
        before = signal.signal(signal.SIGINT, self._stop)
        try:
            return self._read()
        finally:
            signal.signal(signal.SIGINT, before)

    def _read(self) -> int | None:
        with self._connection.makefile("rb") as lines:
            try:
                for line in lines:
                    said = json.loads(line)
                    if not self._begun:
                        if not said.get("begun"):
                            return None
                        self._begun = True
                        self._connection.settimeout(None)
                    code = self._take(said)
                    if code is not None:
                        return code
            except BrokenPipeError:
                # Whoever read our output has gone; nothing more can be written, not even at exit.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                return _FAILED
            except (OSError, ValueError):
                if not self._begun:
                    return None
        sys.stderr.write("The running endpoint has ended before its answer.\n")
        return self._broken

    def _take(self, said: dict[str, Any]) -> int | None:
        """Do what one line says; the exit code, if it is the last one."""
        if "input" in said:
            data = None
            if sys.stdin is not None and not sys.stdin.isatty():
                data = base64.b64encode(sys.stdin.buffer.read()).decode()
            self._send({"input": data})
        for name, stream in (("out", sys.stdout), ("err", sys.stderr)):
            if name in said:
                stream.write(said[name])
                stream.flush()
        code = said.get("code")
        return code if isinstance(code, int) else None

    def _stop(self, *_: object) -> None:
        """ctrl+c: the running one stops, and says what it kept. Once more ends this one."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)

    def _send(self, value: object) -> None:
        with suppress(OSError):  # whoever is gone is noticed when it is read from
            self._connection.sendall(json.dumps(value).encode() + b"\n")
