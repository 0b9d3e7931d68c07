"""Every string counts, and only a whole reading that found nothing is an open verdict."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core import messages as nouns
from edgeroute.core.messages import (
    File,
    Image,
    Message,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Unreadable,
    assistant,
    system,
    user,
)
from edgeroute.core.request import ChatRequest, Sampling, Tool
from edgeroute.core.verdict import CLEAR, Finding, LocalOpinion, Verdict
from edgeroute.privacy.detecting.detector import DetectionFailed
from edgeroute.privacy.detecting.protocol import Scan
from edgeroute.privacy.inspecting.inspector import Busy, Inspector
from edgeroute.privacy.inspecting.passages import WINDOW
from edgeroute.privacy.inspecting.verdict_cache import VerdictCache
from tests.support.detectors import PLANT, PlantDetector
from tests.support.documents import pdf, word

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


def inspector(detector: PlantDetector | None = None, **options: Any) -> Inspector:
    """An inspector over ``detector`` under the rules "v1"."""
    return Inspector(detector or PlantDetector(), lambda: "v1", **options)


def request(*messages: Message, **fields: Any) -> ChatRequest:
    """A request of ``messages``."""
    return ChatRequest(messages or (user("Hello"),), **fields)


def call_and_result(arguments: str, *parts: Any, tool: str = "weather") -> tuple[Message, ...]:
    """A tool call and what came back."""
    return (
        Message("assistant", (ToolCall("c1", tool, arguments),)),
        Message("tool", (ToolResult("c1", parts),)),
    )


POSITIONS: dict[str, Callable[[str], ChatRequest]] = {
    "user text": lambda p: request(user(p)),
    "old user text": lambda p: request(user(p), assistant("Yes"), user("And now?")),
    "second part": lambda p: request(Message("user", (Text("a"), Text(p)))),
    "system prompt": lambda p: request(system(p), user("Hi")),
    "assistant text": lambda p: request(user("Hi"), assistant(p), user("Go on")),
    "message name": lambda p: request(Message("user", (Text("Hi"),), name=p)),
    "reasoning": lambda p: request(Message("assistant", (Reasoning(p),))),
    "reasoning origin": lambda p: request(Message("assistant", (Reasoning("x", p),))),
    "reasoning payload": lambda p: request(
        Message("assistant", (Reasoning("x", "o", json.dumps({"thinking": p})),))
    ),
    "reasoning payload as text": lambda p: request(Message("assistant", (Reasoning("x", "o", p),))),
    "call id": lambda p: request(Message("assistant", (ToolCall(p, "weather", "{}"),))),
    "call name": lambda p: request(Message("assistant", (ToolCall("c1", p, "{}"),))),
    "arguments": lambda p: request(*call_and_result(json.dumps({"who": p}))),
    "arguments key": lambda p: request(*call_and_result(json.dumps({p: 1}))),
    "arguments escaped": lambda p: request(
        *call_and_result('{"who": "' + "".join(f"\\u{ord(c):04x}" for c in p) + '"}')
    ),
    "arguments in arguments": lambda p: request(
        *call_and_result(json.dumps({"inner": json.dumps({"a": json.dumps([p])})}))
    ),
    "arguments broken": lambda p: request(*call_and_result('{"who": "' + p)),
    "doubled argument": lambda p: request(*call_and_result('{"a": "' + p + '", "a": "x"}')),
    "tool result": lambda p: request(*call_and_result("{}", Text(p))),
    "tool result name": lambda p: request(
        Message("tool", (ToolResult("c1", (Text("ok"),), name=p),))
    ),
    "tool result id": lambda p: request(
        Message("tool", (ToolResult(p, (Text("ok"),), name="weather"),))
    ),
    "tool result file": lambda p: request(
        *call_and_result("{}", File("a.txt", "text/plain", p.encode()))
    ),
    "tool name": lambda p: request(tools=(Tool(p),)),
    "tool description": lambda p: request(tools=(Tool("t", p),)),
    "schema string": lambda p: request(
        tools=(Tool("t", "", {"properties": {"a": {"description": p}}}),)
    ),
    "schema key": lambda p: request(tools=(Tool("t", "", {"properties": {p: {}}}),)),
    "schema choice": lambda p: request(tools=(Tool("t", "", {"enum": ["x", p]}),)),
    "file name": lambda p: request(Message("user", (File(p, "text/plain", b"x"),))),
    "file type": lambda p: request(Message("user", (File("a", p, b"x"),))),
    "text file": lambda p: request(Message("user", (File("a", "text/plain", p.encode()),))),
    "pdf file": lambda p: request(Message("user", (File("a", "application/pdf", pdf(p)),))),
    "word file": lambda p: request(Message("user", (File("a", "", word(p)),))),
    "image detail": lambda p: request(Message("user", (Image("image/png", PNG, detail=p),))),
    "image type": lambda p: request(Message("user", (Image(p, PNG),))),
    "model": lambda p: request(model=p),
    "tool choice": lambda p: request(tool_choice=p),
    "response format": lambda p: request(response_format={"title": p}),
    "response format name": lambda p: request(response_format={}, response_format_name=p),
    "stop": lambda p: request(sampling=Sampling(stop=("x", p))),
    "reasoning effort": lambda p: request(reasoning_effort=p),
    "wire": lambda p: request(wire=p),
    "extra": lambda p: request(extra={"metadata": {"user_id": p}}),
    "extra key": lambda p: request(extra={p: True}),
    "extra list": lambda p: request(extra={"x": [[p]]}),
    "task": lambda p: request(task=p),
    "user": lambda p: request(user=p),
}


class NothingSeen:
    """Reads pictures and finds them empty."""

    def read(self, data: bytes) -> str:
        """No text."""
        return ""


@pytest.mark.parametrize("full", [False, True], ids=["first", "full"])
@pytest.mark.parametrize("place", POSITIONS)
async def test_a_plant_anywhere_is_found(place: str, *, full: bool) -> None:
    """Personal data in any string position makes the request private; the harmless twin is not."""
    reader = inspector(images=NothingSeen())
    assert (await reader.inspect(POSITIONS[place]("harmless"), full=full)).private is False
    verdict = await reader.inspect(POSITIONS[place](PLANT), full=full)
    assert verdict.private
    assert "US_SSN" in verdict.types
    await reader.close()


def string_fields(of: type) -> Iterator[str]:
    """The fields of a noun that can hold a string."""
    for field in dataclasses.fields(of):
        if any(kind in str(field.type) for kind in ("str", "Mapping", "Text")):
            yield field.name


def test_the_positions_are_all_there_are() -> None:
    """A new string field of a request fails here until it is planted above (or ruled out)."""
    known = {
        ChatRequest: "model tool_choice response_format response_format_name reasoning_effort wire "
        "extra source headers introduction conversation task user replaces held",
        Sampling: "stop",
        Tool: "name description parameters",
        Message: "name",
        Text: "text",
        Image: "media_type url detail",
        File: "name media_type",
        ToolCall: "id name arguments",
        ToolResult: "call_id name parts",
        Reasoning: "text origin payload",
        Unreadable: "kind payload",
    }
    parts = set(nouns.Part.__args__)
    assert parts | {ChatRequest, Sampling, Tool, Message} == set(known)
    for noun, fields in known.items():
        assert set(string_fields(noun)) == set(fields.split()), noun


@pytest.mark.parametrize(
    "part",
    [
        Image("image/png", PNG),
        Image("image/png", url="https://example.com/a.png"),
        Image("image/png"),
        Unreadable("input_audio", "{}"),
        Unreadable("x" * 5000),
        File("a.bin", "application/octet-stream", b"\x00\x01"),
        File("a.pdf", "application/pdf", b"%PDF-broken"),
        File("a.png", "image/png", PNG),
        Text("A" * 400 + "+/8" * 200),
    ],
    ids=lambda part: type(part).__name__,
)
async def test_what_cannot_be_read_is_private(part: Any) -> None:
    """Pictures (without OCR), audio, unknown parts, broken files and sealed data are private."""
    reader = inspector()
    verdict = await reader.inspect(request(Message("user", (part,))))
    assert verdict.private
    assert len(verdict.reason) < 120
    nested = request(*call_and_result("{}", part))
    assert (await reader.inspect(nested, full=True)).private
    await reader.close()


async def test_ocr_clears_only_pictures_without_findings() -> None:
    """With OCR a picture is as private as the text in it; a reader that fails makes it private."""

    class Fixed:
        def __init__(self, text: str) -> None:
            self.text = text

        def read(self, data: bytes) -> str:
            if self.text == "fail":
                raise OSError
            return self.text

    picture = request(Message("user", (Image("image/png", PNG),)))
    for text, private in (("a cat", False), (PLANT, True), ("fail", True)):
        reader = inspector(images=Fixed(text))
        assert (await reader.inspect(picture)).private is private
        assert reader.has_cleared(PNG) is not private
        await reader.close()


async def test_mail_is_private_by_origin() -> None:
    """A mail tool's result is private whatever it holds, by the name in the call or the result."""
    reader = inspector()
    by_call = request(*call_and_result("{}", Text("Lunch?"), tool="read_mail"))
    assert (await reader.inspect(by_call)).private
    by_name = request(Message("tool", (ToolResult("c9", (Text("Lunch?"),), name="read_mail"),)))
    assert (await reader.inspect(by_name)).private
    assert not (await reader.inspect(request(*call_and_result("{}", Text("Lunch?"))))).private
    await reader.close()


async def test_a_result_of_an_unknown_tool_is_private() -> None:
    """Where nobody knows which tool answered, its answer stays here."""
    reader = inspector()
    verdict = await reader.inspect(request(Message("tool", (ToolResult("c9", (Text("ok"),)),))))
    assert verdict.private
    await reader.close()


async def test_a_private_origin_is_not_opened() -> None:
    """A file that is private by origin is never parsed."""
    detector = PlantDetector()
    reader = inspector(detector)
    mail = call_and_result("{}", File("a", "text/plain", b"secret text"), tool="mail")
    assert (await reader.inspect(request(*mail), full=True)).private
    assert all("secret text" not in text for text, _ in detector.read)
    await reader.close()


@pytest.mark.parametrize(
    "pieces",
    [
        ["My number is 521-44", "-9821, thanks"],
        ["521-", "44-", "9821"],
        ["5", "2", "1", "-", "4", "4", "-", "9", "8", "2", "1"],
        ["x " * 500 + "521-44", "-9821" + " y" * 500],
        ["x " * 500 + "521-", "44-", "9821" + " y" * 500],
    ],
)
async def test_a_value_split_over_turns_is_found(pieces: list[str]) -> None:
    """Neighbouring user texts are read together, across answers and parts of a message."""
    turns: list[Message] = []
    for piece in pieces:
        turns += [user(piece), assistant("Go on.")]
    reader = inspector()
    assert (await reader.inspect(request(*turns))).private
    parts = Message("user", tuple(Text(piece) for piece in pieces))
    assert (await reader.inspect(request(parts))).private
    await reader.close()


@given(cut=st.lists(st.integers(1, len(PLANT) - 1), min_size=1, max_size=4, unique=True))
async def test_any_split_over_short_turns_is_found(cut: list[int]) -> None:
    """Wherever a value is cut, the pieces together are found."""
    edges = [0, *sorted(cut), len(PLANT)]
    pieces = [PLANT[a:b] for a, b in itertools.pairwise(edges)]
    reader = inspector()
    assert (await reader.inspect(request(*(user(piece) for piece in pieces)))).private
    await reader.close()


async def test_the_joined_ends_of_long_texts_flag_only_what_touches_the_border() -> None:
    """Far from the border the long text's own verdict counts, not that of a window without
    context.
    """
    filler = "word " * 200
    reader = inspector()
    detector = PlantDetector()
    reader = inspector(detector)
    await reader.inspect(request(user(filler), user(filler)))
    joined = [text for text, _ in detector.read if text != filler]
    assert len(joined) == 1
    assert len(joined[0]) < 3 * WINDOW
    await reader.close()


@pytest.mark.parametrize("error", [RuntimeError, MemoryError, ImportError, RecursionError, OSError])
@pytest.mark.parametrize("full", [False, True])
async def test_a_detector_crash_is_private(error: type[Exception], *, full: bool) -> None:
    """Any failure of the detector keeps the request here, and its words are not shown."""

    def crash(text: str) -> None:
        raise error(text)

    reader = inspector(PlantDetector(before=crash))
    for verdict in (
        await reader.inspect(request(user("secret word")), full=full),
        await reader.scan("secret word"),
        await reader.recheck(["secret word"]),
    ):
        assert verdict.private
        assert not verdict.complete
        assert "secret" not in verdict.reason
    await reader.close()


async def test_a_time_out_is_private_and_the_loop_stays_awake() -> None:
    """A detector that hangs ends in a private verdict, while the event loop runs on."""
    release = threading.Event()
    reader = inspector(PlantDetector(before=lambda _: release.wait(20)), seconds=0.2)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    verdict = await reader.inspect(request(user("a"), user("b")))
    ticking.cancel()
    release.set()
    assert verdict.private
    assert not verdict.complete
    assert "too long" in verdict.reason
    assert ticks > 2
    await reader.close()


async def test_a_full_queue_is_private() -> None:
    """When too many wait, the next one is private at once; places come back afterwards."""
    release = threading.Event()
    reader = inspector(PlantDetector(before=lambda _: release.wait(20)), waiting=2)
    first = [asyncio.create_task(reader.inspect(request(user(f"text {n}")))) for n in range(2)]
    await asyncio.sleep(0.05)
    verdict = await reader.inspect(request(user("one more")))
    assert verdict.private
    assert "busy" in verdict.reason
    release.set()
    assert [v.private for v in await asyncio.gather(*first)] == [False, False]
    assert not (await reader.inspect(request(user("one more")))).private
    await reader.close()


async def test_cancelling_stops_the_reading() -> None:
    """Who no longer waits costs at most the text that is being read."""
    release = threading.Event()
    detector = PlantDetector(before=lambda _: release.wait(20))
    reader = inspector(detector)
    task = asyncio.create_task(reader.inspect(request(*(user("x" * n) for n in range(1, 30)))))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    release.set()
    assert not (await reader.inspect(request(user("other")))).private
    assert len(detector.read) < 5
    await reader.close()


async def test_detection_has_its_own_thread() -> None:
    """Nothing is detected in the thread of the event loop."""
    detector = PlantDetector()
    reader = inspector(detector)
    await reader.inspect(request())
    assert detector.threads
    assert threading.current_thread().name not in detector.threads
    await reader.close()


async def test_a_resent_history_is_not_read_again() -> None:
    """Only the new text (and its border to the last one) is read on the next turn."""
    detector = PlantDetector()
    reader = inspector(detector)
    history = [turn for n in range(50) for turn in (user(f"Question {n}"), assistant(f"A {n}"))]
    await reader.inspect(request(*history))
    detector.read.clear()
    assert not (await reader.inspect(request(*history))).private
    assert detector.read == []
    await reader.inspect(request(*history, user("New")))
    assert len(detector.read) == 2
    await reader.close()


async def test_changed_rules_void_what_was_read() -> None:
    """Under another version of the rules every text is read again."""
    version = "v1"
    detector = PlantDetector()
    reader = Inspector(detector, lambda: version)
    await reader.scan("text")
    version = "v2"
    await reader.scan("text")
    assert len(detector.read) == 2
    assert reader.version == "v2"
    await reader.close()


async def test_unreadable_rules_are_private() -> None:
    """Without a version of the rules nothing may leave."""

    def broken() -> str:
        raise OSError

    reader = Inspector(PlantDetector(), broken)
    assert (await reader.inspect(request())).private
    assert (await reader.scan("text")).private
    await reader.close()


async def test_the_memory_is_bounded() -> None:
    """Old texts are forgotten; forgetting only costs a second reading."""
    memory = VerdictCache(texts=10)
    reader = inspector(memory=memory)
    for n in range(30):
        await reader.scan(f"text {n}")
    assert len(memory) == 10
    await reader.close()


async def test_a_scan_without_all_findings_does_not_answer_for_one_with_them() -> None:
    """A verdict that stopped at the first finding is completed when all are asked for."""
    reader = inspector()
    text = f"{PLANT} and 521-44-9822"
    quick = await reader.inspect(request(user(text), user("b")))
    assert (len(quick.findings), quick.complete) == (1, False)
    whole = await reader.inspect(request(user(text), user("b")), full=True)
    assert (len(whole.findings), whole.complete) == (2, True)
    assert {finding.where for finding in whole.findings} == {"messages[0]"}
    await reader.close()


async def test_a_tools_clear_result_is_clear_in_the_bytes_only() -> None:
    """What one source cleared does not clear the same text from a private source."""
    reader = inspector()
    assert not (await reader.scan("Lunch?")).private
    assert (await reader.scan("Lunch?", origin="tool:mail")).private
    assert not (await reader.recheck(["Lunch?"])).private
    await reader.close()


async def test_internal_code_is_named() -> None:
    """Marks of the user's organisation show in the verdict without making it private."""
    reader = inspector()
    verdict = await reader.inspect(request(user("internal use only")))
    assert verdict.internal_code
    assert not verdict.private
    assert (await reader.recheck(["internal use only"])).internal_code
    await reader.close()


async def test_deep_nesting_is_private() -> None:
    """A schema nested beyond reason cannot be read, so it is private."""
    schema: dict[str, Any] = {}
    for _ in range(500):
        schema = {"properties": schema}
    reader = inspector()
    assert (await reader.inspect(request(tools=(Tool("t", "", schema),)))).private
    assert not (await reader.inspect(request(user("[" * 100_000)))).private
    await reader.close()


async def test_each_failure_has_its_sentence() -> None:
    """What our own detector says is told; the words of any other error are not. Nobody knows what
    the text holds, so the verdict is a failed one.
    """

    def fails(error: Exception) -> Callable[[str], None]:
        def crash(_: str) -> None:
            raise error

        return crash

    for error, reason in (
        (
            DetectionFailed("The rules are gone."),
            "The rules are gone. So it stays on this machine.",
        ),
        (TimeoutError("late"), "The privacy check took too long, so it stays on this machine."),
        (
            Busy("full"),
            "The privacy check is busy with other prompts, so it stays on this machine.",
        ),
        (ValueError("words"), "The privacy check failed, so it stays on this machine."),
    ):
        reader = inspector(PlantDetector(before=fails(error)))
        verdict = await reader.inspect(request())
        assert verdict == Verdict(private=True, reason=reason, complete=False, failed=True)
        await reader.close()

    def gone() -> str:
        raise DetectionFailed("The lists are gone.")

    reader = Inspector(PlantDetector(), gone)
    verdict = await reader.inspect(request())
    assert verdict.reason == "The lists are gone. So it stays on this machine."
    assert verdict.failed
    await reader.close()


async def test_what_is_known_already_ends_the_check_at_once() -> None:
    """A text that was private before is private without a look at the others, so the verdict is not
    of all of them; of that text alone it is.
    """
    reader = inspector()
    assert (await reader.inspect(request(user(PLANT)), full=True)).complete
    alone = await reader.inspect(request(user(PLANT)))
    assert (alone.private, alone.complete) == (True, True)
    both = await reader.inspect(request(user(PLANT), assistant("Hello")))
    assert (both.private, both.complete) == (True, False)
    await reader.close()


async def test_an_open_verdict_is_whole() -> None:
    """Everything was read, and the sentence says that nothing was found."""
    reader = inspector()
    assert await reader.inspect(request(user("Hello"), assistant("Hi"), user("Bye"))) == CLEAR
    assert await reader.scan("Hello") == CLEAR
    assert await reader.recheck(["Hello", "Bye", " "]) == CLEAR
    assert await reader.recheck([]) == CLEAR
    assert (await reader.recheck(["Hello", PLANT])).private
    await reader.close()


async def test_a_finding_says_where_it_is() -> None:
    """In which text, from which place to which, how sure and by whom; each text once, although
    neighbouring texts are read together as well.
    """
    reader = inspector()
    verdict = await reader.inspect(request(user("a"), assistant(f"b {PLANT}")), full=True)
    (found,) = verdict.findings
    assert found == Finding("US_SSN", 2, 13, 1.0, "test", "messages[1]")
    assert (verdict.reason, verdict.complete) == ("Found a US social security number.", True)
    assert (await reader.scan(f"b {PLANT}")).findings == (dataclasses.replace(found, where=""),)
    split = await reader.inspect(request(user("521-44"), user("-9821")), full=True)
    assert len(split.findings) == 1
    quick = await inspector().inspect(request(user("521-44"), user("-9821")))
    assert (quick.types, quick.failed, quick.reason) == ({"US_SSN": 1}, False, split.reason)
    both = await reader.inspect(
        request(user(f"x {PLANT}"), user(f"{PLANT.replace('5', '6')} y")), full=True
    )
    assert [one.where for one in both.findings] == ["messages[0]", "messages[1]"]
    await reader.close()


async def test_what_is_known_to_be_private_stops_at_once() -> None:
    """A text that was private before makes a request private without reading the others, and the
    verdict says whether there was more to read.
    """
    detector = PlantDetector()
    reader = inspector(detector)
    alone = await reader.inspect(request(user(PLANT)))
    assert (alone.private, alone.complete) == (True, False)
    detector.read.clear()
    again = await reader.inspect(request(user(PLANT)))
    more = await reader.inspect(request(user(PLANT), assistant("More.")))
    assert detector.read == []
    assert (again.private, more.private, more.complete) == (True, True, False)
    assert again.findings == alone.findings
    whole = await reader.inspect(request(user(PLANT)), full=True)
    assert (whole.complete, len(detector.read)) == (True, 1)
    await reader.close()


async def test_the_newest_text_is_read_first() -> None:
    """And nothing older once something is found; with everything to be named, all is read."""
    for full in (False, True):
        detector = PlantDetector()
        reader = inspector(detector)
        turns = [user("one " * 300), assistant("two " * 300), user(f"three {PLANT}")]
        verdict = await reader.inspect(request(*turns), full=full)
        assert verdict.private
        assert verdict.complete is full
        assert PLANT in detector.read[0][0]
        assert (turns[0].text in {text for text, _ in detector.read}) is full
        await reader.close()


async def test_a_clear_text_is_clear_under_the_same_rules_and_from_the_same_source_only() -> None:
    """What an attachment cleared is cleared until the rules change."""
    version = "v1"
    reader = Inspector(PlantDetector(), lambda: version)
    assert not reader.has_cleared(b"plain words")
    file = request(Message("user", (File("a.txt", "text/plain", b"plain words"),)))
    assert not (await reader.inspect(file)).private
    assert reader.has_cleared(b"plain words")
    assert not reader.has_cleared(b"other words")
    version = "v2"
    assert not reader.has_cleared(b"plain words")
    await reader.close()
    await reader.close()


async def test_a_part_that_nobody_reads_gives_the_reason() -> None:
    """Of a picture, a broken file or an unknown part; with everything to be named, what else was
    found is named beside it.
    """
    reader = inspector()
    picture = request(Message("user", (Text(f"See {PLANT}"), Image("image/png", PNG))))
    verdict = await reader.inspect(picture, full=True)
    assert verdict.private
    assert verdict.types == {"US_SSN": 1}
    lone = await reader.inspect(request(Message("user", (Image("image/png", PNG),))))
    assert lone.reason == "A picture cannot be read, so it stays here."
    sound = request(Message("user", (Text(f"Hear {PLANT}"), Unreadable("input_audio", "{}"))))
    quick = await reader.inspect(sound)
    assert (quick.private, quick.complete, quick.findings) == (True, False, ())
    full = await reader.inspect(sound, full=True)
    assert (full.reason, full.types) == (quick.reason, {"US_SSN": 1})
    broken = request(Message("user", (File("a.pdf", "application/pdf", b"%PDF-broken"),)))
    assert (await reader.inspect(broken)).reason.endswith(" What cannot be read stays here.")
    await reader.close()


async def test_internal_code_anywhere_marks_the_whole_request() -> None:
    """In a file too; a verdict without it is not marked."""
    reader = inspector()
    mark = "internal use only"
    parts = (Text("Look."), File("a.txt", "text/plain", mark.encode()))
    assert (await reader.inspect(request(Message("user", parts), assistant("Yes.")))).internal_code
    assert not (await reader.inspect(request())).internal_code
    await reader.close()


async def test_places_in_the_queue_come_back_after_a_failure() -> None:
    """However often reading fails, the next text is read."""

    def crash(text: str) -> None:
        if "bad" in text:
            raise OSError

    reader = inspector(PlantDetector(before=crash), waiting=1)
    for number in range(3):
        assert (await reader.scan(f"bad {number}")).failed
    assert not (await reader.scan("good")).private
    await reader.close()


class Weighing:
    """Weighs a text by its length, and has an opinion on long ones."""

    def scan(self, text: str, *, full: bool = False, origin: str = "user") -> Scan:
        """Clear; ``text`` of ten characters weighs 0.1."""
        opinion = LocalOpinion("local/m", 0.1, holds=False) if len(text) > 20 else None
        return Scan(private=False, weight=len(text) / 100, opinion=opinion)


async def test_the_weight_of_a_request_is_that_of_its_heaviest_text() -> None:
    """Every opinion is told, also that on a text that was read before."""
    reader = Inspector(Weighing(), lambda: "v1")
    request = ChatRequest((user("short"), user("a text that is longer than the other")))
    for _ in range(2):
        verdict = await reader.inspect(request)
        assert verdict.weight is not None
        assert verdict.weight >= 0.36
        assert {opinion.model for opinion in verdict.opinions} == {"local/m"}
    await reader.close()
