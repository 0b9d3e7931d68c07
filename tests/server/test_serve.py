"""Starting and stopping."""

from __future__ import annotations

import asyncio
import http.client
import logging
import os
import shutil
import socket
import subprocess
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from edgeroute.core.errors import EdgeRouteError
from edgeroute.server.access.protocol import GuardedProtocol
from edgeroute.server.serve import serving
from tests.support.endpoint import running, runtime


def test_it_listens_on_loopback_only(tmp_path: Path) -> None:
    """The bound address is 127.0.0.1 and nothing else."""
    with running(tmp_path) as endpoint:
        assert endpoint.address == f"http://127.0.0.1:{endpoint.port}"
        if tool := shutil.which("ss"):
            listed = subprocess.run(
                [tool, "-ltnH", f"sport = :{endpoint.port}"],
                capture_output=True,
                text=True,
                check=True,
            ).stdout.split()
            assert [word for word in listed if word.endswith(f":{endpoint.port}")] == [
                f"127.0.0.1:{endpoint.port}"
            ]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "example.com", ""])
async def test_other_addresses_need_a_second_word(tmp_path: Path, host: str) -> None:
    """An address that other machines can reach is refused unless it is accepted."""
    with pytest.raises(EdgeRouteError, match="reachable from other machines"):
        async with serving(runtime(tmp_path), host, 0):
            pass


async def test_an_accepted_address_keeps_every_check(tmp_path: Path) -> None:
    """Exposed, the token is still asked for, and names are still refused."""
    async with (
        serving(runtime(tmp_path), "0.0.0.0", 0, accept_exposure=True) as listening,
        httpx2.AsyncClient(trust_env=False) as client,
    ):
        assert listening.exposed
        port = listening.address.rpartition(":")[2]
        url = f"http://127.0.0.1:{port}/health"
        token = {"x-api-key": listening.token_file.read_text().strip()}
        assert (await client.get(url)).status_code == 401
        assert (await client.get(url, headers=token)).status_code == 200
        named = token | {"host": f"box.lan:{port}"}
        assert (await client.get(url, headers=named)).status_code == 421


async def test_a_taken_port_is_told(tmp_path: Path) -> None:
    """A port that another program has gives a sentence and a way out."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(EdgeRouteError, match="--port"):
            async with serving(runtime(tmp_path), port=port):
                pass
    for port in (-1, 70_000):
        with pytest.raises(EdgeRouteError, match="cannot be used"):
            async with serving(runtime(tmp_path), port=port):
                pass


async def test_small_pieces_leave_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An accepted connection has TCP_NODELAY: an answer's body does not wait until the client has
    acknowledged its head.
    """
    seen: list[int] = []
    real = GuardedProtocol.connection_made

    def connection_made(self: GuardedProtocol, transport: asyncio.Transport) -> None:
        accepted = transport.get_extra_info("socket")
        seen.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        real(self, transport)

    monkeypatch.setattr(GuardedProtocol, "connection_made", connection_made)
    async with (
        serving(runtime(tmp_path), port=0) as listening,
        httpx2.AsyncClient(trust_env=False) as client,
    ):
        await client.get(f"{listening.address}/health")
    assert len(seen) == 1
    assert seen[0]


async def test_the_port_is_free_again_afterwards(tmp_path: Path) -> None:
    """Leaving the block ends the server and lets go of its port."""
    async with serving(runtime(tmp_path), port=0) as listening:
        port = int(listening.address.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    async with serving(runtime(tmp_path), port=port):
        pass


def test_nothing_is_printed_or_logged(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Addresses, bodies and broken requests appear on no screen and in no log."""
    caplog.set_level(logging.DEBUG)
    with running(tmp_path) as endpoint:
        endpoint.post()
        endpoint.ask("GET", "/canary-path")
        endpoint.raw(b"canary rubbish\r\n\r\n")
        endpoint.engine.breaks = True
        endpoint.post()
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""
    assert "canary" not in caplog.text
    assert "secret" not in caplog.text
    assert "RuntimeError" in caplog.text


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=20)
        self._path = path

    def connect(self) -> None:
        """Connect to the path."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(20)
        self.sock.connect(self._path)


def test_a_unix_socket_is_for_its_owner(tmp_path: Path) -> None:
    """The socket is 0600 in a folder 0700, takes the same token, and is gone afterwards."""
    old = os.umask(0)
    try:
        with running(tmp_path, unix_socket=True) as endpoint:
            path = Path(endpoint.address)
            assert path.stat().st_mode & 0o777 == 0o600
            assert path.parent.stat().st_mode & 0o777 == 0o700
            for headers, status in (({}, 401), (endpoint.headers, 200)):
                # A refusal ends its connection, so each request has its own, and no body.
                with closing(UnixConnection(endpoint.address)) as connection:
                    connection.request("GET", "/v1/models", headers=headers)
                    response = connection.getresponse()
                    assert response.status == status
                    response.read()
            with (
                pytest.raises(EdgeRouteError, match="running at"),
                running(tmp_path, unix_socket=True),
            ):
                pass
        assert not path.exists()
    finally:
        os.umask(old)


def test_another_user_of_a_unix_socket_is_hung_up_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should the permissions ever fail, the peer's user id still decides."""
    with running(tmp_path, unix_socket=True) as endpoint:
        monkeypatch.setattr("edgeroute.core.peer.os.getuid", lambda: os.geteuid() + 1)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(20)
            connection.connect(endpoint.address)
            try:
                assert connection.recv(10) == b""
            except ConnectionResetError:
                return


async def test_an_open_folder_is_refused(tmp_path: Path) -> None:
    """A socket in a folder that others can enter is not private."""
    (tmp_path / "run").mkdir(mode=0o755)
    with pytest.raises(EdgeRouteError, match="not a private folder"):
        async with serving(runtime(tmp_path), unix_socket=True):
            pass
