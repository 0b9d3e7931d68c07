"""Reads what a user imports: cards of contacts, tables, settings with secrets, plain lists."""

from __future__ import annotations

import csv
import io
import quopri
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from edgeroute.core.encoding import decoded
from edgeroute.core.errors import SettingsError
from edgeroute.privacy.detecting.own.entries import SHORT, Kind, NotTaken, OwnEntry, kind_of
from edgeroute.word_lists import word_set

MOST_BYTES: Final = 64 * 1024 * 1024
REPEATED: Final = "a value that many rows share"
COLUMN: Final = "a column that is not known to hold people, numbers or addresses"
THINGS: Final = "a table that is not about people"
SETTING: Final = "a setting that is no secret"
ORGANISATION: Final = "an organisation, title, note or picture"

_OFTEN: Final = 5  # rows with the same value
_ASSIGNED: Final = re.compile(r"\s*(?:export\s+)?([A-Za-z_][\w.-]{0,120})\s*=(.*)")
_LOGIN: Final = re.compile(r"[a-z][a-z0-9+.-]{1,30}://[^\s:/@]{0,200}:([^\s@/]{1,500})@")
_RANDOM: Final = 20  # letters without a digit that are no word
_LONG: Final = 8


class Imports(NamedTuple):
    """What was read: entries, and how many values were skipped for which reason."""

    entries: list[OwnEntry]
    skipped: Counter[str]


def read_file(path: Path) -> Imports:
    """The entries in the file at ``path``.

    Raises:
        SettingsError: it cannot be read, is too large, or is no text.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise SettingsError(
                f"is larger than {MOST_BYTES // 1024 // 1024} MiB.",
                file=str(path),
                hint="Import it in parts.",
            )
        text = decoded(path.read_bytes())
    except OSError as error:
        raise SettingsError(f"cannot be read ({error.strerror}).", file=str(path)) from error
    except ValueError as error:
        hint = "A vCard, CSV, .env or plain list in UTF-8, or an SQLite file."
        raise SettingsError("is not text.", file=str(path), hint=hint) from error
    return read_text(text, path.name)


def read_text(text: str, name: str) -> Imports:
    """The entries in ``text``; ``name`` is the file's, whose ending says what it holds."""
    lowered = name.lower()
    if "BEGIN:VCARD" in text[:2000].upper():
        return _collected(_cards(text))
    if lowered.endswith(".env") or lowered.startswith(".env"):
        return _collected(_settings(text))
    if lowered.endswith((".csv", ".tsv")):
        return _csv(text)
    return _collected(_list(text))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Imports:
    """The entries of a table whose columns are named."""
    columns = [_heading(name) for name in headings]
    values = [row for row in rows if any(cell.strip() for cell in row)]
    seen = Counter(
        (at, cell.strip()) for row in values for at, cell in enumerate(row) if cell.strip()
    )
    return _collected(_rows(columns, values, seen))


Found = OwnEntry | NotTaken


def _collected(found: Iterable[Found]) -> Imports:
    source = Imports([], Counter())
    for one in found:
        if isinstance(one, OwnEntry):
            source.entries.append(one)
        else:
            source.skipped[str(one)] += 1
    return source


def _guessed(text: str) -> Found:
    try:
        return kind_of(text)
    except NotTaken as reason:
        return reason


def describes_people(headings: Sequence[str]) -> bool:
    """Whether a table with these columns is about people, and not about things with names."""
    return any(_heading(name) not in {"", "name"} or "mail" in name.casefold() for name in headings)


def _list(text: str) -> Iterator[Found]:
    for line in text.splitlines():
        value = line.strip().strip("-*\u2022").strip()
        if value and not line.lstrip().startswith("#"):
            yield _guessed(value)


# Cards


def _cards(text: str) -> Iterator[Found]:
    """The people in vCards of any version."""
    named = False
    for name, parameters, value in _card_lines(text):
        parts = [part.replace("\\,", ",").strip() for part in re.split(r"(?<!\\);", value)]
        if name == "BEGIN":
            named = False
        elif name == "N" and parts[0]:
            named = True
            yield OwnEntry("name", " ".join(filter(None, parts[1:3])), parts[0])
        elif name == "FN" and not named and value.strip():
            yield _guessed(value)
        elif name == "EMAIL" and value.strip():
            yield _guessed(value.strip().removeprefix("mailto:"))
        elif name == "TEL" and value.strip():
            yield OwnEntry("phone", value.strip().removeprefix("tel:"))
        elif name == "ADR":
            street = " ".join(filter(None, parts[:3]))
            if street:
                yield OwnEntry("address", street)
        elif name == "NICKNAME" and value.strip():
            yield OwnEntry("word", value.strip())
        elif name in _OTHER and value.strip() and "ENCODING" not in parameters:
            yield NotTaken(ORGANISATION)


_OTHER: Final = frozenset({"ORG", "TITLE", "NOTE", "URL", "ROLE"})


def _card_lines(text: str) -> Iterator[tuple[str, str, str]]:
    """Name, parameters and value of each line, long lines joined, N before FN."""
    text = re.sub(r"=\r?\n", "", text) if "QUOTED-PRINTABLE" in text.upper() else text
    joined = re.sub(r"\r?\n[ \t]", "", text)
    waiting: list[tuple[str, str, str]] = []
    for line in joined.splitlines():
        head, _, value = line.partition(":")
        name, _, parameters = head.upper().partition(";")
        name = name.rpartition(".")[2].strip()
        if "QUOTED-PRINTABLE" in parameters:
            value = quopri.decodestring(value.encode()).decode("utf-8", "replace")
        if name == "FN":
            waiting.append((name, parameters, value))
        elif name == "END":
            yield from waiting
            waiting.clear()
        else:
            yield name, parameters, value


# Tables


def _csv(text: str) -> Imports:
    first = text.partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    if not rows:
        return Imports([], Counter())
    if any(_heading(cell) for cell in rows[0]):
        return table(rows[0], rows[1:])
    return table([""] * max(len(row) for row in rows), rows)


def _heading(name: str) -> str:
    """What a column called ``name`` holds; empty where that is not known."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    said = " ".join(re.findall(r"[^\W_]+", parted)).casefold()
    return next((column for column, names in _headings().items() if said in names), "")


@cache
def _headings() -> dict[str, frozenset[str]]:
    lists = {
        "given": word_set("own_entries.given"),
        "family": word_set("own_entries.family"),
        "name": word_set("own_entries.name"),
        "street": word_set("own_entries.street"),
        "house": word_set("own_entries.house"),
        "phone": word_set("own_entries.phone"),
        "number": word_set("own_entries.number"),
        "secret": word_set("own_entries.secret"),
    }
    return {column: frozenset(map(str.casefold, names)) for column, names in lists.items()}


def _rows(
    columns: Sequence[str], rows: Iterable[Sequence[str]], seen: Mapping[tuple[int, str], int]
) -> Iterator[Found]:
    known = any(columns)
    for row in rows:
        cells: dict[str, list[str]] = {}
        for at, (column, cell) in enumerate(zip(columns, row, strict=False)):
            value = cell.strip()
            if not value:
                continue
            if not column and seen[at, value] >= _OFTEN:
                yield NotTaken(REPEATED)
            else:
                cells.setdefault(column, []).append(value)
        yield from _named(cells)
        for value in cells.get("", ()):
            guess = _guessed(value)
            if not known or isinstance(guess, NotTaken) or guess.kind in {"email", "phone"}:
                yield guess
            else:
                yield NotTaken(COLUMN)


def _named(cells: Mapping[str, list[str]]) -> Iterator[Found]:
    """The entries of a row's known columns."""
    given, family = " ".join(cells.get("given", ())), " ".join(cells.get("family", ()))
    if given or family:
        yield OwnEntry("name", given, family) if given and family else _guessed(given or family)
    for value in cells.get("name", ()):
        yield OwnEntry("name", value) if len(value.split()) > 1 else _guessed(value)
    house = " ".join(cells.get("house", ()))
    for value in cells.get("street", ()):
        line = value if house and house in value.split() else f"{value} {house}".strip()
        yield OwnEntry("address", re.split(r"[;\n]|,(?=.*\d)", line)[0] if not house else line)
    kinds: tuple[Kind, ...] = ("phone", "number", "secret")
    for kind in kinds:
        for value in cells.get(kind, ()):
            yield OwnEntry(kind, value)


# Settings


def _settings(text: str) -> Iterator[Found]:
    """The secrets in lines of ``NAME=value``."""
    lines = iter(text.splitlines())
    for line in lines:
        match = _ASSIGNED.fullmatch(line)
        if match is None or line.lstrip().startswith("#"):
            continue
        name, value = match[1], match[2].strip()
        quote = value[:1]
        if quote in {'"', "'"} and value and value.count(quote) == 1:
            for more in lines:
                value += f"\n{more}"
                if quote in more:
                    break
        value = value.strip(quote) if quote in {'"', "'"} else value.partition(" #")[0].strip()
        if value:
            yield _setting(name, value)


def _setting(name: str, value: str) -> Found:
    login = _LOGIN.match(value)
    if login:
        return OwnEntry("secret", login[1])
    named = re.sub(r"[\W_]+", " ", name).casefold()
    is_named = any(f" {one} " in f" {named} " for one in word_set("own_entries.secret")) or (
        f" {named}".endswith(" key")
    )
    plain = value.casefold() in word_set("own_entries.plain_settings")
    if plain or "://" in value or len(value) < _LONG // 2:
        return NotTaken(SETTING if plain or "://" in value else SHORT)
    mixed = any(sign.isdigit() for sign in value) and any(sign.isalpha() for sign in value)
    solid = " " not in value and "/" not in value[:1]
    if is_named or (solid and len(value) >= _LONG and mixed and not _HOST.fullmatch(value)):
        return OwnEntry("secret", value)
    if solid and len(value) >= _RANDOM and value.isalnum():
        return OwnEntry("secret", value)
    guess = _guessed(value)
    return (
        guess
        if isinstance(guess, OwnEntry) and guess.kind in {"email", "phone"}
        else NotTaken(SETTING)
    )


_HOST: Final = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?::\d{1,5})?(?:/.{0,200})?")
