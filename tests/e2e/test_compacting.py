"""A conversation is made shorter by a provider that speaks Responses, or by nobody."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from tests.support import replies
from tests.support.installation import Endpoint, Installation
from tests.support.scripted_provider import Received, Reply, ScriptedProvider

pytestmark = pytest.mark.timeout(180)
SHORT: dict[str, Any] = {
    "id": "resp_up", "object": "response.compaction", "created_at": 1,
    "output": [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "one"}]},
        {"type": "compaction", "id": "cmp_1", "encrypted_content": "gAAAAAB" * 20},
    ],
    "usage": {"input_tokens": 90, "output_tokens": 9, "total_tokens": 99,
              "input_tokens_details": {"cached_tokens": 0},
              "output_tokens_details": {"reasoning_tokens": 0}},
}  # fmt: skip
HISTORY: list[Any] = [
    {"role": "user", "content": "Explain hash tables"},
    {"role": "assistant", "content": "They map keys to places."},
    {"type": "compaction", "id": "cmp_0", "encrypted_content": "gAAAAAC" * 20},
    {"role": "user", "content": "And trees?"},
]
PRIVATE = "My SSN is 521-44-9821. What now?"


def shortening(asked: Received) -> Reply:
    """A provider that shortens conversations and answers nothing else."""
    if asked.path.endswith("/responses/compact"):
        return replies.json_body(SHORT)
    return replies.error(404, "not_found")


def client(endpoint: Endpoint) -> Any:
    """OpenAI's own client."""
    return openai.OpenAI(api_key=endpoint.token, base_url=endpoint.base_url, max_retries=0)


def settings(wire: str, provider: ScriptedProvider) -> str:
    """One provider that speaks ``wire``, and no local model."""
    return (
        f'[providers.far]\nbase_url = "{provider.base_url}"\nmodels = ["m"]\nwire = "{wire}"\n'
        f'[local]\nbackend = "box"\n'
        f'[local.endpoints.box]\nbase_url = "{provider.base_url}/none"\nmodel = "m"\n'
    )


def test_what_the_provider_makes_of_it_comes_as_it_is(installation: Installation) -> None:
    """Asked with the caller's own body but for the model's name, and given back whole."""
    with ScriptedProvider(shortening) as provider:
        installation.configure(settings("openai-responses", provider))
        with installation.serving() as endpoint, client(endpoint) as program:
            found = program.responses.with_raw_response.compact(
                model="far/m", input=HISTORY, instructions="Be short."
            )
            assert found.http_response.json() == SHORT
            assert found.headers["x-edgeroute-model"] == "far/m"
            (sent,) = provider.requests
            assert sent.json == {"model": "m", "input": HISTORY, "instructions": "Be short."}


def test_what_stays_here_is_not_made_shorter(installation: Installation) -> None:
    """It is refused with 400 and what to do instead, and nothing leaves."""
    with ScriptedProvider(shortening) as provider:
        installation.configure(settings("openai-responses", provider))
        with installation.serving() as endpoint, client(endpoint) as program:
            for mode, said in (("auto", PRIVATE), ("private", "one")):
                with pytest.raises(openai.BadRequestError, match="context_management"):
                    program.responses.compact(
                        model="far/m", input=said, extra_headers={"X-EdgeRoute-Privacy": mode}
                    )
            assert [one for one in provider.requests if "compact" in one.path] == []


def test_masked_values_come_back(installation: Installation) -> None:
    """The provider sees placeholders, also in what it gives back; the caller sees the values."""

    def repeating(asked: Received) -> Reply:
        said = {"role": "user", "content": asked.json["input"]}
        return replies.json_body(SHORT | {"output": [said, SHORT["output"][1]]})

    with ScriptedProvider(repeating) as provider:
        masking = '[privacy]\nmode = "mask"\n'
        installation.configure(settings("openai-responses", provider) + masking)
        with installation.serving() as endpoint, client(endpoint) as program:
            found = program.responses.with_raw_response.compact(model="far/m", input=PRIVATE)
            said, sealed = found.http_response.json()["output"]
            assert said["content"] == PRIVATE
            assert sealed == SHORT["output"][1]
            assert b"521-44-9821" not in b"".join(one.body for one in provider.requests)


def test_other_wires_are_not_asked(installation: Installation) -> None:
    """A provider of chat completions cannot make a conversation shorter."""
    with ScriptedProvider(shortening) as provider:
        installation.configure(settings("openai-chat", provider))
        with installation.serving() as endpoint, client(endpoint) as program:
            with pytest.raises(openai.BadRequestError, match="context_management"):
                program.responses.compact(model="far/m", input="one")
            assert [one for one in provider.requests if "compact" in one.path] == []


def test_a_refusal_of_the_provider_is_told(installation: Installation) -> None:
    """A caller's fault as such, an outage as one; no local model helps out."""
    status = 400

    def refusing(_: Received) -> Reply:
        return replies.error(status, "context_length_exceeded" if status == 400 else "server_error")

    with ScriptedProvider(refusing) as provider:
        installation.configure(settings("openai-responses", provider))
        with installation.serving() as endpoint, client(endpoint) as program:
            with pytest.raises(openai.BadRequestError):
                program.responses.compact(model="far/m", input="one")
            status = 500
            with pytest.raises(openai.InternalServerError):
                program.responses.compact(model="far/m", input="one")
