"""An answer told once more as the pieces that it could have come in."""

from __future__ import annotations

from edgeroute.core.answer import Answer
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.events import (
    DOUBTS,
    Failed,
    Finish,
    ImageDelta,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    UsageDelta,
    pieces_of,
)
from edgeroute.core.messages import Image, Message, Reasoning, Text, ToolCall, Unreadable
from edgeroute.core.usage import Usage
from tests.support.receipts import receipt

PICTURE = Image("image/png", b"1")


def test_a_finished_answer_comes_in_pieces_in_its_order() -> None:
    """Every part is told, calls are numbered, a payload closes its thinking; what nobody can show
    is left out.
    """
    parts = (
        Reasoning("hm", "p/f", '{"signature": "s"}'), Text("Look."), ToolCall("c1", "look", "{}"),
        Reasoning("so", "p/f"), Unreadable("audio"), ToolCall("c2", "find", '{"a": 1}'), PICTURE,
        ToolCall("c3", "tell", "{}"),
    )  # fmt: skip
    answer = Answer(Message("assistant", parts), "stop", Usage(), "p/m")
    assert list(pieces_of(answer)) == [
        ReasoningDelta("hm"),
        ReasoningDelta(payload='{"signature": "s"}'),
        TextDelta("Look."),
        ToolCallDelta(0, "c1", "look", "{}"),
        ReasoningDelta("so"),
        ToolCallDelta(1, "c2", "find", '{"a": 1}'),
        ImageDelta(PICTURE),
        ToolCallDelta(2, "c3", "tell", "{}"),
    ]


def test_doubts_are_known_by_their_words() -> None:
    """A front door must show these notices and no others as doubts."""
    assert {"disagreement", "unverified"} == DOUBTS


def test_what_is_not_said_of_a_piece_is_empty() -> None:
    """Later pieces of a call carry only more of its arguments."""
    assert ToolCallDelta(1) == ToolCallDelta(1, "", "", "")
    assert ReasoningDelta() == ReasoningDelta("", "")
    assert UsageDelta(Usage()).model == ""
    assert Finish("stop").detail == ""
    failed = Failed(EdgeRouteError("It broke."), receipt())
    assert (failed.partial, failed.status) == (None, "failed")
