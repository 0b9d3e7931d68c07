"""What somebody says in a sentence: my password is ..., the seed phrase, the code of a door."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from edgeroute.privacy.detecting.recognizers.counted_numbers import is_measured, is_of_chip, is_time
from edgeroute.privacy.detecting.recognizers.secret_values import (
    SMALL,
    Strength,
    counts_on,
    encodes_placeholder,
    is_chosen,
    is_digest,
    is_grouped,
    is_outcome,
    is_phrase,
    is_placeholder,
    is_sum,
    strength,
)
from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.word_lists import one_of, word_set

_NEAR: Final = 120  # characters after a word for a secret in which it is looked for
_BACK: Final = 48  # and before it
_TOKENS: Final = 16  # words after it that are looked at
_START: Final = r"(?<![a-z0-9_.$-])"
_WORD: Final = (
    rf"(?:{_START}{one_of('secrets.codewords', gap='[ _-]?')}|{one_of('secrets.unspaced')})"
)
_CODE: Final = (
    rf"(?:{_START}{one_of('secrets.code_kinds', gap='[ _-]?')}|{one_of('secrets.unspaced_codes')})"
)
CUE: Final = re.compile(rf"(?P<word>{_WORD})|(?P<code>{_CODE})")
_SIGNS: Final = (
    r"\s\u0e00-\u0e7f\u2026\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef"
    r"\u00ab\u00bb\u201e\u3131-\u318e"
)
_TOKEN: Final = re.compile(rf"[^\"`<>\\\\{_SIGNS}]{{4,128}}")
_ENDING: Final = 2  # letters after the word for a code, of its plural or article
_SHORT: Final = 3  # letters of a word that longer ones begin with
_TAIL: Final = re.compile(r"[^\W\d_]{0,8}")
_STOPS: Final = re.compile(
    r"[.?!](?=\s+[A-Z\u00c0-\u00de\u0410-\u042f]|\s*$)|[\u3002\uff1f\uff01\u0964]|\n"
)
_WRAPS: Final = "\"'`*()[]<>,;:|\u2018\u2019"
_TRAILS: Final = ".,;:?)"
_LEAD: Final = re.compile(
    rf"(?:{one_of('secrets.verbs')})?[\s:=\"'`*\u300c\u300e\u00ab\u201e(>-]{{0,6}}(?:{one_of('secrets.verbs')})?"
    r"[\s:=\"'`*\u300c\u300e\u00ab\u201e(|-]{0,6}"
)
_SAID: Final = re.compile(
    rf"(?:^|[\s,]|[^\x00-\x7f]){one_of('secrets.verbs')}[\s:\"'`*\u00ab\u201e]{{0,4}}$|[:=\"'`*(\u300c\u300e\u00ab\u201e\u201c|]\s{{0,2}}$"
)
_NEXT_LINE: Final = re.compile(r"[\s*]{0,3}:[ *]{0,4}\n[ \t]{0,4}")
_PHRASE: Final = re.compile(
    r"[^\n\"\u00ab\u300c]{0,40}[\"\u00ab\u300c]\s?(?P<value>[^\n\"\u00bb\u300d]{8,64}?)\s?[\"\u00bb\u300d]"
)
_FOLLOWED: Final = re.compile(
    rf"[\"'`*)]{{0,3}}(?:\s[^\W\d_]{{1,12}}){{0,4}}?\s(?:{one_of('secrets.links')})\s(?:[^\W\d_]{{1,10}}\s){{0,3}}$"
)
_DIGITS: Final = re.compile(
    r"(?<![A-Za-z0-9_.,/:-])(?P<value>\d{4,12}|\d{3,4}(?:[ -]\d{3,4}){1,9})"
    r"[#*]?(?![A-Za-z0-9_/%]|[.,:-]\d)"
)
_PAIR: Final = re.compile(
    rf"{_START}{one_of('secrets.logins')}(?![\w-])[^\n]{{0,32}}?\s[\w.@+-]{{2,48}}\s?[/|:]\s?(?P<value>[^\s\"'`\\<>/=]{{6,64}})"
)
_MARKED: Final = re.compile(r"[|*][\w.-]+[|*]")  # a place in a manual of Vim: |usr_45.txt|
_PUBLIC_KEY: Final = re.compile(r"[\w@.-]{6,48} AAAA")  # as authorized_keys has it
_SEED_NAME: Final = one_of("secrets.seeds", gap=r"\s")
_SEED: Final = re.compile(
    rf"{_SEED_NAME}[^\n,]{{0,24}}?[:=]?\s{{0,2}}[\"'`]?"
    rf"(?P<value>(?:(?:\d{{1,2}}[.)] ?)?[{SMALL}]{{3,8}},? ){{11,23}}[{SMALL}]{{3,8}})\b"
)
_TURN: Final = rf"{one_of('secrets.turns')}(?:\s[^\W\d_]{{1,6}}){{0,3}}\s?\d{{1,3}}"
_TURNS: Final = re.compile(
    rf"{one_of('secrets.safes')}[^\n]{{0,60}}?(?P<value>{_TURN}(?:[\s,\u3001]{{0,3}}(?:[^\W\d_]{{1,6}}\s)?{_TURN}){{1,4}})"
)
_REFERENCE: Final = re.compile(r"[|\]`]__?[.,;:)]{0,3}$")  # of reStructuredText: |name|_, [#1]_
# Fields of an object one after the other, as in code without gaps: t,token:a,period:r.period??30
_FIELD: Final = r"[A-Za-z_$][\w$]{0,40}:[\w$.?=\"]{1,60}"
_OBJECT: Final = re.compile(rf"(?:{_FIELD}|[\w$.?]{{1,60}})(?:,{_FIELD}){{2}}")
_KEYWORD: Final = re.compile(r"[\w.-]{1,40}=(?!=?$)")
_JOINED: Final = re.compile(
    r"[A-Za-z0-9_@}]|[.\[({/_\\-]\S|[(\[]"
)  # a name goes on, or an expression
_PROMISING: Final = re.compile(r"[\d!@#$%^&*?~+\u00ab\u300c\"_-]")
_CODED: Final = re.compile(r"[(){};=]")  # signs of code
_MOST_CODED: Final = 9
_ASSIGNS: Final = re.compile(r"=[^\s=]| ?= ?[\[({]")  # a setting, which is read as one
_PAGE: Final = re.compile(r"/[\w/.-]{0,80}\?[\w.-]{1,40}=[\w&=.%-]{0,80}")  # of a site, asked for
_ORDINAL: Final = re.compile(r"\d{1,4}['\u2019][^\W\d_]{1,4}")  # a number with its ending: 78'de
_ID: Final = re.compile(r"[a-z]_?id[\"']?\s?[:=]\s?[\"']?$")  # trace_id: of a request
_BRANCH: Final = re.compile(r"[a-z\d][a-z\d-]{0,38}:[a-z\d][a-z\d/_.-]{0,60}")  # ada:fix-token
_ROLE: Final = re.compile(r":\w{1,12}:`$")  # of a document: to an issue of a program
_REFERRED: Final = re.compile(r"(?<!\w)#$")  # the same in others
_LINKED: Final = re.compile(r"`?\]\(")  # a digest that is a link, to a commit for instance
_TEST: Final = re.compile(r"[\w.$]{1,24}\)[a-z]{2,8}")  # and what follows it: n>8e3)throw
_RESOURCE: Final = re.compile(r"\barn:aws[\w-]{0,12}:[\w:/*.-]{1,100}$")  # how a cloud calls one
_BRACKET: Final = re.compile(r"[()\[\]{}]")
_MY: Final = re.compile(rf"(?<![a-z]){one_of('secrets.mine')}(?![a-z])")
_STOP: Final = word_set("secrets.no_seed_words")
_OTHER_WORDS: Final = word_set("secrets.no_codewords")


def told(page: Page) -> Iterator[Hit]:
    """Secrets near the words for them, in any of the languages of the lists."""
    for count, cue in enumerate(CUE.finditer(page.lower)):
        if count % 512 == 0:
            page.tick()
        if is_outcome(page.text, *cue.span()):
            continue
        yield from _after(page, cue)
        if cue["word"] is not None:
            yield from _before(page, cue)
    lower = page.lower
    for match in _PAIR.finditer(lower):
        value = page.text[match.start("value") : match.end("value")].rstrip(_TRAILS)
        user = page.before(match.start("value"), 64).rstrip(" /|:")
        known = user.endswith(value.lower()) or _MARKED.fullmatch(value)
        if known or _PUBLIC_KEY.match(page.text, match.start("value")):
            continue
        if strength(value) >= Strength.STRONG or (
            strength(value) is Strength.FAIR and " " in match.group()
        ):
            yield Hit(
                "SECRET",
                match.start("value"),
                match.start("value") + len(value),
                0.7,
                pattern="pair",
            )
    for match in _SEED.finditer(lower):
        said = re.findall(r"[^\W\d_]+", match["value"])
        if len(set(said)) >= 0.8 * len(said) and _STOP.isdisjoint(said):
            yield Hit("SECRET", *match.span("value"), 0.85, pattern="seed")
    for match in _TURNS.finditer(lower):
        yield Hit("SECRET", *match.span("value"), 0.75, pattern="turns")


def _after(page: Page, cue: re.Match[str]) -> Iterator[Hit]:
    """What follows the word in its sentence; on the next line where a colon ends its own."""
    text = page.text
    start = cue.end()
    if cue.group().isascii():
        tail = _TAIL.match(text, start)
        start = tail.end() if tail else start
        if _is_other_word(page, cue, start):
            return
    if cue["word"] is not None and _ASSIGNS.match(text, start):
        return
    if not _may_follow(text, start, ascii_word=cue.group().isascii()):
        return
    opened = _NEXT_LINE.match(text, start)
    start = opened.end() if opened else start
    stop = _STOPS.search(text, start, min(len(text), start + _NEAR))
    end = stop.start() + (text[stop.start()] == "!") if stop else min(len(text), start + _NEAR)
    if cue["word"]:
        yield from _phrase(page, start)
    lead = _LEAD.match(page.lower, start)
    first = lead.end() if lead else start
    yield from _digits(page, cue, start, end)
    for token in islice(_TOKEN.finditer(text, start, end), _TOKENS):
        if token.group().isalpha():
            continue
        value, place = _bare(token)
        if len(value) < 5 or _REFERENCE.search(token.group()) or _is_form(page, value, place):
            continue
        direct = (
            place <= first + 2
            or _SAID.search(page.lower, max(start, place - 24), place) is not None
        )
        near = not cue.group().isascii() and page.lower[start:place].count(" ") <= 4
        if cue["code"] is not None:
            good = direct and is_grouped(value) and "-" in value
        else:
            good = _is_told(value, direct=direct, foreign=near and value.isascii())
            # In what programs print: whose branch a change stands in.
            branch = page.form.is_published and not direct and _BRANCH.fullmatch(value)
            good = good and not branch
        if good:
            yield Hit("SECRET", place, place + len(value), 0.75, pattern="told")
            return


def _phrase(page: Page, start: int) -> Iterator[Hit]:
    """Some words in quotes right after a word for them; in code no other argument of a call."""
    found = _PHRASE.match(page.text, start, start + _NEAR)
    if found is None:
        return
    between = page.text[start : found.start("value")]
    # An argument further on, or an attribute: class="one of several"
    if page.form.is_code and ("," in between or between.rstrip().endswith('="')):
        return
    # My passphrase is "...": a sentence, too, may be one.
    said = _SAID.fullmatch(between.lower()) and _MY.search(page.before(start, 48))
    if is_phrase(found["value"], sentence=bool(said)) and not is_placeholder(found["value"]):
        yield Hit("SECRET", *found.span("value"), 0.7, pattern="phrase")


def _is_form(page: Page, value: str, place: int) -> bool:
    """Whether ``value`` is an argument, a link's digest, an example's code, or in code a sum."""
    if is_digest(value) and _LINKED.match(page.text, place + len(value)):
        return True
    if encodes_placeholder(value):
        return True
    if _ORDINAL.fullmatch(value) or (page.form.is_code and _OBJECT.match(value)):
        return True
    if is_digest(value) and _ID.search(page.before(place, 24)):
        return True
    if _RESOURCE.search(page.before(place, 120)):
        return True
    form = is_sum(value) or _TEST.fullmatch(value)
    return _KEYWORD.match(value) is not None or bool(page.form.is_code and form)


def _is_other_word(page: Page, cue: re.Match[str], end: int) -> bool:
    """Whether the word that ends at ``end`` only begins as ``cue`` does: passed, passengers."""
    short = cue["code"] is not None or len(cue.group()) <= _SHORT
    return (short and end - cue.end() > _ENDING) or page.lower[cue.start() : end] in _OTHER_WORDS


def _may_follow(text: str, start: int, *, ascii_word: bool) -> bool:
    """Whether a secret may stand after ``start``: the word ends there, and code does not go on."""
    if ascii_word and _JOINED.match(text, start):
        return False
    if not _PROMISING.search(text, start, start + _NEAR):
        return False
    return len(_CODED.findall(text, start, start + _NEAR)) <= _MOST_CODED


def _is_told(value: str, *, direct: bool, foreign: bool) -> bool:
    """Whether ``value`` is a secret where a sentence calls it one.

    ``direct`` says that its word, a verb or a colon stands before it, ``foreign`` that it is Latin
    and close to a word of another script.
    """
    if ("://" in value and "@" not in value) or _PAGE.fullmatch(value):
        return False
    found = strength(value)
    if found is Strength.RANDOM:
        return direct or not is_digest(value)
    if found is Strength.FAIR:
        return (direct or foreign) and is_chosen(value) and not _BRACKET.search(value)
    joints = len(re.findall(r"[-_.]", value))
    word = found is Strength.WORD and direct and foreign and joints >= 2 and len(value) >= 10
    return found is Strength.STRONG or word


def _digits(page: Page, cue: re.Match[str], start: int, end: int) -> Iterator[Hit]:
    """A code of digits: directly after what it opens, or after my password is."""
    match = _DIGITS.search(page.text, start, end)
    if match is None:
        return
    between = page.lower[start : match.start()]
    before = page.before(match.start(), 16)
    if _ROLE.search(before) or (page.form.is_published and _REFERRED.search(before)):
        return
    listed = cue["code"] is not None and len(match["value"]) > 8 and between.endswith((": ", ":"))
    after = page.after(match.end())
    if is_measured(after) or is_time(match["value"], before, after):
        return
    if cue.group().startswith("pin") and is_of_chip(page):
        return
    if (len(between) > 32 and not listed) or any(one.isdigit() for one in between):
        return
    said = _SAID.search(page.lower, max(start, match.start() - 24), match.start()) is not None
    mine = _MY.search(page.before(cue.start(), 32)) is not None
    if cue["word"] is not None and counts_on(match["value"]) and not mine:
        return
    close = len(between.split()) <= 1
    if (cue["code"] is not None and (said or close or mine)) or (
        cue["word"] is not None
        and (said or mine or (close and not cue.group().isascii()))
        and not between.rstrip().endswith("=")
        and "token" not in cue.group()
        and len(set(match["value"])) > 1
    ):
        yield Hit("SECRET", *match.span("value"), 0.7, pattern="code")


def _before(page: Page, cue: re.Match[str]) -> Iterator[Hit]:
    """What stands before its word: use ... as the password."""
    start = max(0, cue.start() - _BACK)
    tail = _TAIL.match(page.text, cue.end()) if cue.group().isascii() else None
    if tail and (tail.end() - cue.end() > _ENDING or _is_other_word(page, cue, tail.end())):
        return
    if not _PROMISING.search(page.text, start, cue.start()):
        return
    line = page.text.rfind("\n", start, cue.start()) + 1
    for token in _TOKEN.finditer(page.text, max(start, line), cue.start()):
        value, place = _bare(token)
        if token.start() == start and start and not page.text[start - 1].isspace():
            continue
        if len(value) < 6 or _KEYWORD.match(value):
            continue
        found = strength(value)
        linked = _FOLLOWED.match(page.lower, place + len(value), cue.start()) is not None
        if linked and (found >= Strength.STRONG or (found is Strength.FAIR and is_chosen(value))):
            yield Hit("SECRET", place, place + len(value), 0.7, pattern="before")
            return


def _bare(token: re.Match[str]) -> tuple[str, int]:
    """A token without the marks around it, and where it starts."""
    value = token.group()
    left = value.lstrip(_WRAPS + "=.")
    return left.rstrip("\"'`*,;:|<>\u2018\u2019").rstrip(_TRAILS).rstrip(
        "\"'`*"
    ), token.start() + len(value) - len(left)
