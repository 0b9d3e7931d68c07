"""Where code, and the documents that go with it, show an example: at a host or of a person that is
nobody's.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final

from edgeroute.privacy.detecting.text.page import Page
from edgeroute.word_lists import one_of

_BESIDE: Final = 48  # characters from a name to the address that goes with it
_LINES: Final = 2
_NEAR: Final = 200  # characters from an example to what belongs to it
_PEOPLE: Final = rf"(?<![a-z]){one_of('forms.sample_people', gap='[ ._-]?')}(?![a-z])"
_SAMPLE_PEOPLE: Final = re.compile(_PEOPLE)
_LONGEST: Final = 20  # characters of such a name beside a part of it
# In small letters: https://api.example.com, @example.org, John Doe, user=johndoe, an example key is
EXAMPLE: Final = re.compile(
    rf"(?:://|@)(?:[a-z0-9-]{{1,40}}\.){{0,3}}example\.(?:com|org|net)(?![\w.-]*\w)"
    rf"|{_PEOPLE}"
    r"|(?<![a-z])an example [a-z\d-]{2,24}"
)


def is_beside_example(page: Page, start: int, end: int) -> bool:
    """Whether ``[start, end)`` of a page of code stands near one, with no empty line between."""
    first = max(0, start - _NEAR)
    first = max(first, page.text.rfind("\n\n", first, start))
    last = page.text.find("\n\n", end, end + _NEAR)
    return EXAMPLE.search(page.lower, first, last if last >= 0 else end + _NEAR) is not None


def is_sample_person(page: Page, start: int, end: int) -> bool:
    """Whether ``[start, end)`` of a page of code is a name that stands for anybody, or its part."""
    if not page.form.is_published:
        return False
    near = _SAMPLE_PEOPLE.finditer(page.lower, max(0, start - _LONGEST), end + _LONGEST)
    return any(match.start() <= start and end <= match.end() for match in near)


def is_example_person(page: Page, end: int) -> bool:
    """Whether a name that ends at ``end`` of a page of code has an address that is nobody's."""
    number = bisect_left(page.dummies, (end, end))
    if number == len(page.dummies) or not page.form.is_published:
        return False
    start, stop = page.dummies[number]
    between = page.text[end:start]
    near = start - end <= _BESIDE and between.count("\n") < _LINES and "@" not in between
    return near and "@" in page.text[start:stop]
