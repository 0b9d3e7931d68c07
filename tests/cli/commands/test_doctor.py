"""`doctor`: every line that is not well says how to mend it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edgeroute.cli import health
from edgeroute.core.errors import KeyringUnavailable
from edgeroute.store.keys.keyring_door import KeyringDoor
from edgeroute.store.keys.keys import Keys
from edgeroute.wiring import Runtime
from tests.cli.conftest import Home


class Warm:
    """A detector that is there, or not."""

    def __init__(self, trouble: str = "") -> None:
        self._trouble = trouble

    def warm(self) -> None:
        """Load everything."""
        if self._trouble:
            raise RuntimeError(self._trouble)


@pytest.fixture
def detector(home: Home, monkeypatch: pytest.MonkeyPatch) -> Warm:
    """A quick detector in the place of the real one."""
    stand_in = Warm()
    real = home.runtime

    def runtime() -> Runtime:
        made = real()
        made._privacy.__dict__["detector"] = stand_in
        return made

    monkeypatch.setattr(home, "runtime", runtime)
    return stand_in


def report(home: Home) -> dict[str, dict[str, Any]]:
    """The lines of the report by name."""
    result = home.run("doctor", "--json")
    lines = json.loads(result.stdout)
    assert result.exit_code == (1 if any(line["state"] == "bad" for line in lines) else 0)
    assert all(line["fix"] for line in lines if line["state"] == "bad")
    return {line["name"]: line for line in lines}


@pytest.mark.usefixtures("detector")
def test_a_fresh_installation_lacks_only_models(home: Home) -> None:
    """Everything is well but the models, and the fix is the command that fetches them."""
    lines = report(home)
    bad = {name for name, line in lines.items() if line["state"] == "bad"}
    assert bad == {"models", "local model", "rampart", "minilm", "e5"}
    assert lines["models"]["fix"] == "edgeroute models prepare"
    assert lines["rampart"]["fix"] == "edgeroute models pull rampart"
    assert "encrypted" in lines["database"]["text"]
    assert lines["database"]["state"] == "ok"
    assert lines["providers"]["fix"] == "edgeroute keys set PROVIDER"


@pytest.mark.usefixtures("detector")
def test_people_read_lines_with_their_fixes(home: Home) -> None:
    """A bad line is marked, and what to do stands under it."""
    result = home.run("doctor")
    assert result.exit_code == 1
    missing = "BAD   models: no local model is here\n      -> edgeroute models prepare"
    assert missing in result.stdout
    assert "to mend." in result.stderr


def test_a_detector_that_does_not_load_is_bad(home: Home, detector: Warm) -> None:
    """It is said that every prompt stays here until it is mended."""
    detector.__init__("no model file")  # type: ignore[misc]
    line = report(home)["privacy check"]
    assert line["state"] == "bad"
    assert "every prompt stays here: no model file" in line["text"]


@pytest.mark.usefixtures("detector")
def test_without_a_keyring_the_database_is_not_encrypted_and_it_says_so(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both lines say what is missing and what it means."""

    def choose() -> object:
        raise KeyringUnavailable("There is no keyring here.", "Install one.")

    real = home.runtime

    def runtime() -> Runtime:
        made = real()
        door = KeyringDoor("edgeroute", "keys", choose=choose)  # type: ignore[arg-type]
        made._stores.__dict__["keys"] = Keys(door=door)
        return made

    monkeypatch.setattr(home, "runtime", runtime)
    lines = report(home)
    assert lines["keyring"] == {
        "name": "keyring",
        "state": "note",
        "text": "There is no keyring here.",
        "fix": "Install one.",
    }
    assert "not encrypted" in lines["database"]["text"]
    assert lines["database"]["state"] == "note"


@pytest.mark.usefixtures("detector")
def test_a_folder_that_others_can_enter_is_bad(home: Home) -> None:
    """The command that closes it is the fix."""
    home.paths.config.mkdir(parents=True)
    home.paths.config.chmod(0o755)
    line = report(home)["config folder"]
    assert (line["state"], line["fix"]) == ("bad", f"chmod 700 '{home.paths.config}'")


@pytest.mark.usefixtures("detector")
def test_a_policy_with_a_mistake_is_bad(home: Home) -> None:
    """The line names file and line of the mistake."""
    rules = home.paths.config / "rules"
    rules.mkdir(parents=True)
    home.paths.config.chmod(0o700)
    (rules / "default.yaml").write_text("routing:\n  rules:\n    - default: nobody/nothing\n")
    line = report(home)["policies"]
    assert line["state"] == "bad"
    assert f"{rules / 'default.yaml'}:3" in line["text"]


@pytest.mark.usefixtures("detector")
def test_a_shared_endpoint_token_is_bad(home: Home) -> None:
    """A token that others can read is to be deleted; a missing one is made when needed."""
    assert report(home)["endpoint token"]["state"] == "ok"
    home.paths.state.mkdir(parents=True, mode=0o700, exist_ok=True)
    token = home.paths.state / "endpoint-token"
    token.write_text("x")
    token.chmod(0o644)
    assert report(home)["endpoint token"]["state"] == "bad"


@pytest.mark.usefixtures("detector")
def test_a_proxy_of_the_environment_is_ignored_and_that_is_said(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody wonders why the proxy is not used."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:1")
    line = report(home)["network"]
    assert line["state"] == "note"
    assert "config set network.proxy" in line["fix"]


@pytest.mark.parametrize(
    ("name", "content", "bad"),
    [
        ("evil.pth", "import os; os.system('x')\n", True),
        ("evil.pth", "import\tos\n", True),
        ("paths.pth", "/some/folder\n# import nothing\n", False),
        ("distutils-precedence.pth", "import os\n", False),
        ("__editable__.edgeroute-0.1.pth", "import x\n", False),
    ],
)
def test_an_unknown_start_up_file_that_runs_code_is_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: str, *, bad: bool
) -> None:
    """A .pth file that imports at every start of Python is named unless a known tool brings it."""
    (tmp_path / name).write_text(content)
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    monkeypatch.setattr("site.ENABLE_USER_SITE", False)
    found = health._startup_files()
    assert (found.state == "bad") is bad
    assert (str(tmp_path / name) in found.text) is bad
    assert bool(found.fix) is bad


def test_a_full_disk_is_bad(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little space for a model is said before a download fails."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=5_000_000))
    found = health._disk(home.runtime())
    assert (found.state, found.text) == ("bad", "5.0 MB free")
