"""The gate reads the bytes, and refuses whatever it cannot read and clear."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeroute.boundary.clearance import ClearanceRefused, Outgoing
from edgeroute.core.clock import SystemClock
from edgeroute.core.errors import PrivacyRefused
from edgeroute.core.messages import File, Image, Message, Reasoning, ToolCall, ToolResult, user
from edgeroute.core.messages import Text as TextPart
from edgeroute.core.request import ChatRequest, Tool
from edgeroute.core.verdict import PrivacyMode
from edgeroute.privacy.gate import Gate
from edgeroute.privacy.inspecting.inspector import Inspector
from edgeroute.wire.json_data import dump
from tests.support.clocks import StandingClock
from tests.support.detectors import PLANT, PlantDetector

URL = "https://api.example.com/v1/chat/completions"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
SEALED = base64.b64encode(bytes(range(256)) * 4).decode()


class NothingSeen:
    """Reads pictures and finds them empty."""

    def read(self, data: bytes) -> str:
        """No text."""
        return ""


def outgoing(body: Any = None, **changes: Any) -> Outgoing:
    """A request with ``body`` as JSON (bytes stay bytes)."""
    data = body if isinstance(body, bytes) else dump(body or {"messages": []})
    headers = {"content-type": "application/json", "accept": "application/json"}
    return dataclasses.replace(Outgoing("POST", URL, data, headers), **changes)


def chat(content: Any, **more: Any) -> dict[str, Any]:
    """A chat body with one user message."""
    return {"model": "m", "messages": [{"role": "user", "content": content}], **more}


async def clear(request: Outgoing, reader: Inspector | None = None, **options: Any) -> None:
    """Clear and redeem ``request``; raises where it is refused."""
    reader = reader or Inspector(PlantDetector(), lambda: "v1")
    fields: dict[str, Any] = {
        "conversation": "c1",
        "mode": PrivacyMode.AUTO,
        "latched": False,
    } | options
    clock = SystemClock()
    clearance = await Gate(reader, clock).clear(request, **fields)
    clearance.redeem(request, clock.monotonic())
    await reader.close()


BODIES: dict[str, Callable[[str], Any]] = {
    "content": chat,
    "part": lambda p: chat([{"type": "text", "text": p}]),
    "system": lambda p: chat("x", system=[{"type": "text", "text": p}]),
    "instructions": lambda p: {"instructions": p},
    "name": lambda p: {"messages": [{"role": "user", "name": p, "content": "x"}]},
    "role": lambda p: {"messages": [{"role": p, "content": "x"}]},
    "key": lambda p: chat("x", metadata={p: "x"}),
    "key of nothing": lambda p: chat("x", metadata={p: None}),
    "key of a number": lambda p: chat("x", metadata={p: 1}),
    "key of a list": lambda p: chat("x", metadata={p: []}),
    "key of an object": lambda p: chat("x", metadata={p: {}}),
    "top key": lambda p: {p: 1},
    "top key of a list": lambda p: {p: [1]},
    "top key of an empty list": lambda p: {p: []},
    "user": lambda p: chat("x", user=p),
    "model": lambda p: {"model": p, "messages": []},
    "stop": lambda p: chat("x", stop=["a", p]),
    "tool": lambda p: chat("x", tools=[{"type": "function", "function": {"name": p}}]),
    "schema": lambda p: chat(
        "x", tools=[{"input_schema": {"properties": {p: {"type": "string"}}}}]
    ),
    "arguments": lambda p: {
        "messages": [{"tool_calls": [{"function": {"arguments": json.dumps({"a": [p]})}}]}]
    },
    "escaped arguments": lambda p: {
        "messages": [{"arguments": '{"a": "' + "".join(f"\\u{ord(c):04x}" for c in p) + '"}'}]
    },
    "input": lambda p: {"messages": [{"content": [{"type": "tool_use", "input": {"a": p}}]}]},
    "call id": lambda p: {"messages": [{"tool_call_id": p, "content": "x"}]},
    "doubled key": lambda p: ('{"messages":[{"content":"%s","content":"x"}]}' % p).encode(),  # noqa: UP031
    "escaped": lambda p: (
        '{"messages":[{"content":"' + "".join(f"\\u{ord(c):04x}" for c in p) + '"}]}'
    ).encode(),
    "bare string": lambda p: json.dumps(p).encode(),
    "list": lambda p: json.dumps([[p]]).encode(),
    "nested list": lambda p: {"messages": [[[p]]]},
    "media name": lambda p: chat([{"type": "file", "file": {"filename": p}}]),
    "long text": lambda p: chat("lorem ipsum " * 500 + p),
}


def in_body(make: Callable[[str], Any]) -> Callable[[str], Outgoing]:
    """A request whose body ``make`` makes."""
    return lambda p: outgoing(make(p))


def loosely(make: Callable[[str], Any]) -> Callable[[str], Outgoing]:
    """The same, not written as our own encoder does."""
    return lambda p: outgoing(b"\n" + outgoing(make(p)).body)


PLACES: dict[str, Callable[[str], Outgoing]] = {
    **{name: in_body(make) for name, make in BODIES.items()},
    **{f"{name}, written loosely": loosely(make) for name, make in BODIES.items()},
    "query": lambda p: outgoing(url=f"{URL}?q={p}"),
    "escaped query": lambda p: outgoing(url=f"{URL}?q={''.join(f'%{ord(c):02x}' for c in p)}"),
    "query key": lambda p: outgoing(url=f"{URL}?{p}=1"),
    "bare query": lambda p: outgoing(url=f"{URL}?{p}"),
    "path": lambda p: outgoing(url=f"https://api.example.com/v1/{quote(p)}/x"),
    "header": lambda p: outgoing(headers={"x-title": p}),
    "header name": lambda p: outgoing(headers={p: "x"}),
    "get": lambda p: Outgoing("GET", f"https://api.example.com/v1/models?after={p}", b"", {}),
}


@pytest.mark.parametrize("place", PLACES)
async def test_a_plant_anywhere_in_the_bytes_is_refused(place: str) -> None:
    """Personal data at any place of address, headers or body is refused; its twin is cleared."""
    await clear(PLACES[place]("harmless"))
    with pytest.raises(PrivacyRefused):
        await clear(PLACES[place](PLANT))


values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9999) | st.text("abc {}[]", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(value=values, data=st.data())
async def test_a_plant_in_any_json_is_refused(value: Any, data: st.DataObject) -> None:
    """Whatever the shape of the JSON, and however often it is wrapped as text, a plant is found."""
    planted: Any = PLANT
    for _ in range(data.draw(st.integers(0, 4))):
        wrap = data.draw(st.sampled_from(["list", "value", "key", "text"]))
        if wrap == "list":
            planted = [value, planted]
        elif wrap == "value":
            planted = {"a": value, "content": planted}
        elif wrap == "key":
            planted = {planted if isinstance(planted, str) else "a": value, "b": planted}
        else:
            planted = json.dumps([planted])
    with pytest.raises(PrivacyRefused):
        await clear(outgoing(json.dumps(planted).encode()))


@pytest.mark.parametrize(
    "options",
    [{"mode": PrivacyMode.PRIVATE}, {"latched": True}, {"latched": True, "mode": PrivacyMode.MASK}],
)
async def test_a_private_or_latched_conversation_is_refused(options: dict[str, Any]) -> None:
    """Neither mode private nor a latched conversation gets a clearance, whatever the bytes."""
    for request in (outgoing(), Outgoing("GET", "https://api.example.com/v1/models", b"", {})):
        with pytest.raises(PrivacyRefused, match="stays on this machine"):
            await clear(request, **options)


async def test_mask_mode_is_read_like_any_other() -> None:
    """In mask mode the masked bytes must be clear too."""
    await clear(outgoing(chat("Dear <PERSON_1>,")), mode=PrivacyMode.MASK)
    with pytest.raises(PrivacyRefused):
        await clear(outgoing(chat(f"Dear <PERSON_1>, {PLANT}")), mode=PrivacyMode.MASK)


MEDIA: dict[str, Any] = {
    "openai image": {"type": "image_url", "image_url": {"url": "data:image/png;base64,%s"}},
    "anthropic image": {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": "%s"},
    },
    "responses image": {"type": "input_image", "image_url": "data:image/png;base64,%s"},
    "openai file": {"type": "file", "file": {"filename": "a.png", "file_data": "%s"}},
    "audio": {"type": "input_audio", "input_audio": {"data": "%s", "format": "wav"}},
    "unknown part": {"type": "hologram", "payload": "data:;base64,%s"},
    "data URL in text": "data:image/png;base64,%s",
    "upper case": " DATA:image/png;base64,%s",
    "plain data URL": "data:text/plain,%s",
    "sealed text": {"type": "text", "text": SEALED},
    "short data": {"type": "image", "source": {"data": "aGVsbG8="}},
}


def filled(shape: Any, data: str) -> Any:
    """``shape`` with ``data`` at its mark."""
    return json.loads(json.dumps(shape).replace("%s", data))


@pytest.mark.parametrize("shape", MEDIA)
async def test_media_that_was_not_cleared_is_refused(shape: str) -> None:
    """Pictures, files, audio and sealed data that no one read are refused in every shape."""
    with pytest.raises(PrivacyRefused, match="not checked"):
        await clear(outgoing(chat([filled(MEDIA[shape], base64.b64encode(PNG).decode())])))


@pytest.mark.parametrize("shape", list(MEDIA)[:4])
async def test_exactly_the_cleared_media_pass(shape: str) -> None:
    """The bytes that the inspector read and cleared pass; one other byte does not."""
    reader = Inspector(PlantDetector(), lambda: "v1", images=NothingSeen())
    picture = Message("user", (Image("image/png", PNG),))
    assert not (await reader.inspect(ChatRequest((picture,)))).private
    other = PNG[:-1] + b"\x00"
    with pytest.raises(PrivacyRefused):
        await clear(
            outgoing(chat([filled(MEDIA[shape], base64.b64encode(other).decode())])), reader
        )
    await clear(outgoing(chat([filled(MEDIA[shape], base64.b64encode(PNG).decode())])), reader)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
        {"type": "input_file", "file_id": "file-123"},
        {"type": "document", "source": {"type": "text", "data": "plain words"}},
        {"type": "file", "file": {"file_id": "file-123"}},
    ],
)
async def test_what_others_would_fetch_is_refused(part: Any) -> None:
    """Addresses and ids of pictures and files, which we cannot read, are refused."""
    with pytest.raises(PrivacyRefused, match="not checked"):
        await clear(outgoing(chat([part])))


async def test_a_cleared_text_file_passes_as_document() -> None:
    """A text file that was read passes as the plain text of a document part."""
    reader = Inspector(PlantDetector(), lambda: "v1")
    message = Message("user", (File("a.txt", "text/plain", b"plain words"),))
    assert not (await reader.inspect(ChatRequest((message,)))).private
    part = {"type": "document", "source": {"type": "text", "data": "plain words"}}
    await clear(outgoing(chat([part])), reader)


async def test_signatures_of_a_providers_own_thinking_pass() -> None:
    """What a provider sealed in its own reasoning may go back once it came with the request."""
    reader = Inspector(PlantDetector(), lambda: "v1")
    payload = {"type": "thinking", "thinking": "hm", "signature": SEALED}
    body = {"messages": [{"role": "assistant", "content": [payload]}]}
    with pytest.raises(PrivacyRefused):
        await clear(outgoing(body), reader)
    message = Message("assistant", (Reasoning("hm", "p/f", json.dumps(payload)),))
    assert not (await reader.inspect(ChatRequest((message,)))).private
    await clear(outgoing(body), reader)


async def test_arguments_may_speak_of_files() -> None:
    """In a call's arguments and in a schema the word file is a word."""
    call = {"type": "tool_use", "id": "t1", "name": "find", "input": {"type": "file", "url": "x"}}
    tool = {"name": "t", "input_schema": {"properties": {"type": "document", "path": "x"}}}
    await clear(outgoing({"messages": [{"content": [call]}], "tools": [tool]}))


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"{",
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        b"\x1f\x8b\x08\x00gzip",
        b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--',
        b"a=1&b=2",
        '{"a": "\ud800"}'.encode("utf-8", "surrogatepass"),
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 300 + b"1" + b"}" * 300,
    ],
    ids=range(10),
)
async def test_a_body_that_cannot_be_read_is_refused(body: bytes) -> None:
    """Anything but readable JSON in UTF-8 stays here."""
    with pytest.raises(PrivacyRefused):
        await clear(outgoing(body))


async def test_only_loopback_may_be_unencrypted() -> None:
    """Plain http is for this machine only."""
    await clear(outgoing(url="http://127.0.0.1:9000/v1/chat/completions"))
    with pytest.raises(PrivacyRefused, match="encrypted"):
        await clear(outgoing(url="http://api.example.com/v1/chat/completions"))


async def test_loopback_gets_no_special_treatment() -> None:
    """A managed API on this machine is refused personal data like any other."""
    with pytest.raises(PrivacyRefused):
        await clear(outgoing(chat(PLANT), url="http://localhost:9000/v1/chat/completions"))


@pytest.mark.parametrize("error", [RuntimeError, OSError, ValueError, MemoryError])
async def test_any_failure_is_a_refusal_without_content(error: type[Exception]) -> None:
    """A detector that fails refuses, and its words are not passed on."""

    def crash(text: str) -> None:
        raise error(text)

    reader = Inspector(PlantDetector(before=crash), lambda: "v1")
    with pytest.raises(PrivacyRefused) as refused:
        await clear(outgoing(chat("secret words")), reader)
    assert "secret" not in str(refused.value)


async def test_unreadable_rules_are_a_refusal() -> None:
    """Without privacy rules nothing is cleared."""

    def broken() -> str:
        raise OSError

    with pytest.raises(PrivacyRefused):
        await clear(outgoing(), Inspector(PlantDetector(), broken))


async def test_rules_that_change_meanwhile_void_the_clearance() -> None:
    """A word put on the private list after the check stops the request at the door."""
    version = "v1"
    reader = Inspector(PlantDetector(), lambda: version)
    clock = SystemClock()
    request = outgoing()
    clearance = await Gate(reader, clock).clear(
        request, conversation="c1", mode=PrivacyMode.AUTO, latched=False
    )
    version = "v2"
    with pytest.raises(ClearanceRefused, match="rules changed"):
        clearance.redeem(request, clock.monotonic())
    await reader.close()


async def test_internal_code_goes_to_the_enterprise_host_only() -> None:
    """Marked code is cleared for the hosts named for it and for no other."""
    reader = Inspector(PlantDetector(), lambda: "v1")
    request = outgoing(chat("# internal use only"))
    options: dict[str, Any] = {"conversation": "c", "mode": PrivacyMode.AUTO, "latched": False}
    with pytest.raises(PrivacyRefused, match="internal code"):
        await Gate(reader, SystemClock()).clear(request, **options)
    gate = Gate(reader, SystemClock(), enterprise_hosts=["API.example.com"])
    await gate.clear(request, **options)
    await reader.close()


async def test_a_clearance_says_whose_it_is_and_how_long_it_lasts() -> None:
    """The conversation, the rules that were in force, and half a minute unless told otherwise."""
    reader = Inspector(PlantDetector(), lambda: "v7")
    options: dict[str, Any] = {"conversation": "c9", "mode": PrivacyMode.AUTO, "latched": False}
    clock = StandingClock()
    found = await Gate(reader, clock).clear(outgoing(), **options)
    assert (found.conversation, found.policy_version) == ("c9", "v7")
    assert found.deadline == clock.monotonic() + 30
    brief = await Gate(reader, clock, lifetime=2.0).clear(outgoing(), **options)
    assert brief.deadline == clock.monotonic() + 2
    await reader.close()


async def test_every_refusal_says_what_to_do() -> None:
    """Whatever the reason: a local model can answer, and the findings can be looked at. What was
    found is named, the value is not.
    """

    def crash(_: str) -> None:
        raise RuntimeError

    broken = Inspector(PlantDetector(before=crash), lambda: "v1")
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    for request, reader, options, reason in (
        (outgoing(), None, {"latched": True}, "This conversation stays on this machine."),
        (outgoing(url="http://api.example.com/v1"), None, {}, "Only an encrypted connection"),
        (outgoing(chat([picture])), None, {}, "a picture, a file or encoded data"),
        (outgoing(b"{"), None, {}, "cannot be read, so it was not sent"),
        (outgoing(chat("x")), broken, {}, "The request was not sent. The privacy check failed"),
        (outgoing(chat(PLANT)), None, {}, "The request was not sent. Found a US social"),
        (outgoing(chat("internal use only")), None, {}, "holds internal code"),
    ):
        with pytest.raises(PrivacyRefused, match=re.escape(reason)) as refused:
            await clear(request, reader, **options)
        assert "edgeroute scan" in refused.value.hint
        assert PLANT not in str(refused.value)


async def test_rules_that_cannot_be_read_are_named_as_a_failed_check() -> None:
    """Not as something that was found."""

    def broken() -> str:
        raise OSError("words of the error")

    with pytest.raises(PrivacyRefused, match="The privacy check failed") as refused:
        await clear(outgoing(), Inspector(PlantDetector(), broken))
    assert "words" not in str(refused.value)
    assert refused.value.hint


async def test_every_part_of_the_bytes_is_read_as_it_is_cut() -> None:
    """Path, query, headers and body, message by message; an escaped text as what it says."""
    detector = PlantDetector()
    body = {"model": "m", "messages": [{"content": "one"}, {"content": "two"}], "user": "ann"}
    await clear(
        outgoing(
            body, url="https://api.example.com/v1/a%20b?q=c%20d&e=", headers={"x-title": "My talk"}
        ),
        Inspector(detector, lambda: "v1"),
    )
    read = [text for text, _ in detector.read]
    assert {" v1 a b", "q=c d&e="} <= {*read}
    whole = "\n".join(read)
    for word in ("c d", "x-title", "My talk", "one", "two", "ann"):
        assert word in whole
    assert not any("one" in text and "two" in text for text in read)


async def test_the_gate_reads_nothing_twice() -> None:
    """What the inspector read costs the gate look-ups: it cuts the bytes as the inspector does."""
    detector = PlantDetector()
    reader = Inspector(detector, lambda: "v1")
    schema = {"properties": {"city": {"type": "string", "description": "Name of the city"}}}
    arguments = {"city": "Oslo", "days": 3}
    request = ChatRequest(
        (
            user("What is the weather?"),
            Message("assistant", (ToolCall("c1", "weather", json.dumps(arguments)),)),
            Message("tool", (ToolResult("c1", (TextPart("Rain."),)),)),
        ),
        tools=(Tool("weather", "The weather of a city.", schema),),
    )
    await reader.inspect(request)
    detector.read.clear()
    function = {"name": "weather", "description": "The weather of a city.", "parameters": schema}
    call = {"name": "weather", "arguments": json.dumps(arguments)}
    body = {
        "messages": [
            {"role": "user", "content": "What is the weather?"},
            {
                "role": "assistant",
                "tool_calls": [{"id": "c1", "type": "function", "function": call}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "Rain."},
        ],
        "tools": [{"type": "function", "function": function}],
    }
    await clear(outgoing(body), reader)
    assert {text for text, _ in detector.read} <= {" v1 chat completions", "content-type\naccept"}
