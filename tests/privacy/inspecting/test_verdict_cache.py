"""Verdicts are remembered, texts are not."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.verdict import CLEAR, Verdict
from edgeroute.privacy.inspecting.verdict_cache import Source, VerdictCache, data_digest, digest

USER = Source("user")
QUICK = Verdict(private=True, reason="r", complete=False)


def test_a_verdict_belongs_to_its_source() -> None:
    """The same text from another source has its own verdict."""
    memory = VerdictCache()
    memory.put("v1", digest("a"), USER, CLEAR)
    assert memory.get("v1", digest("a"), USER) == CLEAR
    assert memory.get("v1", digest("a"), Source("tool:mail")) is None
    assert memory.get("v1", digest("b"), USER) is None
    assert memory.clear_from_anywhere("v1", digest("a")) == CLEAR


def test_other_rules_empty_it() -> None:
    """Under other rules nothing is known, and putting something forgets the rest."""
    memory = VerdictCache()
    memory.put("v1", digest("a"), USER, CLEAR)
    assert memory.get("v2", digest("a"), USER) is None
    memory.put("v2", digest("b"), USER, CLEAR)
    assert memory.get("v1", digest("a"), USER) is None
    assert len(memory) == 1


def test_a_quick_verdict_is_no_full_one() -> None:
    """Who asks for every finding does not get a verdict that stopped at the first."""
    memory = VerdictCache()
    memory.put("v1", digest("a"), USER, QUICK)
    assert memory.get("v1", digest("a"), USER) == QUICK
    assert memory.get("v1", digest("a"), USER, full=True) is None


def test_neither_private_nor_joined_texts_are_clear_from_anywhere() -> None:
    """A private verdict and one of a joined passage clear nothing."""
    memory = VerdictCache()
    memory.put("v1", digest("a"), USER, QUICK)
    memory.put("v1", digest("a"), Source("user", ((0, 1),)), CLEAR)
    assert memory.clear_from_anywhere("v1", digest("a")) is None


@given(used=st.lists(st.integers(0, 20)))
def test_it_keeps_the_latest(used: list[int]) -> None:
    """However it is used, it holds at most its number of texts, and the last one put."""
    memory = VerdictCache(texts=5)
    for n in used:
        memory.put("v1", digest(str(n)), USER, CLEAR)
        assert memory.get("v1", digest(str(n)), USER) == CLEAR
        assert len(memory) <= 5


def test_digests_of_texts_and_data_differ() -> None:
    """Bytes that were cleared as a file do not clear the same characters as a text."""
    assert digest("abc") != data_digest(b"abc")
    assert digest("\ud800") != digest("?")


def test_threads_may_share_it() -> None:
    """Writing from several threads loses nothing and raises nothing."""
    memory = VerdictCache(texts=100)

    def write(start: int) -> None:
        for n in range(500):
            memory.put("v1", digest(str(start + n)), USER, CLEAR)
            memory.get("v1", digest(str(n)), USER)

    threads = [threading.Thread(target=write, args=(n * 500,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(memory) == 100
