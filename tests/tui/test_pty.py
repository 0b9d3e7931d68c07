"""The chat app as a program in a terminal of its own, from its first frame to its end."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pexpect
import pytest

from tests.support.house import OPEN, house

ROOT = Path(__file__).resolve().parents[2]
LATER = (
    "cryptography", "email", "http.client", "httpx", "jeepney", "keyring", "llama_cpp",
    "markdown_it", "numpy", "onnxruntime", "presidio_analyzer", "pygments", "spacy", "starlette",
    "edgeroute.local", "edgeroute.privacy", "edgeroute.providers", "edgeroute.routing",
    "edgeroute.wire.formats",
)  # fmt: skip
FIRST_FRAME = f"""
import sys
from textual.drivers.linux_driver import LinuxDriver
from edgeroute.cli.main import main
from edgeroute.tui.chat.screen import ChatScreen
drawn, write = [], LinuxDriver.write
def kept(self, data):
    drawn.append(data)
    write(self, data)
async def woken(self):
    loaded = [name for name in {LATER!r} if name in sys.modules]
    self.app.exit(message=f"drawn: {{'Ask anything' in ''.join(drawn)}}, loaded: {{loaded}}.")
LinuxDriver.write, ChatScreen._wake = kept, woken
main([])
"""


@pytest.fixture
async def environment(tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """A home with one managed API on loopback, and nothing that is fetched behind it."""
    async with house(tmp_path):
        yield {
            **os.environ,
            "EDGEROUTE_HOME": str(tmp_path),
            "EDGEROUTE_PREPARE": "never",
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm-256color",
        }


def started(environment: dict[str, str], *arguments: str) -> pexpect.spawn[bytes]:
    """Python with ``arguments`` in a terminal of 80x24."""
    return pexpect.spawn(
        sys.executable, list(arguments), env=environment, dimensions=(24, 80), timeout=60
    )


async def test_the_whole_page_is_drawn_before_anything_slow(environment: dict[str, str]) -> None:
    """When the app goes on to what the first answer needs, its first frame is on the screen."""
    app = started(environment, "-c", FIRST_FRAME)
    app.expect(r"drawn: (\w+), loaded: (\[.*?\])\.")
    assert app.match is not None
    assert app.match.groups() == (b"True", b"[]")


async def test_undo_after_a_paste(environment: dict[str, str]) -> None:
    """Twenty pasted lines go at one ctrl+z, and the app goes on."""
    app = started(environment, "-m", "edgeroute")
    app.expect("READY")
    app.send("\x1b[200~" + "".join(f"pasted line {n}\n" for n in range(20)) + "\x1b[201~")
    app.expect("pasted line 19")
    app.send("\x1a")
    app.expect("sk anything")
    app.send("\x11")
    app.expect(pexpect.EOF)
    app.close()
    assert app.exitstatus == 0


async def test_plain_mode_lets_kept_connections_go(environment: dict[str, str]) -> None:
    """After an answer over a connection that stays open it ends without a word of trouble."""
    app = started(environment, "-m", "edgeroute", "chat", "--plain")
    app.expect("You: ")
    app.sendline(OPEN)
    app.expect("A table of buckets.")
    app.expect("You: ")
    app.sendline("/quit")
    app.expect(pexpect.EOF)
    app.close()
    assert app.exitstatus == 0
    assert b"broke" not in app.before
