"""What was imported, and the forms in which it is looked for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import Final, Literal, NamedTuple

from edgeroute.privacy.detecting.own.hashes import (
    LONGEST_CODE,
    MOST_GROUPS,
    MOST_WORDS,
    Form,
    groups_of,
)
from edgeroute.privacy.detecting.own.words import folded, words
from edgeroute.privacy.detecting.text.scripts import UNSPACED
from edgeroute.word_lists import word_list, word_set

Kind = Literal["name", "phone", "email", "address", "number", "secret", "word"]

# Which entity of rules/privacy.yaml a find of each kind is.
ENTITIES: Final[dict[Kind, str]] = {
    "name": "PERSON",
    "phone": "PHONE_NUMBER",
    "email": "EMAIL_ADDRESS",
    "address": "STREET_ADDRESS",
    "number": "PERSONAL_ID",
    "secret": "SECRET",
    "word": "ALWAYS_PRIVATE",
}

# Why something was not taken.
COMMON: Final = "a single word or name that others have too"
SHORT: Final = "too short to be told apart"
NO_STREET: Final = "a place without a street and a number"
DATE: Final = "a date"
UNKNOWN: Final = "no name, number, address or secret"

_DATE: Final = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:[ T][\d:.Z+-]{4,20})?")
_PARTICLE: Final = 4  # letters
_LEAST: Final = {"name": 2, "word": 5, "code": 6, "digits": 7, "solid": 8, "unspaced": 3}


class OwnEntry(NamedTuple):
    """One thing to be found. Of a name ``text`` is the first name and ``family`` the family's,
    where that is known.
    """

    kind: Kind
    text: str
    family: str = ""


class NotTaken(ValueError):
    """An entry cannot be looked for; the message says why, without its value."""


class Taken(NamedTuple):
    """What becomes of entries: their forms, and how many were skipped for which reason."""

    forms: dict[Kind, list[Form]]
    counts: dict[Kind, int]
    skipped: dict[str, int]


def taken(entries: Iterable[OwnEntry], common: Callable[[str], bool]) -> Taken:
    """The forms of ``entries``; ``common`` says whether a word belongs to a language.

    An initial with a surname is a form only where one person is meant by it.
    """
    forms: dict[Kind, dict[Form, None]] = {}
    counts: Counter[Kind] = Counter()
    skipped: Counter[str] = Counter()
    initials = Counter[Form]()
    for entry in dict.fromkeys(entries):
        try:
            made = list(dict.fromkeys(_forms(entry, common)))
        except NotTaken as error:
            skipped[str(error)] += 1
            continue
        counts[entry.kind] += 1
        forms.setdefault(entry.kind, {}).update(dict.fromkeys(made))
        initials.update(form for form in made if form.way == "initial")
    kept = {
        kind: [form for form in made if form.way != "initial" or initials[form] == 1]
        for kind, made in forms.items()
    }
    return Taken(kept, dict(counts), dict(skipped))


def _forms(entry: OwnEntry, common: Callable[[str], bool]) -> Iterable[Form]:
    if entry.kind == "name":
        return _name(entry, common)
    if entry.kind == "word":
        return _word(entry.text, common)
    if entry.kind == "email":
        spoken = entry.text.replace("@", " at ").replace(".", " dot ")
        return [_phrase(word.full for word in words(text)) for text in (entry.text, spoken)]
    if entry.kind == "address":
        return _address(entry.text)
    if entry.kind == "phone":
        return _phone(entry.text)
    return _code(entry, common)


def _name(entry: OwnEntry, common: Callable[[str], bool]) -> Iterator[Form]:
    whole = f"{entry.text} {entry.family}".strip()
    if UNSPACED.search(whole):
        yield from _unspaced(whole)
        return
    # "Berg, Anna" begins with the family's name, "Anna Berg" ends with it.
    last, comma, first = entry.text.partition(",")
    if entry.family:
        given, family = _name_words(entry.text), _name_words(entry.family)
    elif comma and first.strip():
        given, family = _name_words(first), _name_words(last)
    else:
        words_of_it = [_name_words(word) for word in _named(entry.text)]
        given = [part for word in words_of_it[:-1] for part in word]
        family = [part for word in words_of_it[-1:] for part in word]
    if not given or not family:
        yield from _word(whole.strip(" ,"), common)
        return
    for surname in family:
        for first in given:
            if first.casefold() == surname.casefold():
                continue
            (full, stem), (other_full, other_stem) = folded(first), folded(surname)
            both = common(first) and common(surname)
            yield Form("close" if both else "near", tuple(sorted((stem, other_stem))))
            if both:
                yield Form("exact", tuple(sorted((full, other_full))))
            for solid in (first + surname, surname + first):
                if len(solid) >= _LEAST["solid"] and not common(solid):
                    yield Form("word", folded(solid))
        if not common(surname):
            yield Form("initial", tuple(sorted((folded(surname)[1], folded(given[0][0])[0]))))


def _name_words(text: str) -> list[str]:
    """The words of a name that count, a double name whole and in its parts."""
    found: dict[str, None] = {}
    for word in _named(text):
        letters = re.sub(r"[\W\d_]", "", word)
        parts = [word[part.start : part.end] for part in words(word)]
        for part in (letters, *(parts if len(parts) > 1 else ())):
            if len(part) >= _LEAST["name"] and not part.isdigit():
                found[part] = None
    return list(found)


def _named(text: str) -> list[str]:
    """The words of a name without titles and particles."""
    said = [word.strip(".,()\"'") for word in text.split()]
    titles = word_set("own_entries.titles")
    named = [word for word in said if word and word.casefold() not in titles]
    if all(word.islower() for word in named):
        return named
    return [word for word in named if not (word.islower() and len(word) <= _PARTICLE)]


def _word(text: str, common: Callable[[str], bool]) -> Iterator[Form]:
    """The only word of an entry, where it is a rare one; several are a phrase."""
    said = words(text)
    if UNSPACED.search(text):
        yield from _unspaced(text)
    elif len(said) > 1 and len(text.split()) > 1:
        yield _phrase(word.full for word in said)
    elif len(text) < _LEAST["word"] or not said or common(text):
        raise NotTaken(COMMON)
    else:
        yield Form("word", folded(re.sub(r"[\W_]", "", text)))


def _unspaced(text: str) -> Iterator[Form]:
    said = [word.full for word in words(text)]
    if len(said) < _LEAST["unspaced"]:
        raise NotTaken(SHORT)
    yield _phrase(said)


def _phrase(said: Iterable[str]) -> Form:
    parts = tuple(said)[:MOST_WORDS]
    if len(parts) < 2:
        raise NotTaken(SHORT)
    return Form("phrase", parts)


def _address(text: str) -> Iterator[Form]:
    """The line with the street and its number, also with the street's word in its other form."""
    said = [word.full for word in words(text)][:MOST_WORDS]
    if not any(word.isdigit() for word in said) or not any(
        len(word) > _STREET and not word.isdigit() for word in said
    ):
        raise NotTaken(NO_STREET)
    yield _phrase(said)
    for long, short in _short_streets():
        for one, other in ((long, short), (short, long)):
            changed = [_changed(word, one, other) for word in said]
            if changed != said:
                yield _phrase(changed)


_STREET: Final = 2


@cache
def _short_streets() -> list[tuple[str, str]]:
    pairs = [one.partition(" ") for one in word_list("own_entries.short_streets")]
    return [(folded(long)[0], folded(short)[0]) for long, _, short in pairs]


def _changed(word: str, one: str, other: str) -> str:
    """``word`` with the street's word in it changed: whole, or at the end of a German one."""
    if word == one:
        return other
    if len(one) > _STREET and word.endswith(one) and other[:1] == one[:1]:
        return word[: -len(one)] + other
    return word


def _phone(text: str) -> Iterator[Form]:
    import phonenumbers  # noqa: PLC0415 - large tables

    digits = "".join(groups_of(text))
    if len(digits) < _LEAST["digits"]:
        raise NotTaken(SHORT)
    written = {digits.lstrip("0")}
    if text.strip().startswith(("+", "00")):
        plus = "+" + digits.removeprefix("00") if text.strip().startswith("00") else text
        with suppress(phonenumbers.NumberParseException):
            number = phonenumbers.parse(plus)
            written = {
                str(number.national_number),
                f"{number.country_code}{number.national_number}",
            }
    for one in sorted(written):
        if len(one) >= _LEAST["digits"]:
            yield Form("code", (one,))


def _code(entry: OwnEntry, common: Callable[[str], bool]) -> Iterator[Form]:
    """A number or a secret, line by line."""
    if entry.kind == "number" and _DATE.fullmatch(entry.text.strip()):
        raise NotTaken(DATE)
    found = False
    for line in entry.text.splitlines():
        groups: list[str] = []
        for group in groups_of(line)[:MOST_GROUPS]:
            if len("".join(groups)) + len(group) <= LONGEST_CODE:
                groups.append(group)
        joined = "".join(groups)
        least = _LEAST["digits" if joined.isdigit() else "solid" if joined.isalpha() else "code"]
        if len(joined) >= least and not (joined.isalpha() and all(common(one) for one in groups)):
            found = True
            yield Form("code", tuple(groups))
    if not found:
        raise NotTaken(SHORT)


def kind_of(text: str) -> OwnEntry:
    """What a line or a value of no known column is.

    Raises:
        NotTaken: nothing that is looked for.
    """
    text = " ".join(text.split())
    if len(text) > _LONGEST:
        raise NotTaken(UNKNOWN)
    digits = sum(sign.isdigit() for sign in text)
    letters = sum(sign.isalpha() for sign in text)
    if _DATE.fullmatch(text):
        raise NotTaken(DATE)
    if re.fullmatch(r"[^\s@]{1,64}@[^\s@]{1,200}\.[^\s@.]{2,24}", text):
        return OwnEntry("email", text)
    if digits >= _LEAST["digits"] and not letters:
        return OwnEntry("phone" if text[0] in "+0(" else "number", text)
    if digits and letters:
        return _with_digits(text)
    count = len(text.split())
    if not letters or count > _MOST_OF_A_NAME or len(text) > _LONGEST_NAME:
        raise NotTaken(UNKNOWN if letters else SHORT)
    return OwnEntry("name" if count > 1 or UNSPACED.search(text) else "word", text)


_MOST_OF_A_NAME: Final = 5
_LONGEST_NAME: Final = 80
_LONGEST: Final = 200
_CODE: Final = re.compile(r"\S{6,200}|[A-Z0-9 /.-]{6,40}")
_STREET_LINE: Final = re.compile(
    r"[^\W\d_]{3}[^,;]{0,80}\s\d{1,5}\b|^\d{1,4}[a-zA-Z]?\s+\S{2,40}\s+\S{2,40}"
)


def _with_digits(text: str) -> OwnEntry:
    """An address or an identifier."""
    for part in re.split(r"[,;\n]", text):
        if _STREET_LINE.search(part.strip()):
            return OwnEntry("address", part.strip())
    if _CODE.fullmatch(text):
        return OwnEntry("number", text)
    raise NotTaken(NO_STREET if " " in text else SHORT)
