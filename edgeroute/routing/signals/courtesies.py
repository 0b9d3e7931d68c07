"""A question without what is said around it out of courtesy: greetings, pleas and thanks."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from edgeroute.word_lists import one_of, word_list, word_set

_MOST: Final = 6  # one after the other, at each end
_FAR: Final = 90  # characters that one of them may take
_PART: Final = re.compile(
    r"((?:[^\W\d_][\w'\u2019-]{0,20} ){0,15}[^\W\d_][\w'\u2019-]{0,20}) ?[,.!?:;\u2013-]+\s+"
)
_GAP: Final = r",?\s{1,3}"  # a phrase may have a comma where it has a space
_OPEN: Final = " \t\n,;\u3001\uff0c-"
_SIGNS: Final = r"[\s,.!?:;()¡¿\u3001\u3002\uff0c\uff01\uff1f~…\U0001f600-\U0001f64f\u2013\u2014-]"


def without_courtesies(text: str) -> str:
    """``text`` without courtesies at its start and its end; as it is where nothing else is said."""
    left = bare = text.strip()
    for _ in range(_MOST):
        found = _before().match(left[:_FAR])
        end = found.end() if found else _end_of_plea(left[:_FAR])
        if not end:
            break
        left = left[end:]
    for _ in range(_MOST):
        found = _after().search(left[-_FAR:])
        if not found:
            break
        left = left[: max(0, len(left) - _FAR) + found.start()].rstrip(_OPEN)
    if left == bare:
        return text
    said = _words(left) if len(left) < _FAR else [left]
    return text if all(_is_courtesy(word) for word in said) else left


def _end_of_plea(text: str) -> int:
    """Where the first part of a sentence ends that is made of courtesy alone; 0 where none is."""
    part = _PART.match(text)
    if not part:
        return 0
    words = _words(part.group(1))
    if word_set("turns.courtesy_words").isdisjoint(words):
        return 0
    return part.end() if all(map(_is_courtesy, words)) else 0


def _words(text: str) -> list[str]:
    return text.lower().replace("\u2019", "'").split()


def _is_courtesy(word: str) -> bool:
    """Whether ``word`` says nothing, or may stand beside words of courtesy."""
    return word in _courtesy() or not any(map(str.isalnum, word))


@cache
def _courtesy() -> frozenset[str]:
    lists = map(word_list, ("turns.greetings", "turns.courtesies", "turns.courtesies_after"))
    phrases = {word for phrases in lists for one in phrases for word in one.split()}
    return word_set("turns.courtesy_fillers") | word_set("turns.courtesy_words") | phrases


@cache
def _before() -> re.Pattern[str]:
    spaced = rf"{one_of('turns.greetings')}|{one_of('turns.courtesies', gap=_GAP)}"
    words = rf"(?:{spaced})(?:{_SIGNS}{{1,9}}|$)"
    run_on = rf"{one_of('turns.courtesies_without_spaces')}{_SIGNS}{{0,9}}"
    return re.compile(rf"{_SIGNS}{{0,9}}(?:{words}|{run_on})", re.IGNORECASE)


@cache
def _after() -> re.Pattern[str]:
    words = rf"(?:^|{_SIGNS}){one_of('turns.courtesies_after', gap=_GAP)}"
    run_on = one_of("turns.courtesies_after_without_spaces")
    return re.compile(rf"(?:{words}|{run_on}){_SIGNS}{{0,9}}$", re.IGNORECASE)
