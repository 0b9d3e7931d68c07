"""The door: what it refuses, what it verifies, what it never does."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from edgeroute.boundary.clearance import Clearance, ClearanceRefused, Outgoing
from edgeroute.core.errors import ErrorKind, ProviderError, SettingsError
from edgeroute.providers.catalog.catalog import Catalog, CustomProvider
from edgeroute.providers.catalog.provider import Provider
from edgeroute.providers.egress import Door, EgressLimits, tls_context
from edgeroute.providers.resilience.resilience import Patience
from tests.providers.conftest import KEY, Asker
from tests.support import replies
from tests.support.scripted_provider import (
    Close,
    Received,
    Reply,
    ScriptedProvider,
    Send,
    Sleep,
    always,
)

Clear = Callable[[Outgoing], Clearance]


def mock(base_url: str) -> Provider:
    """A provider of the user's own at ``base_url``."""
    catalog = Catalog.load(None, {"mock": CustomProvider(base_url=base_url, models=("m",))})
    return catalog.providers["mock"]


def request_to(provider: Provider, body: bytes = b'{"a":"canary"}') -> Outgoing:
    """A request to ``provider``."""
    headers = {"content-type": "application/json"}
    return Outgoing("POST", f"{provider.base_url}/chat/completions", body, headers)


async def send(door: Door, outgoing: Outgoing, clearance: Clearance, provider: Provider) -> bytes:
    """The body of the answer."""
    opened = door.send(outgoing, clearance, provider, KEY, wire="openai-chat", head_seconds=3)
    async with opened as incoming:
        return await incoming.read(3)


async def test_what_was_not_cleared_is_refused(
    scripted: ScriptedProvider, door: Door, clear: Clear
) -> None:
    """Another body, header or path, and a second use: refused, and not one byte leaves."""
    provider = mock(scripted.base_url)
    outgoing = request_to(provider)
    changed = [
        replace(outgoing, body=outgoing.body + b" "),
        replace(outgoing, headers={**outgoing.headers, "x": "y"}),
        replace(outgoing, url=f"{provider.base_url}/other"),
        replace(outgoing, method="PUT"),
    ]
    for other in changed:
        with pytest.raises(ClearanceRefused):
            await send(door, other, clear(outgoing), provider)
    assert scripted.bytes_received == scripted.connections == 0
    scripted.behave(always(replies.chat_whole("ok")))
    clearance = clear(outgoing)
    await send(door, outgoing, clearance, provider)
    with pytest.raises(ClearanceRefused):
        await send(door, outgoing, clearance, provider)
    assert len(scripted.requests) == 1
    assert scripted.requests[0].body == outgoing.body


async def test_another_providers_address_is_refused(
    scripted: ScriptedProvider, door: Door, clear: Clear, catalog: Catalog
) -> None:
    """A cleared request to an address that is not the provider's never goes, nor does its key."""
    outgoing = request_to(mock(scripted.base_url))
    with pytest.raises(ClearanceRefused, match="not one of"):
        await send(door, outgoing, clear(outgoing), catalog.providers["openai"])
    assert scripted.connections == 0


@pytest.mark.parametrize("first", ["answer", "error", "redirect", "key test", "file"])
async def test_cookies_are_neither_kept_nor_sent(
    scripted: ScriptedProvider, door: Door, clear: Clear, first: str
) -> None:
    """Whatever sets a cookie, no later request carries it: not of the same provider, nor of another
    on that host, nor a key test or a file's.
    """
    provider, other = mock(scripted.base_url), replace(mock(scripted.base_url), id="other")
    cookies = {"set-cookie": "id=tracked; Path=/; Max-Age=9999"}
    status = {"error": 400, "redirect": 302}.get(first, 200)
    fields = cookies | ({"location": "/v1/elsewhere"} if first == "redirect" else {})
    scripted.behave(always(replies.json_body({}, status, fields)))

    async def fetch() -> None:
        file = f"{scripted.base_url}/file"
        async with door.download(file, hosts=["127.0.0.1"]) as (_, _, chunks):
            assert [chunk async for chunk in chunks]

    async def test_key() -> None:
        url = f"{provider.base_url}/models"
        async with door.ask(url, provider, KEY, head_seconds=3) as incoming:
            await incoming.read(3)

    async def ask(whom: Provider = provider) -> None:
        outgoing = request_to(whom)
        await send(door, outgoing, clear(outgoing), whom)

    ways = {"file": fetch, "key test": test_key}
    with suppress(ProviderError):
        await ways.get(first, ask)()
    scripted.behave(always(replies.json_body({}, 200, cookies)))
    await ask()
    await ask(other)
    await test_key()
    await fetch()
    assert len(scripted.requests) == 4
    assert [r.headers["cookie"] for r in scripted.requests if "cookie" in r.headers] == []


@pytest.mark.parametrize("prefix", ["http://127.0.0.1:1/v1x", "http://127.0.0.1:1/v1@h"])
async def test_a_longer_address_is_not_the_providers(door: Door, clear: Clear, prefix: str) -> None:
    """The base URL must match up to a slash."""
    provider = mock("http://127.0.0.1:1/v1")
    outgoing = Outgoing("POST", prefix, b"{}", {})
    with pytest.raises(ClearanceRefused):
        await send(door, outgoing, clear(outgoing), provider)


async def test_plain_http_is_for_ones_own_endpoint_here_only(door: Door, clear: Clear) -> None:
    """Even a provider record that claims plain http elsewhere is refused."""
    for provider in (
        Provider("x", "X", "openai-chat", {"openai-chat": "http://10.0.0.1/v1"}, own=True),
        Provider("x", "X", "openai-chat", {"openai-chat": "http://127.0.0.1:1/v1"}),
    ):
        outgoing = request_to(provider)
        with pytest.raises(ClearanceRefused, match="plainly"):
            await send(door, outgoing, clear(outgoing), provider)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(asker: Asker, status: int) -> None:
    """A redirect is an outage; nobody gets the body a second time."""
    with ScriptedProvider(always(replies.chat("stolen"))) as thief:
        reply = replies.json_body({}, status, {"location": f"{thief.base_url}/chat/completions"})
        with pytest.raises(ProviderError) as caught:
            await asker.ask(always(reply))
        assert caught.value.kind is ErrorKind.OUTAGE
        assert "redirect" in caught.value.message
        assert thief.connections == 0


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (replies.whole(b"<html>Sign in</html>", content_type="text/html"), "Something other"),
        (replies.whole(b"x", headers={"content-encoding": "gzip"}), "not asked for"),
        (replies.whole(b"x", headers={"content-encoding": "br"}), "not asked for"),
        ([Send(b"SSH-2.0-OpenSSH_9.2\r\n"), Close()], "not HTTP"),
        ([Send(replies.head(200, {f"x-{n}": "y" for n in range(300)})), Close()], "not asked for"),
        ([Send(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000 + b"\r\n\r\n"), Close()], "not HTTP"),
    ],
)
async def test_what_is_no_api_is_an_outage(asker: Asker, reply: Reply, says: str) -> None:
    """Captive portals, encodings we did not ask for, other protocols, endless headers."""
    with pytest.raises(ProviderError) as caught:
        await asker.ask(always(reply))
    assert caught.value.kind is ErrorKind.OUTAGE
    assert says in caught.value.message


async def test_a_flood_of_interim_answers_ends(asker: Asker) -> None:
    """Interim answers without end are cut off by the limit for the head."""
    flood = [item for _ in range(200) for item in (Send(b"HTTP/1.1 102 P\r\n\r\n"), Sleep(0.02))]
    with pytest.raises(ProviderError, match="did not answer"):
        await asker.ask(always(flood), patience=Patience(0.3, 0.3, 1))


async def test_proxies_of_the_environment_are_ignored(
    asker: Asker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """HTTP_PROXY, ALL_PROXY, SSLKEYLOGFILE and the rest change nothing."""
    with ScriptedProvider(always(replies.chat("from the proxy"))) as proxy:
        address = f"http://127.0.0.1:{proxy.port}"
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, address)
        log = tmp_path / "keys"
        monkeypatch.setenv("SSLKEYLOGFILE", str(log))
        asker.door = Door()
        await asker.ask(lambda r: replies.answer(r, "direct"))
        await asker.door.close()
        assert proxy.connections == 0
        assert not log.exists()


async def test_a_chosen_proxy_is_never_between_us_and_this_machine(clear: Clear) -> None:
    """The user's proxy is for the cloud; loopback is reached directly."""
    with (
        ScriptedProvider(always(replies.chat_whole("ok"))) as server,
        ScriptedProvider() as proxy,
    ):
        door = Door(proxy=f"http://127.0.0.1:{proxy.port}")
        provider = mock(server.base_url)
        outgoing = request_to(provider)
        await send(door, outgoing, clear(outgoing), provider)
        await door.close()
        assert proxy.connections == 0


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of our own."""
    return trustme.CA()


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """The server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@pytest.mark.parametrize("case", ["good", "unknown authority", "wrong name", "expired"])
async def test_certificates_are_verified(
    case: str, authority: trustme.CA, clear: Clear, tmp_path: Path
) -> None:
    """Only a valid certificate of a known authority for this name gets the request."""
    issuer = trustme.CA() if case == "unknown authority" else authority
    name = "other.example" if case == "wrong name" else "127.0.0.1"
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    span = (long_ago, long_ago + timedelta(days=1)) if case == "expired" else (None, None)
    leaf = issuer.issue_cert(name, not_before=span[0], not_after=span[1])
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    door = Door(ca_file=str(file))
    with ScriptedProvider(always(replies.chat_whole("ok")), tls=server_context(leaf)) as server:
        provider = mock(server.base_url)
        outgoing = request_to(provider)
        if case == "good":
            assert b"ok" in await send(door, outgoing, clear(outgoing), provider)
            assert len(server.requests) == 1
        else:
            with pytest.raises(ProviderError, match="certificate") as caught:
                await send(door, outgoing, clear(outgoing), provider)
            assert not caught.value.transient
            assert caught.value.bytes_sent == server.bytes_received == 0
        await door.close()


def test_a_ca_file_that_is_none_is_told(tmp_path: Path) -> None:
    """A wrong network.ca_file is a sentence, not a trace."""
    (tmp_path / "ca.pem").write_text("no certificate")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(SettingsError, match=r"network\.ca_file"):
            tls_context(str(tmp_path / name))


def test_tls_is_1_2_or_later_and_verified() -> None:
    """The context refuses old protocols and unverified peers."""
    context = tls_context()
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


@contextmanager
def deaf_server() -> Iterator[int]:
    """A port that accepts connections and never says a word."""
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                held.append(listener.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
        for connection in held:
            connection.close()


async def test_a_stalled_handshake_ends(clear: Clear) -> None:
    """TLS that is never answered is given up after the limit for connecting."""
    with deaf_server() as port:
        door = Door(limits=EgressLimits(connect=0.2))
        provider = mock(f"https://127.0.0.1:{port}/v1")
        outgoing = request_to(provider)
        with pytest.raises(ProviderError, match="in time") as caught:
            await send(door, outgoing, clear(outgoing), provider)
        assert caught.value.bytes_sent == 0
        await door.close()


async def test_a_peer_that_does_not_read_ends(clear: Clear) -> None:
    """A large body that nobody takes is given up after the limit for writing."""
    with deaf_server() as port:
        door = Door(limits=EgressLimits(write=0.2))
        provider = mock(f"http://127.0.0.1:{port}/v1")
        outgoing = request_to(provider, b"x" * 30_000_000)
        with pytest.raises(ProviderError) as caught:
            await send(door, outgoing, clear(outgoing), provider)
        assert caught.value.kind is ErrorKind.OUTAGE
        assert caught.value.bytes_sent > 0
        await door.close()


async def test_nobody_listens(clear: Clear, door: Door) -> None:
    """A refused connection is an outage that may pass; nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    provider = mock(f"http://127.0.0.1:{port}/v1")
    outgoing = request_to(provider)
    with pytest.raises(ProviderError, match="refuses the connection") as caught:
        await send(door, outgoing, clear(outgoing), provider)
    assert caught.value.transient
    assert caught.value.bytes_sent == 0


async def test_a_name_that_is_not_found(
    clear: Clear, door: Door, monkeypatch: pytest.MonkeyPatch, catalog: Catalog
) -> None:
    """Without a network the sentence says so, and trying again at once is pointless."""

    def nowhere(*_args: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    provider = catalog.providers["openai"]
    outgoing = request_to(provider)
    with pytest.raises(ProviderError, match="not found") as caught:
        await send(door, outgoing, clear(outgoing), provider)
    assert not caught.value.transient
    assert "network" in caught.value.hint


async def test_localhost_must_be_this_machine(
    clear: Clear, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `localhost` that resolves to another machine is left before a byte is sent."""
    writers: list[object] = []

    class Elsewhere:
        """A writer whose peer is another machine."""

        transport = property(lambda self: self)

        def get_extra_info(self, _name: str) -> tuple[str, int]:
            return ("93.184.215.14", 80)

        def abort(self) -> None:
            writers.append(self)

    async def connect(*_args: object, **_options: object) -> tuple[object, object]:
        return object(), Elsewhere()

    monkeypatch.setattr("edgeroute.providers.transport.network.asyncio.open_connection", connect)
    provider = mock("http://localhost:8000/v1")
    outgoing = request_to(provider)
    with pytest.raises(ProviderError, match="refuses") as caught:
        await send(door, outgoing, clear(outgoing), provider)
    assert caught.value.bytes_sent == 0
    assert len(writers) == 1


async def test_the_library_logs_neither_address_nor_key(
    asker: Asker, caplog: pytest.LogCaptureFixture
) -> None:
    """At DEBUG for everything, no record of the HTTP library appears."""
    caplog.set_level(logging.DEBUG)
    await asker.ask(lambda r: replies.answer(r, "ok"))
    text = caplog.text
    assert "canary" not in text
    assert "chat/completions" not in text


async def test_downloads_stay_inside_their_hosts(door: Door) -> None:
    """A public file may move between allowed hosts, and nowhere else; it can be resumed."""
    content = bytes(range(256))

    def file(request: Received) -> Reply:
        start = int(request.headers.get("range", "bytes=0-")[6:-1])
        headers = {"content-range": f"bytes {start}-255/256"} if start else {}
        return replies.whole(
            content[start:], 206 if start else 200, headers, content_type="application/octet-stream"
        )

    with ScriptedProvider(file) as cdn, ScriptedProvider() as hub:
        moved = {"location": f"{cdn.base_url}/file"}
        hub.behave(always(replies.json_body({}, 302, moved)))
        url = f"{hub.base_url}/file"
        for offset in (0, 200):
            async with door.download(url, offset, hosts=["127.0.0.1"]) as (status, size, chunks):
                assert status == (206 if offset else 200)
                assert size == 256
                assert b"".join([chunk async for chunk in chunks]) == content[offset:]
        assert all("authorization" not in request.headers for request in cdn.requests)
        hub.behave(always(replies.json_body({}, 302, {"location": "https://evil.example/f"})))
        with pytest.raises(ProviderError, match=r"evil\.example"):
            async with door.download(url, hosts=["127.0.0.1"]):
                pass
        hub.behave(always(replies.json_body({}, 302, {"location": url})))
        with pytest.raises(ProviderError, match="without end"):
            async with door.download(url, hosts=["127.0.0.1"]):
                pass
        hub.behave(always(replies.json_body({}, 404)))
        with pytest.raises(ProviderError, match="404"):
            async with door.download(url, hosts=["127.0.0.1"]):
                pass


async def test_an_expired_clearance_is_refused(scripted: ScriptedProvider, clear: Clear) -> None:
    """The deadline counts at the moment of sending."""
    door = Door(monotonic=lambda: time.monotonic() + 60)
    provider = mock(scripted.base_url)
    outgoing = request_to(provider)
    with pytest.raises(ClearanceRefused, match="expired"):
        await send(door, outgoing, clear(outgoing), provider)
    assert scripted.connections == 0
