"""Where a text says who made a published work: authors, maintainers, rights, histories, thanks.

Such names and addresses are public: they do not count at the level balanced, and do at strict.
What else stands there (a telephone number, a street, a key) is judged as anywhere.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.text.code_form import LEAD, NUMBERED, CodeForm
from edgeroute.word_lists import one_of

_FIELDS: Final = one_of("attribution.fields", gap="[ _-]?")
# author: , "authors": [, author_email=', :author:, __author__ =, * Maintainer:, .author("
_KEY: Final = compiled(
    rf"(?<![A-Za-z]){_FIELDS}(?:\(s\))?[\"'`*_\])]{{0,4}}[ \t]{{0,8}}(?::=|=>|[:=(])"
    r"[ \t]{0,20}(?P<value>[\"'`\[{]?)",
    re.IGNORECASE,
)
# A key alone on its line, as JSON is read line by line, and the fields of the makers after it.
_TABLE: Final = rf"\[{{1,2}}(?:[\w-]{{1,24}}\.){{0,3}}{_FIELDS}\]{{1,2}}"  # of TOML
_BARE: Final = compiled(rf"(?m)^[ \t]{{0,40}}(?:{_FIELDS}:?|{_TABLE})$", re.IGNORECASE)
_PERSON: Final = compiled(
    rf"\n(?:[ \t]{{1,40}}|-[ \t]|{one_of('attribution.person_fields')}\s?[:=])[^\n]{{0,300}}",
    re.IGNORECASE,
)
_TAG: Final = compiled(
    r"(?:[@\\]author\b|<authors?>|(?<!\w)contact: mailto:)[^\n]{0,200}", re.IGNORECASE
)
_MAIL: Final = r"<{1,2}[^<>\s]{1,64}(?:@| at )[^<>\n]{1,80}>{1,2}"
_RIGHTS: Final = compiled(
    r"(?:copyright\b|&copy;|\u00a9|\(c\)\s{0,2}(?=(?:19|20)\d\d))[^\n]{0,300}"
    rf"(?:\n[ \t#*/>]{{0,12}}(?:[^\n<]{{0,80}}{_MAIL}|[\w.+-]{{1,64}}@[\w.-]{{1,80}}$)){{0,3}}",
    re.IGNORECASE | re.MULTILINE,
)
_SHORT: Final = rf"\^?[0-9a-f]{{7,12}}\b[^\n<]{{0,120}}{_MAIL}"
_FULL: Final = r"[0-9a-f]{40}\b[^\n]{0,200}"
_COMMIT: Final = rf"commit:[ \t]{{1,8}}[^\n<]{{1,80}}{_MAIL}"
_DEBIAN: Final = rf"-- [^\n<]{{1,80}}{_MAIL}  \w{{3}},"
_FEDORA: Final = r"\* \w{3} \w{3} \d\d \d{4} [^\n]{1,160}"
_OWNERS: Final = (
    r"[*/.\w-]{0,80}[*/][^\s@]{0,120}(?:[ \t]{1,40}[\w.+-]{0,64}@[\w./-]{1,80}){1,12}[ \t]{0,4}$"
)
# Histories: a format of one's own, a blame, a commit, a count of commits; who owns which files.
_GIT: Final = compiled(
    rf"{LEAD}[|*\\/ ]{{0,12}}"
    rf"(?:{_SHORT}|{_FULL}|{_COMMIT}|{_DEBIAN}|{_FEDORA}|{_OWNERS})",
    re.IGNORECASE | re.MULTILINE,
)
_COUNTED: Final = compiled(rf"^[ ]{{0,8}}(\d{{1,6}})\t[^\n<:;,@]{{1,80}}{_MAIL}$", re.MULTILINE)
_PATCH: Final = compiled(
    r"(?m)^From [0-9a-f]{40} \w{3} \w{3} \d\d? [\d:]{8} \d{4}\n(?:[^\n]{1,400}\n){1,12}"
)
# A line of a comment that is a maker, and perhaps years: # Ada Berg <ada@host>, 2011
_SIGNED: Final = compiled(
    rf"(?m)^{NUMBERED}[ \t]{{0,40}}(?:\#|//|\*|;|--|%)[ \t]{{1,20}}[^\n<>@(){{}}=;:]{{1,60}}{_MAIL}"
    r"[ \t,.\d-]{0,60}$"
)
# Who made a change, after it: Fix the parser - Ada Berg (#12), by Ada Berg in #12
_CHANGED: Final = compiled(
    r"[ \t](?:[-\u2013\u2014]|by)[ \t][^\n()`:;,]{2,50}"
    r"(?:\([^\n()]{0,8}[#`][^\n()]{1,40}\)|[ \t]in[ \t]\#?\d)"
)
_CREDIT: Final = compiled(
    rf"(?<![A-Za-z]){one_of('attribution.credits')}\b[^\n]{{0,240}}", re.IGNORECASE
)
_CONTACT: Final = compiled(
    rf"(?<![A-Za-z]){one_of('attribution.contacts')}\b[^\n]{{0,160}}(?:\n[^\n]{{0,160}}){{0,3}}",
    re.IGNORECASE,
)
_HEADERS: Final = compiled(rf"{NUMBERED}[ \t>+]{{0,8}}(?:from|to|cc|subject):", re.IGNORECASE)
_SECTION: Final = compiled(
    rf"{LEAD}[#=*_ \t]{{0,8}}(?:[\w'.&/(-]{{1,24}} ){{0,12}}?{one_of('attribution.sections')}\b"
    r"(?:[^\n.!?=({]{0,80}:|[^\n:,;=(){}]{0,40}[).:*_#=]{0,8}|[ ]\([^\n()=]{0,60}\))[ \t]{0,4}$",
    re.IGNORECASE | re.MULTILINE,
)
_ITEM: Final = r"(?:[*+-]|\d{1,3}[.)]|<)[ \t]?[^\n]{0,400}|[=~^-]{3,80}$"
_MAKER: Final = (
    rf"[^\n<({{=]{{1,80}}(?:{_MAIL}|\([^\n()]{{3,80}}\))[^\n]{{0,80}}|[^\n.;:={{}}]{{1,48}}$"
)
# A line of such a section: nothing, an item, what goes on, a maker.
_ENTRY: Final = compiled(
    rf"\n{NUMBERED}(?:[ \t]{{0,8}}$|[ \t>+]{{0,8}}(?:{_ITEM}|{_MAKER})"
    r"|[ \t]{2,40}[^\n]{0,300})",
    re.MULTILINE,
)
_BRACKET: Final = compiled(r"[\[\]{}]")
_CLOSED_WITHIN: Final = 6_000  # characters that a list of makers in brackets may take


# What such a section may say before its first item.
_INTRODUCED: Final = compiled(r"(?:\n[=~^-]{3,80})?\n{1,3}(?:[^\n]{1,300}\n){1,5}\n(?=\n?[*+-] )")


class Attribution:
    """The places of a page that say who made something. ``form`` is the page's own."""

    def __init__(self, text: str, form: CodeForm) -> None:
        self._text = text
        self._form = form

    @cached_property
    def places(self) -> list[tuple[int, int]]:
        """Where they are: in order, and none touches another."""
        merged: list[tuple[int, int]] = []
        for start, end in sorted(self._found()):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def holds(self, start: int, end: int) -> bool:
        """Whether ``[start, end)`` lies in one of them."""
        number = bisect_right(self.places, (start, len(self._text))) - 1
        return number >= 0 and end <= self.places[number][1]

    def _found(self) -> Iterator[tuple[int, int]]:
        text = self._text
        yield from self._fields()
        for pattern in (_TAG, _RIGHTS, _GIT, _PATCH):
            yield from (match.span() for match in pattern.finditer(text))
        yield from self._counts()
        yield from self._chains(_BARE, _PERSON)
        if self._form.is_published:
            yield from (match.span() for match in _CREDIT.finditer(text))
            for pattern in (_SIGNED, _CHANGED):
                yield from (match.span() for match in pattern.finditer(text))
        if self._form.is_document:
            for match in _CONTACT.finditer(text):
                if not _HEADERS.match(text, text.rfind("\n", 0, match.start()) + 1):
                    yield match.span()
        yield from self._chains(_SECTION, _ENTRY)

    def _fields(self) -> Iterator[tuple[int, int]]:
        """What stands in a field: its quoted value, its brackets, or the rest of the line."""
        looked = 0
        for match in _KEY.finditer(self._text):
            start, value = match.start(), match["value"]
            end = self._text.find("\n", match.end())
            end = len(self._text) if end < 0 else end
            if value and value in "[{":
                closed = self._closed(match.end()) if match.end() >= looked else -1
                looked = max(looked, match.end() + _CLOSED_WITHIN if closed < 0 else closed)
                end = closed if closed >= 0 else min(end, start + 400)
            elif value:
                quoted = self._text.find(value, match.end(), end)
                end = quoted if quoted >= 0 else end
            yield start, min(end, start + _CLOSED_WITHIN)

    def _counts(self) -> Iterator[tuple[int, int]]:
        """Whose commits were counted; lines with numbers that run on are a numbered file's."""
        found = list(_COUNTED.finditer(self._text))
        steps = [int(two[1]) - int(one[1]) for one, two in pairwise(found)]
        if 1 not in steps:
            yield from (match.span() for match in found)

    def _closed(self, place: int) -> int:
        """Where the bracket before ``place`` is closed; -1 where it is not, near enough."""
        depth = 1
        for match in _BRACKET.finditer(self._text, place, place + _CLOSED_WITHIN):
            depth += 1 if match.group() in "[{" else -1
            if depth == 0:
                return match.end()
        return -1

    def _chains(
        self, first: re.Pattern[str], following: re.Pattern[str]
    ) -> Iterator[tuple[int, int]]:
        """Each line that ``first`` finds, with the lines right after it that are ``following``."""
        done = 0
        for match in first.finditer(self._text):
            if match.start() < done:
                continue
            introduced = _INTRODUCED.match(self._text, match.end()) if first is _SECTION else None
            done = introduced.end() - 1 if introduced else match.end()
            while (line := following.match(self._text, done)) is not None:
                done = line.end()
            yield match.start(), done
