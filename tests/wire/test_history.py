"""Conversations across wires: whatever callers bring, every provider gets what it accepts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.request import ChatRequest
from edgeroute.providers.catalog.quirks import QuirkContext, apply
from edgeroute.wire.format import Target
from edgeroute.wire.formats import FORMATS
from edgeroute.wire.history import full_names, tool_name
from tests.support.accepted import calls_of, problems, results_of
from tests.support.stories import CALLERS, Story, body_of
from tests.support.wire import card, words

PROVIDERS: dict[str, ModelCard] = {
    **{wire: card(wire=wire) for wire in FORMATS},
    "gemini": card(quirks=("thought_signatures",)),
    "local": card(place=Place.LOCAL, abilities=frozenset({"tools", "json_schema"})),
}
F = {"f": {"type": "object", "properties": {"a": {"type": "string"}}}}
ASKED, DONE = ("user", "Look it up"), ("result", "c1", "found")
ONE = ("c1", "f", '{"a":"x"}')
LONG_ID, LONG_NAME = "call_" + "x" * 90, "mcp__orders__" + "list_all_" * 8
BRANCHES = [{"properties": {"a": {"type": "string"}}, "required": ["a"]},
            {"properties": {"b": {"type": "integer"}}, "required": ["b"]}]  # fmt: skip

STORIES: dict[str, Story] = {
    "a call": Story([ASKED, ("assistant", "", [ONE]), DONE], F),
    "words beside a call": Story(
        [ASKED, ("assistant", "I look.", [ONE]), DONE, ("user", "And?")], F),
    "parallel calls": Story(
        [ASKED, ("assistant", "", [ONE, ("c2", "f", "{}")]), ("result", "c2", "two"), DONE], F),
    "one call after the other": Story(
        [ASKED, ("assistant", "", [ONE]), DONE, ("assistant", "", [("c2", "f", "{}")]),
         ("result", "c2", "two")], F),
    "a call without arguments": Story([ASKED, ("assistant", "", [("c1", "f", "")]), DONE], F),
    "words before the result": Story([ASKED, ("assistant", "", [ONE]), ("user", "Note"), DONE], F),
    "the system before the result": Story(
        [ASKED, ("assistant", "", [ONE]), ("system", "Be short"), DONE], F),
    "an interrupted call": Story([ASKED, ("assistant", "", [ONE]), ("user", "Stop")], F),
    "one of two interrupted": Story(
        [ASKED, ("assistant", "", [ONE, ("c2", "f", "{}")]), DONE, ("assistant", "Hm", []),
         ("user", "Next")], F),
    "interrupted at the very end": Story([ASKED, ("assistant", "On it", [ONE])], F),
    "a result that comes late": Story(
        [ASKED, ("assistant", "", [ONE]), ("user", "Well"), ("assistant", "Wait", []), DONE], F),
    "a result without a call": Story([ASKED, DONE, ("user", "Go on")], F),
    "two results of one call": Story(
        [ASKED, ("assistant", "", [ONE]), DONE, ("result", "c1", "again")], F),
    "an id that repeats": Story(
        [ASKED, ("assistant", "", [ONE]), DONE, ("assistant", "", [ONE]), ("result", "c1", "two"),
         ("user", "Thanks")], F),
    "an id twice in one answer": Story(
        [ASKED, ("assistant", "", [ONE, ONE]), DONE, ("result", "c1", "two")], F),
    "empty ids": Story(
        [ASKED, ("assistant", "", [("", "f", "{}"), ("", "f", "{}")]), ("result", "", "one"),
         ("result", "", "two")], F),
    "a long id": Story([ASKED, ("assistant", "", [(LONG_ID, "f", "{}")]),
                        ("result", LONG_ID, "found")], F),
    "long ids that begin alike": Story(
        [ASKED, ("assistant", "", [(LONG_ID + "a", "f", "{}"), (LONG_ID + "b", "f", "{}")]),
         ("result", LONG_ID + "b", "two"), ("result", LONG_ID + "a", "one")], F),
    "ids of other letters": Story(
        [ASKED, ("assistant", "", [("functions.f:0", "f", "{}"), ("functions_f_0", "f", "{}")]),
         ("result", "functions.f:0", "one"), ("result", "functions_f_0", "two")], F),
    "a long name": Story([ASKED, ("assistant", "", [("c1", LONG_NAME, "{}")]), DONE],
                         {LONG_NAME: F["f"], LONG_NAME + "x": F["f"]}, choice=LONG_NAME),
    "a name of other letters": Story(
        [ASKED, ("assistant", "", [("c1", "server.tool/name", "{}")]), DONE],
        {"server.tool/name": F["f"], "server_tool_name": F["f"], "7zip": F["f"], "größe": F["f"]}),
    "a choice of no tool": Story([ASKED], F, choice="g"),
    "calls and no tools": Story([ASKED, ("assistant", "", [ONE]), DONE]),
    "the system alone": Story([("system", "Say hello")]),
    "two systems": Story([("system", "Be short"), ("system", "Be kind"), ASKED]),
    "a system in the middle": Story([ASKED, ("assistant", "Yes", []), ("system", "Now"), ASKED]),
    "an answer first": Story([("assistant", "Hello!", []), ASKED]),
    "nobody asks": Story([("system", "s"), ("assistant", "Hello!", [ONE]), DONE], F),
    "empty turns": Story([("user", ""), ASKED, ("assistant", "", []), ("user", " "), ASKED]),
    "a beginning of the answer": Story([ASKED, ("assistant", "The answer is \n", [])]),
    "an object without properties": Story([ASKED], {"f": {"type": "object"}}),
    "no type": Story([ASKED], {"f": {}, "g": {"properties": {"a": {}}}}),
    "alternatives": Story([ASKED], {"f": {"anyOf": BRANCHES}, "g": {"oneOf": BRANCHES},
                                    "h": {"allOf": BRANCHES}}),
    "required without a property": Story(
        [ASKED], {"f": {"type": "object", "properties": {}, "required": ["a"]}}),
    "a schema elsewhere": Story([ASKED], {"f": {"$ref": "#/$defs/A", "$defs": {"A": F["f"]}}}),
    "thinking and a forced tool": Story([ASKED], F, choice="required", effort="high",
                                        temperature=0.2),
    "thinking and a certain tool": Story([ASKED], F, choice="f", effort="high"),
    "thinking with a small limit": Story([ASKED], F, effort="high", limit=500, top_p=0.9),
    "a high temperature": Story([ASKED], temperature=1.7, top_p=0.9),
    "many stop sequences": Story([ASKED], stop=("a", "b", "\n", "c", "d", "  ", "e")),
}  # fmt: skip


def sent(caller: str, provider: str, story: Story) -> tuple[ChatRequest, dict[str, Any], str]:
    """The request, what goes out for it, and on which wire."""
    request = CALLERS[caller].decode_request(body_of(caller, story))
    to = PROVIDERS[provider]
    body = FORMATS[to.wire].encode_request(request, Target(to, stream=True))
    return request, apply(to.quirks, body, QuirkContext(to.wire, stream=True)), to.wire


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("kind", STORIES)
def test_every_provider_gets_what_it_accepts(kind: str, caller: str, provider: str) -> None:
    """Ids, names, schemas, order and pairs are within its rules; no word and no call is lost."""
    story = STORIES[kind]
    request, body, wire = sent(caller, provider, story)
    assert problems(provider, body) == []
    said = json.dumps(body, ensure_ascii=False)
    for text in story.texts:
        assert text.strip() in said
    restored = full_names(request.tools)
    calls = calls_of(wire, body)
    assert [restored.get(name, name) for _, name, _ in calls] == [c[1] for c in story.calls]
    assert [json.loads(args) for _, _, args in calls] == [
        json.loads(args or "{}") for _, _, args in story.calls
    ]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("caller", CALLERS)
def test_results_keep_their_order_and_their_calls(caller: str, provider: str) -> None:
    """Of parallel calls, the later one may be answered first."""
    _, body, wire = sent(caller, provider, STORIES["long ids that begin alike"])
    first, second = (each for each, _, _ in calls_of(wire, body))
    assert results_of(wire, body) == [(second, "two"), (first, "one")]


histories = st.lists(
    st.one_of(
        st.tuples(st.just("user"), words),
        st.tuples(st.just("system"), words),
        st.tuples(st.just("result"), st.sampled_from(["", "a", "b", LONG_ID]), words),
        st.tuples(
            st.just("assistant"),
            st.just("") | words,
            st.lists(
                st.tuples(
                    st.sampled_from(["", "a", "b", LONG_ID, "ä.1"]),
                    st.sampled_from(["f", LONG_NAME, "s.t/n"]),
                    st.sampled_from(["{}", '{"a":"x"}']),
                ),
                max_size=3,
            ),
        ),
    ),
    min_size=1,
    max_size=7,
)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("caller", CALLERS)
@settings(max_examples=15)
@given(turns=histories)
def test_any_history_is_accepted_and_keeps_its_calls(
    caller: str, provider: str, turns: list[Any]
) -> None:
    """However broken it is: the calls keep their order, and each has one result."""
    story = Story([("system", "s"), *turns], dict.fromkeys(["f", LONG_NAME, "s.t/n"], F["f"]))
    request, body, wire = sent(caller, provider, story)
    assert problems(provider, body) == []
    restored = full_names(request.tools)
    calls = calls_of(wire, body)
    assert [restored.get(name, name) for _, name, _ in calls] == [c[1] for c in story.calls]
    assert len(results_of(wire, body)) == len(calls)


@given(name=st.text(max_size=90), other=st.text(max_size=90))
def test_names_stay_apart(name: str, other: str) -> None:
    """A name that fits stays; others are shortened to different ones, which stay as they are."""
    short = tool_name(name)
    assert tool_name(short) == short
    assert (short == tool_name(other)) == (name == other) or short in {name, other}


def test_a_gap_is_no_conversation() -> None:
    """What stands around a gap may be empty and goes as it is."""
    request = CALLERS["openai-chat"].decode_request(
        {"messages": [{"role": "user", "content": "x"}, {"role": "user", "content": ""}]}
    )
    filling = ChatRequest(request.messages, fill=True)
    body = FORMATS["openai-chat"].encode_request(filling, Target(PROVIDERS["local"], stream=True))
    assert [message["content"] for message in body["messages"]] == ["x", ""]


def test_an_answer_is_asked_for_within_the_models_limit() -> None:
    """More is refused; of a user's own provider nobody knows its models' limits."""
    request = CALLERS["anthropic-messages"].decode_request(
        {"max_tokens": 99_999, "messages": [{"role": "user", "content": "hi"}]}
    )
    small = card(max_output_tokens=4096)
    for own, limit in ((False, 4096), (True, 99_999)):
        sent = FORMATS["openai-chat"].encode_request(request, Target(small, stream=False, own=own))
        assert sent["max_tokens"] == limit


def test_blocks_of_one_provider_are_told_in_words() -> None:
    """A found page by its title and address, a tool by its name; others by their type."""
    result = {"type": "web_search_result", "title": "News", "url": "https://example.com/a",
              "encrypted_content": "Eo8C"}  # fmt: skip
    blocks = [
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [result]},
        {"type": "text", "text": "It is out."},
    ]
    messages = [
        {"role": "user", "content": "Is it out?"},
        {"role": "assistant", "content": blocks},
        {"role": "user", "content": [{"type": "tool_reference", "tool_name": "ExitPlanMode"}]},
    ]
    request = CALLERS["anthropic-messages"].decode_request({"max_tokens": 9, "messages": messages})
    for wire in ("openai-chat", "openai-responses"):
        said = json.dumps(
            FORMATS[wire].encode_request(request, Target(card(wire=wire), stream=False))
        )
        for words_ in (
            "server_tool_use",
            "News: https://example.com/a",
            "ExitPlanMode",
            "It is out",
        ):
            assert words_ in said
        assert "Eo8C" not in said
