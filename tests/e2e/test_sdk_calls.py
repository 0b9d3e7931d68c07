"""The official SDKs through a real endpoint and directly at the vendor: the same for every call.

They were compared with `openai` 3.54.0 and `anthropic` 2.12.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import anthropic
import openai
import pytest

from tests.support import sdk_calls, vendor_api
from tests.support.installation import Endpoint, Installation
from tests.support.scripted_provider import ScriptedProvider
from tests.support.sdk_calls import Call

pytestmark = pytest.mark.timeout(120)
WIRES = {"manth": "anthropic-messages", "mresp": "openai-responses", "mchat": "openai-chat"}
TABLES = {"mchat": sdk_calls.CHATS, "mresp": sdk_calls.RESPONSES, "manth": sdk_calls.MESSAGES}
OURS = frozenset({"id", "created", "created_at", "model", "item_id", "response_id"})
"""What names the answer, which we do."""
NEWS = frozenset({"store"})
"""What a response tells of its being stored, which is not the vendor's to say."""
SET_HERE = frozenset({"model", "stream", "stream_options", "store", "include", "thread"})
"""What is asked of the vendor in our way: streamed, and nothing kept there."""


@dataclass(frozen=True, slots=True)
class Sides:
    """A vendor, and a real endpoint before it."""

    vendor: ScriptedProvider
    endpoint: Endpoint

    @contextmanager
    def clients(self, name: str) -> Iterator[tuple[Any, Any]]:
        """The SDK of provider ``name``, directly and through the endpoint."""
        if name == "manth":
            roots = (self.vendor.base_url[:-3], self.endpoint.base_url[:-3])
            made: Any = anthropic.Anthropic
        else:
            roots, made = (self.vendor.base_url, self.endpoint.base_url), openai.OpenAI
        keys = ("sk-scripted", self.endpoint.token)
        direct, routed = (made(api_key=key, base_url=root, max_retries=0, timeout=60)
                          for key, root in zip(keys, roots, strict=True))  # fmt: skip
        with direct, routed:
            yield direct, routed

    def told(self, call: Call, client: Any, model: str) -> tuple[Any, list[Any]]:
        """What the SDK gives, and what the vendor got for it."""
        self.vendor.behave(vendor_api.behave)
        try:
            given = plain(call(client, model))
        except (openai.APIStatusError, anthropic.APIStatusError) as error:
            given = (type(error).__name__, error.status_code, getattr(error, "code", None))
        return given, [_asked(one) for one in self.vendor.requests]


@pytest.fixture(scope="module")
def sides(shared_installation: Installation) -> Iterator[Sides]:
    """Both ways to ask."""
    with ScriptedProvider(vendor_api.behave) as vendor:
        shared_installation.configure("".join(
            f'[providers.{name}]\nwire = "{wire}"\nbase_url = "{vendor.base_url}"\n'
            'models = ["gpt-5.5"]\n' for name, wire in WIRES.items()
        ))  # fmt: skip
        with shared_installation.serving() as endpoint:
            yield Sides(vendor, endpoint)


def plain(value: Any) -> Any:
    """``value`` as JSON, without what is empty and what names it."""
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json", warnings=False)
    if isinstance(value, dict):
        kept = {key: plain(one) for key, one in value.items() if key not in OURS | NEWS}
        return {key: one for key, one in kept.items() if one not in (None, [], {})}
    return [plain(one) for one in value] if isinstance(value, list) else value


def _asked(received: Any) -> Any:
    """A request, without what is set here."""
    beta = received.headers.get("anthropic-beta", "").replace("message-threads-2026-08-12", "")
    body = {key: one for key, one in received.json.items() if key not in SET_HERE}
    return received.path, beta, body


@pytest.mark.parametrize(("name", "what"), [(n, w) for n, table in TABLES.items() for w in table])
def test_a_call_gives_what_it_gives_directly(sides: Sides, name: str, what: str) -> None:
    """The vendor is asked the same, and the SDK gives the same for its answer."""
    call = TABLES[name][what]
    with sides.clients(name) as (direct, routed):
        wanted, asked = sides.told(call, direct, "gpt-5.5")
        given, passed = sides.told(call, routed, f"{name}/gpt-5.5")
    assert given == wanted
    if "run" not in what:  # there each turn sends the whole conversation
        assert passed == asked


@pytest.mark.parametrize("name", ["mchat", "manth"])
def test_what_is_not_to_be_had_is_said_so(sides: Sides, name: str) -> None:
    """With 404, on which SDKs raise their own error, and no byte leaves."""
    calls = sdk_calls.REFUSED if name == "mchat" else sdk_calls.REFUSED_MESSAGES
    with sides.clients(name) as (_, routed):
        for what, call in calls.items():
            given, asked = sides.told(call, routed, f"{name}/gpt-5.5")
            assert given[:2] == ("NotFoundError", 404), what
            assert asked == []
