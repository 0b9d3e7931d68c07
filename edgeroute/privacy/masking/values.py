"""Every way to write a known number, date, address or phrase."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from edgeroute import datafile
from edgeroute.privacy.masking.folding import folded, spellings
from edgeroute.privacy.masking.names import Spot
from edgeroute.word_lists import alternatives, word_set

_FEWEST: Final = 5  # digits of a value that is a number and may be grouped in any way
_LONGEST: Final = 48  # letters and digits of such a value
_TAIL: Final = 8  # digits of a telephone number that are the same with and without its prefixes
_LONG: Final = 8  # digits of a number whose last four are looked for too
_SHORTEST: Final = 3  # characters of a value that is also looked for where nothing was found
_BETWEEN: Final = r"[ \t\u00a0._/()-]{0,2}"
_NEAR: Final = 6  # characters between two parts of one address
_WORD: Final = re.compile(r"[^\W_]+")
_EMAIL: Final = re.compile(r"([^\s@]{1,64})@([^\s@]{1,255})")
_NUMBERS: Final = re.compile(r"\d{1,4}")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")


class ValueForms:
    """Finds known ``values`` (base of the placeholder, type, value) in any text."""

    def __init__(self, values: Iterable[tuple[str, str, str]]) -> None:
        sources: list[str] = []
        self._of: list[tuple[str, str]] = []
        self._addresses: list[tuple[str, frozenset[str]]] = []
        for base, type_, value in sorted(values, key=lambda known: -len(known[2])):
            for role, source in _sources(type_, value):
                self._of.append((base, role))
                sources.append(f"({source})")
            if type_ == "STREET_ADDRESS":
                self._addresses.append((base, _components(value)))
        self._any = re.compile("|".join(sources)) if sources else None

    def find(self, text: str) -> list[Spot]:
        """All forms in ``text``; they may overlap."""
        found: list[Spot] = []
        flat = folded(text)
        if self._any is not None:
            for match in self._any.finditer(flat):
                assert match.lastindex is not None
                base, role = self._of[match.lastindex - 1]
                start, end = match.span()
                found.append(Spot(start, end, frozenset({base}), role))
        for base, parts in self._addresses:
            found += (
                Spot(start, end, frozenset({base}), "FORM") for start, end in _near(flat, parts)
            )
        return found


def _sources(type_: str, value: str) -> Iterator[tuple[str, str]]:
    """Patterns of the forms of ``value``, over folded text, each with its role."""
    plain = folded(value)
    words = plain.split()
    if len(plain) >= _SHORTEST and words:
        yield "", _whole(r"[\s_]+".join(map(re.escape, words)), plain)
    if type_ == "LITERAL":
        return
    address = _EMAIL.fullmatch(plain)
    if address is not None:
        yield from _email(*address.groups())
        return
    if type_ == "DATE_OF_BIRTH":
        yield from (("FORM", source) for source in _dates(value))
        return
    code = "".join(filter(str.isalnum, plain))
    digits = "".join(filter(str.isdigit, plain))
    if len(digits) < _FEWEST or len(code) > _LONGEST or len(code) - len(digits) > len(digits) + 4:
        return
    if type_ == "PHONE_NUMBER":
        tail = digits[-_TAIL:] if len(digits) > _TAIL else digits
        yield "FORM", rf"(?<!\d)\+?\(?(?:\d{_BETWEEN}){{0,6}}{_grouped(tail)}(?!\d)"
    else:
        yield "FORM", _whole(_grouped(code), code)
    if len(digits) >= _LONG:
        last = digits[-4:]
        before = r"(?<=[*x\u2022\u2026#])" if _YEAR.fullmatch(last) else r"(?<!\d)(?<!\d[.,:/-])"
        yield "LAST", rf"{before}{last}(?!\d)(?![.,:/-]\d)"


def _whole(source: str, plain: str) -> str:
    """``source`` as a word of its own: a digit ends where letters begin and they where it does."""
    before = r"(?<!\d)" if plain[0].isdigit() else r"(?<![^\W_])" if plain[0].isalpha() else ""
    after = r"(?!\d)" if plain[-1].isdigit() else r"(?![^\W_])" if plain[-1].isalpha() else ""
    return f"{before}{source}{after}"


def _grouped(code: str) -> str:
    return _BETWEEN.join(code)


def _email(local: str, domain: str) -> Iterator[tuple[str, str]]:
    user = r"[._-]?".join(map(re.escape, re.split(r"[._-]", local)))
    at = r"\s?(?:@|%40|&\#64;|[\[(<{]\s?at\s?[\])>}]|\sat\s)\s?"
    host = r"(?:\.|\s?[\[(]?\s?(?:dot|punkt)\s?[\])]?\s?)".join(map(re.escape, domain.split(".")))
    yield "FORM", _whole(f"{user}{at}{host}", f"{local}{domain}")
    bare = "".join(filter(str.isalnum, local))
    if len(bare) >= 6 and (bare != local or not bare.isalpha()):
        yield "NAME", _whole(user, local)


def _dates(value: str) -> Iterator[str]:
    """How the day of ``value`` may be written; both days where day and month may be either."""
    for year, month, day in _days(value):
        y, short = f"{year:04}", f"{year % 100:02}"
        m, d = f"0?{month}", f"0?{day}"
        gap = r"[ ]?[-./ ][ ]?"
        both = f"(?:{y}|'?{short})"
        yield rf"(?<!\d){y}{gap}{m}{gap}{d}(?!\d)"
        yield rf"(?<!\d)(?:{d}{gap}{m}|{m}{gap}{d}){gap}{both}(?!\d)"
        yield rf"(?<!\d)(?:{y}{month:02}{day:02}|{day:02}{month:02}{y}|{month:02}{day:02}{y})(?!\d)"
        yield rf"(?<!\d){y}[^\W\d]? ?\u5e74? ?{m} ?[\u6708\uc6d4] ?{d} ?[\u65e5\uc77c]"
        name = alternatives(sorted(_month_names()[month]))
        of = r"(?:st|nd|rd|th|er|\.|\u00ba)?[ _-]{0,2}(?:of |de |den )?"
        yield rf"(?<!\d){d}{of}{name}[.,]?[ _-]{{0,2}}(?:de |of |del )?{both}(?!\d)"
        yield rf"(?<![^\W_]){name}\.?[ _-]{{0,2}}{d}(?:st|nd|rd|th)?[,. _-]{{1,3}}{both}(?!\d)"


def _days(value: str) -> set[tuple[int, int, int]]:
    """The days that ``value`` may mean."""
    numbers = [int(number) for number in _NUMBERS.findall(value)]
    plain = folded(value)
    named = {
        month
        for word in _WORD.findall(plain)
        for month, names in _month_names().items()
        if word in names
    }
    if len(numbers) == 1 and len(value.strip()) == 8:
        return set()
    if named and len(numbers) == 2:
        year = max(numbers)
        return {(_full(year), month, min(numbers)) for month in named if 0 < min(numbers) <= 31}
    if len(numbers) == 2:  # eight digits in one run
        run = "".join(filter(str.isdigit, value))
        numbers = [int(run[:4]), int(run[4:6]), int(run[6:])] if len(run) == 8 else []
    if len(numbers) != 3:
        return set()
    first, middle, last = numbers
    found = (
        [(first, middle, last)] if first > 31
        else [(_full(last), middle, first), (_full(last), first, middle)]
    )  # fmt: skip
    return {(y, m, d) for y, m, d in found if 1800 < y < 2100 and 0 < m <= 12 and 0 < d <= 31}


def _full(year: int) -> int:
    return year if year >= 100 else year + (2000 if year < 30 else 1900)


@cache
def _month_names() -> dict[int, frozenset[str]]:
    """The names of each month in all languages, folded, with their first three letters."""
    months: dict[int, set[str]] = {number: set() for number in range(1, 13)}
    for names in datafile.table("months", dict[str, list[str]]).values():
        for number, name in enumerate(names, 1):
            months[number] |= {folded(name), folded(name)[:3]} if name.isascii() else {folded(name)}
    return {number: frozenset(names) for number, names in months.items()}


def _components(address: str) -> frozenset[str]:
    """The words and numbers that make an address that one."""
    kinds = {folded(word) for word in word_set("masking.street_kinds")}
    words = (word for part in _WORD.findall(address) for word in spellings(part))
    return frozenset(word for word in words if word not in kinds)


def _near(flat: str, parts: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where two different parts of an address, one of them a word, stand near each other."""
    known = [part for part in sorted(parts) if len(part) > 1 or part.isdigit()]
    if not any(len(part) > 3 and part.isalpha() for part in known):
        return
    found = re.finditer(rf"(?<![^\W_]){alternatives(known)}(?![^\W_])", flat)
    start, end, seen = 0, -_NEAR - 1, set[str]()
    for match in found:
        if match.start() - end > _NEAR:
            if _is_address(seen):
                yield start, end
            start, seen = match.start(), set()
        seen.add(match.group())
        end = match.end()
    if _is_address(seen):
        yield start, end


def _is_address(seen: set[str]) -> bool:
    return len(seen) > 1 and any(len(part) > 3 and part.isalpha() for part in seen)
