"""Valid bodies for every route that takes one, and ways to spoil them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

TOOL = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
IMAGE = "data:image/png;base64,iVBORw0KGgo="
CHAT: dict[str, Any] = {
    "model": "auto",
    "messages": [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": [{"type": "text", "text": "hi"}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": IMAGE}}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "done"},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": TOOL}}],
    "tool_choice": "auto",
    "temperature": 0.5,
    "max_tokens": 20,
    "stop": ["x"],
    "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": TOOL}},
    "stream_options": {"include_usage": True},
    "reasoning_effort": "low",
    "seed": 1,
    "user": "u",
}
MESSAGES: dict[str, Any] = {
    "model": "auto",
    "max_tokens": 20,
    "system": [{"type": "text", "text": "Be short.", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {"role": "user", "content": "hi"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "s"},
                {"type": "tool_use", "id": "c1", "name": "f", "input": {"city": "Paris"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": "done", "is_error": False},
                {
                    "type": "image",
                    "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
                },
            ],
        },
    ],
    "tools": [{"name": "f", "description": "F", "input_schema": TOOL}],
    "tool_choice": {"type": "auto"},
    "thinking": {"type": "enabled", "budget_tokens": 1024},
    "stop_sequences": ["x"],
    "metadata": {"user_id": "u"},
}
RESPONSES: dict[str, Any] = {
    "model": "auto",
    "instructions": "Be short.",
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "hi"}]},
        {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": "e"},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "done"},
    ],
    "tools": [{"type": "function", "name": "f", "parameters": TOOL, "strict": True}],
    "text": {"format": {"type": "json_schema", "name": "s", "schema": TOOL}},
    "reasoning": {"effort": "low", "summary": "auto"},
    "max_output_tokens": 20,
    "store": False,
}
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/v1/chat/completions"): CHAT,
    ("POST", "/v1/messages"): MESSAGES,
    ("POST", "/v1/messages/count_tokens"): MESSAGES,
    ("POST", "/v1/responses"): RESPONSES,
    ("POST", "/v1/responses/input_tokens"): RESPONSES,
    ("POST", "/v1/completions"): {"model": "auto", "prompt": ["hi"], "max_tokens": 5},
    ("POST", "/v1/images/generations"): {
        "model": "auto",
        "prompt": "A fox.",
        "n": 1,
        "size": "1024x1024",
        "quality": "low",
        "background": "opaque",
    },
    ("POST", "/v1/embeddings"): {"model": "auto", "input": ["hi"], "dimensions": 8},
    ("POST", "/api/chat"): {
        "model": "auto:latest",
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": "hi", "images": ["iVBORw0KGgo="]},
            {
                "role": "assistant",
                "content": "",
                "thinking": "Hm.",
                "tool_calls": [{"function": {"name": "f", "arguments": {"city": "Paris"}}}],
            },
            {"role": "tool", "tool_name": "f", "content": "done"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": TOOL}}],
        "format": TOOL,
        "options": {"temperature": 0.5, "num_predict": 5, "stop": ["x"], "seed": 1, "top_k": 3},
        "think": "low",
        "keep_alive": "5m",
        "stream": False,
    },
    ("POST", "/api/generate"): {
        "model": "auto",
        "prompt": "hi",
        "system": "Be short.",
        "images": ["iVBORw0KGgo="],
        "options": {"num_predict": 5},
        "stream": False,
    },
    ("POST", "/api/show"): {"model": "auto", "name": "auto"},
    ("POST", "/api/embed"): {"model": "auto", "input": ["hi"], "truncate": True},
    ("POST", "/api/embeddings"): {"model": "auto", "prompt": "hi"},
    ("POST", "/edgeroute/v1/explain"): {"prompt": "hi", "full": True},
    ("POST", "/edgeroute/v1/receipts/r1/rating"): {"thumb": "up"},
    ("PATCH", "/edgeroute/v1/conversations/c1"): {
        "title": "t",
        "pinned": True,
        "tags": ["a"],
        "mode": "private",
        "latched": True,
    },
}

WORDS = [
    "",
    "x",
    "auto",
    "local",
    "mock/m",
    "\ud800",
    "\x00",
    "\u202e",
    "x" * 3000,
    "{",
    "1",
    "user",
]
NUMBERS = [None, True, False, 0, -1, 1, 2**63, 10**400, 1e308, -0.0, 0.1]
SHAPES: list[Any] = [
    [],
    {},
    [[]],
    [None],
    [{}],
    {"": None},
    {"type": "text"},
    {"type": []},
    [["x"], "x"],
]
JUNK = st.one_of(
    st.sampled_from([*WORDS, *NUMBERS, *SHAPES]),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
        max_leaves=6,
    ),
)


@st.composite
def spoilt(draw: st.DrawFn, body: dict[str, Any], most: int = 3) -> dict[str, Any]:
    """A copy of ``body`` with up to ``most`` things wrong in it."""
    found = copy.deepcopy(body)
    for _ in range(draw(st.integers(0, most))):
        change(draw, found)
    return found


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*above, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*above, key))


def change(draw: st.DrawFn, body: dict[str, Any]) -> None:
    """Replace, take out or put in something somewhere."""
    found = list(places(body))
    if not found:
        return
    *above, last = draw(st.sampled_from(found))
    holder: Any = body
    for key in above:
        holder = holder[key]
    how = draw(st.sampled_from(["replace", "replace", "delete", "add"]))
    if how == "delete":
        del holder[last]
    elif how == "add" and isinstance(holder, dict):
        holder[draw(st.text(max_size=9))] = copy.deepcopy(draw(JUNK))
    else:
        holder[last] = copy.deepcopy(draw(JUNK))
