"""What single providers want different."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.datafile import packaged
from edgeroute.providers.catalog.quirks import QUIRKS, QuirkContext, apply, lost

CHAT = QuirkContext("openai-chat", stream=True, session_id="random")
BASE: dict[str, Any] = {
    "model": "m",
    "stream": True,
    "messages": [{"role": "user", "content": "x"}],
}


@pytest.mark.parametrize(
    ("quirk", "before", "after"),
    [
        ("max_completion_tokens", {"max_tokens": 5}, {"max_completion_tokens": 5}),
        ("no_sampling", {"temperature": 1, "top_p": 1, "top_k": 1}, {}),
        ("temperature_only_1", {"temperature": 0.2}, {}),
        ("temperature_at_most_1", {"temperature": 1.7}, {"temperature": 1}),
        ("temperature_at_most_1", {"temperature": 0}, {"temperature": 0.01}),
        ("no_stop", {"stop": ["x"]}, {}),
        ("no_penalties", {"presence_penalty": 1, "frequency_penalty": 1}, {}),
        ("no_stream_options", {"stream_options": {}}, {}),
        ("random_seed", {"seed": 7}, {"random_seed": 7}),
        ("no_required_tool_choice", {"tool_choice": "required"}, {}),
        ("no_required_tool_choice", {"tool_choice": "none"}, {"tool_choice": "none"}),
        ("no_forced_tool_choice", {"tool_choice": {"type": "any"}}, {}),
        ("no_forced_tool_choice", {"tool_choice": {"type": "tool", "name": "x"}}, {}),
        (
            "no_forced_tool_choice",
            {"tool_choice": {"type": "auto"}},
            {"tool_choice": {"type": "auto"}},
        ),
        ("tool_choice_any", {"tool_choice": "required"}, {"tool_choice": "any"}),
        (
            "no_schema_while_streaming",
            {"response_format": {"type": "json_schema"}},
            {"response_format": {"type": "json_object"}},
        ),
        ("only_common_fields", {"logit_bias": {}, "n": 2, "stop": ["x"]}, {"stop": ["x"]}),
        ("thinking_switch", {"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}),
        ("thinking_switch", {"reasoning_effort": "high"}, {"thinking": {"type": "enabled"}}),
        (
            "thinking_switch",
            {"reasoning_effort": "high", "thinking": {"type": "disabled"}},
            {"thinking": {"type": "disabled"}},
        ),
        ("enable_thinking", {"reasoning_effort": "high"}, {"enable_thinking": True}),
        (
            "no_thinking_for_json",
            {"response_format": {"type": "json_object"}, "reasoning_effort": "high"},
            {"response_format": {"type": "json_object"}, "enable_thinking": False},
        ),
        ("cache_user_id", {}, {"user_id": "random"}),
        (
            "openrouter_privacy",
            {"tools": [1]},
            {
                "tools": [1],
                "provider": {"data_collection": "deny", "require_parameters": True},
                "session_id": "random",
            },
        ),
        (
            "openrouter_privacy",
            {"provider": {"data_collection": "allow", "sort": "price"}},
            {"provider": {"data_collection": "deny", "sort": "price"}, "session_id": "random"},
        ),
    ],
)
def test_each_quirk(quirk: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """A quirk changes what it is named for and nothing else."""
    assert QUIRKS[quirk](BASE | before, CHAT) == BASE | after


def test_older_claude_thinks_with_a_budget() -> None:
    """Adaptive thinking becomes a number of tokens below the limit of the answer."""
    body = {
        "max_tokens": 10_000,
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "low"},
        "temperature": 0.2,
    }
    changed = QUIRKS["thinking_with_budget"](body, QuirkContext("anthropic-messages", stream=True))
    assert changed == {
        "max_tokens": 10_000,
        "thinking": {"type": "enabled", "budget_tokens": 2000},
    }


@pytest.mark.parametrize(
    ("fields", "thinking"),
    [
        ({"max_tokens": 500}, None),
        ({"max_tokens": 1025}, {"type": "enabled", "budget_tokens": 1024}),
        ({"max_tokens": 9000, "thinking": {"type": "disabled"}}, {"type": "disabled"}),
        ({"max_tokens": 9000, "messages": [
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t"}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]}]}, None),
        ({"max_tokens": 9000, "messages": [
            {"role": "assistant", "content": [{"type": "thinking"}, {"type": "tool_use"}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]}]},
         {"type": "enabled", "budget_tokens": 7200}),
    ],
)  # fmt: skip
def test_a_budget_that_would_be_refused_is_not_sent(fields: Any, thinking: Any) -> None:
    """It is below the limit; and within a tool's use, thoughts must have come before."""
    body = {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}} | fields
    changed = QUIRKS["thinking_with_budget"](body, QuirkContext("anthropic-messages", stream=True))
    assert changed.get("thinking") == thinking
    assert "output_config" not in changed


@pytest.mark.parametrize(("quirk", "filling"), [("reasoning_in_history", ""),
                                                ("reasoning_never_empty", " ")])  # fmt: skip
def test_earlier_turns_come_with_thoughts(quirk: str, filling: str) -> None:
    """With those that the caller gives back, or with something that stands for them."""
    said: list[dict[str, Any]] = [
        {"role": "user", "content": "x"},
        {"role": "assistant", "reasoning_content": "Hm.", "tool_calls": [1]},
        {"role": "assistant", "content": "y"},
    ]
    changed = QUIRKS[quirk]({"messages": said}, CHAT)["messages"]
    assert changed == [*said[:2], said[2] | {"reasoning_content": filling}]
    off = {"messages": said, "thinking": {"type": "disabled"}}
    assert QUIRKS[quirk](off, CHAT) == off


def test_a_call_from_elsewhere_says_that_it_is_not_signed() -> None:
    """Gemini signs the first of parallel calls; its own signature stays."""
    signed = {"id": "a", "extra_content": {"google": {"thought_signature": "S"}}}
    turns = [
        {"role": "assistant", "tool_calls": calls}
        for calls in ([signed], [{"id": "b"}, {"id": "c"}])
    ]
    first, second = QUIRKS["thought_signatures"]({"messages": turns}, CHAT)["messages"]
    assert first == turns[0]
    assert "thought_signature" in second["tool_calls"][0]["extra_content"]["google"]
    assert second["tool_calls"][1] == {"id": "c"}


def test_newer_claude_begins_its_answers_itself() -> None:
    """A conversation that ends with the model's words, as after an interrupt, goes on."""
    context = QuirkContext("anthropic-messages", stream=True)
    said = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "The"}]
    assert QUIRKS["no_prefill"]({"messages": said[:1]}, context) == {"messages": said[:1]}
    changed = QUIRKS["no_prefill"]({"messages": said}, context)["messages"]
    assert changed == [*said, {"role": "user", "content": "Go on."}]


def test_what_a_quirk_takes_away_is_known() -> None:
    """So that a caller can be told; a field under another name is not lost."""
    body = BASE | {"temperature": 1, "stop": ["x"], "max_tokens": 5, "tool_choice": "required"}
    names = ("max_completion_tokens", "no_sampling", "no_stop", "no_required_tool_choice")
    assert lost(names, body, CHAT) == ["temperature", "stop", "tool_choice"]


@given(st.lists(st.text(min_size=1), max_size=5))
def test_mistrals_tool_ids_stay_paired(ids: list[str]) -> None:
    """Every id becomes nine letters and digits, the same for the call and for its result."""
    messages = [
        {"role": "assistant", "tool_calls": [{"id": one, "function": {}} for one in ids]},
        *({"role": "tool", "tool_call_id": one, "content": ""} for one in ids),
    ]
    changed = QUIRKS["short_tool_ids"]({"messages": messages}, CHAT)["messages"]
    calls = [call["id"] for call in changed[0]["tool_calls"]]
    assert calls == [message["tool_call_id"] for message in changed[1:]]
    assert all(len(one) == 9 and one.isascii() and one.isalnum() for one in calls)
    assert len(set(calls)) == len(set(ids))


@given(st.permutations(sorted(QUIRKS)))
def test_messages_stay_last_and_the_original_untouched(names: list[str]) -> None:
    """No quirk moves the messages from the end, where turns differ, or changes its argument."""
    body = BASE | {"max_tokens": 5, "seed": 1, "reasoning_effort": "low"}
    body["messages"] = body.pop("messages")
    before = json.dumps(body)
    changed = apply(tuple(names), body, CHAT)
    assert list(changed)[-1] == "messages"
    assert json.dumps(body) == before


def test_every_quirk_is_used() -> None:
    """A quirk that no provider's file names is dead code."""
    used: set[str] = set()
    for path in (packaged("models") / "providers").glob("*.yaml"):
        used |= names_in(yaml.safe_load(Path(path).read_text("utf-8")))
    assert used == set(QUIRKS)


def names_in(value: Any) -> set[str]:
    """All quirks named anywhere in a data file."""
    if isinstance(value, dict):
        inner = [names_in(one) for key, one in value.items() if key != "quirks"]
        return set(value.get("quirks", [])).union(*inner)
    return set().union(*(names_in(one) for one in value)) if isinstance(value, list) else set()
