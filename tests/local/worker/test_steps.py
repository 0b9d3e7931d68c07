"""An answer is told in pieces that are worth one."""

from __future__ import annotations

from edgeroute.core.events import ReasoningDelta, TextDelta, ToolCallDelta
from edgeroute.local.worker.host import Token
from edgeroute.local.worker.output import Meaning
from edgeroute.local.worker.steps import Piece, PieceGatherer

TOKEN = Token("a", b"a")


def test_tokens_that_come_fast_are_told_together() -> None:
    """The first at once, the others ten times a second, and nothing is left at the end."""
    now = 0.0
    gatherer = PieceGatherer(clock=lambda: now)
    told = []
    for number in range(9):
        now = number * 0.04
        told.append(gatherer.add(TOKEN, [TextDelta(str(number))]))
    texts = [one.meanings[0] for one in told if one is not None]
    assert texts == [TextDelta("0"), TextDelta("123"), TextDelta("456")]
    assert gatherer.rest() == Piece(None, (TextDelta("78"),))
    assert gatherer.rest() is None


def test_each_token_is_a_piece_where_its_probability_was_asked_for() -> None:
    """However fast they come."""
    gatherer = PieceGatherer(alone=True, clock=lambda: 0.0)
    told = [gatherer.add(TOKEN, [TextDelta("a")]) for _ in range(3)]
    assert told == [Piece(TOKEN, (TextDelta("a"),))] * 3


def test_what_is_told_together_keeps_its_order_and_its_counts() -> None:
    """Thoughts, text and calls stay apart; the tokens of thoughts are counted one by one."""
    gatherer, call = PieceGatherer(clock=lambda: 0.0), ToolCallDelta(0, "call_0", "f", "{}")
    gatherer.add(TOKEN, [])
    meanings: list[Meaning] = [
        ReasoningDelta("a"),
        ReasoningDelta("b"),
        TextDelta("c"),
        TextDelta("d"),
        call,
    ]
    for one in meanings:
        assert gatherer.add(TOKEN, [one]) is None
    piece = gatherer.rest()
    assert piece is not None
    assert piece.meanings == (ReasoningDelta("ab"), TextDelta("cd"), call)
    assert piece.thoughts == 2
