"""Results are kept by digests of texts, and only the last ones."""

from __future__ import annotations

from edgeroute.encoders.result_cache import ResultCache, digest


def test_texts_and_ways_of_reading_are_kept_apart() -> None:
    """Another text, or the same text read in another way, is another one."""
    assert digest("a", b"b") == digest("a", b"b")
    assert len({digest("a"), digest("b"), digest("a", b"b"), digest("ab"), digest("\ud800")}) == 5


def test_the_longest_unused_result_goes_first() -> None:
    """What was asked for lately stays."""
    known: ResultCache[int] = ResultCache(2)
    one, two, three = digest("one"), digest("two"), digest("three")
    known.put(one, 1)
    known.put(two, 2)
    assert known.get(one) == 1
    known.put(three, 3)
    assert (known.get(one), known.get(two), known.get(three)) == (1, None, 3)
