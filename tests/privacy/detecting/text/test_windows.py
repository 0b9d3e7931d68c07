"""A text is cut into windows without a gap."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.privacy.detecting.text.windows import SIZE, windows


@given(st.text(alphabet="ab .\n\u3002", max_size=3 * SIZE))
def test_windows_follow_each_other(text: str) -> None:
    """Together they are the text, and none is longer than one may be."""
    cut = list(windows(text))
    assert "".join(text[start:end] for start, end in cut) == text
    assert all(0 < end - start <= SIZE for start, end in cut)


def test_a_window_ends_where_a_sentence_does() -> None:
    """Sentences are cut only where one is longer than a window."""
    text = "A short sentence stands here. " * 40
    ends = [text[:end].rstrip()[-1] for _, end in windows(text)]
    assert set(ends) == {"."}
