"""Whether a prompt plainly asks for a picture."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from edgeroute.routing.signals.keywords import ends
from edgeroute.word_lists import one_of


@dataclass(frozen=True, slots=True)
class _Wishes:
    """``made`` and ``titled`` name a picture, ``drawn`` only a verb; the others speak against."""

    made: re.Pattern[str]
    titled: re.Pattern[str]
    drawn: re.Pattern[str]
    code_or_text: re.Pattern[str]
    thoughts: re.Pattern[str]


@cache
def _wishes() -> _Wishes:
    article = rf"{one_of('pictures.articles')}\b"
    noun = rf"{one_of('pictures.nouns')}\b(?!\s+{one_of('pictures.no_pictures')}\b)"
    between = rf"(?!{one_of('pictures.no_links')}\b)[\w'-]+"
    whom = rf"(?:{one_of('pictures.whom')}\s+)?"
    making, drawing = one_of("pictures.making"), one_of("pictures.drawing")
    titled = rf"(?:{between},?\s+){{0,4}}?(?:{noun}|{one_of('pictures.phrases')})"
    return _Wishes(
        _compiled(rf"\b{making}\s+{whom}{article}(?:\s+{between}){{0,5}}?\s+{noun}"),
        _compiled(rf"^\W*(?:{article}\s+)?{titled}\s+(?:of|with|showing)\s[^?]*$"),
        _compiled(rf"^\W*(?:{one_of('pictures.asking')}\W+)*{drawing}\s+{whom}{article}"),
        # A line is a shape, but line art is a picture.
        _compiled(rf"\b(?:{one_of('pictures.code_and_text')}|line(?! art))\b"),
        _compiled(rf"\b{one_of('pictures.thoughts')}\b"),
    )


def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source, re.IGNORECASE)


def asks_for_picture(text: str) -> bool:
    """Whether ``text`` plainly asks for a picture, and not for code or words about one."""
    text = ends(text).strip()
    wishes = _wishes()
    if wishes.code_or_text.search(text):
        return False
    named = wishes.made.search(text) or wishes.titled.search(text)
    return bool(named or (wishes.drawn.search(text) and not wishes.thoughts.search(text)))
