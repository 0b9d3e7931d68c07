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
# Where a list of makers in such a field goes on, after a comma.
_GOES_ON: Final = compiled(r"\n[ \t]{1,20}[^\n<@]{0,80}<[^<>\s]{1,64}@[^<>\s]{1,80}>,?")
# A key alone on its line, as JSON is read line by line, and the fields of the makers after it.
_TABLE: Final = rf"\[{{1,2}}(?:[\w-]{{1,24}}\.){{0,3}}{_FIELDS}\]{{1,2}}"  # of TOML
_BARE: Final = compiled(rf"(?m)^[ \t]{{0,40}}(?:{_FIELDS}:?|{_TABLE})$", re.IGNORECASE)
_OF_PERSON: Final = rf"(?:{one_of('attribution.person_fields')}|{_FIELDS})"
_PERSON: Final = compiled(
    rf"\n(?:[ \t]{{1,40}}|-[ \t]|{_OF_PERSON}\s?[:=])[^\n]{{0,300}}", re.IGNORECASE
)
_TAG: Final = compiled(
    r"(?:[@\\]author\b|<authors?>|(?<!\w)contact: mailto:)[^\n]{0,200}", re.IGNORECASE
)
# As packages of R name theirs: person("Ada", "Berg", , "ada@host", role = "aut")
_R_PERSON: Final = compiled(
    r"(?<!\w)person\([^()]{3,200}\brole\s?=\s?(?:c\()?"
    rf"\"{one_of('attribution.r_roles')}\"[^\n]{{0,80}}"
)
_STRING: Final = r"\s?[:=]\s?[\"'][^\"'\n]{2,80}[\"'],?\s{1,20}"
# Who has a name, an address and a page, and nothing else, is presented: name, email, url.
_CARD: Final = compiled(
    rf"[\"']?name[\"']?{_STRING}[\"']?e?mail[\"']?{_STRING}"
    rf"[\"']?{one_of('attribution.pages')}[\"']?\s?[:=]\s?[\"'][^\"'\n]{{2,200}}[\"']"
    r"\s{0,20}(?:[})]|\n\s{0,20}(?:\[|$))",
    re.IGNORECASE,
)
_MAIL: Final = r"<{1,2}[^<>\s]{1,64}(?:@| at )[^<>\n]{1,80}>{1,2}"
_RIGHTS: Final = compiled(
    r"(?:copyright(?![a-z])|&copy;|\u00a9|\(c\)\s{0,2}(?=(?:19|20)\d\d))[^\n]{0,300}"
    rf"(?:\n[ \t#*/>]{{0,12}}(?:[^\n<]{{0,80}}{_MAIL}|[\w.+-]{{1,64}}@[\w.-]{{1,80}}$)){{0,3}}",
    re.IGNORECASE | re.MULTILINE,
)
_SHORT: Final = rf"\^?[0-9a-f]{{7,12}}\b[^\n<]{{0,120}}{_MAIL}"
_FULL: Final = r"[0-9a-f]{40}\b[^\n]{0,200}"
_COMMIT: Final = rf"commit:[ \t]{{1,8}}[^\n<]{{1,80}}{_MAIL}"
_DEBIAN: Final = rf"-- [^\n<]{{1,80}}{_MAIL}  \w{{3}},"
_FEDORA: Final = r"\* \w{3} \w{3} \d\d \d{4} [^\n]{1,160}"
_DAY: Final = r"(?:\d{4}-\d\d-\d\d|\w{3} \w{3} [ \d]\d [\d:]{5,8}(?: \w{2,5})? \d{4})"
# A head of a list of changes with its first change under it, as Perl and GNU have them:
# 0.12  2009-03-01  Ada Berg <ada@host>; 2009-03-01  Ada Berg  <ada@host>, and a file below
_BELOW: Final = rf"[ \t]{{0,4}}\n{{1,2}}{NUMBERED}[ \t]{{1,8}}[*-] "
_MADE: Final = rf"{_DAY}[ \t]{{1,4}}[^\n<:;,@]{{1,80}}{_MAIL}"
_HEADED: Final = (
    rf"(?:v?\d[\w.]{{0,12}}[ \t]{{1,4}}{_MADE}(?={_BELOW})"
    rf"|{_MADE}(?={_BELOW}[\w/-]{{0,80}}[./][\w/.-]{{1,80}}(?:[ :,]|$)))"
)
# Names and addresses of one maker under another: Ada Berg <ada@host> ada <old@host>
_MAPPED: Final = rf"[^\n<:;,@]{{1,80}}{_MAIL} (?:[^\n<:;,@]{{1,60}} )?{_MAIL}[ \t]{{0,4}}$"
_SIGNATURE: Final = r"gpg: {1,20}(?:Good signature from|aka) \"[^\n]{1,160}"
_KEPT_BY: Final = rf"[MRP]:[ \t]{{1,8}}[^\n<:;,@]{{1,80}}{_MAIL}[ \t]{{0,4}}$"  # as Linux has them
_OWNERS: Final = (
    r"[*/.\w-]{0,80}[*/][^\s@]{0,120}(?:[ \t]{1,40}[\w.+-]{0,64}@[\w./-]{1,80}){1,12}[ \t]{0,4}$"
)
# Histories: a format of one's own, a blame, a commit, a count of commits; who owns which files.
_GIT: Final = compiled(
    rf"{LEAD}[|*\\/ ]{{0,12}}"
    rf"(?:{_SHORT}|{_FULL}|{_COMMIT}|{_DEBIAN}|{_FEDORA}|{_HEADED}|{_MAPPED}|{_KEPT_BY}|{_OWNERS}"
    rf"|{_SIGNATURE})",
    re.IGNORECASE | re.MULTILINE,
)
_COUNTED: Final = compiled(
    rf"^[ ]{{0,8}}(\d{{1,6}})(\t|[ ]{{2}})[^\n<:;,@]{{1,80}}{_MAIL}$", re.MULTILINE
)
_PATCH: Final = compiled(
    r"(?m)^From [0-9a-f]{40} \w{3} \w{3} \d\d? [\d:]{8} \d{4}\n(?:[^\n]{1,400}\n){1,12}"
)
_WORD: Final = r"[^\W\d_a-z][\w.'\u2019-]{0,30}"
_NAME: Final = (
    rf"{_WORD}(?: (?:{_WORD}|[\"'(][\w-]{{2,20}}[\"')]|{one_of('names.particles')})){{0,4}}"
)
# A line of a comment that is a maker, and perhaps years: # Ada Berg <ada@host>, 2011
_SIGNED: Final = compiled(
    rf"(?m)^{NUMBERED}[ \t]{{0,40}}(?:\#|//|\*|;|--|%)[ \t]{{1,20}}(?:and )?{_NAME},?[ \t]{{0,4}}"
    rf"{_MAIL}(?:,[ \t]{{1,4}}(?:and )?{_NAME} {_MAIL}){{0,3}}"
    r"[ \t,.\d-]{0,60}$"
)
# What a list tells of somebody beside the name: an address, an account, a day, a page.
_TOLD: Final = (
    rf"(?:{_MAIL}|@[\w-]{{1,39}}|[\w.+-]{{1,64}}@[\w.-]{{1,80}}"
    r"|\d{4}(?:[/-]\d\d?){0,2}|https?://[^\s()]{1,200})"
)
# A line of a list of people: Ada Berg, 2012/06/07; * Ada Berg (@ada); Ada Berg <ada@host>
_PERSON_LINE: Final = compiled(
    rf"(?m)^{NUMBERED}[ \t]{{0,8}}(?:[*+-][ \t]{{1,3}}|\d{{1,4}}[.)] )?[@`\[]?"
    rf"(?:{_NAME}|[^\x00-\x7f]{{2,12}}|[\w-]{{1,39}})"
    rf"(?:[ \t,(`\[\]-]{{1,4}}{_TOLD}[`)\]]{{0,3}}){{0,3}}[ \t]{{0,4}}$"
)
_MAKERS: Final = compiled(
    rf"(?<![A-Za-z]){one_of('attribution.makers')}(?![A-Za-z])", re.IGNORECASE
)
_HEAD: Final = 600  # characters in which a list says whom it names
_FEWEST: Final = 5  # people of such a list
_LISTED: Final = 0.6  # of its lines
# Whom a document of a repository names by their accounts there: by [@ada], thanks to @ada
_ACCOUNT: Final = compiled(r"(?<![\w@/.])@[A-Za-z\d][\w-]{0,38}(?![\w@]|[.-]\w)")
# A heading that is a version: ## [1.2.3] - 2026-01-01, = 4.1.2 (20120817), Version 1.2
_VERSION: Final = compiled(
    rf"(?m)^{NUMBERED}[ \t#=*\[(]{{0,6}}(?:[\w-]{{1,30}}[ \t])?v?\d{{1,4}}\.\d{{1,4}}"
    r"[\w.+-]{0,16}[\])]?(?:\(http[^\n)]{0,200}\))?"
    r"[ \t:/\u2013-]{0,5}(?:[(\[]?[\w,. /-]{4,32}[)\]]?)?[ \t=:#]{0,8}$"
)
_VERSIONS: Final = 3  # so many make a list of changes
_CHANGE: Final = compiled(
    rf"(?m)^{NUMBERED}[ \t]{{0,8}}[*+-][ \t]{{1,4}}[^\n]{{0,400}}"
    r"(?:\n[ \t]{2,12}[^\s*+-][^\n]{0,400}){0,12}"
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
    rf"(?<![A-Za-z]){one_of('attribution.contacts')}\b[^\n]{{0,160}}(?:\n[^\n]{{0,160}}){{0,3}}"
    r"(?:\n[ \t]{0,4}[*+-] [^\n]{1,160}){0,8}",
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

    @property
    def says(self) -> bool:
        """Whether the page names makers, or lists changes."""
        return bool(self.places or self._changes)

    def holds(self, start: int, end: int) -> bool:
        """Whether ``[start, end)`` lies in one of them."""
        number = bisect_right(self.places, (start, len(self._text))) - 1
        return number >= 0 and end <= self.places[number][1]

    def _found(self) -> Iterator[tuple[int, int]]:
        text = self._text
        yield from self._fields()
        for pattern in (_TAG, _R_PERSON, _CARD, _RIGHTS, _GIT, _PATCH):
            yield from (match.span() for match in pattern.finditer(text))
        yield from self._counts()
        yield from self._chains(_BARE, _PERSON)
        if self._form.is_published:
            yield from (match.span() for match in _CREDIT.finditer(text))
            for pattern in (_SIGNED, _CHANGED):
                yield from (match.span() for match in pattern.finditer(text))
        if self._lists_makers:
            yield from (match.span() for match in _PERSON_LINE.finditer(text))
        if self._form.is_document:
            yield from (match.span() for match in _ACCOUNT.finditer(text))
            for match in _CONTACT.finditer(text):
                if not _HEADERS.match(text, text.rfind("\n", 0, match.start()) + 1):
                    yield match.span()
        yield from self._chains(_SECTION, _ENTRY)

    @cached_property
    def _lists_makers(self) -> bool:
        """Whether it is a list of people whose head calls them makers."""
        if not _MAKERS.search(self._text, 0, _HEAD):
            return False
        lines = sum(1 for line in self._text.splitlines() if line.strip())
        people = sum(1 for _ in _PERSON_LINE.finditer(self._text))
        return people >= max(_FEWEST, _LISTED * lines)

    def in_changes(self, start: int, end: int) -> bool:
        """Whether ``[start, end)`` lies in an entry of a list of changes, which has versions for
        its headings: who is named there made them or asked for them.
        """
        number = bisect_right(self._changes, (start, len(self._text))) - 1
        return number >= 0 and end <= self._changes[number][1]

    @cached_property
    def _changes(self) -> list[tuple[int, int]]:
        if sum(1 for _ in _VERSION.finditer(self._text)) < _VERSIONS:
            return []
        return [match.span() for match in _CHANGE.finditer(self._text)]

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
            else:
                end = self._listed(end)
            yield start, min(end, start + _CLOSED_WITHIN)

    def _listed(self, end: int) -> int:
        """Where a list ends whose first line ends at ``end``."""
        while self._text[end - 1 : end] == "," and (more := _GOES_ON.match(self._text, end)):
            end = more.end()
        return end

    def _counts(self) -> Iterator[tuple[int, int]]:
        """Whose commits were counted; lines with numbers that run on are a numbered file's. Where
        no tab parts them there is nothing else, and whoever made most stands first.
        """
        found = list(_COUNTED.finditer(self._text))
        steps = [int(two[1]) - int(one[1]) for one, two in pairwise(found)]
        if any(match[2] != "\t" for match in found):
            lines = sum(1 for line in self._text.splitlines() if line.strip())
            if max(steps, default=1) > 0 or len(found) < lines:
                return
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
