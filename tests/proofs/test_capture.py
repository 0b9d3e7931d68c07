"""What a packet capture, the kernel and the compiled libraries say: nothing leaves.

The capture runs in a network namespace whose default route leads into a cable that tcpdump watches,
so that a single packet or name look-up of any process, compiled code included, would be seen.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pexpect
import pytest

from tests.support.installation import Installation
from tests.support.model_files import SMALL, require

PRIVATE = "Reply with one word. My e-mail is anna.berg@fjordmail.no and my SSN is 521-44-9821."
SETTINGS = '[local]\nmodel = "qwen2.5-coder-0.5b"\n'
_HARMLESS = re.compile(
    r"sa_family=AF_UNIX|AF_NETLINK|sa_family=AF_UNSPEC"
    r"|inet_addr\(\"127\.\d+\.\d+\.\d+\"\)|inet_pton\(AF_INET6, \"::1\""
    r"|sendto\(\d+, .*, NULL, 0(?:\)| <unfinished)|sendmsg\(\d+, \{msg_name=NULL"
)
# A probe packet first and last shows that the capture sees what is sent.
_WATCHED = r"""
set -e
ip link set lo up
ip link add cable type veth peer name end
ip addr add 10.77.0.2/24 dev cable
ip link set cable up
ip link set end up
sysctl -qw net.ipv6.conf.cable.disable_ipv6=1 net.ipv6.conf.end.disable_ipv6=1 || true
ip neigh add 10.77.0.1 lladdr 02:00:00:00:00:01 dev cable
ip route add default via 10.77.0.1
tcpdump -i cable -n -U -Z root -w "$CAPTURE" 2>"$CAPTURE.log" &
watcher=$!
for _ in $(seq 100); do grep -q listening "$CAPTURE.log" && break; sleep 0.1; done
knock() { "$PYTHON" -c 'import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"knock", ("192.0.2.1", 9))'; }
knock
"$@"
knock
sleep 1
kill -INT $watcher
wait $watcher || true
"""


def _tools(*names: str) -> None:
    for name in names:
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")


@pytest.mark.model
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", ["private", "auto"])
def test_a_capture_on_the_only_way_out_stays_empty(
    installation: Installation, tmp_path: Path, mode: str
) -> None:
    """Between two knocks of our own, a private prompt from cold caches sends no packet at all."""
    require(SMALL)
    require("rampart")
    _tools("unshare", "ip", "tcpdump")
    if os.geteuid() != 0:
        pytest.skip("watching a network needs root")
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no network namespaces")
    installation.configure(SETTINGS)
    capture = tmp_path / "capture.pcap"
    cold = {"HOME": str(tmp_path / "cold-home"), "XDG_CACHE_HOME": str(tmp_path / "cold-cache")}
    names = {"CAPTURE": str(capture), "PYTHON": sys.executable}
    ask = [sys.executable, "-m", "edgeroute", "ask", "--json", "--privacy", mode, PRIVATE]
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", _WATCHED, "sh", *ask],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        cwd=tmp_path,
        env={**installation.environment, **cold, **names},
    )
    assert done.returncode == 0, done.stderr
    assert '"route": "local"' in done.stdout
    read = subprocess.run(
        ["tcpdump", "-n", "-r", str(capture)], capture_output=True, text=True, check=True
    )
    packets = read.stdout.splitlines()
    strangers = [line for line in packets if "> 192.0.2.1.9: UDP, length 5" not in line]
    assert len(packets) - len(strangers) == 2, read.stdout
    assert not strangers, strangers


def _traced(log: Path, *arguments: str) -> list[str]:
    calls = "trace=connect,sendto,sendmsg,sendmmsg"
    return [
        "strace", "-f", "-qq", "-s", "0", "-o", str(log), "-e", calls,
        sys.executable, "-m", "edgeroute", *arguments,
    ]  # fmt: skip


def _strangers(log: Path) -> list[str]:
    lines = log.read_text().splitlines()
    calls = (line for line in lines if re.search(r"\b(connect|send(to|msg|mmsg))\(", line))
    return [line for line in calls if not _HARMLESS.search(line)][:20]


@pytest.fixture
def traceable(installation: Installation) -> Installation:
    """An installation whose programs can be traced."""
    require("rampart")
    _tools("strace")
    probe = subprocess.run(["strace", "-e", "trace=none", "true"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("strace may not trace here")
    installation.configure(SETTINGS)
    return installation


@pytest.mark.model
@pytest.mark.timeout(240)
@pytest.mark.parametrize("command", [["explain", PRIVATE], ["scan"]], ids=["explain", "scan"])
def test_the_kernel_sees_no_call_out_of_a_command(
    traceable: Installation, tmp_path: Path, command: list[str]
) -> None:
    """Every library that the detector loads keeps to this machine, compiled code included."""
    log = tmp_path / "calls.log"
    done = subprocess.run(
        _traced(log, *command),
        input=PRIVATE if command == ["scan"] else "",
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        cwd=tmp_path,
        env=traceable.environment,
    )
    assert any(word in done.stdout for word in ("social security", "SSN", "e-mail")), done.stderr
    assert not _strangers(log)


@pytest.mark.model
@pytest.mark.timeout(240)
def test_the_kernel_sees_no_call_out_of_the_endpoint(
    traceable: Installation, tmp_path: Path
) -> None:
    """The endpoint reads and answers a private request without a call beyond this machine."""
    require(SMALL)
    log = tmp_path / "calls.log"
    server = subprocess.Popen(
        _traced(log, "serve", "--port", "0"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
        env=traceable.environment,
    )
    try:
        endpoint = traceable.endpoint(server)
        answer = httpx.post(
            f"{endpoint.base_url}/chat/completions",
            headers={"authorization": f"Bearer {endpoint.token}"},
            json={"model": "auto", "messages": [{"role": "user", "content": PRIVATE}]},
            timeout=120,
            trust_env=False,
        )
        assert answer.headers["x-edgeroute-route"] == "local"
    finally:
        # Strace does not end on a signal: its child does, and then the worker, and then strace.
        child = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()[0]
        os.kill(int(child), signal.SIGTERM)
        traceable.stop_worker()
        server.communicate(timeout=60)
    assert "AF_UNIX" in log.read_text(), "the local model was asked over a socket"
    assert not _strangers(log)


@pytest.mark.model
@pytest.mark.timeout(240)
def test_the_kernel_sees_no_call_out_of_the_chat_app(
    traceable: Installation, tmp_path: Path
) -> None:
    """The chat app starts, reads a private prompt as it is typed and ends, all on this machine."""
    log = tmp_path / "calls.log"
    program, *arguments = _traced(log)
    app = pexpect.spawn(
        program,
        arguments,
        env={**traceable.environment, "TERM": "xterm-256color"},
        cwd=str(tmp_path),
        dimensions=(40, 120),
        timeout=60,
    )
    try:
        app.expect("\x1b")
        deadline = time.monotonic() + 20
        for letter in PRIVATE:
            app.send(letter)
        while time.monotonic() < deadline and app.isalive():
            try:
                app.read_nonblocking(65536, timeout=1)
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                break
    finally:
        app.close(force=True)
    assert log.stat().st_size >= 0
    assert not _strangers(log)


@pytest.mark.parametrize("package", ["onnxruntime", "tokenizers", "llama_cpp", "spacy", "blis"])
def test_compiled_libraries_hold_no_reporter(package: str) -> None:
    """No compiled file of a library that reads prompts holds a telemetry client.

    From 1.31 on onnxruntime has one (1DS) that environment variables do not silence.
    """
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        pytest.skip(f"{package} is not installed")
    folder = Path(found.origin).parent
    files = [*folder.rglob("*.so*"), *folder.rglob("*.dylib"), *folder.rglob("*.pyd")]
    assert files
    marks = (b"OneDsTelemetry", b"events.data.microsoft.com", b"curl_easy_perform", b"sentry_init")
    said = {(file.name, mark) for file in files for mark in marks if mark in file.read_bytes()}
    assert not said
