"""Word lists: ``rules/words/*.yaml``, each list with one purpose, and patterns made of them.

A file holds lists; a list holds groups (languages, mostly); a group is text with commas between its
words and phrases. A star at the end of a word stands for whatever letters follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from edgeroute import datafile

# Hebrew and Arabic, Thai, Japanese, Chinese, Korean.
_JOINED: Final = re.compile(r"[\u0590-\u06ff\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@cache
def word_list(name: str) -> tuple[str, ...]:
    """The words and phrases of a list; ``name`` is the file's and the list's: ``phones.words``."""
    file, _, which = name.partition(".")
    return tuple(word for group in _lists(file)[which].values() for word in split(group))


@cache
def word_set(name: str) -> frozenset[str]:
    """The words of a list, to be looked up."""
    return frozenset(word_list(name))


@cache
def one_of(name: str, *, gap: str = " ") -> str:
    """The source of a pattern that matches what is in a list, the longest first.

    ``gap`` is the pattern of what may stand where a phrase has a space.
    """
    return alternatives(word_list(name), gap=gap)


@cache
def whole(name: str, *, ending: int = 0) -> str:
    """The source of a pattern for whole words of a list, with at most ``ending`` letters more.

    Words of scripts that write no spaces, or join small words to others, match anywhere.
    """
    words = word_list(name)
    joined = [word for word in words if _JOINED.search(word)]
    apart = [word for word in words if not _JOINED.search(word)]
    last = rf"[^\W\d_]{{0,{ending}}}" if ending else ""
    ways = [rf"(?<![^\W\d_]){alternatives(apart)}{last}(?![^\W\d_])"] if apart else []
    return "|".join([*ways, alternatives(joined)] if joined else ways)


def alternatives(words: Iterable[str], *, gap: str = " ") -> str:
    """The source of a pattern that matches any of ``words``: a tree, so that it fails fast."""
    tree: dict[str, Any] = {}
    for word in words:
        node = tree
        for letter in word:
            node = node.setdefault(letter, {})
        node[""] = {}
    return f"(?:{_source(tree, gap)})"


def pattern_list(file: str) -> tuple[str, ...]:
    """All regular expressions of a file of ``rules/patterns``, which groups them by origin."""
    path = datafile.packaged("rules") / "patterns" / f"{file}.yaml"
    groups = datafile.load(path, dict[str, list[str]])
    return tuple(pattern for group in groups.values() for pattern in group)


def split(group: str) -> list[str]:
    """The words and phrases of one group as a file has them."""
    return [word for part in group.split(",") if (word := " ".join(part.split()))]


def _source(node: dict[str, Any], gap: str) -> str:
    ways = [_letter(letter, gap) + _source(node[letter], gap) for letter in node if letter]
    if not ways:
        return ""
    if "" in node:
        return f"(?:{'|'.join(ways)})?"
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"


def _letter(letter: str, gap: str) -> str:
    if letter.isalnum():
        return letter
    return gap if letter == " " else r"\w*" if letter == "*" else re.escape(letter)


@cache
def _lists(file: str) -> dict[str, dict[str, str]]:
    path = datafile.packaged("rules") / "words" / f"{file}.yaml"
    return datafile.load(path, dict[str, dict[str, str]])
