"""Fields of tables, forms and lists of settings, each beside its own label.

A value says little without its label, and in a table or a form the label stands elsewhere: at the
head of the column, in an attribute, in the member before. Only fields with a figure or a sign in
them are written out; words alone are read where they stand.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.text.sheet import Place, Sheet, always
from edgeroute.word_lists import word_set

_MOST_CELL: Final = 200  # characters of a value that needs a label
_MOST_HEAD: Final = 48
_FIGURE: Final = compiled(r"[\d@!#$%^&*+]")
_FIELD_NAME: Final = (
    r"name|key|field|label|type|title|question|id|attribute|variable|property|param"
)
_FIELD_VALUE: Final = r"value|val|text|content|answer|data|default|number|response|input|entry"
_IS: Final = r"[\"']?\s{0,4}[:=]\s{0,4}[\"']?"
_NEXT: Final = r"[\"']?\s{0,4}[,;]?\s{0,40}"
# A member that names a field, perhaps one that says its kind, and one with what it holds.
_PAIR: Final = compiled(
    rf"(?<![^\W_])(?:{_FIELD_NAME}){_IS}(?P<label>[^\"'\n,{{}}<>=:]{{2,48}}){_NEXT}"
    rf"(?:[\"']?\w{{1,20}}{_IS}[\w -]{{0,40}}{_NEXT})?"
    rf"(?:-\s)?[\"']?(?:{_FIELD_VALUE}){_IS}(?P<value>[^\"'\n{{}}<>]{{1,200}})",
    re.IGNORECASE,
)
_FORM: Final = compiled(
    r"(?<![?&\w=/.%+-])[\w.%-]{1,40}=[^&\s\"']{0,200}(?:&[\w.%-]{1,40}=[^&\s\"']{0,200})++"
)
_ASKED: Final = compiled(
    r"\?[\"']?[ \t]{0,4}\r?\n\s{0,8}(?:[^\n:]{0,24}(?::\d\d){0,2}[^\n:]{0,24}:[ \t])?"
    r"(?P<value>[^\n]{1,60})$",
    re.MULTILINE,
)
_RULE: Final = compiled(r"[\s|+:=-]+")
_TAG: Final = compiled(r"<(?P<close>/?)(?P<name>[A-Za-z][\w:.-]{0,40})(?P<rest>[^<>]{0,600})>")
_ATTRIBUTE: Final = compiled(
    r"(?P<key>[\w:-]{1,40})\s{0,2}=\s{0,2}(?:\"(?P<double>[^\"]{0,300})\"|'(?P<single>[^']{0,300})')"
)
_LABELS: Final = ("aria-label", "label", "name", "key", "title", "placeholder", "id", "property")
_VALUES: Final = frozenset(("value", "content", "data-value"))
# Elements that say how a text looks, not what it is.
_PLAIN: Final = word_set("markup.looks")
_FEW: Final = 3  # tags that make a document


def fields(text: str) -> Iterator[tuple[str, Place]]:
    """The fields of ``text`` as lines of ``label: value``, where they do not stand so anyway."""
    sheet = Sheet()
    for match in _PAIR.finditer(text):
        line = f"{match['label'].strip()}: {match['value'].strip()}"
        sheet.add(line, always(*match.span("value")))
    for match in _FORM.finditer(text) if "&" in text else ():
        for member in match.group().split("&"):
            label, _, value = member.partition("=")
            if _FIGURE.search(value):
                sheet.add(f"{label}: {value}", always(*match.span()))
    for match in _ASKED.finditer(text) if "?" in text else ():
        if _FIGURE.search(match["value"]):
            asked = text[max(0, match.start() - _MOST_CELL) : match.start()].rpartition("\n")[2]
            sheet.add(f"{asked}: {match['value']}", always(*match.span("value")))
    for delimiter in "\t|;,":
        if text.count(delimiter) >= _FEW:
            _table(text, delimiter, sheet)
    if text.count("<") >= _FEW and text.count(">") >= _FEW:
        _markup(text, sheet)
    if sheet:
        yield sheet.text, sheet.place


def _table(text: str, delimiter: str, sheet: Sheet) -> None:
    """The cells of each table whose columns ``delimiter`` parts."""
    heads: Sequence[str] = ()
    start = 0
    for line in text.splitlines(keepends=True):
        cells = _cells(line, delimiter)
        if heads and len(cells) == len(heads):
            if _FIGURE.search(line):
                _row(heads, cells, line, start, sheet)
        elif not heads or not _RULE.fullmatch(line):
            heads = cells if len(cells) > 1 and all(map(_is_head, cells)) else ()
        start += len(line)


def _cells(line: str, delimiter: str) -> list[str]:
    if delimiter not in line or len(line) > 20_000:
        return []
    bare = line.strip(" \r\n")
    if delimiter == "|":
        return [cell.strip() for cell in bare.strip("|").split("|")]
    if '"' not in bare:
        return [cell.strip() for cell in bare.split(delimiter)]
    try:
        return [cell.strip() for cell in next(csv.reader([bare], delimiter=delimiter))]
    except (csv.Error, StopIteration):
        return []


def _is_head(cell: str) -> bool:
    """Whether ``cell`` may name a column: a word or a few, no figure of its own."""
    bare = cell.strip("*_\"'` ")
    return (
        bool(bare)
        and len(bare) <= _MOST_HEAD
        and sum(map(str.isdigit, bare)) <= 2
        and (bare[0].isalpha() or bare[0] in "#(")
        and not any(sign in bare for sign in '@{}="\\')
    )


def _row(heads: Sequence[str], cells: Sequence[str], line: str, start: int, sheet: Sheet) -> None:
    done = 0
    for head, cell in zip(heads, cells, strict=True):
        if not cell or len(cell) > _MOST_CELL or not _FIGURE.search(cell):
            continue
        at = line.find(cell, done)
        place = (start + at, start + at + len(cell)) if at >= 0 else (start, start + len(line))
        done = max(done, at)
        label = head.strip("*_\"'` ")
        sheet.add(f"{label}: {cell}", always(*place))


def _markup(text: str, sheet: Sheet) -> None:
    """What elements and their attributes hold, after each name that they have.

    That is an attribute's or the element's own, the head of the column, the short text before.
    """
    heads: list[str] = []
    row: list[str] = []
    named = said = ""
    end = 0
    for match in _TAG.finditer(text):
        start, end, content = end, match.end(), text[end : match.start()].strip()
        name = match["name"].lower()
        column = heads[len(row)] if len(row) < len(heads) else ""
        if content and _FIGURE.search(content) and len(content) <= _MOST_CELL:
            _named(sheet, (named, column, said), content, (start, match.start()))
        elif content:
            said = content if len(content) <= _MOST_HEAD else ""
        if match["close"]:
            named = ""
            if name in {"td", "th"}:
                row.append(content or said)
            elif name == "tr":
                heads, row = heads or row, []
            elif name == "table":
                heads = []
            continue
        attributes = {
            found["key"].lower(): found["double"] or found["single"] or ""
            for found in _ATTRIBUTE.finditer(match["rest"])
        }
        own = "" if name in _PLAIN else match["name"]
        named = next((attributes[key] for key in _LABELS if attributes.get(key)), own)
        for key in _VALUES & attributes.keys():
            if _FIGURE.search(attributes[key]):
                _named(sheet, (named, said), attributes[key], match.span())


def _named(sheet: Sheet, labels: Iterable[str], value: str, place: tuple[int, int]) -> None:
    for label in dict.fromkeys(labels):
        if label:
            sheet.add(f"{label.strip(' :')}: {value}", always(*place))
