"""Real terminals: hostile text does nothing in one, and the app does not outlive its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

ROOT = Path(__file__).resolve().parents[2]
ATTACK = "\x1b]2;PWNED\x07\x1b]0;PWNED\x1b\\\x1b]52;c;UFdORUQ=\x07\x9d2;PWNED\x9c\x1bkPWNED\x1b\\"
APP = """
import sys
from dataclasses import replace
from pathlib import Path
from edgeroute.tui.app import ChatApp
from tests.tui.fake_runtime import FakeRuntime
attack = Path(sys.argv[1]).read_text()
runtime = FakeRuntime()
runtime.engine.answer = f"Well. {attack} &#27;]2;PWNED&#7; It is finished."
for name, row in list(runtime.conversations.rows.items()):
    runtime.conversations.rows[name] = replace(row, title=f"{attack} chat")
ChatApp(runtime).run()
"""


class Tmux:
    """A terminal of its own, with everything allowed that a program could ask of one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.output = folder / "output"
        self("-f", os.devnull, "new-session", "-d", "-x", "100", "-y", "30", "sh")
        for option in ("set-clipboard on", "allow-rename on", "allow-set-title on"):
            self("set-option", "-g", *option.split(), check=False)

    def __call__(self, *arguments: str, check: bool = True) -> str:
        """What a tmux command prints."""
        done = subprocess.run(
            ["tmux", "-S", "tmux", *arguments],  # the path of a socket must be short
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=check,
            timeout=20,
        )
        return done.stdout

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something on the screen."""
        for _ in range(400):
            if condition():
                return
            time.sleep(0.05)
        raise AssertionError(self.screen)

    @property
    def screen(self) -> str:
        """What a person sees."""
        return self("capture-pane", "-p")

    @property
    def state(self) -> tuple[str, str, str]:
        """Title, window name and clipboard."""
        named = self("display-message", "-p", "#{pane_title}\n#{window_name}").splitlines()
        return named[0], named[1], self("show-buffer", check=False)


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    """A running tmux, ended afterwards."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    started = Tmux(tmp_path)
    yield started
    started("kill-server", check=False)


def test_no_answer_commands_the_terminal(tmux: Tmux, tmp_path: Path) -> None:
    """Title, window name and clipboard stay, which the same bytes, printed plainly, do change."""
    script, attack = tmp_path / "app.py", tmp_path / "attack"
    script.write_text(APP)
    attack.write_text(ATTACK)
    tmux("send-keys", f"cat {attack}", "Enter")
    tmux.until(lambda: tmux.state == ("PWNED", "PWNED", "PWNED"))
    tmux("select-pane", "-T", "calm")
    tmux("rename-window", "calm")
    tmux("set-option", "allow-rename", "on", check=False)  # naming a window forbids it
    tmux("set-buffer", "calm")
    tmux("pipe-pane", f"cat > {tmux.output}")
    before = tmux.state
    assert before == ("calm", "calm", "calm")
    tmux("send-keys", f"PYTHONPATH={ROOT} {sys.executable} {script} {attack}", "Enter")
    tmux.until(lambda: "hash" in tmux.screen or "essage" in tmux.screen)
    tmux("send-keys", "-l", "Explain this")
    tmux.until(lambda: "Explain this" in tmux.screen)
    tmux("send-keys", "Enter")
    tmux.until(lambda: "It is finished." in tmux.screen)
    assert tmux.state == before
    written = tmux.output.read_bytes()
    assert not re.search(rb"(\x1b[\]PX^_k]|\xc2\x9d)[^\x07\x1b]{0,40}(PWNED|UFdORUQ)", written)


ALONE = """
import signal, time
from edgeroute.tui.terminal import ending_with_terminal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
with ending_with_terminal(0.05):
    print("ready", flush=True)
    time.sleep(20)
"""


def test_the_app_does_not_outlive_its_terminal() -> None:
    """It stays while its terminal is there and ends with it, though no signal reaches it."""
    ours, theirs = os.openpty()
    app = subprocess.Popen(
        [sys.executable, "-c", ALONE],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    try:
        os.close(theirs)
        assert b"ready" in os.read(ours, 100)
        with pytest.raises(subprocess.TimeoutExpired):
            app.wait(0.5)
        os.close(ours)
        assert app.wait(10) == 129
    finally:
        app.kill()
        app.wait()


RUN = """
import sys
from edgeroute import tui
from tests.tui.fake_runtime import FakeRuntime
print("a note", file=sys.stderr)
sys.exit(tui.run(FakeRuntime().real))
"""


def test_a_signal_ends_it_with_the_terminal_as_it_was(tmp_path: Path) -> None:
    """Drawn though stderr goes to a file, it ends with SIGTERM and switches the mouse off again."""
    script, log = tmp_path / "app.py", tmp_path / "log"
    script.write_text(RUN)
    command = f"exec {sys.executable} {script} 2>{log}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
    app = pexpect.spawn("/bin/sh", ["-c", command], env=environment, cwd=ROOT, timeout=30)
    app.setwinsize(24, 80)
    app.expect("Ask")
    os.kill(app.pid, signal.SIGTERM)
    app.expect(pexpect.EOF)
    app.close()
    end = bytes(app.before)
    assert end.rfind(b"\x1b[?1003l") > end.rfind(b"\x1b[?1003h")
    assert b"\x1b[?1049l" in end
    assert (app.exitstatus, log.read_text()) == (143, "a note\n")
