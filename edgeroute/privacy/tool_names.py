"""What the name of a tool says, word by word: GmailReadEmail is gmail, read, email."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

# Where a capital letter starts another word; iMessage is one.
_CAMEL: Final = re.compile(r"(?<=[a-z0-9]{2})(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD: Final = re.compile(r"[^\W_]+")
_MOST: Final = 256  # characters of a name that are read


def is_named(tool: str, patterns: Iterable[str]) -> bool:
    """Whether one of ``patterns`` fits the whole name ``tool``, or whole words of it.

    A pattern is a shell pattern, or several with spaces between: ``slack``, ``read message*``.
    Case does not count.
    """
    name = tool[:_MOST]
    words = [word.casefold() for word in _WORD.findall(_CAMEL.sub(" ", name))]
    return any(_fits(name.casefold(), words, pattern.casefold()) for pattern in patterns)


def _fits(name: str, words: list[str], pattern: str) -> bool:
    if fnmatchcase(name, pattern):
        return True
    parts = pattern.split()
    return any(
        all(fnmatchcase(word, part) for word, part in zip(words[first:], parts, strict=False))
        for first in range(len(words) - len(parts) + 1)
        if parts
    )
