"""Passwords that their own shape gives away in a sentence, where nobody calls them one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.recognizers.secret_openings import is_source
from edgeroute.privacy.detecting.recognizers.secret_values import (
    SMALL,
    Strength,
    is_chosen,
    is_digest,
    is_placeholder,
    is_term,
    pieces,
    strength,
)
from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.word_lists import one_of, whole, word_set

_BACK: Final = 120  # characters before a value in which it is said what one goes in by
_AHEAD: Final = 64  # and after it
_CLOSE: Final = 40  # characters before a value in which it is typed or named
_LETTERS: Final = r"A-Za-z\u00c0-\u024f\u0370-\u052f"
_OPEN: Final = rf"(?<![{_LETTERS}0-9_!#$&+@^~?*.,/%=:;<>\\\[{{|-])"
_CANDIDATE: Final = compiled(
    rf"{_OPEN}(?=[^\s\d]{{0,47}}\d|[^\s!#$&+^~]{{1,40}}[!#$&+^~])[{_LETTERS}0-9][{_LETTERS}0-9_!#$&+@^~?*.,/%-]{{6,47}}+"
    r"(?![=(\[{<>\\|]|:[^\s])"
)
_TRAILS: Final = ".,?-/"
_WORD: Final = re.compile(rf"[{_LETTERS}]+")
_NUMBER: Final = re.compile(r"\d+")
_VOWEL: Final = re.compile(r"[^bcdfghjklmnpqrstvwxz]", re.IGNORECASE)
_HARD: Final = re.compile(rf"(?<=[{_LETTERS}0-9])[!#$&+^~*](?=[{_LETTERS}])")
_SURE: Final = re.compile(rf"(?<=[{_LETTERS}0-9])[!#$^~](?=[{_LETTERS}])")
_JOINT: Final = re.compile(r"[_!#$&+@^~?*.,/%-]")
_ENDED: Final = re.compile(r"[!#*$+]$")
_INNER: Final = re.compile(rf"[{_LETTERS}]{{2}}\d{{1,4}}[{_LETTERS}]{{2}}")
_NUMBERED: Final = re.compile(rf"[{_LETTERS}]{{5,}}\d{{2,6}}")
_SEASON: Final = re.compile(rf"[{_LETTERS}]+(?:19|20)\d\d")  # what stands for all bad ones
_DIRECT: Final = compiled(
    rf"(?:{whole('secrets.typed')}|{one_of('secrets.typed_unspaced')})[\s:]{{0,2}}$"
)
_FILE: Final = compiled(rf"\.{one_of('secrets.endings')}$")
_SIZED: Final = re.compile(
    r"[A-Z][A-Za-z]*[a-z](?:8|16|32|64|128|256)[A-Z][a-z]\w*"
)  # Float64Array
_ADDRESS: Final = re.compile(
    r"@[a-z-]+\.|@v?\d|^www\.|//|\.\.|--|%[0-9a-f]{2}|,\d{3}|\d[.,]\d", re.IGNORECASE
)
_APP: Final = compiled(r"(?<![\w-])[a-z]{4}(?: [a-z]{4}){3}(?![\w-])")
_SEED: Final = compiled(
    r"(?<![A-Za-z0-9+/=-])(?=[A-Z]{0,40}[2-7])[A-Z2-7]{16,64}(?![A-Za-z0-9+/=-])"
)
_LICENCE: Final = compiled(
    r"(?<![\w/-])(?=[A-Z-]{0,40}\d)(?:[A-Z0-9]{4}(?:-[A-Z0-9]{4}){3,7}|[A-Z0-9]{5}(?:-[A-Z0-9]{5}){2,6})(?![\w-])"
)
_BOUGHT: Final = compiled(rf"(?:{whole('secrets.licences')}|{whole('secrets.typed')})")
_SENTENCE: Final = compiled(
    rf"(?:{whole('secrets.sentences')})[\s:\"'\u00ab\u201e]{{1,3}}"
    r"(?P<value>[^\W\d_]{2,12}(?: [^\W\d_]{2,12}){3,7})(?=[,.;\n\"'\u00bb]|$)"
)
_PASSWORD: Final = compiled(whole("secrets.code_words", ending=2))
_WALLET: Final = compiled(whole("secrets.wallets"))
_WORDS: Final = compiled(rf"(?<![\w-])[{SMALL}]{{3,8}}(?: [{SMALL}]{{3,8}}){{11,23}}+(?![\w-])")
# The same with numbers: 1 copper 2 vivid 3 orbit
_COUNTED: Final = compiled(
    rf"(?<![\w-])1[.):]?\s{{1,2}}[{SMALL}]{{3,8}}"
    rf"(?:,?\s{{1,3}}\d{{1,2}}[.):]?\s{{1,2}}[{SMALL}]{{3,8}}){{11,23}}(?![\w-])"
)
_STOPS: Final = compiled(rf"(?<![^ ]){one_of('secrets.no_seed_words')}(?![^ ])")
_SEED_LEAST: Final = 12  # words of a seed phrase
_ACCESS: Final = compiled(whole("secrets.accesses", ending=2))
_TYPED: Final = compiled(whole("secrets.typed"))
_LINKED: Final = compiled(
    rf"(?:(?:{whole('secrets.linked')})|(?:{whole('secrets.paired')})|(?:{whole('secrets.typed')}))[\s:\"'\u00ab\u201e(]{{1,3}}$|[:=,/]\s$"
)
_NAMED: Final = compiled(rf"(?:{whole('secrets.named_next')})[\s:\"'\u00ab\u201e]{{1,3}}$")
_PRODUCTS: Final = word_set("secrets.products")
_CONVERTER: Final = re.compile(r"([a-z]{2,})2([a-z]{2,})")
_FORMATS: Final = word_set("secrets.formats")
_HUMP: Final = re.compile(r"[a-z][A-Z]")
_COMMON: Final = word_set("secrets.no_seed_words") | word_set("secrets.common_words")
_VOWELS: Final = frozenset("aeiou")
_MOST_JOINTS: Final = 5
_SPEAKER: Final = re.compile(r"<[^<>\n]{1,24}> |[^\W\d_][\w .-]{0,24}: ")  # who says it in a talk
_IDENTIFIER: Final = re.compile(
    r"(?:[A-Z]\d|[a-z0-9]+)(?:[-_./]{1,2}[a-z0-9]+)+"
)  # of programs and their parts
_PACKED: Final = re.compile(r"[A-Za-z0-9+/]{20}")  # certificates, pictures, what is compressed
_PUBLIC_KEY: Final = "AAAA"  # how a public key begins in authorized_keys
_SHORTEST: Final = 7
_LEAST: Final = 3  # letters of a word that is one


def shaped(page: Page) -> Iterator[Hit]:
    """Words joined with digits and signs as people make passwords, by what stands around them."""
    if is_source(page):
        return
    for count, match in enumerate(_CANDIDATE.finditer(page.text)):
        if count % 128 == 0:
            page.tick()
        value = match.group().rstrip(_TRAILS)
        if page.form.is_published and not _HARD.search(value):
            continue
        end = match.start() + len(value)
        if page.form.is_form(match.start(), end):
            continue
        if _is_made(value) and _is_used(page, match.start(), value):
            yield Hit("SECRET", match.start(), end, 0.7, pattern="shaped")
    for match in _LICENCE.finditer(page.text):
        mixed = not match.group().replace("-", "").isalpha()
        known = is_digest(match.group()) or is_placeholder(match.group())
        if mixed and not known and _BOUGHT.search(page.before(match.start(), _BACK)):
            yield Hit("SECRET", *match.span(), 0.7, pattern="licence")


def phrases(page: Page) -> Iterator[Hit]:
    """Words and letters alone: a passphrase that is called the sentence, the words of a wallet,
    and what a site draws for one program or for the second factor.
    """
    for pattern in (_APP, _SEED):
        for match in pattern.finditer(page.text):
            if _is_drawn(match.group()) and _ACCESS.search(page.before(match.start(), _BACK)):
                yield Hit("SECRET", *match.span(), 0.7, pattern="drawn")
    for match in _SENTENCE.finditer(page.lower):
        if _PASSWORD.search(page.before(match.start(), _BACK)):
            yield Hit("SECRET", *match.span("value"), 0.7, pattern="phrase")
    if page.holds(_WALLET):
        for match in _COUNTED.finditer(page.lower):
            yield Hit("SECRET", *match.span(), 0.8, pattern="seed")
        for match in _WORDS.finditer(page.lower):
            for run in _STOPS.split(match.group()):
                words = run.split()
                if len(words) >= _SEED_LEAST and len(set(words)) >= len(words) - 1:
                    start = match.start() + match.group().index(run)
                    yield Hit("SECRET", start, start + len(run), 0.8, pattern="seed")


def _is_made(value: str) -> bool:  # noqa: PLR0911 - one form each
    """Whether ``value`` has words, digits and what joins them, and no form of another kind."""
    words = _WORD.findall(value)
    letters = sum(map(len, words))
    digits = sum(map(len, _NUMBER.findall(value)))
    if len(value) < _SHORTEST or letters < max(4, digits) or value.startswith(_PUBLIC_KEY):
        return False
    if _PACKED.match(value) or _SIZED.fullmatch(value):
        return False
    joints = len(_JOINT.findall(value))
    if joints > _MOST_JOINTS or not (digits or (_HARD.search(value) and joints > 1)):
        return False
    if _NUMBERED.fullmatch(value):
        return is_chosen(value) and not value.isupper() and not _SEASON.fullmatch(value)
    if not (_JOINT.search(value) or _INNER.search(value)):
        random = not value.isupper() and not value.islower() and not is_digest(value)
        return random and strength(value) is Strength.RANDOM
    file = value.lower().partition("#")[0]  # what follows is a place in it
    if value.isupper() or _ADDRESS.search(value) or _FILE.search(file) or is_digest(value):
        return False
    if is_placeholder(value) or (
        "/" not in value and strength(value, quoted=True) is Strength.NONE
    ):
        return False
    if not _PRODUCTS.isdisjoint(pieces(value)) or value.count("/") > 1:
        return False
    if _converts(value) or is_term(value):
        return False
    return any(len(word) > _LEAST and _VOWEL.search(word) for word in words) or (
        sum(len(word) >= _LEAST for word in words) > 1
        or (not value.islower() and strength(value) is Strength.RANDOM)
    )


def _converts(value: str) -> bool:
    """Whether a program that makes one format of another is called so: yaml2json."""
    made = _CONVERTER.fullmatch(value)
    return made is not None and not _FORMATS.isdisjoint(made.groups())


def _is_used(  # noqa: PLR0911 - one shape each
    page: Page, start: int, value: str
) -> bool:
    """Whether the sentence around a value lets one in by it, as far as its shape needs that."""
    before = page.before(start, _BACK)
    close = before[-_CLOSE:]
    if _NAMED.search(close):
        return False
    if _IDENTIFIER.fullmatch(value) and not _PASSWORD.search(close):
        return False
    mixed = any(map(str.isupper, value[1:])) and any(map(str.islower, value))
    words = [word for word in _WORD.findall(value) if len(word) >= _LEAST]
    numbered = _NUMBER.search(value) is not None
    if numbered and len(words) > 1 and (_SURE.search(value) or (_HARD.search(value) and mixed)):
        return True
    access = (
        _ACCESS.search(before)
        or _ACCESS.search(page.after(start + len(value), _AHEAD))
        or _TYPED.search(close)
    )
    if access is None:
        return False
    linked = _LINKED.search(close) is not None or _ACCESS.search(close[-_CLOSE // 2 :]) is not None
    if not numbered:
        return linked
    if _HARD.search(value) or _ENDED.search(value):
        return True
    if not _JOINT.search(value) and not _INNER.search(value):
        direct = _DIRECT.search(close) is not None
        return direct if _NUMBERED.fullmatch(value) else linked
    if mixed or value[:1].isupper():
        humped = _HUMP.search(value) is not None
        joined = len(words) > 1 and not humped and "/" not in value
        return linked or joined or _is_alone(page, start, len(value))
    return linked and (len(words) > 1 or _INNER.search(value) is not None)


def _is_alone(page: Page, start: int, length: int) -> bool:
    """Whether a value is all that stands on its line."""
    first, last = page.line(start)
    said = _SPEAKER.match(page.text, first, start)
    line = page.text[said.end() if said else first : last]
    return line.strip(" \t*-|\u2022") == page.text[start : start + length]


def _is_drawn(value: str) -> bool:
    """Whether letters are drawn by chance: some group of them cannot be said."""
    if " " not in value:
        return len(set(value)) >= _SHORTEST and not is_placeholder(value)
    parts = value.split()
    return _COMMON.isdisjoint(parts) and any(_VOWELS.isdisjoint(part) for part in parts)
