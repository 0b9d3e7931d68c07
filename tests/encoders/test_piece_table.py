"""A table of pieces says of every piece what a dictionary says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.encoders.piece_table import PieceTable, packed, width

WORD = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=6
)


@given(st.sets(WORD | WORD.map("\u2581{}".format), max_size=40), st.text(max_size=6))
def test_every_piece_has_its_number_and_nothing_else_has_one(words: set[str], other: str) -> None:
    """Also among pieces of one beginning, and for what no piece is."""
    numbers = {word: number for number, word in enumerate(sorted(words))}
    table = PieceTable(packed(numbers))
    for word in (*words, other):
        assert table.get(word) == numbers.get(word)
        assert table.beside(word[: width(word)]).get(word) == numbers.get(word)


def test_what_is_kept_in_memory_is_bounded() -> None:
    """A text of ever new characters costs no more memory than a few groups."""
    table = PieceTable(packed({"ab": 1}))
    for code in range(0x4E00, 0x4E00 + 30_000):
        table.get(chr(code))
    assert len(table._read) <= 10_000
    assert table.get("ab") == 1
