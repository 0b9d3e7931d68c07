"""Token estimates: the measured vocabularies, and what an estimate always keeps to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.messages import (
    File,
    Image,
    Message,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    user,
)
from edgeroute.core.request import ChatRequest, Tool
from edgeroute.routing.signals import tokens

PROSE = (
    "The ferry left the harbour a little after six, when most of the town was still asleep. "
    "Nobody on board spoke much. A few of the older passengers had brought their own coffee, and "
    "the rest waited for the kiosk to open, which it did not do until the lighthouse was gone. "
)
CODE = """def total(rows):
    result = 0.0
    for row in rows:
        if row["deleted"]:
            continue
        result += row["price"] * row["quantity"]
    return round(result, 2)
"""


@pytest.mark.parametrize(
    ("text", "per_token", "tolerance"),
    [
        (PROSE, 4.5, 0.15),
        ("我们明天上午九点在办公室开会讨论新的计划", 1.35, 0.2),
        (CODE, 3.9, 0.25),
    ],
)
def test_characters_per_token_are_those_measured(text: str, per_token: Any, tolerance: Any) -> None:
    """Prose, code and Chinese come close to what real tokenizers give."""
    assert len(text) / tokens.text_tokens(text) == pytest.approx(per_token, rel=tolerance)


@given(st.text(max_size=300), st.text(max_size=300))
def test_estimates_grow_with_the_text(one: Any, other: Any) -> None:
    """More text is never fewer tokens, and no text is less than none."""
    together = tokens.text_tokens(one + other)
    assert together >= 0
    assert together <= tokens.text_tokens(one) + tokens.text_tokens(other) + 2
    assert together >= max(tokens.text_tokens(one), tokens.text_tokens(other)) - 2


def test_everything_in_a_request_counts() -> None:
    """Messages, tools, tool results, images, files and a schema all add tokens."""
    plain = ChatRequest((user("Hello there"),))
    parts = (
        Text("Hello there"),
        Image("image/png", b"x"),
        File("notes.txt", "text/plain", b"x" * 500),
        ToolCall("1", "search", '{"q": "x"}'),
        ToolResult("1", (Text("found"),)),
        Reasoning("because"),
    )
    rich = ChatRequest(
        (Message("user", parts),),
        tools=(Tool("search", "Searches the web", {"type": "object"}),),
        response_format={"type": "object"},
    )
    assert tokens.request_tokens(plain) < 10
    assert tokens.request_tokens(rich) > 1_100


def test_the_upper_bound_is_for_window_checks() -> None:
    """Another family's tokenizer and a margin make the bound."""
    assert tokens.upper_bound(1_000, 1.5) == 1_725
