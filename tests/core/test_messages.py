"""Messages and what of them is visible."""

from __future__ import annotations

import pytest

from edgeroute.core.messages import (
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


def test_only_text_is_visible_text() -> None:
    """Thinking, calls and pictures are no text; texts are joined as they stand."""
    call = ToolCall("c1", "look", "{}")
    parts = (Text("Hel"), Reasoning("hm"), Text("lo"), call, Image("image/png", b"1"))
    message = Message("assistant", parts)
    assert message.text == "Hello"
    assert message.tool_calls == (call,)
    assert user("Hi").tool_calls == ()


@pytest.mark.parametrize(
    ("make", "role"), [(system, "system"), (user, "user"), (assistant, "assistant")]
)
def test_plain_messages_have_their_role(make: object, role: str) -> None:
    """One part of text, said by whom."""
    assert callable(make)
    assert make("Hi") == Message(role, (Text("Hi"),))  # type: ignore[arg-type]


def test_what_is_not_said_of_a_part_is_empty() -> None:
    """A picture is bytes or an address; a tool's result is no error; thinking belongs to nobody."""
    assert Image("image/png") == Image("image/png", b"", "", "")
    assert ToolResult("c1", ()) == ToolResult("c1", (), "", is_error=False)
    assert Reasoning("hm") == Reasoning("hm", "", "")
    assert Unreadable("audio") == Unreadable("audio", "")
    assert user("Hi").name == ""
