"""The keyring: trusted services only, a time limit, and sentences that help."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from edgeroute.core.errors import KeyringUnavailable
from edgeroute.store.keys.keyring_door import LIMIT_SECONDS, KeyringDoor, trusted_backend, within
from tests.support.keyrings import Fake


def run_in_session(what: str, folder: Path) -> list[str]:
    """The lines that the keyring script prints in a D-Bus session of its own."""
    for tool in ("dbus-run-session", "gnome-keyring-daemon"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    script = Path(__file__).parents[2] / "support" / "keyring_script.py"
    environment = {
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    done = subprocess.run(
        ["dbus-run-session", "--", sys.executable, str(script), what, str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_real_keyring_keeps_keys(tmp_path: Path) -> None:
    """GNOME Keyring stores, returns and deletes keys in one item, encrypted on the disk."""
    name, listed, deleted, found = run_in_session("use", tmp_path)
    assert name == "keyring.backends.SecretService.Keyring"
    assert listed == "['anthropic', 'openai']"
    assert deleted == "True False ['anthropic']"
    assert found == "[]"


def test_a_locked_keyring_says_how_to_unlock_it(tmp_path: Path) -> None:
    """A locked GNOME Keyring without a display is an answer at once, not a trace."""
    (line,) = run_in_session("locked", tmp_path)
    assert "locked" in line
    assert "Unlock it" in line


def test_a_silent_service_is_given_up_and_left_alone(tmp_path: Path) -> None:
    """A Secret Service that never answers strands one thread, not one for each call."""
    first, threads, second, still = run_in_session("hang", tmp_path)
    assert "did not answer within 0.5 seconds" in first
    assert first == second
    assert threads == still == "1"
    assert LIMIT_SECONDS == 3


@pytest.mark.parametrize(
    "name",
    [
        "keyring.backends.null.Keyring",
        "keyring.backends.fail.Keyring",
        "keyring.backends.chainer.ChainerBackend",
        "keyrings.alt.file.PlaintextKeyring",
        "evil.Keyring",
    ],
)
@pytest.mark.parametrize("where", ["environment", "file"])
def test_an_untrusted_keyring_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, where: str
) -> None:
    """Named by the environment or by keyringrc.cfg, it is neither loaded nor used."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
    (tmp_path / "evil.py").write_text("raise SystemExit('imported')")
    if where == "environment":
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)
    else:
        (tmp_path / "python_keyring").mkdir()
        (tmp_path / "python_keyring" / "keyringrc.cfg").write_text(
            f"[backend]\ndefault-keyring={name}\nkeyring-path={tmp_path}\n"
        )
    with pytest.raises(KeyringUnavailable, match=f"{name}.*trusts.*PYTHON_KEYRING_BACKEND"):
        trusted_backend()
    assert str(tmp_path) not in sys.path


@pytest.mark.parametrize(("platform", "help_"), [("linux", "apt install"), ("darwin", "unlock-k")])
def test_no_keyring_is_a_sentence_to_act_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, help_: str
) -> None:
    """Without any service the message names what to install or set."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    with pytest.raises(KeyringUnavailable, match=help_):
        trusted_backend(platform)


def test_a_keyring_that_forgets_is_noticed() -> None:
    """What is written is read back: a service that loses it is an error, not a silent loss."""
    door = KeyringDoor("edgeroute", "keys", choose=lambda: Fake(forgets=True))
    with pytest.raises(KeyringUnavailable, match="did not keep it"):
        door.write("x")


def test_errors_of_a_service_never_show_the_value() -> None:
    """A backend that quotes the secret in its error does not get it onto the screen."""
    door = KeyringDoor("edgeroute", "keys", choose=lambda: Fake(fails=True))
    with pytest.raises(KeyringUnavailable) as caught:
        door.write("sk-canary")
    assert "canary" not in str(caught.value)
    assert "OSError" in str(caught.value)


def test_a_hanging_call_is_left_behind() -> None:
    """The caller goes on after the limit, whatever the thread does."""
    release = threading.Event()
    with pytest.raises(TimeoutError):
        within(release.wait, 0.05)
    release.set()
    assert within(lambda: 5, 5) == 5
    with pytest.raises(ZeroDivisionError):
        within(lambda: 1 / 0, 5)
