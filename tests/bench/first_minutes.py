# ruff: noqa: T201 - it prints the times
"""The first minutes of a new user: ``python -m tests.bench.first_minutes [--cache FOLDER]``.

In a fresh home, in a path with spaces, with the umask of a normal user: a copy of the checkout is
set up and started by ``packaging/run.sh``, a managed API (scripted, on loopback) is asked from the
app at once, a private prompt waits for the local model, and nothing is lost. Prints the seconds
after which each step was done. ``--cache`` is a cache folder whose compiled llama.cpp is used.
"""

from __future__ import annotations

import argparse
import os
import re
import stat
import subprocess
import tarfile
import tempfile
import time
from io import BytesIO
from pathlib import Path

import pexpect

from tests.support import replies
from tests.support.scripted_provider import Received, Reply, ScriptedProvider

ROOT = Path(__file__).resolve().parents[2]
ANSWER = "A mutex lets one thread in."
PRIVATE = "My patient Anna Kowalska, born 3 May 1971, has diabetes. Say hello to her in five words."
SECRET = b"Kowalska"
OPENED, PREPARED = 600, 3_600
COLOUR = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Newcomer:
    """A user whose home has nothing in it; ``since`` is when they typed the first command."""

    def __init__(self, base: Path, cache: str) -> None:
        self.home, self.checkout = base / "a new home", base / "my programs" / "edge route"
        self.home.mkdir(parents=True)
        self.checkout.mkdir(parents=True)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, check=True,
        ).stdout  # fmt: skip
        packed = subprocess.run(
            ["tar", "cf", "-", "--null", "-T", "-"], cwd=ROOT, input=listed, capture_output=True,
            check=True,
        ).stdout  # fmt: skip
        with tarfile.open(fileobj=BytesIO(packed)) as tar:
            tar.extractall(self.checkout, filter="data")
        kept = ("PATH", "LANG", "PIP_CONFIG_FILE", "SSL_CERT_FILE")
        self.environment = {name: os.environ[name] for name in kept if name in os.environ}
        self.environment |= {name: v for name, v in os.environ.items() if name.startswith("PIP_")}
        self.environment |= {"HOME": str(self.home), "TERM": "xterm-256color"}
        if cache:
            self.environment["XDG_CACHE_HOME"] = cache
        self.since = time.monotonic()

    def done(self, what: str) -> None:
        """Print how long it took to come so far."""
        print(f"{time.monotonic() - self.since:7.1f} s  {what}", flush=True)

    def configure(self, base_url: str) -> None:
        """One managed API that needs no key."""
        folder = self.home / ".config" / "edgeroute"
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text(
            f'[providers.mock]\nwire = "openai-chat"\nbase_url = "{base_url}"\nmodels = ["m"]\n'
        )

    def app(self) -> pexpect.spawn[str]:
        """``sh packaging/run.sh`` in a terminal."""
        return pexpect.spawn(
            "/bin/sh", ["packaging/run.sh"], cwd=str(self.checkout), env=self.environment,
            dimensions=(36, 120), encoding="utf-8", codec_errors="replace", timeout=OPENED,
        )  # fmt: skip

    def run(self, *words: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """A command line to its end."""
        return subprocess.run(
            ["/bin/sh", "packaging/run.sh", *words], cwd=self.checkout, env=self.environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip

    def open_folders(self) -> list[str]:
        """Folders of EdgeRoute that somebody else could look into."""
        places = (".config/edgeroute", ".local/share/edgeroute", ".local/state/edgeroute")
        return [
            place for place in places if stat.S_IMODE((self.home / place).stat().st_mode) & 0o077
        ]


def answers(request: Received) -> Reply:
    """The managed API's one answer."""
    return replies.answer(request, ANSWER)


def play(base: Path, cache: str) -> None:
    """All of it."""
    user = Newcomer(base, cache)
    with ScriptedProvider(answers) as provider:
        user.configure(provider.base_url)
        app = user.app()
        app.expect("Ask anything")
        user.done("the chat app is open")
        app.send("Explain what a mutex is")
        app.expect("mock/m")
        app.send("\r")
        app.expect("lets one thread in")
        user.done("the first managed answer")
        app.send("\x11")
        app.expect(pexpect.EOF)
        status = user.run("models", "status").stdout
        print("          " + status.strip().replace("\n", "\n          "))
        private = user.run("ask", PRIVATE, seconds=PREPARED)
        user.done(f"the first private answer: {private.stdout.strip()[:60]!r}")
        print("          " + COLOUR.sub("", private.stderr).strip().replace("\n", "\n          "))
        assert private.returncode == 0, private.stderr
        sent = b"".join(request.body for request in provider.requests)
    assert SECRET not in sent, "a private prompt left"
    kept = user.run("history", "list").stdout
    assert kept.count("\n") >= 2, f"a chat was lost: {kept}"
    assert not user.open_folders(), user.open_folders()
    user.done("both chats are kept, and closed to others")


def main() -> None:
    """Read the arguments and play."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", default="")
    arguments = parser.parse_args()
    os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="first minutes ") as folder:
        play(Path(folder), arguments.cache)


if __name__ == "__main__":
    main()
