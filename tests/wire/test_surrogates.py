"""Signs that a stream cuts in two."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.events import Delta, Finish, ReasoningDelta, TextDelta, ToolCallDelta
from edgeroute.wire.surrogates import WholeSigns

HALF, REST = "\ud83d", "\ude00"


def joined(*deltas: Delta) -> list[Delta]:
    """What is made of ``deltas``."""
    signs = WholeSigns()
    return [*signs.feed(deltas), *signs.close()]


@pytest.mark.parametrize(
    "kind", [TextDelta, ReasoningDelta, lambda text: ToolCallDelta(2, arguments=text)]
)
def test_two_halves_are_one_sign(kind: type[TextDelta]) -> None:
    """In words, thoughts and arguments; a half alone is told as what cannot be read, at the end."""
    assert joined(kind("a" + HALF), kind(REST + "b")) == [kind("a"), kind("😀b")]
    assert joined(kind(HALF), Finish("stop"))[-2:] == [kind("\ufffd"), Finish("stop")]


def test_halves_of_different_texts_do_not_meet() -> None:
    """What is thought and what is said, and the arguments of two calls, are texts of their own."""
    one, two = ToolCallDelta(0, arguments=HALF), ToolCallDelta(1, arguments=HALF)
    ends = ToolCallDelta(1, arguments=REST), ToolCallDelta(0, arguments=REST)
    said = "".join(d.arguments for d in joined(one, two, *ends) if isinstance(d, ToolCallDelta))
    assert said == "😀😀"


@given(text=st.text(), cuts=st.lists(st.integers(0, 200), max_size=9))
def test_a_text_survives_any_cut(text: str, cuts: list[int]) -> None:
    """Cut between any two halves, too."""
    halves = text.encode("utf-16-le", "surrogatepass")
    places = sorted({0, len(halves), *(min(2 * cut, len(halves)) for cut in cuts)})
    pieces = [
        halves[start:end].decode("utf-16-le", "surrogatepass") for start, end in pairwise(places)
    ]
    said = "".join(d.text for d in joined(*map(TextDelta, pieces)) if isinstance(d, TextDelta))
    assert said == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
