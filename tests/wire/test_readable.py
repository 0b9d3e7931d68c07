"""A body as a person reads it: nothing that was said is missing, on any wire."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from edgeroute.core.sent import SentPart
from edgeroute.wire.readable import sent_parts

PICTURE = base64.b64encode(b"\x89PNG" + bytes(3_000)).decode()


def read(**body: Any) -> list[tuple[str, str]]:
    """Labels and texts of ``body``."""
    return [(one.label, one.text) for one in sent_parts(json.dumps(body).encode())]


@pytest.mark.parametrize(
    "body",
    [
        {
            "messages": [
                {"role": "system", "content": "Be short."},
                {"role": "user", "content": [{"type": "text", "text": "Hello é"}]},
            ]
        },
        {
            "system": [{"type": "text", "text": "Be short."}],
            "messages": [{"role": "user", "content": "Hello é"}],
        },
        {
            "instructions": "Be short.",
            "input": [
                {
                    "type": "message",
                    "role": "user",
                    "content": [{"type": "input_text", "text": "Hello é"}],
                }
            ],
        },
        {"instructions": "Be short.", "input": "Hello é"},
    ],
)
def test_who_says_what_is_read_on_every_wire(body: dict[str, Any]) -> None:
    """Instructions first, then the messages as they were written, then how it was asked for."""
    found = read(model="m", **body)
    assert [text for _, text in found[:2]] == ["Be short.", "Hello é"]
    assert found[1][0] == "user"
    assert found[2] == ("settings", '{\n "model": "m"\n}')


def test_calls_results_and_tools_are_there() -> None:
    """A tool's name, its arguments and what it answered, and what could have been called."""
    found = read(
        messages=[
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "1", "function": {"name": "look", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "1", "content": "seen"},
        ],
        tools=[{"type": "function", "function": {"name": "look"}}],
    )
    assert [label for label, _ in found] == ["assistant", "tool", "tools"]
    assert '"look"' in found[0][1]
    assert found[1][1].startswith("seen\n")
    assert '"look"' in found[2][1]


def test_only_attachments_are_shortened() -> None:
    """A picture is its size; a long text stays whole, even one that looks like base64."""
    long = "word " * 200 + "A" * 3_000
    found = read(
        messages=[
            {"role": "user", "content": long},
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}},
                    {"type": "image", "source": {"type": "base64", "data": PICTURE}},
                ],
            },
        ]
    )
    assert found[0][1] == long
    assert PICTURE[:100] not in found[1][1]
    assert "data:image/png" in found[1][1]
    assert "[attachment, " in found[1][1]


@pytest.mark.parametrize("body", [b"\xff\x00", b"[1]", b'"x"', b"{" * 90_000])
def test_what_is_no_request_is_one_part(body: bytes) -> None:
    """It is shown as far as it can be."""
    assert [one.label for one in sent_parts(body)] == ["body"]
    assert sent_parts(b"{}") == []
    assert sent_parts(b'{"n":1}') == [SentPart("settings", '{\n "n": 1\n}')]
