"""A text is cut into windows without a gap."""

from __future__ import annotations

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.privacy.detecting.names.token_spans import NameSpan
from edgeroute.privacy.detecting.text.windows import SIZE, ByPlace, OpenWindows, windows


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


def test_what_touches_a_place_is_found_in_its_order() -> None:
    """Looking up by place gives what a look at everything would give."""
    places = random.Random(7)
    found = []
    for _ in range(300):
        start = places.randrange(20 * SIZE)
        found.append(NameSpan("SURNAME", start, start + places.choice((1, 9, 40, 3 * SIZE)), 0.5))
    near = ByPlace(found)
    for start in range(0, 20 * SIZE, 77):
        end = start + places.randrange(1, 2 * SIZE)
        touching = [one for one in found if one.start < end and one.end > start]
        assert near.touching(start, end) == touching


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.data())
def test_a_place_is_read_where_it_touches_a_window_that_is(
    lengths: list[int], data: st.DataObject
) -> None:
    """A look-up gives what a look at every window would give."""
    ends = list(itertools.accumulate(lengths))
    places = list(itertools.pairwise([0, *ends]))
    read = [place for place in places if data.draw(st.booleans())]
    start = data.draw(st.integers(0, ends[-1] - 1))
    end = data.draw(st.integers(start + 1, ends[-1] + 5))
    touched = any(first < end and start < last for first, last in read)
    assert OpenWindows(read).touches(start, end) == touched
