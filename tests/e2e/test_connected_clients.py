"""Real clients, connected by `edgeroute connect`, ask through a real endpoint.

Each runs where it is installed, in a home folder of its own. They were tried with Claude Code
2.1.197, Codex 0.171, OpenCode 1.18, Qwen Code, aider and llm.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import replies
from tests.support.installation import Installation
from tests.support.model_files import require
from tests.support.scripted_provider import ScriptedProvider

pytestmark = [pytest.mark.model, pytest.mark.timeout(240)]

QUESTION = "How does a hash table work?"
ANSWER = "By an array of buckets."


@dataclass(frozen=True)
class Client:
    """How a client is asked one question, and a settings file that a user may have."""

    program: str
    words: tuple[str, ...]
    file: str = ""
    settings: str = ""


CLIENTS = {
    "claude-code": Client(
        "claude", ("-p", QUESTION), ".claude/settings.json",
        '{\n  "env": {"A": "1"},\n  "includeCoAuthoredBy": false\n}\n',
    ),
    "codex": Client(
        "codex", ("exec", "--skip-git-repo-check", QUESTION), ".codex/config.toml",
        '# mine\nmodel = "gpt-5.5" # for now\n\n[tui]\nnotifications = false\n',
    ),
    "opencode": Client(
        "opencode", ("run", QUESTION), ".config/opencode/opencode.json",
        '{\n  // mine\n  "$schema": "https://opencode.ai/config.json",\n  "share": "manual",\n}\n',
    ),
    "qwen-code": Client(
        "qwen", ("-p", QUESTION), ".qwen/settings.json",
        '{\n  "general": {\n    "disableAutoUpdate": true\n  },\n  "$version": 4\n}',
    ),
    "aider": Client(
        "aider", ("--no-git", "--yes-always", "--no-check-update", "--analytics-disable",
                  "--no-show-model-warnings", "--message", QUESTION),
    ),
    "llm": Client(
        "llm", ("-m", "auto", QUESTION), ".config/io.datasette.llm/extra-openai-models.yaml",
        "- model_id: auto\n  model_name: auto\n",
    ),
}  # fmt: skip
RUN_ONLY = {"aider", "llm"}


@dataclass
class Bench:
    """An installation whose endpoint runs, a user's home, and the provider behind."""

    installation: Installation
    user: Path
    provider: ScriptedProvider

    def connect(self, *words: str) -> str:
        """What `edgeroute connect` prints."""
        return self._done([sys.executable, "-m", "edgeroute", "connect", *words])

    def ask(self, name: str) -> str:
        """What the connected client prints."""
        client = CLIENTS[name]
        return self._done([client.program, *client.words])

    def _done(self, words: list[str]) -> str:
        environment = self.installation.environment | {
            "HOME": str(self.user),
            "XDG_CONFIG_HOME": str(self.user / ".config"),
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "NO_COLOR": "1",
        }
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
            cwd=self.user / "project",
            env=environment,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout


@pytest.fixture
def bench(shared_installation: Installation, tmp_path: Path) -> Iterator[Bench]:
    """Everything that runs, and an empty project."""
    require("rampart")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "project").mkdir()
    with contextlib.ExitStack() as stack:
        provider = stack.enter_context(
            ScriptedProvider(lambda request: replies.answer(request, ANSWER))
        )
        # It stands for the local model, too: what a client says of itself may be found private.
        shared_installation.configure(
            f'[providers.mock]\nbase_url = "{provider.base_url}"\nmodels = ["m"]\n'
            f'[local]\nbackend = "box"\n[local.endpoints.box]\nbase_url = "{provider.base_url}"\n'
            f'model = "m"\ncontext_tokens = 200000\n[server]\nport = {port}\n'
        )
        stack.enter_context(shared_installation.serving("--port", str(port)))
        yield Bench(shared_installation, tmp_path, provider)


@pytest.mark.parametrize("way", ["settings", "--run"])
@pytest.mark.parametrize("name", CLIENTS)
def test_a_connected_client_asks_and_leaves_no_trace(bench: Bench, name: str, way: str) -> None:
    """It gets its answer under its own name, by its settings or started with none written, no token
    is in a file that others read, and undoing restores every byte.
    """
    client = CLIENTS[name]
    if not shutil.which(client.program):
        pytest.skip(f"{client.program} is not installed")
    if way == "settings" and name in RUN_ONLY:
        pytest.skip(f"{name} can be started with --run only")
    file = bench.user / client.file
    if client.file:
        file.parent.mkdir(parents=True)
        file.write_text(client.settings)
        file.chmod(0o644)
    if way == "settings":
        bench.connect(name, "--yes", "--privacy", "mask")
        assert file.stat().st_mode & 0o077 == 0
        said = bench.ask(name)
    else:
        said = bench.connect(name, "--privacy", "mask", "--run", "--", *client.words)
    assert ANSWER in said
    receipts = json.loads(bench.installation.run("receipts", "--json").stdout)
    assert receipts[0]["client"] == name
    assert bench.provider.requests
    bench.connect(name, "--undo", "--yes")
    if client.file:
        assert file.read_text() == client.settings
        assert file.stat().st_mode & 0o777 == 0o644
