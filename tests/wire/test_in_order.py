"""Pieces of calls that come in turns are told one call after the other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.events import ReasoningDelta, TextDelta, ToolCallDelta
from edgeroute.wire.in_order import InOrder, Said

A = ToolCallDelta(0, "a", "f")
B = ToolCallDelta(1, "b", "f")


def told(*pieces: Said) -> tuple[list[Said], list[Said]]:
    """What is told while ``pieces`` come, and at the end."""
    order = InOrder()
    return [each for piece in pieces for each in order.feed(piece)], list(order.close())


def test_calls_that_follow_each_other_are_told_at_once() -> None:
    """Nothing waits where a call's arguments are whole when the next begins."""
    pieces = (A, ToolCallDelta(0, arguments='{"x":{}}'), B, ToolCallDelta(1, arguments="{}"))
    assert told(*pieces) == (list(pieces), [])


def test_a_call_waits_for_the_one_before_it() -> None:
    """And is told as soon as that is whole, or at the end where it never says anything."""
    first, second = ToolCallDelta(0, arguments="{}"), ToolCallDelta(1, arguments="{}")
    assert told(A, B, first, second) == ([A, first, B, second], [])
    assert told(A, B, second) == ([A], [B, second])


def test_words_between_pieces_wait() -> None:
    """They would end the call in the midst."""
    rest, words = ToolCallDelta(0, arguments='"}'), TextDelta("Hm.")
    begun = ToolCallDelta(0, "a", "f", '{"x":"')
    assert told(begun, words, rest) == ([begun, rest, words], [])


pieces = st.lists(
    st.one_of(
        st.builds(
            ToolCallDelta,
            st.integers(0, 3),
            arguments=st.sampled_from(["", "{", "}", "{}", '"a":1', "x"]),
        ),
        st.builds(TextDelta, st.sampled_from("ab")),
        st.builds(ReasoningDelta, st.sampled_from("ab")),
    ),
    max_size=30,
)


@given(said=pieces)
def test_nothing_is_lost_and_no_call_is_broken_up(said: list[Said]) -> None:
    """Every piece is told once, each call in one go with its own pieces in their order."""
    before, after = told(*said)
    everything = [*before, *after]
    assert sorted(map(repr, everything)) == sorted(map(repr, said))
    for number in range(4):
        mine = [p for p in everything if isinstance(p, ToolCallDelta) and p.index == number]
        assert mine == [p for p in said if isinstance(p, ToolCallDelta) and p.index == number]
