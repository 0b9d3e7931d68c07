"""Real processes: what they leave behind, two at once, and one that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support import replies
from tests.support.installation import Endpoint, Installation
from tests.support.model_files import SMALL, require
from tests.support.scripted_provider import ScriptedProvider, always

CANARY = "521-44-9821"
PRIVATE = f"Reply with one word. My SSN is {CANARY}."
OPEN = "Explain how a hash table works."

pytestmark = [pytest.mark.model, pytest.mark.timeout(240)]


@pytest.fixture(autouse=True)
def _needs_the_model() -> None:
    require(SMALL)
    require("rampart")


def _ask(endpoint: Endpoint, prompt: str, conversation: str, *, seconds: float = 120) -> str:
    """The route that the endpoint chose."""
    answer = httpx.post(
        f"{endpoint.base_url}/chat/completions",
        headers={
            "authorization": f"Bearer {endpoint.token}",
            "x-edgeroute-conversation": conversation,
        },
        json={
            "model": "mock/m",
            "messages": [{"role": "user", "content": prompt}],
            "max_tokens": 10,
        },
        timeout=seconds,
        trust_env=False,
    )
    return str(answer.headers["x-edgeroute-route"])


def _ours(home: Path) -> dict[str, bytes]:
    """Arguments and environment of the processes of the installation at ``home``, by their ids.

    The kernel shows the environment to root only, since the processes let nobody read them.
    """
    child, mark = f"PPid:\t{os.getpid()}\n".encode(), str(home).encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            arguments, status = ((folder / name).read_bytes() for name in ("cmdline", "status"))
            environment = (folder / "environ").read_bytes() if os.geteuid() == 0 else b""
        except OSError:
            continue
        if mark in arguments + environment or (child in status and b"edgeroute" in arguments):
            found[folder.name] = arguments + environment
    return found


def test_a_latch_holds_in_another_process(installation: Installation) -> None:
    """Two endpoints over one installation: what one latched, the other keeps here."""
    with ScriptedProvider(always(replies.chat("never"))) as provider:
        installation.provide(provider.base_url)
        with installation.serving() as one, installation.serving() as two:
            assert _ask(one, PRIVATE, "shared") == "local"
            assert _ask(two, OPEN, "shared") == "local"
            assert provider.connections == 0
            assert _ask(two, OPEN, "another") == "cloud"


def test_a_latch_survives_a_kill(installation: Installation) -> None:
    """Killed in the middle of a private answer, the next process still keeps the talk here."""
    with ScriptedProvider(always(replies.chat("never"))) as provider:
        installation.provide(provider.base_url)
        server = subprocess.Popen(
            [sys.executable, "-m", "edgeroute", "serve", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=installation.home.parent,
            env=installation.environment,
        )
        try:
            endpoint = installation.endpoint(server)
            with pytest.raises(httpx.HTTPError):
                _kill_while_it_answers(endpoint, server)
        finally:
            server.kill()
            server.communicate(timeout=20)
        with installation.serving() as endpoint:
            assert _ask(endpoint, OPEN, "killed") == "local"
        assert provider.connections == 0


def _kill_while_it_answers(endpoint: Endpoint, server: subprocess.Popen[str]) -> None:
    with httpx.stream(
        "POST",
        f"{endpoint.base_url}/chat/completions",
        headers={
            "authorization": f"Bearer {endpoint.token}",
            "x-edgeroute-conversation": "killed",
        },
        json={
            "model": "auto",
            "stream": True,
            "messages": [
                {
                    "role": "user",
                    "content": f"{PRIVATE} Then count from one to a thousand in words.",
                }
            ],
        },
        timeout=120,
        trust_env=False,
    ) as answer:
        for _ in answer.iter_bytes():
            server.send_signal(signal.SIGKILL)


def test_nothing_said_is_left_outside_the_history(installation: Installation) -> None:
    """The prompt is in no argument, environment, log, receipt or file but the history itself."""
    with ScriptedProvider(always(replies.chat("never"))) as provider:
        installation.provide(provider.base_url)
        with installation.serving() as endpoint:
            assert _ask(endpoint, PRIVATE, "said") == "local"
            running = _ours(installation.home)
            assert len(running) >= 2, "the endpoint and the process of the local model"
            assert not [told for told in running.values() if CANARY.encode() in told]
        assert CANARY not in installation.run("receipts", "--json").stdout
        doctor = installation.run("doctor")
        assert CANARY not in doctor.stdout + doctor.stderr
    files = [path for path in installation.home.rglob("*") if path.is_file()]
    others = [path for path in files if not path.name.startswith("edgeroute.db")]
    assert len(others) < len(files)
    assert not [path for path in others if CANARY.encode() in path.read_bytes()]
    ours = [path for path in files if path != installation.config]
    assert not [path for path in ours if path.stat().st_mode & 0o077]
