"""Talks to a plain chat in tests."""

from __future__ import annotations

from collections.abc import Iterator

from edgeroute.tui.plain import PlainChat
from tests.tui.fake_runtime import FakeRuntime


def talk(runtime: FakeRuntime, *lines: str) -> list[str]:
    """What a plain chat writes when the user enters ``lines`` and leaves."""
    written: list[str] = []
    rest: Iterator[str] = iter(lines)

    def read(prompt: str) -> str:
        for line in rest:
            return line
        raise EOFError

    assert PlainChat(runtime.real, read, written.append).run() == 0
    return written
