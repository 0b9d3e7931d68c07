"""Which endings of domains are real: those of the public suffix list.

The list is the file that the package tldextract carries. The package itself is not imported: it
keeps every suffix in a tree of twenty megabytes, and brings along what fetches newer lists.
"""

from __future__ import annotations

from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Final

_FILE: Final = ".tld_set_snapshot"
_FIRST: Final = "===BEGIN ICANN DOMAINS==="
_LAST: Final = "===END ICANN DOMAINS==="
_ANY: Final = "*."  # below this ending every name is a suffix


def is_known_ending(domain: str) -> bool:
    """Whether ``domain``, in small letters and with a dot, ends as domains of the internet do."""
    words = domain.split(".")
    return any(".".join(words[first:]) in _endings() for first in range(len(words)))


@cache
def _endings() -> frozenset[str]:
    """The shortest public suffixes: ``uk`` stands for ``co.uk``.

    Raises:
        FileNotFoundError: the list is not there.
    """
    # As it lies in its folder: another thread may have an empty module in its place for a while.
    package = PathFinder.find_spec("tldextract")
    if package is None or package.origin is None:
        raise FileNotFoundError(_FILE)
    text = (Path(package.origin).parent / _FILE).read_text("utf-8")
    public = text[text.index(_FIRST) : text.index(_LAST)]
    rules = {line.strip().removeprefix(_ANY) for line in public.splitlines()}
    rules = {rule for rule in rules if rule and rule[0] not in "/!"}
    return frozenset(
        rule for rule in rules if "." not in rule or rule.rpartition(".")[2] not in rules
    )
