"""Text whose layout says that it describes people: records, messages, tables, tool results."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.privacy.tool_names import is_named
from edgeroute.word_lists import one_of, word_list, word_set

_MRZ: Final = compiled(
    r"(?m)^[PIACV][A-Z<][A-Z]{3}[A-Z<]{10,41}$|[A-Z]{3,20}<<[A-Z]{2,20}(?:<[A-Z]{1,20}){0,4}<{2,}"
)
_HL7: Final = compiled(r"(?:^|[\r\n])(?:MSH|PID|NK1|PV1|OBR|OBX)\|[^\n]{6,}")
_VCARD: Final = compiled(r"BEGIN:(?:VCARD|VEVENT)\b|(?:^|\n)(?:FN|ATTENDEE|ORGANIZER)[:;][^\n]{3,}")
_NOBODY: Final = compiled(
    r"example\.(?:com|org|net)|\b(?:no-?reply|alerts?|notifications?|info|support|news(?:letter)?)@",
    re.IGNORECASE,
)
_SPEAKER: Final = compiled(
    r"(?:^|\n)\s{0,4}(?:from|to|cc|bcc|sender|recipient)\s{0,2}:\s{1,2}[^\n@]{0,60}@[^\n]{3,60}",
    re.IGNORECASE,
)

_CHAT: Final = compiled(
    rf"\b{one_of('forms.messengers')}\s(?:group\s)?(?:chat|conversation|thread|messages?|log)\b"
)
_SAYS: Final = compiled(r"(?:^|[\n.!?:\]]\s{0,2})([^\W\d_a-z][a-z]{1,20}): ")
_ROLES: Final = word_set("forms.roles")

# A tool's name, as agents write it when they report a call: the words decide whose data it
# returned.
_CALL: Final = compiled(
    r"(?:^|[\n{,>])\s{0,6}"
    r"(?:[\"']?(?:action|tool|tool_name|function|recipient_name)[\"']?\s{0,2}[:=]\s{0,2}[\"']?"
    r"|\[tool:|<invoke name=[\"'])(?P<tool>[A-Za-z][\w.:-]{2,60})\]?",
    re.IGNORECASE,
)
_PERSONAL_TOOLS: Final = word_list("forms.personal_tools")
_RESULT: Final = compiled(
    r"(?:^|\n)\s{0,4}(?:observation|result|output|tool output|response)\s{0,2}:"
    r"|function_results|tool_result",
    re.IGNORECASE,
)
_MESSAGES: Final = compiled(
    rf"[\"']{one_of('forms.sender_keys')}[\"']"
    r"\s{0,2}:\s{0,2}(?:[\"'](?P<who>[^\"']{2,80})|\[)"
)
_BODY: Final = compiled(
    r"[\"'](?:body|text|message|content|subject|title|notes)[\"']\s{0,2}:\s{0,2}[\"'][^\"']{6,}"
)

_PERSON_KEY: Final = one_of("forms.person_keys", gap="[_ -]?")
_DETAIL_KEY: Final = one_of("forms.detail_keys")
_JSON_PERSON: Final = compiled(
    rf"[\"']?\b{_PERSON_KEY}[\"']?\s{{0,2}}[:=]\s{{0,2}}"
    r"[\"'](?P<value>[^\"'\n]{2,60})[\"'][^{}]{0,400}?"
    rf"[\"']?\b{_DETAIL_KEY}[\"']?\s{{0,2}}[:=]\s{{0,2}}[\"']?(?P<detail>[^\"',\n}}]{{2,60}})",
    re.IGNORECASE,
)
_PERSON_INSERT: Final = compiled(
    rf"\binto\s{{1,2}}[\w.\"`]{{0,20}}{one_of('forms.people_tables')}\b[^;]{{0,200}}"
    r"\bvalues\b[^;]{0,400}?[\"'][A-Z][a-z]{1,20}[\"']",
    re.IGNORECASE,
)
_TABLE_HEAD: Final = compiled(
    rf"(?m)^[^\n]{{0,120}}\b{one_of('forms.table_heads')}\b[^\n]{{0,20}}(?:[|;,\t])[^\n]{{0,160}}$",
    re.IGNORECASE,
)
_TABLE_DETAIL: Final = compiled(rf"[|;,\t]\s{{0,20}}{_DETAIL_KEY}\b", re.IGNORECASE)
_TABLE_NAME: Final = compiled(r"[^\W\d_a-z]\.?[^\W\d_]{0,20}\s[^\W\d_a-z][^\W\d_]{1,24}")
_SAMPLE_NAMES: Final = compiled(
    rf"^(?:{one_of('forms.sample_names')}|test\w*|user\d*|your.{{0,20}}|.{{0,3}})$", re.IGNORECASE
)


class Forms:
    """Machine-readable travel documents, clinical messages, contact cards, tables of people, mail
    and what the tools of a person's own accounts returned.
    """

    name = "forms"
    types = ("PASSPORT", "PERSONAL_RECORDS")
    needs = compiled(r"[:=|]|<<|insert|fn;|attendee;|organizer;|[;,\t][^\n]*\n")

    def find(self, page: Page) -> Iterator[Hit]:
        """Every form that holds records of people."""
        text = page.text
        if "<<" in text:
            for match in _MRZ.finditer(text):
                if "UTO" not in match.group()[:5]:  # Utopia, whose passports show the form
                    yield Hit("PASSPORT", *match.span(), 0.9)
        if "|" in text:
            for match in _HL7.finditer(text):
                yield Hit("PERSONAL_RECORDS", *match.span(), 0.85)
        for match in _VCARD.finditer(text):
            yield Hit("PERSONAL_RECORDS", *match.span(), 0.8)
        for match in _SPEAKER.finditer(text):
            if not _NOBODY.search(match.group()) and not page.attribution.holds(*_said(match)):
                yield Hit("PERSONAL_RECORDS", *match.span(), 0.6)
        yield from _chats(page)
        yield from _tool_results(page)
        yield from _objects(page)
        yield from _tables(page)


def _said(match: re.Match[str]) -> tuple[int, int]:
    """The place of ``match`` without the line's end before it."""
    return match.end() - len(match.group().lstrip()), match.end()


def _chats(page: Page) -> Iterator[Hit]:
    """What people wrote to each other, pasted from a messenger."""
    for match in _CHAT.finditer(page.lower):
        speakers = {m[1] for m in _SAYS.finditer(page.text, match.end(), match.end() + 2000)}
        if len(speakers - _ROLES) >= 2:
            yield Hit("PERSONAL_RECORDS", *match.span(), 0.6)


def _tool_results(page: Page) -> Iterator[Hit]:
    text = page.text
    for match in _CALL.finditer(text):
        shown = match.group().endswith("]") or _RESULT.search(text, match.end(), match.end() + 4000)
        if is_named(match["tool"], _PERSONAL_TOOLS) and shown:
            yield Hit("PERSONAL_RECORDS", *match.span("tool"), 0.8)
    if _BODY.search(text):
        for match in _MESSAGES.finditer(text):
            who = match["who"]
            if page.attribution.holds(*match.span()):
                continue
            if who is None or ("example." not in who and not _SAMPLE_NAMES.match(who)):
                yield Hit("PERSONAL_RECORDS", *match.span(), 0.6)


def _objects(page: Page) -> Iterator[Hit]:
    if "name" in page.lower or "fn" in page.lower or "first" in page.lower or "nom" in page.lower:
        for match in _JSON_PERSON.finditer(page.text):
            value = match["value"]
            known = _SAMPLE_NAMES.match(value) or page.attribution.holds(*match.span())
            if value[:1].isupper() and not known and _real(match["detail"], page):
                yield Hit("PERSONAL_RECORDS", *match.span(), 0.55)
    if "insert" in page.lower:
        for match in _PERSON_INSERT.finditer(page.text):
            yield Hit("PERSONAL_RECORDS", *match.span(), 0.6)


def _real(detail: str, page: Page) -> bool:
    """Whether a field's value is somebody's, rather than a type or an empty one; in code an age
    beside a name is a test's.
    """
    little = r"(?:\d[^\n\d]?){4}|@" if page.form.is_code else r"\d{2}|@"
    return re.search(little, detail) is not None and "example" not in detail.lower()


def _tables(page: Page) -> Iterator[Hit]:
    for match in _TABLE_HEAD.finditer(page.text):
        head = match.group()
        mark = next((c for c in "|;\t," if c in head), ",")
        rows = page.text[match.end() : match.end() + 600].splitlines()[1:6]
        filled = [
            row
            for row in rows
            if row.count(mark) >= head.count(mark) - 1 and _TABLE_NAME.search(row)
        ]
        made = page.attribution.holds(*_said(match)) or _is_statement(head)
        if head.count(mark) and filled and _TABLE_DETAIL.search(head) and not made:
            yield Hit("PERSONAL_RECORDS", match.start(), match.end(), 0.65)


def _is_statement(head: str) -> bool:
    """Whether a line that looks like a table's head is a statement or a call in code."""
    return re.search(r"[({]\s{0,2}$|=>|\w\(|[\w\"']\s{0,2}=\s|^\s{0,40}[}\])]", head) is not None
