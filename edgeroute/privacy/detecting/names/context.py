"""What makes a name private: kinship, health, work, law, letters, forms, the writer's own.

A name alone says little. The same name in "Who was ...?" is a question of fact, in a novel it is a
character, in a maths problem it is nobody. The words around it decide; but beside illness, trouble
at work or law no question, sum or story makes a private name nobody's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from edgeroute.privacy.detecting.text.page import Page
from edgeroute.word_lists import one_of

BARE: Final = 0.4
NOBODY: Final = 0.2
_BLOCK: Final = 1000
_NEAR: Final = 240

_TITLE: Final = rf"(?:{one_of('names.titles')}\.?\s{{1,2}}){{0,2}}"

MY: Final = one_of("names.my")
KIN: Final = rf"(?:{one_of('names.kin')}|(?:step|half)[ -]?\w{{3,8}})"

# Right before a name.
_OWN: Final = re.compile(
    rf"(?:\b{one_of('names.own')}|\bi, |\bmoi, |^me:)\s{{0,2}}[,:]?\s{{0,2}}{_TITLE}$"
)
_MY_NAME: Final = re.compile(r"\bmy (?:full )?name is\s$|\bi, $")
_KINSHIP: Final = re.compile(
    rf"\b{MY}\s(?:[\w-]{{1,14}}\s){{0,2}}?{KIN}"
    rf"(?:\s(?:and|named|called|is|,)|,|'s name is|\s-|\s\()?\s{{0,2}}{_TITLE}$"
)
_OTHERS_KIN: Final = re.compile(
    r"\b(?:his|her|their|your|the|a|an|former|ex)\s(?:[\w-]{1,14}\s){0,2}?"
    rf"(?:{KIN}|{one_of('names.roles')})(?:\s(?:named|called|is|,)|,)?\s{{0,2}}{_TITLE}$"
)
_SALUTATION: Final = re.compile(
    rf"(?:^|[\n:>\"'.!?]\s{{0,3}}|\b{one_of('names.before_salutations')}\W{{1,3}})"
    rf"{one_of('names.salutations')}(?:\s(?:there|all|team|both)|,)?\s{{1,2}}{_TITLE}$"
)
_SIGN_OFF: Final = re.compile(rf"\b{one_of('names.sign_offs')}[,.!\s-]{{1,4}}$")
_FIELD: Final = re.compile(
    r"(?:^|[\n|,;{(>\t*\"'_-]|[.!?]\s|\s{2}|note\W{1,2}|:\s)\s{0,4}"
    rf"(?:{one_of('names.field_owners')}?[ _-]?names?|{one_of('names.fields')})"
    rf"[\"'*_]{{0,3}}\s{{0,3}}[:=|]\s{{0,12}}[\"'*_]{{0,3}}\s{{0,2}}{_TITLE}$"
)
_NAMED: Final = re.compile(
    rf"(?:\b{one_of('names.whose_name')}\sname|,\sname|\b{one_of('names.named')})\s{{1,2}}"
    rf"(?:is\s|of\s|are\s)?{_TITLE}$"
)
_ADDRESSED: Final = re.compile(
    rf"\b{one_of('names.writings')}\s(?:\w{{2,12}}\s)?{one_of('names.about')}\s{_TITLE}$"
)
_ABOUT_SOMEBODY: Final = re.compile(rf"\b{one_of('names.dealings')}\s{{1,2}}{_TITLE}$")
_TITLED: Final = re.compile(
    r"\b(?:mr|mrs|ms|miss|herr|frau|mme|sra|pani|pan|mevrouw|meneer)\.?\s{1,2}$"
)

INITIAL: Final = re.compile(r"(?<![\w.])[^\W\d_]\.\s$")

# Right after a name.
_POSSESSION: Final = re.compile(
    rf"^'s\s{{1,2}}(?:{one_of('names.possession_kinds')}\s){{0,3}}{one_of('names.possessions')}\b"
)
_DOING: Final = re.compile(
    r"^(?:,\s[^.\n]{0,40},)?\s{1,2}"
    rf"(?:{one_of('names.doings')}|{one_of('names.ill')}|at \S+@)"
)

_NO_PERSON: Final = re.compile(rf"\b{one_of('names.no_person')}\b")
_TO_ME: Final = re.compile(rf"^\s(?:{one_of('names.to_me')} (?:me|us|my)|is (?:my|our))\b")
_ILL: Final = re.compile(rf"^\s{one_of('names.ill')}")

MATTERS: Final = re.compile(
    rf"\b(?:{one_of('names.health')}|{one_of('names.work')}|{one_of('names.law')})\b"
)

_FICTION: Final = re.compile(
    rf"\b(?:{one_of('names.fiction')}"
    rf"|{one_of('names.works')} (?:about|in which|where|script|between)"
    r"|(?:scene|script) (?:for|of))\b"
)
_WHAT_IS: Final = r"what(?:'s| is| are| was| were| will be| would be)? (?:the|his|her|their|its)"
_MATHS: Final = re.compile(
    rf"\b(?:{one_of('names.how_much')}|{_WHAT_IS} {one_of('names.quantities')})\b"
)
_QUESTION: Final = re.compile(
    r"^\W{0,3}(?:(?:in|on|at|to|for|from|by|with) (?:which|what|whom)"
    rf"|{one_of('names.questions')})\b"
)
_PERSONAL: Final = re.compile(rf"\b(?:{MY}|me|i'm|i am|mich|mir|moi|ik|mnie)\b")


@dataclass(frozen=True, slots=True)
class Kind:
    """What sort of text a page is, as far as names go."""

    fiction: bool
    maths: bool
    question: bool


_ANY: Final = Kind(fiction=False, maths=False, question=False)


def kind(page: Page, place: int) -> Kind:
    """The kind of ``page`` around ``place``: its opening words and the thousand or two nearby."""
    block = place // _BLOCK
    return _kind(
        page.lower[max(0, block - 1) * _BLOCK : (block + 2) * _BLOCK],
        page.lower[:400],
        len(page.lower),
    )


@lru_cache(maxsize=64)
def _kind(near: str, opening: str, length: int) -> Kind:
    text = f"{opening}\n{near}" if length > 2 * _BLOCK else near
    digits = re.search(r"\d|\b(?:two|three|four|five|six|twice|half|dozen)\b", text) is not None
    question = length < 400 and _QUESTION.match(near) and not _PERSONAL.search(near)
    return Kind(
        fiction=_FICTION.search(text) is not None,
        maths=digits and _MATHS.search(text) is not None,
        question=bool(question),
    )


def setting(page: Page, place: int) -> Kind:
    """The kind of ``page`` around ``place``, but none where illness, work or law is near.

    A question, a sum or a story may stand around a name and a matter that are all too real.
    """
    if MATTERS.search(page.lower, max(0, place - _NEAR), place + _NEAR):
        return _ANY
    return kind(page, place)


def standing(page: Page, start: int, end: int, *, whole: bool) -> float:
    """How surely the name at ``[start, end)`` is of somebody private, 0..1.

    ``whole`` says that it is a given name with a surname; half a name needs more around it.
    """
    before = page.before(start, 90)
    if _KINSHIP.search(before):
        return 0.85
    sort = setting(page, start)
    if sort.maths or sort.question:
        return NOBODY
    if _OWN.search(before):
        return 0.8 if not sort.fiction else 0.6 if _MY_NAME.search(before) else 0.5
    return NOBODY if sort.fiction else _beside(page, start, end, whole=whole)


def _beside(page: Page, start: int, end: int, *, whole: bool) -> float:
    """The standing that the words right beside a name, or else its sentence, give it."""
    before, after = page.before(start, 90), page.after(end, 60)
    for pattern, score, half in _AFTER_IT:
        if pattern.match(after):
            return score if whole else half
    for pattern, score, half in _BEFORE_IT:
        if pattern.search(before):
            return score if whole else half
    low, high = sentence(page, start)
    whole = whole or _TITLED.search(before) is not None or INITIAL.search(before) is not None
    return _MATTERING if whole and MATTERS.search(page.lower, low, high) else BARE


# What stands beside a name, and how private it makes a whole name and half of one.
_BEFORE_IT: Final = (
    (_SIGN_OFF, 0.75, 0.75),
    (_FIELD, 0.75, 0.55),
    (_SALUTATION, 0.7, 0.7),
    (_NAMED, 0.7, 0.7),
    (_ADDRESSED, 0.7, 0.7),
    (_ABOUT_SOMEBODY, 0.65, 0.65),
    (_OTHERS_KIN, 0.65, 0.55),
)
_AFTER_IT: Final = ((_POSSESSION, 0.8, 0.8), (_DOING, 0.65, 0.65), (_TO_ME, 0.65, 0.5))
_MATTERING: Final = 0.65


def certain(page: Page, start: int, end: int) -> bool:
    """Whether two capitalised words at ``[start, end)`` are a private name without a model."""
    if _NO_PERSON.search(page.lower, start, end):
        return False
    if _KINSHIP.search(page.before(start, 90)):
        return True
    return (
        _ILL.match(page.after(end, 60)) is not None
        and standing(page, start, end, whole=True) > BARE
    )


def sentence(page: Page, place: int) -> tuple[int, int]:
    """Where the sentence around ``place`` starts and ends; at most 240 characters either way."""
    low = max(0, place - _NEAR)
    for mark in _STOPS.finditer(page.text, low, place):
        low = mark.end()
    stop = _STOPS.search(page.text, place, place + _NEAR)
    return low, stop.start() + 1 if stop else min(len(page.text), place + _NEAR)


_STOPS: Final = re.compile(r"(?<![A-Z])(?<!\b(?:mr|ms|dr|st))(?<!mrs)[.!?]\s|\n", re.IGNORECASE)

NEAR_IN_STORIES: Final = re.compile(
    rf"\b{MY}\s(?:[\w-]{{1,14}}\s){{0,2}}?{KIN}\b|\bmy (?:full )?name is\b|\bi, "
)
