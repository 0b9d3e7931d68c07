"""A request as the HTTP library sends it: to exactly the address that was checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpcore

_OWN_HEADERS: Final = {"accept": "*/*", "connection": "keep-alive", "user-agent": "edgeroute"}
_PORTS: Final = {"https": 443, "http": 80}
_POOL_SECONDS: Final = 10.0


def http_request(
    method: str, url: str, headers: Mapping[str, str], body: bytes, limits: Mapping[str, float]
) -> httpcore.Request:
    """A request for ``url``; its parts are named, so that no library reads the address once more.

    ``limits`` are seconds by what they limit. A cookie would come back on other conversations, as
    bytes that nobody has cleared: nothing here knows any.
    """
    place = urlsplit(url)
    target = (place.path or "/") + (f"?{place.query}" if place.query else "")
    given = {name.lower(): value for name, value in headers.items()}
    fields = {"host": _host(place), **_OWN_HEADERS, **given, "accept-encoding": "identity"}
    if body:
        fields["content-length"] = str(len(body))
    return httpcore.Request(
        method.encode("ascii"),
        httpcore.URL(
            scheme=place.scheme.encode("ascii"),
            host=(place.hostname or "").encode("ascii"),
            port=place.port,
            target=target.encode("ascii"),
        ),
        headers=[(name.encode("ascii"), value.encode("ascii")) for name, value in fields.items()],
        content=body,
        extensions={"timeout": {"pool": _POOL_SECONDS, **limits}},
    )


def _host(place: SplitResult) -> str:
    """What the ``Host`` header says."""
    name = place.hostname or ""
    name = f"[{name}]" if ":" in name else name
    return f"{name}:{place.port}" if place.port not in {None, _PORTS[place.scheme]} else name
