"""Raw model text becomes thinking, text and tool calls, cut at any place."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.events import ReasoningDelta, TextDelta, ToolCallDelta
from edgeroute.core.request import Tool
from edgeroute.local.worker.calls import UnreadableCall, read_calls
from edgeroute.local.worker.output import OutputReader, StopWatch

TOOL = Tool(
    "weather",
    "",
    {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer"},
            "spots": {"type": "array"},
        },
    },
)
Read = tuple[str, str, list[tuple[str, str]]]


def read(raw: str, cuts: list[int], *, thinking: bool = False, bare: bool = False) -> Read:
    """Text, thinking and calls of ``raw``, fed in pieces cut at ``cuts``."""
    reader = OutputReader((TOOL,), thinking=thinking, bare=bare)
    found: list[TextDelta | ReasoningDelta | ToolCallDelta] = []
    places = sorted({min(cut, len(raw)) for cut in cuts})
    for start, end in zip([0, *places], [*places, len(raw)], strict=True):
        found += reader.feed(raw[start:end])
    found += reader.close()
    return (
        "".join(one.text for one in found if isinstance(one, TextDelta)),
        "".join(one.text for one in found if isinstance(one, ReasoningDelta)),
        [(one.name, one.arguments) for one in found if isinstance(one, ToolCallDelta)],
    )


CUTS = st.lists(st.integers(0, 200), max_size=12)


@given(CUTS)
def test_json_calls(cuts: list[int]) -> None:
    """Two calls after a sentence are found, wherever the stream is cut."""
    raw = (
        "Let me look.\n"
        '<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call>'
        '\n<tool_call>\n{"name": "weather", "arguments": {"city": "Oslo"}}\n</tool_call>'
    )
    text, _, calls = read(raw, cuts)
    assert text == "Let me look."
    assert [json.loads(arguments)["city"] for _, arguments in calls] == ["Rome", "Oslo"]


@given(CUTS)
def test_xml_calls_with_types(cuts: list[int]) -> None:
    """Parameters get the types that the tool's schema names."""
    raw = (
        "<think>\nhm\n</think>\n\n<tool_call>\n<function=weather>\n<parameter=city>\n12\n</parameter>\n"
        "<parameter=days>\n3\n</parameter>\n<parameter=spots>\n[1, 2]\n</parameter>\n"
        "</function>\n</tool_call>"
    )
    text, thinking, calls = read(raw, cuts)
    assert (text, thinking.strip()) == ("", "hm")
    assert [json.loads(arguments) for _, arguments in calls] == [
        {"city": "12", "days": 3, "spots": [1, 2]}
    ]


@given(st.text(alphabet="<>tool_cal/\n {}x", max_size=60), CUTS)
def test_text_without_calls_is_kept(raw: str, cuts: list[int]) -> None:
    """Text that only looks like a call is not lost, whatever it is and however it is cut."""
    if "<tool_call>" in raw:
        return
    text, _, calls = read(raw, cuts)
    assert text == raw.lstrip() or text.strip() == raw.strip()
    assert calls == []


@given(CUTS)
def test_a_bare_call_of_a_small_model(cuts: list[int]) -> None:
    """Where small models forget the tags, the JSON alone counts; other code stays text."""
    raw = '```json\n{"name": "weather", "arguments": {"city": "Rome"}}\n```'
    assert read(raw, cuts, bare=True)[2] == [("weather", '{"city": "Rome"}')]
    assert read(raw, cuts)[2] == []
    other = '```python\nprint({"name": "weather"})\n```'
    assert read(other, cuts, bare=True)[0] == other


@given(CUTS)
def test_begins_inside_a_thought(cuts: list[int]) -> None:
    """Where the prompt opened the thought, the answer begins after its end."""
    text, thinking, _ = read("deep\n</think>\n\nYes", cuts, thinking=True)
    assert (text, thinking.strip()) == ("Yes", "deep")


def test_an_unfinished_call_is_read_if_it_can_be() -> None:
    """A call that the limit cut off after its JSON still counts."""
    raw = '<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}'
    assert read(raw, [])[2] == [("weather", '{"city": "Rome"}')]


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(raw: str) -> None:
    """Whatever a model writes as a call is a call or none, never an exception."""
    try:
        found = read_calls(raw, {"weather": TOOL})
    except UnreadableCall:
        return
    assert all(isinstance(json.loads(call.arguments), dict) for call in found)


@given(
    st.text(alphabet="abc", max_size=40),
    st.lists(st.text(alphabet="abc", min_size=1, max_size=4), min_size=1, max_size=3),
    CUTS,
)
def test_stops_end_the_text_before_them(raw: str, stops: list[str], cuts: list[int]) -> None:
    """The text ends before the first stop, whole, however the stream is cut."""
    watch = StopWatch(tuple(stops))
    out = ""
    places = sorted({min(cut, len(raw)) for cut in cuts})
    for start, end in zip([0, *places], [*places, len(raw)], strict=True):
        if not watch.found:
            out += watch.feed(raw[start:end])
    out += watch.close()
    assert raw.startswith(out)
    assert not any(stop in out for stop in stops)
    if not any(stop in raw for stop in stops):
        assert out == raw
