"""What lets one in where a password is forgotten: codes in a list, answers to questions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.word_lists import one_of

_BACK: Final = 120  # characters before codes in which it is said what they are
# One code on each line, as those that let one in without a telephone
_LINE: Final = (
    r"[ \t]{0,4}(?:[*-][ \t]|\d{1,2}[.)][ \t]?)?(?=[^\n]{0,40}\d)"
    r"[A-Za-z0-9]{4,10}(?:[ -][A-Za-z0-9]{4,10}){0,3}[ \t]{0,4}"
)
_CODES: Final = compiled(rf"(?m:^){_LINE}(?:\n{_LINE}){{2,19}}(?m:$)")
_CODE_LISTS: Final = compiled(one_of("secrets.code_lists"))
_QUESTION: Final = compiled(one_of("secrets.security_questions"))
ANSWERED: Final = compiled(
    rf"{one_of('secrets.questions')}[^\n?:=]{{0,16}}?\s?"
    # What is said of such a question goes on with is as well: its answer is quoted.
    r"(?:(?:->|=>|\u2192|[:=])\s{0,2}[\"']?|\s(?:is|was|ist|est|es|[\u00e8\u00e9])\s[\"'])"
    r"(?P<value>[^\W\d_][^\n\"',;]{2,40})"
)


def listed(page: Page) -> Iterator[Hit]:
    """Codes that let one in without the second factor, one on each line."""
    if not page.holds(_CODE_LISTS):
        return
    for match in _CODES.finditer(page.text):
        if _CODE_LISTS.search(page.before(match.start(), _BACK)):
            yield Hit("SECRET", *match.span(), 0.7, pattern="codes")


def answers(page: Page) -> Iterator[Hit]:
    """What somebody answers who has forgotten a password: several answers, or one where it is said
    what they are.
    """
    found = list(ANSWERED.finditer(page.lower))
    if len(found) > 1 or (found and _QUESTION.search(page.lower)):
        yield from (Hit("SECRET", *one.span("value"), 0.7, pattern="answer") for one in found)
