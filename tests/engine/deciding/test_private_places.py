"""Where in a request something private stands, in words."""

from __future__ import annotations

from edgeroute.core.messages import Message, Text, ToolCall, ToolResult, user
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import CLEAR, Finding, Verdict
from edgeroute.engine.deciding.private_places import private_places


def found(*places: str) -> Verdict:
    """A verdict with something found in each of ``places``."""
    findings = tuple(Finding("EMAIL_ADDRESS", 0, 1, 1.0, where=where) for where in places)
    return Verdict(private=True, reason="Found.", findings=findings)


def talk(tool: str = "Read") -> ChatRequest:
    """A request in which a tool was called."""
    call, result = ToolCall("1", tool, "{}"), ToolResult("1", (Text("x"),))
    return ChatRequest(
        (
            Message("system", (Text("Be brief."),)),
            user("Look."),
            Message("assistant", (call,)),
            Message("tool", (result,)),
        )
    )


def test_a_tools_result_is_named_by_its_tool() -> None:
    """The name is the one under which the call was made; each message is named once."""
    said = private_places(talk(), found("messages[3]", "messages[3]", "messages[0]", "tools[0]"))
    assert said == (
        "It is in message 4 of 4, a result of the tool Read; in message 1 of 4, the system prompt."
    )


def test_a_name_that_may_be_more_than_a_name_is_left_out() -> None:
    """What a client calls its tool may itself hold something private."""
    said = private_places(talk("anna.berg@fjordmail.no"), found("messages[3]"))
    assert said == "It is in message 4 of 4, a tool's result."


def test_many_places_are_not_all_named() -> None:
    """Three are enough to look at; what has no message says nothing."""
    everywhere = found(*(f"messages[{number}]" for number in range(4)))
    assert private_places(talk(), everywhere).endswith("an earlier answer and more.")
    assert not private_places(talk(), found("extra", "settings"))
    assert not private_places(talk(), CLEAR)
    assert not private_places(ChatRequest((user("x"),)), found("messages[0]"))
