"""Values that a name in settings, code, markup or a command calls a password, a key or a token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache
from typing import Final

from edgeroute.privacy.detecting.recognizers.secret_values import (
    Strength,
    counts_on,
    encodes_placeholder,
    is_chosen,
    is_digest,
    is_mixed,
    is_outcome,
    is_phrase,
    is_placeholder,
    is_sum,
    pieces,
    strength,
)
from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.word_lists import one_of, word_list, word_set


class NameKind(IntEnum):
    """What a name promises."""

    NONE = 0
    KEY = 1  # a key of whatever kind: only what is random counts
    TOKEN = 2  # a secret that a program made
    PASSWORD = 3  # a secret that a person may have made


CUE: Final = re.compile(one_of("secrets.cues"))
_NAME_SIGNS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
_NAME_MOST: Final = 60  # characters of a name before its cue
_TAIL: Final = re.compile(r"[^\W]{0,40}(?:[.-]\w{1,30}){0,3}")
_STRING: Final = (
    r'(?:\\?"(?P<double>[^"\n]{1,300}?)\\?"|\\?\'(?P<single>[^\'\n]{1,300}?)\\?\''
    r"|`(?P<tick>[^`\n]{1,300})`)"
)
_BARE: Final = r"(?P<bare>[^\s\"'`<>]{3,300})"
_SCHEME: Final = r"(?i:(?:Basic|Bearer|Token|ApiKey|Api-Key|Bot|PAT)\s{1,2})"
_CLOSE: Final = r"(?:\\?[\"'`]{0,2}(?:\[\d{0,4}\]|\])?[\"'`*)]{0,3})"
_TYPE: Final = r"(?::\s?[\w.<>\[\], |&*]{1,30}?\s?(?==))"
_ASSIGN: Final = r"(?:!==?|===?|:=|=>|->|\u2192|\|\|=|\?\?=|\?=|\+=|[=:])"
_WRAP: Final = r"(?:(?:[\w:.]{1,24}\(|\[|base64:|@)[ \t]?)?(?:[bBrRuUNL]{1,2}(?=[\"']))?"
_ASSIGNED: Final = re.compile(
    rf"{_CLOSE}[ \t]{{0,4}}{_TYPE}?(?P<op>{_ASSIGN})\*{{0,2}}[ \t]{{0,4}}(?:{_SCHEME})?"
    rf"(?:{_WRAP}{_STRING}|(?:base64:)?{_BARE})"
)
_CALLED: Final = re.compile(rf"[\"'`]?[(]\s{{0,2}}{_WRAP}{_STRING}")
_LISTED: Final = re.compile(rf"\\?[\"'`]\s{{0,2}},\s{{0,4}}{_WRAP}(?:{_STRING})")
_ELEMENT: Final = re.compile(
    r"(?:</key>\s{0,8}<string>|[\"']?(?:\s[\w.:-]{1,20}=\"[^\"\n]{0,40}\")?>)\s{0,2}(?P<bare>[^\s<>]{3,300})</"
)
# The bytes of a key: { 0xaa, 0x4e, 0x57 }
_BYTES: Final = re.compile(
    r"(?:\[\w*\]|\(\))?[ \t]{0,8}(?:[:=][ \t]{0,4})?[{\[(][\s\\]{0,40}"
    r"(?P<bytes>(?:0x[\da-fA-F]{2}[,\s\\]{1,40}){15,63}0x[\da-fA-F]{2})"
)
_PAIRED: Final = re.compile(
    r"\\?[\"'`]?[^\n:=]{0,20}\n?[^\n]{0,60}?\n?[^\n]{0,20}?\b(?:value|default|content|val)\\?[\"']?"
    rf"\s{{0,3}}[=:]\s{{0,3}}(?:{_STRING}|{_BARE})",
    re.IGNORECASE,
)
_ELSEWHERE: Final = re.compile(r"[\"'`]?,?\s{1,40}[+-]?\s{0,40}[\"']?valueFrom\b")
_ITEM: Final = re.compile(r"\n[+\s]{0,40}- ")  # the next one of a list
_PAIR_NAME: Final = re.compile(r"(?:name|key|variable|id|property)\\?[\"']?\s?[=:]?\s?\\?[\"'`]?$")
_SPACED: Final = re.compile(rf"[ \t]{{1,4}}(?:pass:)?(?:{_STRING}|{_BARE})")
_COMMANDS: Final = re.compile(
    rf"(?:^|\n)[ \t>$#(]{{0,4}}(?:\d+[:|])?"
    rf"(?:(?:{one_of('secrets.commands')}|#\s?define)\s+)?[\"']?$"
)
_LINE_START: Final = re.compile(
    rf"[\s>+|\"'$\d:.-]{{0,16}}(?:(?i:{one_of('secrets.commands')}|-e|--env)[ :]){{0,3}}"
    r"[\"'$\s]{0,3}|.*[?&;,:/\s-]"
)
_ENDS: Final = re.compile(
    r"[\"';,)}]{0,2}[ \t]{0,8}(?:#[^\n]{0,200}|//[^\n]{0,200})?(?:\r?\n|\Z)|[&\s;]"
)
_LINE_ENDS: Final = re.compile(
    r"[\"';,)}]{0,2}[ \t]{0,8}(?:#[^\n]{0,200}|//[^\n]{0,200})?(?:\r?\n|\Z)|&"
)
_NUMBERED: Final = re.compile(r"\d.*[^$\w]|[^$\w].*\d")  # a digit and a sign but no name$1
_BADGE: Final = ".svg?"  # pictures of a public state carry a token that opens nothing
_CALL: Final = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*){1,6}\([^()]{0,80}\);?")
_PAGE: Final = re.compile(  # of a repository
    r"https?://[\w.-]{3,80}/[^\s?@&=]{1,200}/(?:blob|commit|raw|src|tree)/[^\s?@&=]{1,300}"
)
_NAMES: Final = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+")
# A whole number as programs write it, and a constant: 0x9e37_79b9_7f4a_7c15u64, errors.Fault.NONE
_LITERAL: Final = re.compile(
    r"0[xXbBoO][\dA-Fa-f_]{1,20}(?:[iIlLnNuU]\w{0,4})?;?|[A-Za-z_]\w*(?:\.\w+)+\.[A-Z][A-Z\d_]+:?"
)
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_OPENED: Final = {")": "(", "]": "[", "}": "{"}
_CUT: Final = re.compile(r"[,;](?=\s|$|[\w.-]{1,30}[=:])|&(?=[\w.-]{1,30}=)|\\[nrt]")
_SETTING: Final = re.compile(
    r"(?m)^[ \t+]{0,8}(?:export |set |- )?(?P<name>[A-Z][A-Z0-9_]{2,40}) ?[=:] ?[\"']?"
    r"(?P<value>[\w+/.=~-]{20,200})[\"']?[ \t]{0,4}$"
)
_OCTETS: Final = 8  # different ones of a drawn key
_PASSWORDS: Final = tuple(word_list("secrets.passwords"))
_TOKENS: Final = tuple(word_list("secrets.tokens"))
_KEYS: Final = word_set("secrets.keys")
_WEAK: Final = word_set("secrets.weak_names")
_WHICH: Final = word_set("secrets.which")
_NO_NAMES: Final = word_set("secrets.no_names")
_PUBLIC: Final = word_set("secrets.public_keys")
_CALLED_SO: Final = word_set("secrets.called_so")
_STOP: Final = word_set("secrets.no_passwords")


@lru_cache(maxsize=4096)
def kind(name: str) -> NameKind:
    """What ``name`` calls its value: its last words decide, without those that only count."""
    words = list(pieces(name))
    while len(words) > 1 and (words[-1].isdigit() or words[-1] in _WHICH):
        words.pop()
    if not words or words[-1] in _NO_NAMES:
        return NameKind.NONE
    last, two = words[-1], "".join(words[-2:])
    if last.endswith(_PASSWORDS) or two.endswith(_PASSWORDS):
        return NameKind.PASSWORD
    if two in _KEYS or last in _KEYS or "".join(words[-3:]) in _KEYS:
        return NameKind.TOKEN
    if last.endswith(_TOKENS) and "public" not in words[-3:]:
        return NameKind.TOKEN
    if last in _WEAK or (last == "key" and len(words) > 1 and words[-2] not in _PUBLIC):
        return NameKind.KEY
    return NameKind.NONE


def named(page: Page) -> Iterator[Hit]:
    """Values beside their names, in any syntax."""
    text, done = page.text, 0
    for count, cue in enumerate(CUE.finditer(page.lower)):
        if count % 1024 == 0:
            page.tick()
        if cue.start() < done:
            continue
        near = text[max(0, cue.start() - _NAME_MOST) : cue.start()]
        start = cue.start() - (len(near) - len(near.rstrip(_NAME_SIGNS)))
        tail = _TAIL.match(text, cue.end())
        end = tail.end() if tail else cue.end()
        while end > cue.end() and text[end - 1] in ".-":
            end -= 1
        done = end
        what = kind(text[start:end])
        if is_outcome(text, start, end):
            continue
        if what and not text.startswith(_BADGE, max(0, start - len(_BADGE))):
            hit = _beside(page, start, end, what)
            if hit is not None:
                yield hit


def unnamed(page: Page) -> Iterator[Hit]:
    """Random tokens that are all that a setting in capitals holds."""
    for match in _SETTING.finditer(page.text):
        value = match["value"]
        words = pieces(match["name"])
        if not _PUBLIC.isdisjoint(words) or words[-1] in _CALLED_SO or is_digest(value):
            continue
        if strength(value) is Strength.RANDOM and value.count("/") < 3:
            yield Hit("SECRET", *match.span("value"), 0.7, pattern="setting")


def _beside(page: Page, start: int, end: int, what: NameKind) -> Hit | None:
    text = page.text
    for pattern in (_ASSIGNED, _ELEMENT, _CALLED, _LISTED):
        match = pattern.match(text, end)
        if match is not None:
            place = _value(page, match, start, what)
            return (
                Hit("SECRET", *place, 0.8, pattern="named")
                if place
                else _paired(page, start, end, what)
            )
    octets = _BYTES.match(text, end)
    if octets is not None and len(set(octets["bytes"].split(","))) > _OCTETS:
        return Hit("SECRET", *octets.span("bytes"), 0.8, pattern="bytes")
    found = _paired(page, start, end, what)
    flag = text[start] == "-"
    if found is None and (flag or _COMMANDS.search(page.before(start, 40))):
        match = _SPACED.match(text, end)
        place = _value(page, match, start, what) if match is not None else None
        # "Password manager" is a string of two words.
        words = text[start - 1 : start] in {'"', "'"} and place and text[slice(*place)].isalpha()
        return Hit("SECRET", *place, 0.75, pattern="command") if place and not words else None
    return found


def _paired(page: Page, start: int, end: int, what: NameKind) -> Hit | None:
    """A name that is a value itself, and the value beside it."""
    if not _PAIR_NAME.search(page.before(start, 24)) or _ELSEWHERE.match(page.text, end):
        return None
    match = _PAIRED.match(page.text, end)
    if match is not None and _ITEM.search(page.text, end, match.start(match.lastgroup or 0)):
        return None
    place = _value(page, match, start, what) if match is not None else None
    return Hit("SECRET", *place, 0.75, pattern="paired") if place else None


def _value(page: Page, match: re.Match[str], start: int, what: NameKind) -> tuple[int, int] | None:
    """Where the secret is in ``match``, if what it holds is one."""
    group = match.lastgroup or "bare"
    first, last = match.span(group)
    value = match[group]
    if match.re is _SPACED and value[0] in _OPENED.values():
        return None
    if group == "bare":
        cut = _CUT.search(value)
        value = value[: cut.start()] if cut else value
        value = _unclosed(value.rstrip(",;"))
        if _CALL.fullmatch(value):
            return None
        last = first + len(value)
    else:
        scheme = re.match(_SCHEME, value)
        if scheme is not None:
            value, first = value[scheme.end() :], first + scheme.end()
    name = page.text[start : match.start()]
    tight = group == "bare" and _is_setting(page, start, last)
    said = page.form.is_code and (
        counts_on(value)
        or _is_called(value, name)
        or (group == "bare" and is_sum(value))
        or (value.isalpha() and value.islower() and page.trials.holds(first, last))
    )
    if said or (match.re is _LISTED and is_digest(value)):
        return None
    if value.isalpha() and (
        match.re is _LISTED
        or (group == "bare" and not _LINE_ENDS.match(page.text, last))
        or (group == "bare" and page.text.count(value) > 1)
    ):
        return None
    whole = tight and _is_unbalanced(value) and _LINE_ENDS.match(page.text, last) is not None
    if is_secret(
        value,
        what,
        quoted=whole or group != "bare",
        setting=tight or match.re is _ELEMENT,
        name=name,
    ):
        return first, last
    return None


def is_secret(  # noqa: PLR0911 - one kind of name and value each
    value: str, what: NameKind, *, quoted: bool, setting: bool = False, name: str = ""
) -> bool:
    """Whether ``value`` is one beside a name of kind ``what``.

    ``setting`` says that a bare value is all that its line sets.
    """
    if " " in value:
        said = value.lower().endswith(_PASSWORDS)
        return (
            what is NameKind.PASSWORD
            and is_phrase(value)
            and not said
            and not is_placeholder(value)
        )
    found = strength(value, quoted=quoted)
    if not quoted and _LITERAL.fullmatch(value):
        return False
    if _PAGE.fullmatch(value) or encodes_placeholder(value):
        return False
    if found is Strength.NONE or _repeats(value, name, quoted=quoted):
        return False
    # Programs count their sessions and requests so; who signs in gets no such number.
    if _UUID.fullmatch(value) and pieces(name)[-1:] == ("id",):
        return False
    sure = quoted or setting
    if what is NameKind.KEY:
        return (found is Strength.RANDOM and 16 <= len(value) <= 200 and not is_digest(value)) or (
            ":" in value and _is_password(value.rpartition(":")[2])
        )
    if found is Strength.STRONG and not (quoted or _NUMBERED.search(value)):
        return what is NameKind.PASSWORD and setting
    if found >= Strength.STRONG:
        return what is NameKind.PASSWORD or sure or len(value) >= 16
    if what is NameKind.TOKEN:
        code = not quoted and "." in value
        made = found is Strength.FAIR and len(value) >= 10 and is_chosen(value) and not code
        return sure and (made or (is_digest(value) and len(value) >= 16))
    if found is Strength.FAIR or is_mixed(value):
        return sure
    if value.lower().endswith(_PASSWORDS):
        return False
    return sure and value.isalpha() and len(value) >= 8 and _is_plain(value)


def _is_password(value: str) -> bool:
    """Whether what stands after a user and a colon is one."""
    found = strength(value)
    return found >= Strength.STRONG or (found is Strength.FAIR and is_chosen(value))


def _repeats(value: str, name: str, *, quoted: bool) -> bool:
    """Whether a value is its name once more, perhaps at the end of a path: config.password2."""
    path = not quoted and _NAMES.fullmatch(value)
    return set(pieces(value.rpartition(".")[2] if path else value)) <= set(pieces(name))


def _is_called(value: str, name: str) -> bool:
    """Whether a value is put together from its name and words for secrets: ssl_secret_456."""
    words = [word for word in pieces(value) if not word.isdigit()]
    spoken = {*pieces(name), *_PASSWORDS, *_TOKENS}
    return len(words) > 1 and "_" in value and spoken.issuperset(words)


def _unclosed(value: str) -> str:
    """``value`` without the brackets at its end that were opened before it."""
    while value[-1:] in {")", "]", "}"} and value.count(value[-1]) > value.count(
        _OPENED[value[-1]]
    ):
        value = value[:-1]
    return value


def _is_unbalanced(value: str) -> bool:
    """Whether brackets of ``value`` do not close, as in no expression that is one line."""
    counts = (value.count(left) - value.count(right) for left, right in ("()", "[]", "{}"))
    return any(counts) and value[-1] not in "([{,"


def _is_plain(value: str) -> bool:
    """Whether a word of letters can be a password: no name in camel case, no word of the trade."""
    return value.lower() not in _STOP and (value.islower() or value.istitle())


def _is_setting(page: Page, start: int, end: int) -> bool:
    """Whether only the start of a line stands before a name, and nothing after its value."""
    line, _ = page.line(start)
    return (
        _LINE_START.fullmatch(page.text, max(line, start - 200), start) is not None
        and _ENDS.match(page.text, end) is not None
    )
