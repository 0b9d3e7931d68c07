"""One prompt's whole way, on real parts, through the command line and the endpoint."""

from __future__ import annotations

import openai
import pytest

from tests.support import replies
from tests.support.installation import Installation
from tests.support.model_files import SMALL, require
from tests.support.scripted_provider import ScriptedProvider, always

OPEN = "Explain how a hash table works."
# A small model may answer a larger wish for thousands of tokens.
PRIVATE = "My SSN is 521-44-9821. Answer with one word: which number is it?"

pytestmark = [pytest.mark.model, pytest.mark.timeout(240)]


@pytest.fixture(scope="module", autouse=True)
def _needs_the_model() -> None:
    require(SMALL)
    require("rampart")


def test_an_open_prompt_goes_to_the_provider(shared_installation: Installation) -> None:
    """A prompt without personal data is answered by the configured provider, and it says why."""
    with ScriptedProvider(always(replies.chat("A table of buckets."))) as provider:
        shared_installation.provide(provider.base_url)
        result = shared_installation.json("ask", "--json", OPEN)
    assert result["answer"] == "A table of buckets."
    assert result["receipt"]["route"] == "cloud"
    assert result["receipt"]["model"] == "mock/m"
    assert result["receipt"]["why"]
    assert len(provider.requests) == 1
    assert OPEN in provider.requests[0].body.decode()


def test_a_private_prompt_stays_here(shared_installation: Installation) -> None:
    """A prompt with a social security number is answered by the real local model, and the provider
    receives not one byte.
    """
    with ScriptedProvider(always(replies.chat("never"))) as provider:
        shared_installation.provide(provider.base_url)
        result = shared_installation.json("ask", "--json", PRIVATE)
    assert result["answer"].strip()
    assert result["receipt"]["route"] == "local"
    assert "US_SSN" in result["receipt"]["findings"]
    assert provider.connections == 0
    assert provider.bytes_received == 0


def test_when_the_provider_is_down_the_local_model_answers(
    shared_installation: Installation,
) -> None:
    """Where the provider refuses connections the answer is local and the receipt says so."""
    with ScriptedProvider() as provider:
        address = provider.base_url
    shared_installation.provide(address)
    result = shared_installation.json("ask", "--json", "Name one prime number.")
    assert result["answer"].strip()
    assert result["receipt"]["route"] == "local"
    attempts = result["receipt"]["attempts"]
    assert attempts[0]["model"] == "mock/m"
    assert attempts[0]["outcome"] == "failed"
    assert attempts[0]["bytes_sent"] == 0
    assert attempts[-1]["place"] == "local"
    assert attempts[-1]["outcome"] == "answered"


def test_the_official_sdk_through_the_endpoint(shared_installation: Installation) -> None:
    """The openai SDK gets its answers, streamed and whole, and a private prompt stays here."""
    with ScriptedProvider(always(replies.chat("Buckets and chains."))) as provider:
        shared_installation.provide(provider.base_url)
        with shared_installation.serving() as endpoint:
            client = openai.OpenAI(base_url=endpoint.base_url, api_key=endpoint.token)
            ask = client.chat.completions.with_raw_response.create
            raw = ask(model="auto", messages=[{"role": "user", "content": OPEN}])
            assert raw.headers["x-edgeroute-route"] == "cloud"
            assert raw.parse().choices[0].message.content == "Buckets and chains."
            stream = client.chat.completions.create(
                model="auto", messages=[{"role": "user", "content": OPEN}], stream=True
            )
            text = "".join(c.choices[0].delta.content or "" for c in stream if c.choices)
            assert text == "Buckets and chains."
            seen = len(provider.requests)
            raw = ask(
                model="mock/m", messages=[{"role": "user", "content": PRIVATE}], max_tokens=40
            )
            assert raw.headers["x-edgeroute-route"] == "local"
            assert raw.parse().choices[0].message.content
            stream = client.chat.completions.create(
                model="auto",
                messages=[{"role": "user", "content": PRIVATE}],
                stream=True,
                max_tokens=40,
            )
            assert "".join(c.choices[0].delta.content or "" for c in stream if c.choices)
            assert len(provider.requests) == seen == 2


def test_explain_sends_and_loads_nothing(installation: Installation) -> None:
    """`explain --json` prints the documented object and opens no connection."""
    with ScriptedProvider(always(replies.chat("never"))) as provider:
        installation.provide(provider.base_url)
        result = installation.json("explain", "--json", PRIVATE)
        free = installation.json("explain", "--json", OPEN)
    assert provider.connections == 0
    assert set(result) >= {"privacy", "signals", "rule", "candidates"}
    assert result["privacy"]["private"] is True
    assert [c["place"] for c in result["candidates"]] == ["local"]
    assert free["candidates"][0]["model"] == "mock/m"
    assert all(candidate["reason"] for candidate in free["candidates"])
    assert not list(installation.home.rglob("*.sock"))
