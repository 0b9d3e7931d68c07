"""A text as numbers for the classifier."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.routing.signals import features, structure
from edgeroute.routing.signals.keywords import glance, load_cues, words_of

CUES = load_cues()


@given(st.text(max_size=400))
def test_any_text_becomes_numbers(text: str) -> None:
    """Every text has as many numbers as the head expects, and buckets that exist."""
    values, found = features.read(text, CUES)
    assert len(values) == features.dense_size(CUES)
    assert all(0 <= value <= 1 for value in values)
    assert all(0 <= bucket < features.BUCKETS for bucket in found)
    assert found == sorted(set(found))


def test_long_texts_are_read_at_both_ends() -> None:
    """What lies in the middle of a long text adds no words, what is asked at its end does."""
    long = "please look at this. " + "lorem ipsum " * 2_000
    middle = long + "translate to french " + "lorem ipsum " * 2_000
    assert features.read(middle, CUES)[1] == features.read(long, CUES)[1]
    assert features.read(long + "translate this", CUES)[1] != features.read(long, CUES)[1]


@given(st.text(max_size=400))
def test_words_can_be_passed_on(text: str) -> None:
    """Whoever has split a text already gets the same shape and the same cues."""
    text = text.strip()
    words = words_of(glance(text))
    assert structure.shape(text, words) == structure.shape(text)
    assert CUES.hits_of(words, glance(text)) == CUES.hits(glance(text))
