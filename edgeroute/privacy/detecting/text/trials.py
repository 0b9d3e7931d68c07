"""Where code tests itself: what stands there as a value was made up for a test."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from edgeroute.word_lists import one_of

_CALLS: Final = one_of("code.test_calls")
_CALLED: Final = (
    rf"(?:await |return )?(?:\w{{1,20}}\.)?{_CALLS}(?:\.\w{{1,20}}){{0,2}}[(`]"
    rf"|{_CALLS} [\"'].{{0,200}} do$"
)
_CLASS: Final = r"class (?:Test|\w{1,60}Tests?\b|\w{1,60}\([\w.]{0,40}TestCase\))"
# What opens a test: def test_x, class TestX, it("...", describe.each(, func TestX, @pytest.mark.
_OPENS: Final = re.compile(
    rf"(?:async )?def test|{_CLASS}|{_CALLED}|@pytest\.|TEST(?:_F|_P)?\("
    r"|func [Tt]est\w|fn test_|(?:pub(?:lic)? )?(?:void|fun|function) test",
    re.MULTILINE,
)
_LINE: Final = re.compile(r"^([ \t]*)(\S[^\n]*)", re.MULTILINE)
_COMMENT: Final = re.compile(r"#|//|/\*|\*|--|<!--")
_STRING: Final = re.compile(
    r"\"(?:[^\"\\\n]|\\.){1,300}\"|'(?:[^'\\\n]|\\.){1,300}'|`[^`\n]{1,300}`"
)


class Trials:
    """The strings in the tests of a page of code."""

    def __init__(self, text: str) -> None:
        self._text = text

    def holds(self, start: int, end: int) -> bool:
        """Whether ``[start, end)`` lies in one of them."""
        number = bisect_right(self._strings, (start, len(self._text))) - 1
        return number >= 0 and end <= self._strings[number][1]

    @cached_property
    def _strings(self) -> list[tuple[int, int]]:
        return list(self._found()) if _OPENS.search(self._text) else []

    def _found(self) -> Iterator[tuple[int, int]]:
        """Each string of the lines that are further in than the line that opens a test, and of
        that line.
        """
        inside = -1  # how far in the test is that was opened; -1 outside of tests
        for line in _LINE.finditer(self._text):
            deep = len(line[1].expandtabs(4))
            if deep <= inside and line[2][0] not in ")]}":
                inside = -1
            if inside < 0 and _OPENS.match(line[2]):
                inside = deep
            if inside >= 0 and not _COMMENT.match(line[2]):
                yield from (match.span() for match in _STRING.finditer(self._text, *line.span(2)))
