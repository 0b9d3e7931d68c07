"""Codes that a sentence lets open something: the gate goes up with ..., enter ... at the panel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.recognizers.counted_numbers import is_counted, is_of_chip, is_time
from edgeroute.privacy.detecting.recognizers.secret_values import counts_on
from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.word_lists import one_of, whole

_BACK: Final = 150  # characters before a code in which it is said what it opens
_AHEAD: Final = 80  # and after it
_NEAR: Final = 100  # and in which what it opens says enough of a plain number
_LONG: Final = 7  # signs of one that is not said to be typed
# A word that a number may count, in scripts whose words are parted.
_GOES_ON: Final = re.compile(r"[ -]{1,2}[a-z\u00c0-\u024f\u0400-\u052f]{4}")
_SHORT: Final = 4  # digits of a code
_CLOSE: Final = 48  # characters before a code in which it is typed, said or counted
_BESIDE: Final = 60  # and in which what it opens says enough of a code that looks like one
# A line that is rung, or a telephone number with its area code.
_DIALLED: Final = compiled(rf"{whole('secrets.dialled')}|(?<!\d)0\d[\d ()/-]{{6,16}}\d(?!\d)")
_CARD: Final = 3  # digits on the back of a card
_CODED: Final = re.compile(r"[{}\[\];=<>$|\"]|\w\(")
_READ: Final = 20_000  # characters by which a page is known
_RARE: Final = 70  # characters for each sign of code, at most, in code
_SENT: Final = 6  # of most that are sent
_MOST: Final = 8  # digits of a code that is sent
_YEARS: Final = range(1500, 2100)
_SINGLE: Final = re.compile(r"\d(?:[ -]\d){3,7}")  # as nobody writes a number but a code
_DIGITS: Final = re.compile(r"\d")
# A code of digits, of digits with a star, with a letter at an end, and in groups. Signs of scripts
# without spaces may touch it.
_EDGE: Final = (
    r"(?<![A-Za-z0-9\u00c0-\u052f_.,:/\\=%$\u20ac\u00a3+@#*&-])(?<![$\u20ac\u00a3\d] )(?<!\d-)"
)
_SIGNED: Final = r"\*\d[\d*#]{2,10}|#\d[\d*#]{2,10}[*#]|\d[\d*#]{2,10}[*#]|\d{1,5}[*#]\d{2,6}"
_CAPITAL: Final = r"[A-Z\u0410-\u042f]"
_LETTERED: Final = (
    rf"{_CAPITAL}\d{{3,6}}{_CAPITAL}?|{_CAPITAL}{{2}}\d{{4,6}}{_CAPITAL}?|\d{{3,6}}{_CAPITAL}"
    rf"|\d{{1,3}}{_CAPITAL}\d{{2,5}}"
)
_TAILED: Final = r"(?:-[^\W\d_]{1,12})?"
_GROUPED: Final = (
    rf"\d(?:[ -]\d){{3,7}}{_TAILED}|\d\d(?:[ -]\d\d){{1,4}}{_TAILED}"
    r"|\d{1,3}(?:-\d{1,3}){2,5}|\d{1,2}(?: \d{1,2}){2,5}"
)
_PLAIN: Final = r"\d{3,4} \d{2,4}|\d{3,10}"
_OVER: Final = r"(?![A-Za-z0-9\u00c0-\u052f_@%*#\u00b0]|[.,:/-]\d|[ -]\d|\s?[%\u20ac$\u00a3\u00b0])"
_CODE: Final = compiled(
    rf"{_EDGE}(?:(?P<signed>{_SIGNED})|(?P<lettered>{_LETTERED})|(?P<grouped>{_GROUPED})"
    rf"|(?P<plain>{_PLAIN})){_OVER}"
)
_SPOKEN: Final = compiled(
    rf"(?<![^\W_])(?:{one_of('phones.spoken')}|\d)(?:[\s,.-]{{1,3}}(?:{one_of('phones.spoken')}|\d)(?![^\W_])){{3,9}}(?![^\W_])"
)
# A word, and no part of the name of a file or of code.
_LOCK: Final = compiled(
    rf"(?<![_.])(?:{whole('secrets.locks', ending=3)})(?!_|\.\w)"
    rf"|{one_of('secrets.locks_unspaced')}"
)
_UNLOCK: Final = compiled(whole("secrets.unlocks"))
_TYPED: Final = compiled(
    rf"(?:{whole('secrets.typed')})[^\d.?!\n]{{0,20}}$|{one_of('secrets.typed_unspaced')}[\s:]{{0,2}}$"
)
_TYPED_AFTER: Final = compiled(rf"[\s\"'*,)#\u300d\u00bb]{{0,3}}(?:{whole('secrets.typed_after')})")
_LINKED: Final = compiled(
    rf"(?:{whole('secrets.linked')})[\s:\"'\u00ab\u201e]{{1,3}}(?:[^\W\d_]{{1,8}}\s)?$"
)
_SIZE: Final = re.compile(r"\d{1,4}[KMGTPB]")  # as programs print it beside others: 488M  214M
_COLUMNS: Final = 2  # so many others
_SIZES: Final = re.compile(r"(?<![\w.])\d{1,4}(?:\.\d)?[kmgtpb](?!\w)")
_STOP: Final = re.compile(r"\n\s*\n")

_KIND: Final = compiled(
    rf"(?:{whole('secrets.code_kinds', ending=2)}|{one_of('secrets.unspaced_codes')})"
)
_ONCE: Final = compiled(whole("secrets.onetime"))
_CALLED: Final = compiled(whole("secrets.code_words"))
_SIGN: Final = compiled(rf"[\s,+]{{1,3}}(?:{whole('secrets.signs')})")
_BACK_OF_CARD: Final = compiled(whole("secrets.card_codes"))
_WORD: Final = compiled(whole("secrets.typed"))
_SPELLED: Final = compiled(whole("secrets.spelled"))
_LETTERS: Final = compiled(r"(?<![^\W_])(?:[^\W\d_][ -]){2,14}[^\W\d_](?![^\W_])")

NEEDS: Final = compiled(rf"\d|{_SPOKEN.pattern}|{_LETTERS.pattern}")


def opened(page: Page) -> Iterator[Hit]:
    """Codes of digits and a few letters near what they open, in any order."""
    if is_source(page):
        return
    for count, match in enumerate(_CODE.finditer(page.text)):
        if count % 128 == 0:
            page.tick()
        if _opens(page, match):
            yield Hit("SECRET", *match.span(), 0.7, pattern="opens")
    for match in _SPOKEN.finditer(page.lower):
        before, after = _around(page, match)
        counted = counts_on(re.sub(r"\D", "", match.group()) or "x")
        if not counted and _LOCK.search(f"{before} | {after}") and _TYPED.search(before[-_CLOSE:]):
            yield Hit("SECRET", *match.span(), 0.7, pattern="spoken")
    for match in _LETTERS.finditer(page.lower):
        before, after = _around(page, match)
        if _SPELLED.search(f"{before[-_CLOSE:]} | {after[:_CLOSE]}") and _CALLED.search(before):
            yield Hit("SECRET", *match.span(), 0.7, pattern="spelled")


def is_source(page: Page) -> bool:
    """Whether a page is code by its signs too, and not a list or a letter that looks like it."""
    return page.form.is_code and len(_CODED.findall(page.text, 0, _READ)) * _RARE > min(
        len(page.text), _READ
    )


def _opens(  # noqa: PLR0911 - one kind of code each
    page: Page, match: re.Match[str]
) -> bool:
    """Whether the sentences around a code say that it opens something."""
    kind = match.lastgroup
    value = match.group()
    if len(set(_DIGITS.findall(value))) < 2 or counts_on(re.sub(r"\D", "", value)):
        return False
    before, after = _around(page, match)
    near = before[-_CLOSE:]
    if kind == "plain" and (page.form.is_published or is_of_chip(page)):
        return False
    if kind == "lettered" and _SIZE.fullmatch(value) and _in_columns(before, after):
        return False
    if kind != "signed" and (is_counted(near, after) or is_time(value, near, after)):
        return False
    linked = _LINKED.search(near) is not None
    if kind == "plain" and len(value) == _CARD and _BACK_OF_CARD.search(before):
        return linked or _TYPED.search(near) is not None
    if kind != "lettered" and _is_sent(value, before, after, linked=linked):
        return True
    single = _SINGLE.fullmatch(value) is not None and _TYPED.search(near) is not None
    if not single and not (_LOCK.search(before) or _LOCK.search(after)):
        return False
    typed = _TYPED.search(near) is not None or _TYPED_AFTER.match(after) is not None
    if kind != "plain" or _SIGN.match(after):
        return typed or linked or _LOCK.search(before[-_BESIDE:]) is not None
    if len(value) < _SHORT or _is_year(value):
        return typed and _UNLOCK.search(f"{before} | {after}") is not None
    if typed:
        return True
    if _is_dialled(before):
        return False
    beside = _LOCK.search(f"{before[-_NEAR:]} | {after[:_CLOSE]}") is not None
    ended = _GOES_ON.match(after) is None
    return beside and (linked or ended) and len(value) <= _LONG and not value.endswith("00")


def _in_columns(before: str, after: str) -> bool:
    """Whether sizes stand in columns around a number."""
    return len(_SIZES.findall(f"{before} | {after}")) >= _COLUMNS


def _is_dialled(before: str) -> bool:
    """Whether a number is one of those that are rung: what it opens is not said after that."""
    rung = max((found.end() for found in _DIALLED.finditer(before)), default=0)
    return rung > 0 and _LOCK.search(before, rung) is None


def _is_year(value: str) -> bool:
    """Whether a number can be a year."""
    return value.isdigit() and int(value) in _YEARS


def _is_sent(value: str, before: str, after: str, *, linked: bool) -> bool:
    """Whether a code of four digits or more was sent or printed to be used once, or is a PIN that
    a paper or a person says.
    """
    digits = len(_DIGITS.findall(value))
    if not 4 <= digits <= _MOST or _is_year(value):
        return False
    if linked and _KIND.search(before[-_BESIDE:]):
        return True
    if not (_ONCE.search(before[-_BESIDE - 20 :]) or _ONCE.search(after[:_CLOSE])):
        return False
    if _ONCE.search(before[-_BESIDE // 2 :]) or (digits == _SENT and _ONCE.search(after[:_CLOSE])):
        return True
    return digits >= _MOST or _CALLED.search(f"{before} | {after}") is not None


def _around(page: Page, match: re.Match[str]) -> tuple[str, str]:
    """The small letters before and after a match, within its paragraph."""
    before = page.before(match.start(), _BACK)
    after = page.after(match.end(), _AHEAD)
    cut = max((stop.end() for stop in _STOP.finditer(before)), default=0)
    end = _STOP.search(after)
    return before[cut:], after[: end.start()] if end else after
