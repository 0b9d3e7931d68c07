"""Slips are taken back; names, code and rare words stay."""

from __future__ import annotations

import time

import pytest

from edgeroute.routing.signals.spelling import RARE, Spelling

WORDS = ("write", "function", "picture", "explain", "castle", "house", "mouse")
KNOWN = {word: place for place, word in enumerate(WORDS)} | {"svete": RARE}
SPELLING = Spelling(KNOWN.get)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("wirte a fucntion", "write a function"),
        ("Explian the picure", "Explain the picture"),
        ("a casttle and a castel", "a castle and a castle"),
        ("rwite it", "write it"),
        ("wouse", "wouse"),
        ("the mous", "the mous"),
        ("svelte app", "svelte app"),
        ("see wirte.py and `fucntion` and my_fucntion and fucntion()",
         "see wirte.py and `fucntion` and my_fucntion and fucntion()"),
        ("ask Castel or HOUSSE", "ask Castel or HOUSSE"),
    ],
)  # fmt: skip
def test_a_word_becomes_the_common_one_next_to_it(typed: str, meant: str) -> None:
    """One slip away, from five letters on; first letters are not guessed, names and code not
    touched, and a rare word is not what was meant.
    """
    assert SPELLING.mended(typed) == meant


def test_among_several_the_commonest_is_meant() -> None:
    """Its number is the smallest."""
    assert Spelling({"hoarse": 9, "horses": 2}.get).word("horse") == "horses"


def test_the_first_vocabulary_that_knows_one_decides() -> None:
    """However small the number of another one's word, and none but a rare word hides one."""
    assert Spelling({"hoarse": 9}.get, {"horses": 2}.get).word("horse") == "hoarse"
    assert Spelling({"hoarse": RARE}.get, {"horses": 2}.get).word("horse") == "horses"
    unknown: dict[str, int] = {}
    assert Spelling(unknown.get, {"horse": 7}.get, {"horses": 2}.get).word("horse") == "horse"


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    """What follows stays as it is, and takes no time."""
    start = time.process_time()
    mended = SPELLING.mended("fucntion " * 100_000)
    assert mended.startswith("function function")
    assert mended.endswith("fucntion ")
    assert time.process_time() - start < 2
