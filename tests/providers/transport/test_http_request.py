"""Proofs that a request goes to exactly the address that was checked, with no header twice."""

from __future__ import annotations

import pytest

from edgeroute.providers.transport.http_request import http_request

LIMITS = {"connect": 3.0, "write": 15.0}


@pytest.mark.parametrize(
    ("url", "host", "target"),
    [
        ("https://api.example.com/v1/chat", b"api.example.com", b"/v1/chat"),
        ("https://api.example.com:443/v1", b"api.example.com", b"/v1"),
        ("http://127.0.0.1:9000", b"127.0.0.1:9000", b"/"),
        ("http://[::1]:9000/v1?a=b%20c", b"[::1]:9000", b"/v1?a=b%20c"),
        ("https://api.example.com/a/../b//c%2f", b"api.example.com", b"/a/../b//c%2f"),
    ],
)
def test_the_address_is_sent_as_it_stands(url: str, host: bytes, target: bytes) -> None:
    """Nothing in the address is read anew, shortened or encoded again on its way out."""
    request = http_request("GET", url, {}, b"", LIMITS)
    assert request.url.target == target
    assert dict(request.headers)[b"host"] == host


def test_each_header_goes_once_whatever_its_case() -> None:
    """A provider's own header stands in for ours; an encoding that hides the answer never does."""
    given = {"User-Agent": "other", "Accept": "text/event-stream", "Accept-Encoding": "gzip"}
    headers = http_request("POST", "https://a.example/", given, b"{}", LIMITS).headers
    fields = dict(headers)
    assert len(fields) == len(headers)
    assert fields[b"user-agent"] == b"other"
    assert fields[b"accept"] == b"text/event-stream"
    assert fields[b"accept-encoding"] == b"identity"
    assert fields[b"content-length"] == b"2"
    assert b"cookie" not in fields
