"""Does a provider accept a key: each outcome has its own sentence."""

from __future__ import annotations

import pytest

from edgeroute.core.secret import Secret
from edgeroute.providers.calling.key_check import probe_key
from edgeroute.providers.catalog.catalog import Catalog, CustomProvider
from edgeroute.providers.egress import Door
from tests.support import replies
from tests.support.scripted_provider import Close, Reply, ScriptedProvider, always

KEY = Secret("sk-canary-key")


@pytest.mark.parametrize(
    ("reply", "state", "says"),
    [
        (replies.json_body({"data": []}), "good", "accepts the key"),
        (replies.error(401, "invalid_api_key"), "bad", "does not accept the key"),
        (replies.error(403), "bad", "does not accept the key"),
        (replies.error(429, "insufficient_quota"), "no_credit", "no credit"),
        (replies.error(402), "no_credit", "no credit"),
        (replies.error(429, "rate_limit_exceeded"), "limited", "fewer requests"),
        ([Close()], "no_network", "cannot be reached"),
        (replies.error(500), "unknown", "did not say"),
        (replies.error(404), "unknown", "did not say"),
    ],
)
async def test_each_outcome(
    door: Door, scripted: ScriptedProvider, reply: Reply, state: str, says: str
) -> None:
    """Good, bad, no credit, limited, no network; nothing of the key is repeated."""
    scripted.behave(always(reply))
    catalog = Catalog.load(None, {"mock": CustomProvider(base_url=scripted.base_url)})
    check = await probe_key(catalog.providers["mock"], KEY, door)
    assert check.state == state
    assert says in check.text
    assert "canary" not in check.text
    request = scripted.requests[0]
    assert (request.method, request.path, request.body) == ("GET", "/v1/models", b"")
    assert request.headers["authorization"] == f"Bearer {KEY.reveal()}"


async def test_nobody_is_asked_where_nothing_can_be_asked(door: Door, catalog: Catalog) -> None:
    """A provider without a free request, or without an address, is told so."""
    for name in ("minimax", "azure"):
        check = await probe_key(catalog.providers[name], KEY, door)
        assert check.state == "unknown"
