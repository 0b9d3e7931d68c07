"""A fresh installation in a folder of its own, used through its real front doors."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgeroute import config
from edgeroute.local.backends.worker_process import WorkerProcess
from edgeroute.server.access.token import token_path
from tests.support.model_files import models_folder

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Installation:
    """One EDGEROUTE_HOME. ``environment`` is what its programs see."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keep = ("PATH", "HOME", "LANG", "TMPDIR", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")
        base = {name: os.environ[name] for name in keep if name in os.environ}
        folder = models_folder()
        models = {"EDGEROUTE_MODELS": str(folder)} if folder else {}
        self.environment = {
            **base,
            "EDGEROUTE_HOME": str(self.home),
            "EDGEROUTE_PREPARE": "never",
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "default",
            **models,
            **self.environment,
        }

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.home / "config" / "config.toml"

    def configure(self, text: str) -> None:
        """Write the settings file."""
        self.config.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.config.write_text(text)

    def provide(self, base_url: str, *, more: str = "") -> None:
        """Configure the scripted provider at ``base_url`` as ``[providers.mock]``."""
        self.configure(
            f'[providers.mock]\nwire = "openai-chat"\nbase_url = "{base_url}"\n'
            f'models = ["m"]\n[local]\nmodel = "qwen2.5-coder-0.5b"\n{more}'
        )

    def run(
        self,
        *arguments: str,
        stdin: str = "",
        seconds: float = 120,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run ``edgeroute`` with ``arguments`` to its end."""
        return subprocess.run(
            [sys.executable, "-m", "edgeroute", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            cwd=self.home.parent,
            env={**self.environment, **(environment or {})},
        )

    def json(self, *arguments: str, seconds: float = 120) -> Any:
        """Run ``edgeroute`` and read the JSON that it prints; it must succeed."""
        done = self.run(*arguments, seconds=seconds)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @contextlib.contextmanager
    def serving(self, *arguments: str) -> Iterator[Endpoint]:
        """A running ``edgeroute serve`` on a free port, ended by its pid."""
        server = subprocess.Popen(
            [sys.executable, "-m", "edgeroute", "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.home.parent,
            env=self.environment,
        )
        try:
            yield self.endpoint(server)
        finally:
            server.terminate()
            try:
                server.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.communicate(timeout=10)

    def endpoint(self, server: subprocess.Popen[str]) -> Endpoint:
        """Where a server that was just started listens, by what it says."""
        assert server.stdout is not None
        said: list[str] = []
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            line = server.stdout.readline()
            if not line:
                break
            said.append(line)
            found = re.search(r"http://(127\.0\.0\.1|localhost):(\d+)", line)
            if found:
                token = token_path(self.home / "state").read_text().strip()
                return Endpoint(int(found.group(2)), token)
        raise AssertionError(f"the endpoint did not start: {''.join(said)}")

    def stop_worker(self) -> None:
        """End the local model's worker, if one runs."""
        saved = os.environ.get("EDGEROUTE_HOME")
        os.environ["EDGEROUTE_HOME"] = str(self.home)
        try:
            paths = config.Paths.find()
        finally:
            if saved is None:
                del os.environ["EDGEROUTE_HOME"]
            else:
                os.environ["EDGEROUTE_HOME"] = saved
        asyncio.run(WorkerProcess(paths.runtime, paths.state, paths.models).stop())


@dataclass(frozen=True)
class Endpoint:
    """A running endpoint."""

    port: int
    token: str

    @property
    def base_url(self) -> str:
        """What an OpenAI client takes as its base URL."""
        return f"http://127.0.0.1:{self.port}/v1"
