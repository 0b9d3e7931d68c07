"""What the kernel saw: a private prompt opens nothing beyond this machine, from cold caches."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.installation import ROOT, Installation
from tests.support.model_files import SMALL, require

PROMPT = "Reply with one word. My e-mail is anna.berg@fjordmail.no and my SSN is 521-44-9821."
_CALL = re.compile(r"\b(connect|sendto|sendmsg)\(")
_HARMLESS = re.compile(
    r"sa_family=AF_UNIX|AF_NETLINK|sa_family=AF_UNSPEC"
    r"|inet_addr\(\"127\.\d+\.\d+\.\d+\"\)|inet_pton\(AF_INET6, \"::1\""
    r"|sendto\(\d+, .*, NULL, 0|sendmsg\(\d+, \{msg_name=NULL"
)

pytestmark = [pytest.mark.model, pytest.mark.timeout(240)]


@pytest.fixture(autouse=True)
def _needs_the_model() -> None:
    require(SMALL)
    require("rampart")


def _can_trace() -> bool:
    strace = shutil.which("strace")
    if strace is None:
        return False
    done = subprocess.run([strace, "-e", "trace=none", "true"], capture_output=True, check=False)
    return done.returncode == 0


def test_the_kernel_sees_no_connection(installation: Installation, tmp_path: Path) -> None:
    """Strace over `ask --privacy private`, worker included: only Unix sockets and loopback."""
    if not _can_trace():
        pytest.skip("strace is not installed or may not trace here")
    installation.configure('[local]\nmodel = "qwen2.5-coder-0.5b"\n')
    log = tmp_path / "calls.log"
    cold = {"HOME": str(tmp_path / "cold-home"), "XDG_CACHE_HOME": str(tmp_path / "cold-cache")}
    traced = subprocess.Popen(
        [
            "strace", "-f", "-s", "0", "-o", str(log), "-e", "trace=connect,sendto,sendmsg",
            sys.executable, "-m", "edgeroute", "ask", "--privacy", "private", "--no-stream", PROMPT,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**installation.environment, **cold},
    )  # fmt: skip
    assert traced.stdout is not None
    answer = traced.stdout.readline()
    installation.stop_worker()  # strace waits for every process that it follows
    _, said = traced.communicate(timeout=60)
    assert traced.returncode == 0, said
    assert answer.strip()
    calls = [line for line in log.read_text().splitlines() if _CALL.search(line)]
    assert any("AF_UNIX" in line for line in calls), "the local model was asked over a socket"
    outside = [line for line in calls if not _HARMLESS.search(line)]
    assert not outside, "\n".join(outside[:20])


def test_it_works_where_there_is_no_network(installation: Installation) -> None:
    """In a network namespace with loopback only, a private prompt is answered all the same."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("unshare is not installed")
    probe = subprocess.run([unshare, "-rn", "true"], capture_output=True, check=False)
    if probe.returncode != 0:
        pytest.skip("this machine allows no user namespaces")
    installation.configure('[local]\nmodel = "qwen2.5-coder-0.5b"\n')
    script = (
        "(ip link set lo up || ifconfig lo up) 2>/dev/null; "
        f"exec {sys.executable} -m edgeroute ask --json --privacy private {PROMPT!r}"
    )
    done = subprocess.run(
        [unshare, "-rn", "sh", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        cwd=ROOT,
        env=installation.environment,
    )
    assert done.returncode == 0, done.stderr
    assert '"route": "local"' in done.stdout
