"""Where a text holds what a reader would fetch or follow: addresses, images, links.

A value that was masked must not come back there: whoever wrote the address would be told it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from edgeroute.word_lists import one_of

_REACH: Final = 64  # characters before a sign that say whether a link opens there
_OPENING: Final = re.compile(r"[/\\(=:.\"'?&%<>]")
_BRACKETS: Final = re.compile(r"[()\n]")
_BLANK: Final = re.compile(r"\n[^\S\n]{0,40}\n\Z")
_SPACES: Final = " \t\r\n"
_OUTSIDE: Final = _SPACES + '<>"`'  # what no plain address holds
_UNTIL: Final = {'"': '"', "'": "'", "<": ">"}


class LinkReader:
    """Follows a text in any pieces and knows whether it is inside a link. Linear."""

    def __init__(self) -> None:
        self._before = ""
        self._ends = ""  # the signs that end the open link; none: a bracket does
        self._depth = 0
        self._fresh = False  # an attribute's value may still begin with a quote
        self._in_tag = False
        self.inside = False

    def follow(self, text: str) -> None:
        """Read on."""
        for _ in self.changes(text):
            pass

    def changes(self, text: str) -> Iterator[int]:
        """Read on, and stop after each sign that opens or closes a link."""
        known = len(self._before)
        text = self._before + text
        self._before = text[-_REACH:]
        place = known
        while place < len(text):
            was = self.inside
            place = self._closing(text, place) if was else self._opening(text, place)
            if self.inside != was:
                yield place - known

    def skip(self, placeholder: str) -> None:
        """Read over a placeholder: its brackets open and close nothing."""
        self._fresh = False
        self._before = f"{self._before}{placeholder}"[-_REACH:]

    def _opening(self, text: str, place: int) -> int:
        found = _OPENING.search(text, place)
        if found is None:
            return len(text)
        place = found.end()
        if found.group() in {"<", ">"}:
            self._in_tag = found.group() == "<"
        pattern = _opens().get(found.group())
        opened = pattern.search(text, max(0, place - _REACH), place) if pattern else None
        if opened is None or (opened.lastgroup == "attribute" and not self._in_tag):
            return place
        self.inside = True
        self._depth = 0
        self._fresh = opened.lastgroup == "attribute"
        self._ends = _ends(text, opened)
        return place

    def _closing(self, text: str, place: int) -> int:
        sign = text[place]
        if self._fresh:
            self._fresh = sign in _SPACES
            if sign in _UNTIL:
                self._ends = _UNTIL[sign]
            if self._fresh or sign in _UNTIL:
                return place + 1
        if self._ends:
            self.inside = sign not in self._ends
        elif _BRACKETS.match(sign) and text[place - 1 : place] != "\\":
            self._depth += (sign == "(") - (sign == ")")
            self.inside = self._depth >= 0
        if sign == "\n" and _BLANK.search(text, max(0, place - _REACH), place + 1):
            self.inside = False
        self._in_tag = self._in_tag and (self.inside or sign != ">")
        return place + 1


def links(text: str) -> Iterator[tuple[int, int]]:
    """Where links stand in ``text``, each from where its address begins."""
    reader = LinkReader()
    start = -1
    for place in reader.changes(text):
        if reader.inside:
            start = _start(text, place)
        else:
            yield start, place - 1
    if reader.inside:
        yield start, len(text)


def _start(text: str, place: int) -> int:
    """Where the address begins of a link that opens before ``place``."""
    low = max(0, place - _REACH)
    found = re.search(r"[\w.+@%~-]*(?::[/\\&%]|:|[/?])\Z", text[low:place])
    if found is not None:
        return low + found.start()
    return place + (text[place : place + 1] in {'"', "'", "<"})


def _ends(text: str, opened: re.Match[str]) -> str:
    """The signs that end a link."""
    kind = opened.lastgroup
    if kind in {"target", "call"}:
        return ""
    if kind == "import":
        return opened.group()[-1]
    if kind == "attribute":
        return f"{_SPACES}>"
    head = text[opened.start() - 1 : opened.start()] if opened.start() else ""
    return _UNTIL.get(head, _OUTSIDE)


@cache
def _opens() -> Mapping[str, re.Pattern[str]]:
    """What opens a link, by the sign that it ends with."""
    scheme = r"(?P<scheme>[a-z][a-z0-9+.-]{1,20}:"
    host = (
        rf"(?P<host>(?<![a-z0-9.@-])[a-z0-9.-]{{1,40}}\.{one_of('masking.domains')}(?::\d{{1,5}})?"
    )
    reference = r"(?P<reference>\]:\s{0,9}<?/)"
    plain = r"(?<![a-z0-9])(?P<plain>(?:mailto|tel|sms|data|javascript|blob|cid|magnet):)"
    attribute = rf"(?<![a-z0-9])(?P<attribute>{one_of('masking.fetching')}\s{{0,9}}=)"
    sources = {
        "/": rf"{scheme}/)|{host}/)|{reference}",
        "\\": rf"{scheme}\\)",
        "&": rf"{scheme}&)",
        "%": rf"{scheme}%)",
        "?": rf"{host}\?)",
        ".": r"(?<![a-z0-9@])(?P<www>www\.)",
        ":": plain,
        "(": r"(?P<target>\]\()|(?<![a-z0-9])(?P<call>url\()",
        "=": attribute,
        '"': r"(?P<import>@import\s{1,9}\")",
        "'": r"(?P<import>@import\s{1,9}')",
    }
    return {sign: re.compile(rf"(?:{source})\Z", re.IGNORECASE) for sign, source in sources.items()}
