"""A real runtime in a folder of its own, with a scripted engine and a keyring in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edgeroute.cli.group import cli
from edgeroute.cli.shell import Shell
from edgeroute.config import Paths, load
from edgeroute.store.keys.keyring_door import KeyringDoor
from edgeroute.store.keys.keys import Keys
from edgeroute.wiring import Runtime
from tests.support.keyrings import Fake
from tests.support.scripted_engine import ScriptedEngine

Invoke = Callable[..., Result]


class Home:
    """One installation: ``run`` is a command in a process of its own, as far as that can be seen.

    ``engine`` and ``inspector``, where set, stand in for the real ones.
    """

    def __init__(self) -> None:
        self.paths = Paths.find()
        self.keyring = Fake()
        self.engine: ScriptedEngine | None = ScriptedEngine()
        self.inspector: object | None = None

    def runtime(self) -> Runtime:
        """A fresh runtime over the same files and keyring."""
        made = Runtime(self.paths, load(self.paths.settings))
        made._stores.__dict__["keys"] = Keys(
            door=KeyringDoor("edgeroute", "keys", choose=lambda: self.keyring),
            environment=made.settings.keys.environment,
        )
        if self.engine is not None:
            made.__dict__["engine"] = self.engine
        if self.inspector is not None:
            made.__dict__["inspector"] = self.inspector
        return made

    def configure(self, text: str) -> None:
        """Write the settings file."""
        self.paths.config.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.paths.settings.write_text(text)

    def run(self, *arguments: str, stdin: str | bytes = "") -> Result:
        """Run a command; its exit code, what it printed, and what it said."""
        return CliRunner().invoke(cli, list(arguments), input=stdin, obj=Shell(self.runtime))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A fresh installation."""
    monkeypatch.setenv("EDGEROUTE_HOME", str(tmp_path / "home"))
    # The models that other tests use are not this test's to list or to remove.
    monkeypatch.delenv("EDGEROUTE_MODELS", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Home()
