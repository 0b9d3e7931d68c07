"""Hostile clients at the endpoint: whatever they write where, personal data stays here."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from edgeroute.core.verdict import PrivacyMode
from tests.support import replies
from tests.support.front_doors import PATHS, body_of, post
from tests.support.house import OPEN, PRIVATE, House, house
from tests.support.scripted_provider import always

SSN = "521-44-9821"
PLANT = f"My SSN is {SSN}."
WIDE = {ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789-"}
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2).decode()
CALL = {"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}


def _tool(**fields: Any) -> dict[str, Any]:
    return {"tools": [{"type": "function", "function": {"name": "f", "parameters": {}} | fields}]}


def _schema(**fields: Any) -> dict[str, Any]:
    schema = {"name": "answer", "schema": {"type": "object", "properties": {}}} | fields
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def _turns(*turns: Any) -> dict[str, Any]:
    return {"messages": [*turns, {"role": "user", "content": OPEN}]}


def _parts(*parts: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [*parts, {"type": "text", "text": OPEN}]}]}


def _call(arguments: str) -> dict[str, Any]:
    call = CALL | {"function": {"name": "look_up", "arguments": arguments}}
    return _turns(
        {"role": "user", "content": "Look."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "42"},
    )


HIDDEN: dict[str, dict[str, Any]] = {
    "system prompt": _turns({"role": "system", "content": PLANT}),
    "developer prompt": _turns({"role": "developer", "content": PLANT}),
    "first of many turns": _turns(
        {"role": "user", "content": PLANT},
        *[{"role": "assistant", "content": f"Turn {n}. " * 40} for n in range(300)],
    ),
    "a speaker's name": {"messages": [{"role": "user", "name": SSN, "content": OPEN}]},
    "tool arguments": _call(json.dumps({"q": PLANT})),
    "a key of tool arguments": _call(json.dumps({PLANT: 1})),
    "a doubled key": _call('{"q": "' + PLANT + '", "q": "x"}'),
    "escapes in arguments": _call('{"q": "My SSN is \\u0035\\u00321-44-9821."}'),
    "json in json": _call(json.dumps({"q": json.dumps({"r": PLANT})})),
    "tool result": _turns(
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": PLANT},
    ),
    "an unknown tool's result": _turns(
        {"role": "tool", "tool_call_id": "nobody", "content": "Harmless."}
    ),
    "tool description": _tool(description=PLANT),
    "key of a tool's schema": _tool(parameters={"properties": {PLANT: {"type": "string"}}}),
    "enum of a tool's schema": _tool(parameters={"properties": {"a": {"enum": [PLANT]}}}),
    "answer schema": _schema(schema={"properties": {"a": {"description": PLANT}}}),
    "stop": {"stop": [f"SSN {SSN}"]},
    "user": {"user": "anna.berg@fjordmail.no"},
    "prediction": {"prediction": {"type": "content", "content": PLANT}},
    "an unknown field": {"x_unknown": {"deep": [[{"deeper": PLANT}]]}},
    "a number": {"logit_bias": {}, "x_ssn": 521449821},
    "base64": {
        "messages": [{"role": "user", "content": base64.b64encode(PLANT.encode()).decode()}]
    },
    "percent": {"messages": [{"role": "user", "content": quote(PLANT, safe="")}]},
    "hex": {"messages": [{"role": "user", "content": PLANT.encode().hex()}]},
    "zero width": {"messages": [{"role": "user", "content": "\u200b".join(PLANT)}]},
    "full width": {"messages": [{"role": "user", "content": PLANT.translate(WIDE)}]},
    "two turns": {
        "messages": [
            {"role": "user", "content": "My SSN is 521-"},
            {"role": "assistant", "content": "Go on."},
            {"role": "user", "content": "44-9821, what now?"},
        ]
    },
    "two parts": _parts(
        {"type": "text", "text": "My SSN is 521-44"}, {"type": "text", "text": "-9821"}
    ),
    "second picture": _parts(
        *[{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}] * 2
    ),
    "address of a picture": _parts(
        {"type": "image_url", "image_url": {"url": "https://x.example/anna.png"}}
    ),
    "file name": _parts(
        {"type": "file", "file": {"filename": f"{SSN}.txt", "file_data": "data:text/plain,hello"}}
    ),
    "audio": _parts({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}),
    "a part of a new type": _parts({"type": "hologram", "hologram": PLANT}),
}
STEERING: dict[str, Any] = {
    "model": "mock/m", "base_url": "B", "api_base": "B", "api_key": "k", "endpoint": "B",
    "fallbacks": ["mock/m"], "context_window_fallbacks": [{"auto": ["mock/m"]}],
    "models": ["mock/m"],
    "route": "fallback", "provider": {"order": ["mock"]}, "extra_headers": {"a": "b"},
    "extra_body": {"a": "b"}, "extra_query": {"a": "b"}, "proxy": "B", "callbacks": ["B"],
    "webhook_url": "B", "organization": "o", "custom_llm_provider": "mock",
    "deployment_id": "mock/m",
    "mock_response": "x", "guardrails": [], "plugins": [{"id": "web"}], "transforms": ["t"],
}  # fmt: skip
LOOSE: list[dict[str, str]] = [
    {"x-edgeroute-privacy": "auto"},
    {"x-edgeroute-privacy": "AUTO "},
    {"x-edgeroute-conversation": "other"},
    {"x-edgeroute-tier": "premium"},
]


def _nothing_left(home: House) -> None:
    assert home.bytes_out == 0
    assert home.cloud["mock"].connections == 0


@pytest.mark.parametrize("place", HIDDEN)
async def test_no_place_in_a_body_hides_anything(tmp_path: Path, place: str) -> None:
    """Wherever a client puts it and however it is written, the request is not sent."""
    async with house(tmp_path) as home:
        body = body_of("chat", [("user", OPEN)]) | HIDDEN[place]
        for stream in (False, True):
            await post(home.runtime, PATHS["chat"], body | {"stream": stream})
        _nothing_left(home)


async def test_private_metadata_goes_nowhere(tmp_path: Path) -> None:
    """Metadata passes to a provider of the same wire, and is read before: private, it stays."""
    async with house(tmp_path) as home:
        body = body_of("chat", [("user", OPEN)]) | {"metadata": {"note": PLANT, PLANT: "x"}}
        await post(home.runtime, PATHS["chat"], body)
        _nothing_left(home)


@pytest.mark.parametrize("form", sorted(PATHS))
async def test_no_field_and_no_header_steers(tmp_path: Path, form: str) -> None:
    """Fields of other gateways and every header value leave a private prompt where it is."""
    async with house(tmp_path) as home:
        steering = {
            name: home.cloud["mock"].base_url if value == "B" else value
            for name, value in STEERING.items()
        }
        for headers in ({}, *LOOSE):
            body = body_of(form, [("user", PRIVATE)]) | steering
            response = await post(home.runtime, PATHS[form], body, headers)
            assert response.headers.get("x-edgeroute-route", "local") == "local"
        _nothing_left(home)


async def test_swapping_names_frees_nothing(tmp_path: Path) -> None:
    """A latched history stays here under a new name, another's name, and no name."""
    async with house(tmp_path) as home:
        answer = await post(
            home.runtime, PATHS["chat"], body_of("chat", [("user", PRIVATE)]), _named("mine")
        )
        said = answer.json()["choices"][0]["message"]["content"]
        home.runtime.conversations.create(id="yours")
        history = [("user", PRIVATE), ("assistant", said), ("user", OPEN)]
        for headers in (_named("new"), _named("yours"), {}):
            await post(home.runtime, PATHS["chat"], body_of("chat", history), headers)
        await post(home.runtime, PATHS["chat"], body_of("chat", [("user", OPEN)]), _named("mine"))
        _nothing_left(home)


def _named(name: str) -> dict[str, str]:
    return {"x-edgeroute-conversation": name, "x-edgeroute-privacy": "auto"}


async def test_a_prompt_full_of_placeholders_gets_nobodys_value(tmp_path: Path) -> None:
    """A placeholder that the user wrote, or that the provider makes up, stands for no value."""
    said = "<EMAIL_ADDRESS_1> <EMAIL_ADDRESS_2> <PERSON_1> &lt;EMAIL_ADDRESS_1&gt;"
    async with house(tmp_path, {"mock": always(replies.chat(said))}) as home:
        seen = await home.ask(
            "Mail <EMAIL_ADDRESS_1> and anna.berg@fjordmail.no.", privacy=PrivacyMode.MASK
        )
        sent = home.cloud["mock"].requests[0].body.decode()
        assert "fjordmail" not in sent
        assert "<LITERAL_1>" in sent
        assert "<EMAIL_ADDRESS_2> <PERSON_1>" in seen.text
        other = await home.ask("Say <EMAIL_ADDRESS_1>.", privacy=PrivacyMode.MASK)
        assert "fjordmail" not in other.text, "another conversation's value"


async def test_an_allowed_value_frees_no_latched_conversation(tmp_path: Path) -> None:
    """The allow list, changed while the program runs, counts for what comes, not for what was."""
    async with house(tmp_path) as home:
        first = await home.ask(PLANT)
        home.runtime.lists.allow(SSN)
        again = await home.ask(OPEN, conversation=first.receipt.conversation)
        assert again.receipt.latched
        _nothing_left(home)
        home.runtime.lists.keep_private("project", "hash table")
        await home.ask(OPEN)
        _nothing_left(home)


async def test_two_hundred_thousand_fields_are_turned_away(tmp_path: Path) -> None:
    """A body of nothing but fields costs no check: its sender reads what is wrong with it."""
    async with house(tmp_path) as home:
        body = body_of("chat", [("user", OPEN)]) | {f"x_{n}": n for n in range(200_000)}
        began = time.process_time()
        answer = await post(home.runtime, PATHS["chat"], body)
        assert time.process_time() - began < 3
        assert answer.status_code == 400
        assert "more than 200 fields" in answer.json()["error"]["message"]
        assert home.bytes_out == 0


@pytest.mark.timeout(180)
async def test_a_heavy_body_costs_a_bounded_check(tmp_path: Path) -> None:
    """Half a megabyte of small values in a call: the check ends, the answer says where it came
    from and why, and the next prompt is answered as ever.
    """
    async with house(tmp_path) as home:
        arguments = json.dumps({f"key_{n}": n for n in range(25_000)})
        assert len(arguments) > 450_000
        began = time.process_time()
        answer = await post(
            home.runtime, PATHS["chat"], body_of("chat", [("user", OPEN)]) | _call(arguments)
        )
        assert time.process_time() - began < 20
        assert answer.status_code == 200
        assert answer.headers["x-edgeroute-reason"]
        after = await home.ask(OPEN)
        assert after.text
