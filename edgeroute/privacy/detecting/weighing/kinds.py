"""Which findings do not decide alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from edgeroute.privacy.detecting.text.page import Hit

WEIGHED: Final = "weighing"  # what findings of stage two name as their source
SHAPES: Final = ("SENSITIVE", "PERSONAL_RECORDS")
# What is private of a person and public of an office.
CONTACTS: Final = frozenset({"PHONE_NUMBER", "STREET_ADDRESS"})
# Those, and what fixtures and examples hold as readily as records: they count where the text around
# them may be private.
DETAILS: Final = CONTACTS | {"DATE_OF_BIRTH"}
SUSPICIONS: Final = frozenset({*SHAPES, *DETAILS, "PERSON"})
# What code and the documents that go with it tell of makers, servers and tests as readily as of
# customers.
REACHED: Final = frozenset({"EMAIL_ADDRESS", "IP_ADDRESS"})
MACHINES: Final = frozenset({"IP_ADDRESS", "MAC_ADDRESS"})
# Those, and the numbers of orders, cases and members, which documents of programs show the form of.
OPEN_IN_CODE: Final = REACHED | MACHINES | {"PERSONAL_ID"}
_SURE: Final = 0.5  # how surely another detail is seen
_TWO_NAMES: Final = re.compile(r"[^\W\d_]{2,}(?:[ -][^\W\d_]{2,}){1,3}")
_CARD: Final = 0.7  # how surely a street and a telephone are seen on a card
_TOUCHING: Final = 3  # characters between a name and its street
_ON_CARD: Final = 90  # characters between a street and a telephone
NEAR: Final = 300  # characters between details of one record
_FIELD: Final = re.compile(r"[\"'`]\s?[,:=]|=>|[;\t|](?!$)")
_FIELDS: Final = 3  # so many fields end in a row of somebody's data, with the name one less
_FULL_NAME: Final = re.compile(r"[\"'`][^\W\d_a-z][\w.'-]{1,24}(?: [\w.'-]{1,24}){1,3}[\"'`]")
_ROWS: Final = 3  # of people, or they are an example
# 09:15 Ada: not yet
_SAID: Final = re.compile(r"\d:\d\d[\])]?\s{1,2}[^\W\d_a-z][^\W\d_]{1,20}:\s\S")
_TURNS: Final = 2  # of a talk
_HEAD: Final = re.compile(r"(?<![\"'\w-])(from|to|cc|date|subject): (?![\"'`{\[])", re.IGNORECASE)
_HEADS: Final = 3  # of a letter; code has quoted values there


def is_left_open(hit: Hit, *, published: bool) -> bool:
    """Whether ``hit`` does not decide alone, sure as it may be; ``published`` says that it stands
    in code or in a document that goes with code, at the level balanced.
    """
    return hit.type in SUSPICIONS or (published and hit.type in OPEN_IN_CODE)


def is_in_record(hit: Hit, hits: Iterable[Hit], text: str) -> bool:
    """Whether an address or a number in the code ``text`` stands in what is kept about people:
    another kind of detail is near, rows with fields and one each, a letter's heads, or a talk.
    """
    if hit.type not in OPEN_IN_CODE or hit.score < _SURE:
        return False
    start, end = max(0, hit.start - NEAR), hit.end + NEAR
    near = [one for one in hits if one.score >= _SURE and one.start < end and start < one.end]
    if any(one.type not in {hit.type, "PERSON", "SENSITIVE"} for one in near):
        return True
    rows = {_line(text, one.start) for one in near}
    listed = [
        row
        for row in rows
        if len(_FIELD.findall(row)) + (_FULL_NAME.search(row) is not None) >= _FIELDS
    ]
    heads = {head.lower() for head in _HEAD.findall(text, start, end)}
    said = len(_SAID.findall(text, start, end))
    return len(listed) >= _ROWS or said >= _TURNS or len(heads) >= _HEADS


def is_card(people: Iterable[tuple[int, int]], hits: Sequence[Hit], text: str) -> bool:
    """Whether ``text`` tells how to reach one of ``people``, places of names in it, at home: a full
    name, its street right after it, and a telephone.
    """
    streets = [one for one in hits if one.type == "STREET_ADDRESS" and one.score >= _CARD]
    phones = [one for one in hits if one.type == "PHONE_NUMBER" and one.score >= _CARD]
    return any(
        _TWO_NAMES.fullmatch(text, first, last) and 0 <= street.start - last <= _TOUCHING
        for first, last in people
        for street in streets
        if any(0 <= phone.start - street.end <= _ON_CARD for phone in phones)
    )


def _line(text: str, place: int) -> str:
    """The line of ``place``, or what of it is near."""
    start = max(text.rfind("\n", 0, place) + 1, place - NEAR)
    end = text.find("\n", place, place + NEAR)
    return text[start : end if end >= 0 else place + NEAR]
