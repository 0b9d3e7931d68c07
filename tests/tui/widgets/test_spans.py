"""Marks of personal data stay with their text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.tui.widgets.spans import MarkedSpan, in_line, shifted


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=8), st.text(max_size=8))
def test_marks_move_with_their_text(head: str, tail: str, cut: str, put: str) -> None:
    """After any edit, a mark that is left covers the text that it covered."""
    old, new = head + cut + tail, head + put + tail
    spans = [
        MarkedSpan(a, b, "X") for a in range(len(old)) for b in (a + 1, a + 3) if b <= len(old)
    ]
    for span in shifted(spans, old, new):
        assert 0 <= span.start < span.end <= len(new)
        assert new[span.start : span.end] in {old[s.start : s.end] for s in spans}


def test_an_edited_mark_is_gone() -> None:
    """Typing inside a mark removes it; typing before or after does not."""
    span = MarkedSpan(5, 10, "X")
    assert shifted([span], "mail anna@ ok", "mail anXna@ ok") == ()
    assert shifted([span], "mail anna@ ok", "Xmail anna@ ok") == (MarkedSpan(6, 11, "X"),)
    assert shifted([span], "mail anna@ ok", "mail anna@ okX") == (span,)


def test_a_mark_over_two_lines_has_a_part_in_each() -> None:
    """Columns are clipped to the line."""
    span = [MarkedSpan(3, 8, "X")]
    assert in_line(span, 0, 5) == [(3, 5)]
    assert in_line(span, 6, 5) == [(0, 2)]
    assert in_line(span, 20, 5) == []
