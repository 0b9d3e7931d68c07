"""Values that something stands between: marks of markup, quotes, line ends, odd separators.

What parts them is taken out, and only the surroundings of such places are read once more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.text.code_form import without_checksums
from edgeroute.privacy.detecting.text.domain_endings import is_known_ending
from edgeroute.privacy.detecting.text.normalise import Normal, replaced
from edgeroute.word_lists import one_of

_AROUND: Final = 80  # characters to either side of a parted value
_VALUE: Final = r"[^\W_]|[@.+=:-]"  # what a value is made of, besides its separators

_INLINE: Final = one_of("markup.inline")
_TAG: Final = compiled(
    rf"(?:(?<=[\w@.+:=-])|(?<=[\d=:] ))(?:</?{_INLINE}(?:\s[^<>]{{0,200}})?/?>"
    r"|<!--[^<>]{0,200}-->|[ ](?=[<=:\d]))++(?=[\w@.+=:-])",
    re.IGNORECASE,
)
_CDATA: Final = compiled(r"<!\[CDATA\[|\]\]>")
_MARK: Final = compiled(
    r"(?<=[\w@.+-])(?:\*{2,3}|(?<!\d)\*|\*(?!\d)|~~|`{1,2}|__|\|\||==(?!\d))(?=[\w@.+-])"
)
# Strings that a language puts together, quotes that a shell ignores.
_JOINED: Final = compiled(
    r"(?<=[\w@.+ -])(?P<q>[\"'`])\s{0,40}(?:(?:[+.&~\\]|\|\||<>)\s{0,40})?(?P=q)(?=[\w@.+ -])"
)
_COLOUR: Final = compiled(r"(?:\^\[|\bESC|(?<=[\w@. -])(?=\[[\d;]{1,12}m))\[[\d;]{0,12}[mK]")
_LINE_END: Final = r"\r?\n[ \t>|#*]{0,12}"
_ADDRESS_END: Final = compiled(
    # A host has a dot; a tag of a documented program, as @return, has none.
    rf"(?<=[\w.+-])[ \t]{{0,2}}[\\=-]?{_LINE_END}(?=[\w.+-]{{1,40}}@|@[\w-]{{0,60}}(?:\.|\\?\r?\n))"
    rf"|(?<=@)[ \t]{{0,2}}\\?{_LINE_END}(?=\w)"
    rf"|(?<=[\w.-])\\?{_LINE_END}(?=[\w-]{{0,30}}\.[A-Za-z]{{2,}})"
)
_NUMBER_END: Final = compiled(
    r"(?<=[\dA-Z])[ -]?\\?\r?\n[ \t>|#*]{0,12}(?=[\dA-Z]{0,4}\d)|(?<=[\dA-Z])-[ ]?\r?\n(?=\d)"
)
_ADDRESS: Final = compiled(r"[\w.+-]@(?P<host>(?:[\w-]{1,60}\.){1,4}[A-Za-z]{2,12})$")
_VERSIONED: Final = compiled(r"@v?\d[\w.+-]{0,40}$")  # of a module: golang.org/x/oauth2@v0.22.0
_OWN_LINE: Final = compiled(
    r"[\w.+-]{3,60}@(?:[\w-]{1,60}\.){1,4}[A-Za-z]{2,12}[ \t>]{0,4}$", re.MULTILINE
)
_SHORT: Final = 40  # characters of a line that is not broken for its length
_PACKED: Final = compiled(r"[A-Za-z0-9+/]{0,80}")
_PACKED_END: Final = compiled(r"[A-Za-z0-9+/]{1,80}$")
_DIGEST: Final = 60  # signs of one, around one of them
_PROSE: Final = compiled(r"[^\W\d_]{2,}[^\n,;|\t]{0,60}$|\+\d[\d .-]{0,20}$")
_LABEL_END: Final = compiled(
    r"(?<=[^\W\d_])(?P<is>[ \t]{0,2}[:=]|\s(?:is|ist|es|est))"
    r"[ \t]{0,4}\r?\n[ \t>|#*]{0,12}(?=\S{0,40}[\d@])"
)
_LETTERS: Final = compiled(
    rf"(?<!\S)(?:{_VALUE})(?P<s>[ ._*|\u00b7~/\n-]|,[ ]?)(?:{_VALUE})"
    rf"(?:(?P=s)(?:{_VALUE})|(?P=s){{2,3}}(?:{_VALUE})){{4,}}+"
)
_FORM: Final = compiled(r"(?<=[A-Za-z])\+(?=[=A-Za-z])|(?<==)\+(?=\w)")
_DIFF: Final = compiled(r"^\+(?=\+\d)", re.MULTILINE)
_SIGN: Final = r"(?:[^\w@%$]{1,6}|_)"
_IBAN: Final = compiled(
    rf"(?<![^\W_])[A-Z]{_SIGN}?[A-Z]{_SIGN}?[\dOIl]{_SIGN}?[\dOIl](?:{_SIGN}?[A-Z0-9l]){{11,30}}+"
    r"(?![^\W_])"
)
_CARD: Final = compiled(rf"(?<![^\W_])\d{{4}}(?:{_SIGN}\d{{4}}){{3}}(?![^\W_])")
_SSN: Final = compiled(
    r"(?<![^\W_])(\d{3})(?!,\d\d\.)(?:[^\w\s]{1,3}|_)(\d{2})(?:[^\w\s]{1,3}|_)(\d{4})(?![^\W_])"
)
_PHONE: Final = compiled(r"(?<![^\W_])\+\d{1,3}(?:(?:[^\w@%$]{1,5}|_)\d{2,5}){2,5}(?![^\W_])")
_LOOK_ALIKE: Final = compiled(
    r"(?<![A-Za-z0-9])(?=[\doOlI .-]{0,30}[oOlI])(?:[\doOlI][ .-]?){8,20}(?![A-Za-z0-9])"
)
_LISTED: Final = compiled(r"\d{4}[,;]\s?\d{4}[,;]\s?$")  # before and after four numbers of a list
_LISTS: Final = compiled(r"[,;]\s?\d{4}[,;]\s?\d{4}")
_GOING_ON: Final = re.compile(r"\d[.:]$")  # an address of a network, a time
_SIGNS: Final = compiled(r"\D+")
_ODD: Final = compiled(r"[^A-Za-z0-9 .()-]")  # what parts no number as people write it
_DIGITS: Final = str.maketrans("oOlI", "0011")
_MOST_DIGITS: Final = 19  # of one number; what is longer is a list


def joined_parts(text: str) -> Iterator[tuple[str, Callable[[int, int], tuple[int, int]]]]:
    """The surroundings of values that were parted, without what parts them, and their places."""
    text = without_checksums(text)
    whole = Normal(text, None, text)
    normal = whole
    for needed, pattern, replacement in _PARTED:
        if not needed or any(sign in normal.text for sign in needed):
            normal = replaced(normal, pattern, replacement)
    if normal is whole:
        return
    for start, end in _changed(normal):
        yield normal.text[start:end], _shifted(normal, start)


def _shifted(normal: Normal, by: int) -> Callable[[int, int], tuple[int, int]]:
    return lambda start, end: normal.span(start + by, end + by)


def _changed(normal: Normal) -> Iterator[tuple[int, int]]:
    """The surroundings of what is different from the source."""
    starts, text, source = normal.starts, normal.text, normal.source
    first = last = expected = -1
    for place, origin in enumerate(starts or ()):
        if origin != expected or text[place] != source[origin]:
            if last >= 0 and place > last + 2 * _AROUND:
                yield max(0, first - _AROUND), last + _AROUND
                first = place
            first, last = (place if first < 0 else first), place
        expected = origin + 1
    if last >= 0:
        yield max(0, first - _AROUND), min(len(text), last + _AROUND)


def _nothing(_: re.Match[str]) -> str:
    return ""


def _gap(_: re.Match[str]) -> str:
    return " "


def _unended(match: re.Match[str]) -> str | None:
    """Nothing, but where a whole address or a version ends its line, or an address is a line below
    a short one.
    """
    text, (start, end) = match.string, match.span()
    whole = _ADDRESS.search(text, max(0, start - _AROUND), start)
    if _VERSIONED.search(text, max(0, start - _AROUND), start):
        return None
    if whole is not None and is_known_ending(whole["host"].lower()) and text[end] not in "@.":
        return None
    line = text[text.rfind("\n", 0, start) + 1 : start].strip(" \t>|#*/")
    named = " " in line and len(line) < _SHORT and _OWN_LINE.match(text, end)
    return None if named else ""


def _form_gap(match: re.Match[str]) -> str | None:
    """A gap, as forms are sent, but for a sign of a digest in base64."""
    text, (start, end) = match.string, match.span()
    before = _PACKED_END.search(text, max(0, start - _AROUND), start)
    after = _PACKED.match(text, end)
    packed = (after.end() if after else end) - (before.start() if before else start)
    return None if packed > _DIGEST else " "


def _untagged(match: re.Match[str]) -> str:
    return " " if re.search(r"^ |> <|> $", match.group()) else ""


def _between_numbers(match: re.Match[str]) -> str | None:
    """A gap, where the line is no row of a table."""
    line = match.string[max(0, match.start() - 80) : match.start()].rpartition("\n")[2]
    return " " if _PROSE.search(line) else None


def _label(match: re.Match[str]) -> str:
    return f"{match['is']} "


def _letters(match: re.Match[str]) -> str | None:
    sign = re.escape(match["s"])
    # Between letters with gaps a wider gap parts words; a dot between dots is a dot.
    words = re.split(rf"(?:{sign}){{2,3}}", match.group())
    glue = " " if match["s"].isspace() else match["s"]
    joined = glue.join(word.replace(match["s"], "") for word in words)
    return None if joined.isdigit() and len(joined) > _MOST_DIGITS else joined


def _iban(match: re.Match[str]) -> str | None:
    compact = "".join(sign for sign in match.group() if sign.isalnum())
    body = compact[2:].translate(_DIGITS) if sum(map(str.isdigit, compact)) >= 9 else compact[2:]
    numeric = "".join(str(int(sign, 36)) for sign in f"{body[2:]}{compact[:2]}{body[:2]}".upper())
    return f" {compact[:2]}{body} " if int(numeric) % 97 == 1 else None


def _spaced(match: re.Match[str]) -> str | None:
    text, (start, end) = match.string, match.span()
    if _LISTED.search(text, max(0, start - 12), start) or _LISTS.match(text, end):
        return None
    if "|" in match.group() and "|" in text[start - 1 : start] + text[end : end + 1]:
        return None  # one of several in an expression
    if not {",", ";"}.isdisjoint(match.group()) and len(set(_SIGNS.findall(match.group()))) > 1:
        return None  # the last of one field and the first of the next
    return re.sub(r"\D+", " ", f" {match.group()} ") if _ODD.search(match.group()) else None


def _dashed(match: re.Match[str]) -> str | None:
    if _GOING_ON.search(match.string, max(0, match.start() - 2), match.start()):
        return None
    return f" {'-'.join(match.groups())} " if _ODD.search(match.group()) else None


def _phone(match: re.Match[str]) -> str | None:
    if not _ODD.search(match.group()[1:]):
        return None
    return f" +{re.sub(r'[^0-9]+', ' ', match.group()).strip()} "


def _look_alike(match: re.Match[str]) -> str | None:
    digits = sum(map(str.isdigit, match.group()))
    return match.group().translate(_DIGITS) if digits >= 6 else None


# What a text must hold (any one of the signs), what parts values, and what becomes of it.
_PARTED: Final[tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], str | None]], ...]] = (
    ("<", _TAG, _untagged),
    ("<", _CDATA, _gap),
    ("[", _COLOUR, _nothing),
    ("", _IBAN, _iban),
    ("", _CARD, _spaced),
    ("", _SSN, _dashed),
    ("+", _DIFF, _nothing),
    ("+", _PHONE, _phone),
    ("*~`_|=", _MARK, _nothing),
    ("\"'`", _JOINED, _nothing),
    ("+", _FORM, _form_gap),
    ("@", _ADDRESS_END, _unended),
    ("\n", _NUMBER_END, _between_numbers),
    ("\n", _LABEL_END, _label),
    ("", _LETTERS, _letters),
    ("oOlI", _LOOK_ALIKE, _look_alike),
)
