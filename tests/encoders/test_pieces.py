"""Texts are cut into known pieces, in time that grows with their length alone."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.encoders.piece_table import PieceTable, packed
from edgeroute.encoders.pieces import Pieces

WORDS = {
    "<s>": 0,
    "<pad>": 1,
    "</s>": 2,
    "<unk>": 3,
    "\u2581": 4,
    "\u2581low": 5,
    "er": 6,
    "\u2581l": 7,
}
WORDS |= {letter: 8 + number for number, letter in enumerate("abcdefghijklmnopqrstuvw")}
SCORES = tuple(-3.0 if len(word) > 2 else -5.0 for word in WORDS)
PIECES = Pieces(PieceTable(packed(WORDS)), SCORES, {ord("L"): "l"})


def test_the_likeliest_pieces_are_chosen() -> None:
    """Long pieces win over single letters, and each says where it begins."""
    assert PIECES.cut("low lower") == [(0, 5), (4, 5), (7, 6)]


def test_characters_are_rewritten_and_unknown_ones_kept_apart() -> None:
    """A capital letter is read as the model wants it; what no piece has is the unknown piece."""
    assert PIECES.cut("Low") == [(0, 5)]
    assert [number for _, number in PIECES.cut("low\u2603")] == [5, 3]


@given(st.text(max_size=60))
def test_every_piece_begins_inside_the_text(text: str) -> None:
    """Places rise and lie in the text."""
    places = [place for place, _ in PIECES.cut(text)]
    assert places == sorted(places)
    assert all(0 <= place < len(text) for place in places)


def test_a_long_unbroken_run_costs_no_more_than_its_length() -> None:
    """Twenty times the length takes about twenty times as long."""
    begun = time.thread_time()
    PIECES.cut("ab" * 50_000)
    assert time.thread_time() - begun < 5
