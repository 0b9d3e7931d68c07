"""Passwords, keys and tokens."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.word_lists import one_of, pattern_list, word_set

_EDGE: Final = r"(?<![A-Za-z0-9_])"
_END: Final = r"(?![A-Za-z0-9_])"
_VENDOR: Final = re.compile(f"{_EDGE}(?:{'|'.join(pattern_list('secrets'))}){_END}")
_KEY_NAME: Final = r"[A-Z ]{0,24}PRIVATE KEY(?: BLOCK)?-----"
_PRIVATE_KEY: Final = re.compile(
    rf"-----BEGIN {_KEY_NAME}(?:[^-]{{0,8000}}-----END {_KEY_NAME})?|PuTTY-User-Key-File-\d"
)
_JWT: Final = re.compile(
    _EDGE
    + r"ey[JI][A-Za-z0-9_-]{10,2000}\.ey[JI][A-Za-z0-9_-]{8,4000}(?:\.[A-Za-z0-9_-]{10,2000})?"
)
_ADDRESS: Final = re.compile(
    r"(?<![A-Za-z0-9])[a-zA-Z][a-zA-Z0-9+.-]{1,20}://"
    r"([^\s:/@'\"<>]{0,64}):([^\s/@'\"<>]{1,128})@[\w.\[\]-]{1,128}"
)
_WEBHOOK: Final = re.compile(
    r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/]{20,80}"
    r"|discord(?:app)?\.com/api/webhooks/\d{10,20}/[\w-]{30,90}"
    r"|[?&]sig=[A-Za-z0-9%+/=]{30,100}|AccountKey=[A-Za-z0-9+/=]{40,100}"
)
_BASIC: Final = re.compile(
    r"\bauthorization\W{1,4}(?:basic|bearer|token)\s{1,2}([A-Za-z0-9+/=._-]{12,512})", re.IGNORECASE
)
_NAME: Final = one_of("secrets.names", gap="[_ -]?")
_CODEWORD: Final = one_of("secrets.codewords")
_ANY_NAME: Final = re.compile(rf"{one_of('secrets.hints')}|-u ")
# Each format holds one of these in small letters; the shortest is a token of Slack.
_ANY_FORMAT: Final = r"://|-----begin|[a-z0-9_.,+/=%-]{15}"
_WHICH: Final = r"(?:\d{1,3}|_(?:value|prod|dev|live|old|new|main|default|\d{1,2}))?"
_ASSIGNED: Final = re.compile(
    rf"(?<![A-Za-z])(?:[\w.-]{{0,40}}[_.-])?{_NAME}{_WHICH}[\"'`\]]{{0,2}}"
    r"\s{0,3}(?::=|=>|[:=])\s{0,3}(?P<quote>[\"'`]?)"
    r"(?P<value>[^\s\"'`<>,;]{4,200}|(?<=[\"'])[^\"'\n]{4,80})",
    re.IGNORECASE,
)
_SPOKEN: Final = re.compile(
    rf"\b{_CODEWORD}(?:\s{one_of('secrets.what_for')}\s(?:[\w.-]{{1,20}}\s){{1,3}}?)?"
    rf"(?:\s{one_of('secrets.verbs')})?\s?:?\s{{1,2}}"
    r"(?P<quote>[\"'`]?)(?P<value>[^\s\"'`<>]{4,64})",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(
    rf"\b{_NAME}\b[^\n\"'`]{{0,24}}(?P<quote>[\"'`])(?P<value>[^\"'`\n]{{4,64}})(?P=quote)",
    re.IGNORECASE,
)
_FLAG: Final = re.compile(
    r"(?<!\S)(?:--?(?:password|passwd|token|api-key|secret|pass)(?:=|\s)|-u\s[\w.-]{1,40}:"
    r"|-p(?=\S{6}))(?P<value>[^\s\"'<>]{4,128})"
)
_PAIR: Final = re.compile(
    r"\b(?:logins?|log-in|credentials?|creds|username|user)\b[^\n:]{0,12}:\s{0,2}"
    r"[\w.@+-]{2,48}\s{0,2}[/|:]\s{0,2}(?P<value>[^\s\"'<>]{6,64})",
    re.IGNORECASE,
)
_SEED_NAME: Final = one_of("secrets.seeds", gap=r"\s")
_SEED: Final = re.compile(
    rf"\b{_SEED_NAME}\b[^\n,]{{0,24}}?[:=]?\s{{0,2}}"
    r"((?:[a-z]{3,8} ){11,23}[a-z]{3,8})\b"
)
_CODES: Final = re.compile(
    rf"\b{one_of('secrets.code_kinds')}\b[^\n]{{0,24}}\b(?:codes?|pins?|tans?)?\b[^\n\w]{{0,4}}"
    rf"(?:{one_of('secrets.code_fillers')}\s){{0,4}}[:=]?\s{{0,2}}"
    r"(\d{4,8}(?:[- ]\d{3,6}){0,8})\b"
)
_MY: Final = re.compile(r"\b(?:my|our|his|her|their)\b")
_HOLE: Final = (
    r"(?:x{3,}|\*{3,}|\.{3,}|_{3,}|<.{0,40}>?|\{.{0,60}\}?|\$\{?\w*\}?.{0,40}|%\(?\w*\)?s?"
    r"|\[.{0,40}\]?|\(.{0,60})$"
)
_SAMPLE: Final = (
    rf"(?:{one_of('secrets.numbered_samples')}\d{{0,4}}|{one_of('secrets.samples')}"
    r"|test\w{0,6}|foo\w{0,4})\W{0,3}$"
)
_PLACEHOLDER: Final = re.compile(
    rf"{_HOLE}|(?:.{{0,12}}{one_of('secrets.stand_ins')}.{{0,40}})$|{_SAMPLE}", re.IGNORECASE
)
_CODE: Final = re.compile(
    rf"^{one_of('secrets.code_starts')}\b"
    r"|[()\[\]{}]|^[A-Za-z_]\w{0,40}(?:\.[A-Za-z_]\w{0,40}){1,6}$|^[A-Z][A-Z0-9_]{3,40}$"
    r"|^-{2,}|^\||^/|^https?:|^&&?$|^==?|::"
)


class Secrets:
    """Credentials of any kind, by format or next to their words. Placeholders do not count."""

    name = "secrets"
    types = ("SECRET",)
    needs = re.compile(rf"{_ANY_NAME.pattern}|{_ANY_FORMAT}")

    def find(self, page: Page) -> Iterator[Hit]:
        """Formats first, then values that something calls a password or a key."""
        yield from _formats(page.text)
        if _ANY_NAME.search(page.lower):
            yield from _assigned(page)
            yield from _told(page)


def _formats(text: str) -> Iterator[Hit]:
    """What is a secret by its form."""
    if "-----BEGIN" in text or "PuTTY-User" in text:
        for match in _PRIVATE_KEY.finditer(text):
            yield Hit("SECRET", *match.span(), 0.99)
    for match in _VENDOR.finditer(text):
        if not _is_filler(match.group()):
            yield Hit("SECRET", *match.span(), 0.95)
    for match in _JWT.finditer(text) if "ey" in text else ():
        yield Hit("SECRET", *match.span(), 0.9)
    for match in _ADDRESS.finditer(text) if "://" in text else ():
        if _is_value(match[2]):
            yield Hit("SECRET", *match.span(), 0.9)
    for match in _WEBHOOK.finditer(text):
        if not re.search(r"[Xx]{6}|0{8}", match.group()):
            yield Hit("SECRET", *match.span(), 0.85)


def _assigned(page: Page) -> Iterator[Hit]:
    """What stands after ``name =``, in a header, in quotes or on a command line."""
    text = page.text
    for match in _BASIC.finditer(text):
        if not _PLACEHOLDER.match(match[1]) and not _is_filler(match[1]) and _is_random(match[1]):
            yield Hit("SECRET", *match.span(1), 0.85)
    for match in _ASSIGNED.finditer(text):
        value = match["value"]
        if _is_secret(value, quoted=bool(match["quote"])) or _is_plain_password(page, match):
            yield Hit("SECRET", *match.span("value"), 0.8)
    for pattern in (_QUOTED, _FLAG):
        for match in pattern.finditer(text):
            if _is_value(match["value"]) and _is_mixed(match["value"]):
                yield Hit("SECRET", *match.span("value"), 0.75)


def _told(page: Page) -> Iterator[Hit]:
    """What somebody says in a sentence: my password is ..., the seed phrase, a code."""
    for match in _SPOKEN.finditer(page.text):
        value = match["value"].rstrip(".,;:!?)")
        mine = _MY.search(page.before(match.start(), 32)) is not None
        if _is_value(value) and (_is_mixed(value) or (mine and value.isdigit())):
            start = match.start("value")
            yield Hit("SECRET", start, start + len(value), 0.75)
    for match in _PAIR.finditer(page.text):
        if _is_value(match["value"]) and _is_mixed(match["value"]):
            yield Hit("SECRET", *match.span("value"), 0.7)
    for match in _SEED.finditer(page.lower):
        said = re.findall(r"[a-z]+", match[1])
        if len(set(said)) >= 0.8 * len(said) and _STOP.isdisjoint(said):
            yield Hit("SECRET", *match.span(1), 0.85)
    for match in _CODES.finditer(page.lower):
        mine = _MY.search(page.before(match.start(1), 48)) is not None
        if mine or len(match[1]) > 8:
            yield Hit("SECRET", *match.span(1), 0.7)


_IDENTIFIER: Final = re.compile(r"[a-z]+\d?(?:[_./-][a-z]+\d?){1,8}(?:\.\w{1,5})?", re.IGNORECASE)
_STOP_VALUES: Final = word_set("secrets.no_passwords")
_STOP: Final = word_set("secrets.no_seed_words")


def _is_secret(value: str, *, quoted: bool) -> bool:
    """Whether what stands after ``password =`` is one: a word of letters counts if quoted."""
    if not _is_value(value):
        return False
    if quoted:
        return _is_mixed(value) or (len(value) >= 6 and " " not in value and "_" not in value)
    return _is_mixed(value) and _IDENTIFIER.fullmatch(value) is None


def _is_plain_password(page: Page, match: re.Match[str]) -> bool:
    """A letter-only word after ``password=`` or ``password:``, where it can be nothing else."""
    value = match["value"]
    if not value.isalpha() or len(value) < 6 or _PLACEHOLDER.match(value):
        return False
    named = re.match(rf"(?:[\w.-]*[_.-])?{_CODEWORD}\d?[\"'\s]*[:=]", match.group(), re.IGNORECASE)
    tight = re.search(r"[:=]\S|:\s\S", match.group()) is not None
    follows = page.text[match.end() : match.end() + 1]
    alone = page.text.count(value) == 1 and follows in {"", "\n", " ", "&", "\r", "'", '"'}
    return named is not None and tight and alone and value.lower() not in _STOP_VALUES


def _is_value(value: str) -> bool:
    if len(value) < 4 or _PLACEHOLDER.match(value) or _is_filler(value):
        return False
    return _CODE.search(value) is None


def _is_mixed(value: str) -> bool:
    """Digits or symbols among letters, as no word of a language has them."""
    letters = sum(c.isalpha() for c in value)
    digits = sum(c.isdigit() for c in value)
    symbols = sum(not c.isalnum() for c in value)
    inner = value.strip("!?.,:;'\"-")
    if digits and letters:
        return len(value) >= 5
    if symbols and letters and re.search(r"[!@#$%^&*?+=~]", inner):
        return len(value) >= 6 and re.search(r"[!@#$%^&*?+=~]", inner[1:]) is not None
    return (value.isdigit() and len(value) >= 6) or re.search(
        r"[a-z][A-Z][a-z]+[A-Z]|[A-Z]{2}[a-z]+[A-Z]", inner
    ) is not None


def _is_random(value: str) -> bool:
    counts = Counter(value)
    entropy = -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
    return entropy >= 3.0


def _is_filler(value: str) -> bool:
    body = re.sub(r"^(?:sk|gh|hf|AKIA|AIza|xox)[A-Za-z_-]{0,6}", "", value)
    if len(set(body.lower())) <= 3:
        return True
    lowered = value.lower()
    if "example" in lowered or "xxxx" in lowered or "your" in lowered or "1234567890" in lowered:
        return True
    return "abcdefgh" in lowered
