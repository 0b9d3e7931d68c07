"""The whole room on real parts: detector, wire formats, gate, mask."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest

from edgeroute.boundary.clearance import Outgoing
from edgeroute.core.clock import SystemClock
from edgeroute.core.errors import PrivacyRefused
from edgeroute.core.messages import Message, Text, ToolCall, ToolResult, assistant, system, user
from edgeroute.core.model_card import ModelCard
from edgeroute.core.request import ChatRequest, Tool
from edgeroute.core.verdict import PrivacyMode
from edgeroute.privacy.detecting.detector import Detector
from edgeroute.privacy.gate import Gate
from edgeroute.privacy.inspecting.inspector import Inspector
from edgeroute.privacy.masking.masker import Masker
from edgeroute.privacy.masking.placeholders import MaskMap
from edgeroute.privacy.policy import EntityAction, PrivacyPolicy
from edgeroute.wire.format import CachePlan, Target
from edgeroute.wire.formats import FORMATS
from edgeroute.wire.json_data import dump
from tests.support.model_files import require
from tests.support.unseen import SEQUENCES, SIGNS, VALUES, hidden

POLICY = PrivacyPolicy.load()
LETTER = (
    "Hi, my name is Jane Roe, my number is 415-555-2671 and my SSN is 521-44-9821. I live at "
    "12 Maple Street, Springfield. Write a letter to my landlord John Smith about the heating. "
    "John never answers jane.roe@gmail.com."
)
SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "Name of the city"},
        "days": {"type": "integer", "minimum": 1, "maximum": 14},
    },
    "required": ["city"],
}
CHAT = ChatRequest(
    (
        system("You are a helpful assistant. Answer in short sentences."),
        user("Explain how a hash table works."),
        assistant("It maps keys to buckets with a hash function."),
        user("What will the weather be like in Oslo?"),
        Message(
            "assistant",
            (ToolCall("call_9Xk2mQ7pLs81nVtR3", "get_weather", '{"city": "Oslo", "days": 3}'),),
        ),
        Message("tool", (ToolResult("call_9Xk2mQ7pLs81nVtR3", (Text("Rain, 4 degrees"),)),)),
        user("Thanks. And how do I reverse a list in Python?"),
    ),
    tools=(Tool("get_weather", "The weather forecast of a city.", SCHEMA),),
)


@pytest.fixture(scope="module")
def detector() -> Detector:
    """The real detector with its real model, loaded."""
    folder = require("rampart/model_q4.onnx").parent.parent
    real = Detector(POLICY, folder)
    for _ in range(3):  # loading may take longer than one text's budget on a busy machine
        try:
            real.warm()
            break
        except Exception:  # noqa: BLE001
            continue
    return real


@pytest.fixture
def reader(detector: Detector) -> Iterator[Inspector]:
    """An inspector with an empty memory."""
    made = Inspector(detector, POLICY.version)
    yield made
    asyncio.run(made.close())


def sent(request: ChatRequest, wire: str) -> Outgoing:
    """``request`` as it would leave on ``wire``."""
    card = ModelCard("p/m", "p", "some-model-4.5", wire, abilities=frozenset({"tools", "files"}))
    target = Target(card, stream=True, session_id="9f8c2d1e4b5a6978", cache=CachePlan())
    body = dump(FORMATS[wire].encode_request(request, target))
    headers = {
        "content-type": "application/json",
        "accept": "text/event-stream",
        "anthropic-version": "2023-06-01",
    }
    return Outgoing("POST", f"https://api.example.com/v1{FORMATS[wire].path}", body, headers)


async def clear(reader: Inspector, outgoing: Outgoing) -> None:
    """Ask the gate; raises where it refuses."""
    gate = Gate(reader, SystemClock())
    await gate.clear(outgoing, conversation="c", mode=PrivacyMode.AUTO, latched=False)


@pytest.mark.parametrize("wire", FORMATS)
async def test_an_ordinary_chat_passes(wire: str, reader: Inspector) -> None:
    """System prompt, turns, tools, a call and its result are clear, before and in the bytes."""
    verdict = await reader.inspect(CHAT, full=True)
    assert (verdict.private, verdict.types) == (False, {})
    await clear(reader, sent(CHAT, wire))


@pytest.mark.parametrize("wire", FORMATS)
@pytest.mark.parametrize(
    "plant",
    [
        "My SSN is 521-44-9821, write a letter to my bank to close my account.",
        "My daughter Ewa Kowalska was diagnosed with asthma.",
        "key = sk-proj-Xq7vN2mK9tLw4RzYb8HdJ3fPs6GcVa1TeUiOoQ5x",
    ],
    ids=["number", "name", "secret"],
)
@pytest.mark.parametrize("place", ["system", "turn", "call", "result", "tool"])
async def test_a_plant_is_found_before_and_in_the_bytes(
    place: str, plant: str, wire: str, reader: Inspector
) -> None:
    """Wherever it stands and whatever the wire, the inspector and the gate both find it."""
    request = planted(place, plant)
    assert (await reader.inspect(request)).private
    with pytest.raises(PrivacyRefused):
        await clear(reader, sent(request, wire))


def planted(place: str, plant: str) -> ChatRequest:
    """The ordinary chat with ``plant`` in one place."""
    messages = list(CHAT.messages)
    if place == "tool":
        return dataclasses.replace(CHAT, tools=(Tool("get_weather", plant, SCHEMA),))
    if place == "system":
        messages[0] = system(plant)
    elif place == "turn":
        messages[1] = user(plant)
    elif place == "call":
        call = messages[4].tool_calls[0]
        arguments = json.dumps({"city": plant})
        messages[4] = Message("assistant", (dataclasses.replace(call, arguments=arguments),))
    else:
        result: Any = messages[5].parts[0]
        messages[5] = Message("tool", (dataclasses.replace(result, parts=(Text(plant),)),))
    return dataclasses.replace(CHAT, messages=tuple(messages))


@pytest.mark.parametrize(
    "text",
    [
        LETTER,
        "My daughter Ewa Kowalska was diagnosed with asthma, call me on +48 601 234 567.",
        "Dear Ms Miller, please transfer to DE28500502010734912086 by Friday. Regards, Tom Becker",
    ],
    ids=["letter", "health", "bank"],
)
@pytest.mark.parametrize("wire", FORMATS)
async def test_a_masked_request_passes_the_gate(wire: str, text: str, reader: Inspector) -> None:
    """After masking nothing is left to find, the bytes pass, and the answer reads as before."""
    masker = Masker(MaskMap(), reader, lambda kind: POLICY.action(kind) is EntityAction.MASK)
    masked = await masker.mask_request(ChatRequest((user(text),)))
    for entry in masker.mapping.entries:
        assert entry.value not in masked.messages[0].text
    await clear(reader, sent(masked, wire))
    restorer = masker.restorer()
    shown = "".join(restorer.feed(sign) for sign in masked.messages[0].text) + restorer.close()
    assert shown == text


@pytest.mark.parametrize("wire", FORMATS)
async def test_no_unseen_sign_hides_a_value_in_the_bytes(wire: str, reader: Inspector) -> None:
    """Whatever sign is put into a value, the gate refuses the bytes of every wire."""
    for number, sign in enumerate((*SIGNS, *SEQUENCES)):
        kind = list(VALUES)[number % len(VALUES)]
        for text in hidden(kind, sign).values():
            with pytest.raises(PrivacyRefused):
                await clear(reader, sent(ChatRequest((user(text),)), wire))


@pytest.mark.parametrize("kind", [kind for kind in VALUES if kind != "key"])
async def test_what_leaves_masked_holds_no_value_between_unseen_signs(
    kind: str, reader: Inspector
) -> None:
    """A value with signs in it is masked whole; or, where that is not certain, nothing leaves."""
    masked = 0
    for sign in ("\x00", "\x1b[31m", "\u200b", "\ufffd", "\ue000", "\u034f", "\x9b"):
        for text in hidden(kind, sign).values():
            masker = Masker(
                MaskMap(), reader, lambda type_: POLICY.action(type_) is EntityAction.MASK
            )
            with contextlib.suppress(PrivacyRefused):
                request = await masker.mask_request(ChatRequest((user(text),)))
                bare = "".join(filter(str.isalnum, request.messages[0].text))
                assert "".join(filter(str.isalnum, VALUES[kind])) not in bare
                masked += 1
    assert masked >= 14


async def test_a_secret_is_never_masked(reader: Inspector) -> None:
    """What the packaged rules keep here stays here in mask mode too."""
    masker = Masker(MaskMap(), reader, lambda kind: POLICY.action(kind) is EntityAction.MASK)
    secret = "password = hunter2!Xk93, and my phone is 415-555-2671"
    with pytest.raises(PrivacyRefused):
        await masker.mask_request(ChatRequest((user(secret),)))


async def test_a_missing_model_file_keeps_everything_here(tmp_path: Any) -> None:
    """Without the files of the names model the verdict is private and says what to do."""
    reader = Inspector(Detector(POLICY, tmp_path), POLICY.version)
    for _ in range(3):  # the first reading loads spaCy, which may use up a text's budget
        verdict = await reader.inspect(ChatRequest((user("My neighbour Ann Poe is ill."),)))
        assert verdict.private
        assert not verdict.complete
    assert verdict.reason == (
        "The model that reads prompts for names (rampart) is not here. `edgeroute models pull"
        " rampart` fetches it; until then every prompt counts as private. So it stays on this"
        " machine."
    )
    await reader.close()
