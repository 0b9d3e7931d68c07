"""What was read as a whole is not read again, and nothing else passes for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.messages import Image, Message, Text, ToolCall, ToolResult, assistant, user
from edgeroute.core.request import ChatRequest, Tool
from edgeroute.privacy.inspecting import sections
from edgeroute.privacy.inspecting.folders import Folders
from edgeroute.privacy.inspecting.inspector import Inspector
from edgeroute.privacy.inspecting.json_texts import body_parts
from edgeroute.privacy.inspecting.media import Uncleared
from edgeroute.privacy.inspecting.verdict_cache import VerdictCache, whole_digest
from edgeroute.wire.json_data import dump
from tests.support.detectors import PLANT, PlantDetector

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


def source(*texts: str, **more: Any) -> dict[str, Any]:
    """A caller's body."""
    return {"messages": [{"role": "user", "content": text} for text in texts], **more}


def chat(*texts: str, **more: Any) -> ChatRequest:
    """A conversation with its source."""
    return ChatRequest(tuple(map(user, texts)), source=source(*texts), **more)


def reader(detector: PlantDetector | None = None, **options: Any) -> Inspector:
    """An inspector."""
    return Inspector(detector or PlantDetector(), lambda: "v1", **options)


async def test_only_what_is_new_is_cut_into_texts() -> None:
    """A resent history costs nothing but its new messages, for the inspector and the gate."""
    memory = VerdictCache()
    inspector = reader(memory=memory)
    old, new = ("One?", "Two?", "Three?"), "And now?"
    assert not (await inspector.inspect(chat(*old))).private
    assert not (await inspector.recheck([], dump(source(*old)))).private

    def known(keys: Sequence[bytes]) -> Any:
        return memory.wholes("v1", keys)

    asked = sections.of_request(chat(*old, new), Folders({}), known)
    texts = [p.text for section in asked.sections for p in section.contents.passages]
    assert not [text for text in texts if text in old]
    assert new in texts
    body = sections.of_body(dump(source(*old, new)), known, lambda _: False)
    assert [p.text for section in body.sections for p in section.contents.passages] == [new]
    await inspector.close()


@pytest.mark.parametrize("place", range(4))
async def test_a_change_anywhere_is_read(place: int) -> None:
    """Whichever message of a known conversation is another now, it is read."""
    inspector = reader()
    texts = [f"Question {number}?" for number in range(4)]
    assert not (await inspector.inspect(chat(*texts))).private
    assert not (await inspector.recheck([], dump(source(*texts)))).private
    texts[place] = PLANT
    assert (await inspector.inspect(chat(*texts))).private
    assert (await inspector.recheck([], dump(source(*texts)))).private
    await inspector.close()


async def test_what_stands_beside_the_messages_is_read() -> None:
    """A known conversation with another tool, or a field more in its source, is read there."""
    inspector = reader()
    known = chat("Hello")
    assert not (await inspector.inspect(known)).private
    assert (await inspector.inspect(replace(known, tools=(Tool("t", PLANT),)))).private
    assert (await inspector.inspect(replace(known, extra={"x": PLANT}))).private
    assert (await inspector.inspect(replace(known, source=source("Hello", x=PLANT)))).private
    await inspector.close()


async def test_other_rules_know_no_wholes() -> None:
    """What may leave under one version of the rules is read anew under the next."""
    version, detector = ["v1"], PlantDetector()
    inspector = Inspector(detector, lambda: version[0])
    await inspector.inspect(chat("Hello"))
    await inspector.recheck([], dump(source("Hello")))
    for _ in range(2):
        detector.read.clear()
        version[0] += "x"
        await inspector.inspect(chat("Hello"))
        assert "Hello" in [text for text, _ in detector.read]
    await inspector.close()


async def test_a_doubled_key_hides_nothing_in_a_known_body() -> None:
    """A body whose readers could differ is read as it is written, though its parts are known."""
    inspector = reader()
    assert not (await inspector.recheck([], dump(source("Hello")))).private
    shown = dump(source("Hello"))
    hidden = json.dumps({"role": "user", "content": PLANT}).encode()
    for doubled in (
        b'{"messages":[' + hidden + b"]," + shown[1:],
        shown[:-1] + b',"messages":[' + hidden + b"]}",
        shown.replace(b'"content"', b'"content":"' + PLANT.encode() + b'","content"'),
    ):
        assert (await inspector.recheck([], doubled)).private
    await inspector.close()


@given(body=st.dictionaries(st.text(max_size=4), JSON, min_size=1, max_size=4))
def test_a_body_is_known_by_its_bytes_as_by_what_they_say(body: dict[str, Any]) -> None:
    """Each part is remembered by the digest of what it says, read or not; and where a body is not
    written as we write it, by none.
    """
    try:
        written = dump(body)
    except UnicodeEncodeError:
        return
    asked: list[bytes] = []

    def known(keys: Sequence[bytes]) -> list[None]:
        asked.extend(keys)
        return [None] * len(keys)

    said = [whole_digest(("body", part)) for part in body_parts(json.loads(written))]
    found = sections.of_body(written, known, lambda _: True)
    if "type" not in body:
        assert asked == said == [section.key for section in found.sections]
    for otherwise in (b" " + written, written[:1] + b" " + written[1:], written + b"\n"):
        asked.clear()
        again = sections.of_body(otherwise, known, lambda _: True)
        assert not asked
        assert {section.key for section in again.sections} <= {b""}


async def test_the_same_result_of_another_tool_is_read() -> None:
    """What is private by its origin is not known by its words."""
    inspector = reader()

    def called(tool: str) -> ChatRequest:
        call = Message("assistant", (ToolCall("c1", tool, "{}"),))
        return ChatRequest(
            (user("Look"), call, Message("tool", (ToolResult("c1", (Text("ok"),)),)))
        )

    assert not (await inspector.inspect(called("weather"))).private
    assert not (await inspector.inspect(called("weather"))).private
    assert (await inspector.inspect(called("read_mail"))).private
    await inspector.close()


async def test_a_value_split_over_the_end_of_what_is_known_is_found() -> None:
    """The border between a known user text and a new one is read."""
    inspector = reader()
    first, second = f"It is {PLANT[:6]}", f"{PLANT[6:]} then"
    assert not (await inspector.inspect(ChatRequest((user(first), assistant("Go on"))))).private
    asked = ChatRequest((user(first), assistant("Go on"), user(second)))
    assert (await inspector.inspect(asked)).private
    await inspector.close()


async def test_a_known_conversation_whose_picture_is_forgotten_is_read_again() -> None:
    """The gate finds every picture of what is known as a whole cleared, or it is read anew."""

    class NothingSeen:
        def read(self, data: bytes) -> str:
            return ""

    memory = VerdictCache(texts=5)
    inspector = reader(images=NothingSeen(), memory=memory)
    asked = ChatRequest((Message("user", (Text("See"), Image("image/png", PNG))),))
    for _ in range(2):
        assert not (await inspector.inspect(asked)).private
        assert inspector.has_cleared(PNG)
        for number in range(8):
            await inspector.scan(f"another text {number}")
        assert not inspector.has_cleared(PNG)
    await inspector.close()


@given(body=st.dictionaries(st.text(max_size=9), JSON, max_size=4))
def test_however_a_body_is_written_the_same_is_read(body: dict[str, Any]) -> None:
    """Part by part, or as it stands: no text of a body goes unread."""

    def texts(data: bytes) -> Any:
        try:
            read = sections.of_body(data, lambda keys: [None] * len(keys), lambda _: False)
        except Uncleared:
            return "uncleared"
        return sorted(p.text for section in read.sections for p in section.contents.passages)

    assert texts(dump(body)) == texts(json.dumps(body, indent=1).encode())
