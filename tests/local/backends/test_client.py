"""Prompts for the local model stay on this machine."""

from __future__ import annotations

import ssl
from contextlib import contextmanager

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.routing import Route

from edgeroute.core.errors import LocalModelError
from edgeroute.local.backends.client import LocalClient, Unreachable, local_url, parse_object
from tests.support.fake_omlx import serving


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:1234/v1/", "http://127.0.0.1:1234/v1"),
        ("http://localhost:1234/v1", "http://127.0.0.1:1234/v1"),
        ("http://[::1]:80", "http://[::1]:80"),
        ("http://127.8.8.8/v1", "http://127.8.8.8/v1"),
        ("http://localhost.:1234/v1", "http://127.0.0.1:1234/v1"),
        ("http://[::ffff:127.0.0.1]:80", "http://[::ffff:127.0.0.1]:80"),
    ],
)
def test_loopback_addresses_are_local(url: str, expected: str) -> None:
    """A machine's own addresses count; its name is not looked up."""
    assert local_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://192.168.1.5:8000/v1",
        "http://localhost.example.com/v1",
        "http://0.0.0.0:8000",
        "http://[::ffff:8.8.8.8]:80",
        "http://user:pw@127.0.0.1/v1",
        "ftp://127.0.0.1",
        "http://127.0.0.1.nip.io/v1",
        "http://2130706433/v1",
        "file:///etc/passwd",
        "",
    ],
)
def test_other_addresses_are_not(url: str) -> None:
    """Whatever is not plainly this machine needs the user's word."""
    with pytest.raises(LocalModelError):
        local_url(url)


def test_a_trusted_machine_counts_as_local() -> None:
    """With ``trusted`` the user vouches for another machine."""
    assert local_url("https://gpu.lan:8443/v1", trusted=True) == "https://gpu.lan:8443/v1"


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_an_error(text: str) -> None:
    """No text is taken for an address by accident."""
    try:
        found = local_url(f"http://{text}")
    except (LocalModelError, ValueError):
        return
    assert found.startswith(
        ("http://127.", "http://[::1]", "http://[0:", "http://[::ffff:7f", "http://[::ffff:127.")
    )


async def _echo(request: Request) -> JSONResponse:
    return JSONResponse({"headers": dict(request.headers)}, headers={"set-cookie": "id=1; Path=/"})


async def _away(request: Request) -> RedirectResponse:
    return RedirectResponse("http://203.0.113.1/")


APP = Starlette(
    routes=[
        Route("/echo", _echo),
        Route("/away", _away),
        Route("/page", lambda request: PlainTextResponse("<html>")),
    ]
)


async def test_no_proxy_has_a_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every proxy variable set, the request still goes straight to this machine."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:1")
    async with serving(APP) as root:
        assert (await LocalClient(base_url=root).call("/echo", seconds=20)).status == 200


async def test_cookies_are_not_kept() -> None:
    """What a server sets on one request does not come back with the next."""
    async with serving(APP) as root:
        client = LocalClient(base_url=root)
        for _ in range(2):
            told = await client.call("/echo", seconds=20)
            assert "cookie" not in told.body["headers"]


async def test_redirects_are_not_followed() -> None:
    """A server cannot send a prompt on to somewhere else."""
    async with serving(APP) as root:
        assert (await LocalClient(base_url=root).call("/away", seconds=20)).status == 307


async def test_something_else_on_the_port_is_no_answer() -> None:
    """A web page is not mistaken for JSON."""
    async with serving(APP) as root:
        assert (await LocalClient(base_url=root).call("/page", seconds=20)).body == {}


async def test_nothing_there_is_told_apart() -> None:
    """A refused connection says that nobody has read the request."""
    async with serving(APP) as root:
        pass
    with pytest.raises(Unreachable):
        await LocalClient(base_url=root).call("/echo", {})


async def test_the_way_out_is_opened_for_trusted_machines_only() -> None:
    """A permit is asked for another machine, by host and port, and never for this one."""
    asked: list[tuple[str, int]] = []

    @contextmanager
    def opening(host: str, port: int):  # type: ignore[no-untyped-def]
        asked.append((host, port))
        if host:
            raise LocalModelError("not now")
        yield

    client = LocalClient(base_url="https://gpu.lan/v1", trusted=True, opening=opening)
    with pytest.raises(LocalModelError, match="not now"):
        await client.call("/models")
    assert asked == [("gpu.lan", 443)]
    async with serving(APP) as root:
        await LocalClient(base_url=root, opening=opening).call("/echo", seconds=20)
    assert len(asked) == 1


async def test_the_users_own_authority_counts() -> None:
    """A server with a certificate of an authority of the user's is believed, and no other is."""
    authority, stranger = trustme.CA(), trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    with certificate.private_key_and_cert_chain_pem.tempfile() as pem:
        async with serving(APP, ssl_certfile=pem) as root:

            async def ask(believed: trustme.CA) -> int:
                def context() -> ssl.SSLContext:
                    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                    believed.configure_trust(made)
                    return made

                client = LocalClient(base_url=root, tls=context)
                return (await client.call("/echo", seconds=20)).status

            assert await ask(authority) == 200
            with pytest.raises(Unreachable):
                await ask(stranger)


@given(st.binary(max_size=60))
def test_any_bytes_are_an_object_or_nothing(data: bytes) -> None:
    """Whatever a server sends, reading it gives a mapping."""
    assert isinstance(parse_object(data), dict)
