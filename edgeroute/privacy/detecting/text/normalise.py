"""Undo the disguises of characters, and keep where each of them stood.

Wide and mathematical letters, look-alikes of other scripts, digits of any script, HTML entities,
JSON and percent escapes: all become what a reader would see. Signs that show nothing (control and
format characters, private use, terminal colours, soft line breaks) may hide a value or part two of
them, so a text that holds them between words is read twice: without them, and with gaps.
"""

from __future__ import annotations

import html
import re
import sys
import unicodedata
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from edgeroute.core.patterns import compiled

_Replacement = Callable[["re.Match[str]"], "str | None"]

# Characters that show nothing: control, format, private use, surrogates, fillers, marks around.
_UNSEEN: Final = (
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891"
    "\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff"
    "\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)
# Colours of a terminal; its titles and links, whose words are said too; a mail's soft line break.
_HIDES: Final = (
    r"\x1b\[[<=>?]?\d{0,4}(?:[;:]\d{0,4}){0,16}[A-Za-z@~]|\x1b[()]B"
    r"|\x1b[\]PX^_](?P<said>[^\x07\x1b]{0,2048})(?:\x07|\x1b\\)"
    r"|(?<=[\w@.+ -])=\r?\n(?=[\w@.+-])"
    rf"|{_UNSEEN}"
)
_HIDDEN: Final = compiled(_HIDES)
# Overstrike, as manuals and old printers write underlined and bold signs.
_STRUCK: Final = compiled(rf"_\x08|\x08(?<=(?P<struck>[^\x08\n])\x08)(?P=struck)|\x08_|{_HIDES}")
_BACKSPACE: Final = compiled(r"\x08|\\b|(?:\\u00|\\x|[%=])08|\\010|&#(?:8|[xX]0*8);")
_HIDDEN_LAST: Final = compiled(rf"(?:{_HIDES})+\Z")
_MOST_HIDDEN: Final = 256  # characters after a value that are not counted to it
_EMPHASIS: Final = compiled(r"(?<!\w)(_{1,3})(?=[^\s_])([^\n]{4,120}?[^\s_])\1(?!\w)")
_WORD: Final = compiled(r"\w+")
_TAGS: Final = compiled("[\U000e0020-\U000e007e]")
_TAG_LETTERS: Final = {code: code - 0xE0000 for code in range(0xE0020, 0xE007F)}
_COMBINED: Final = compiled(r"[^\W_][\u0300-\u036f]{1,8}|[^\x00-\x7f]")
_MARKS: Final = compiled("[\u0300-\u036f]")
_DASHES: Final = frozenset("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d")
_QUOTES: Final = {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u02bc": "'"}

# Bytes of a text: in octal, as an address has them, as quoted-printable mail has them.
_BYTES: Final = (
    r"\\[0-3][0-7]{2}(?:\\[0-3][0-7]{2}){1,63}|\\0[0-7]{2}"
    r"|%[0-9a-fA-F]{2}(?:%[0-9a-fA-F]{2}){0,63}"
    r"|=[0-9A-F]{2}(?:=[0-9A-F]{2}){1,63}|=[0-9A-F]{2}(?=[\w.@])"
)
_HEXED: Final = "[0-9a-fA-F]"
# Entities, escaped once or twice; addresses and mail; the older wide alphabet of mail.
_MARKED: Final = (
    rf"&(?:amp;){{0,2}}(?:\#\d{{2,7}};?|\#[xX]{_HEXED}{{2,6}};?|[a-zA-Z]{{2,31}};)"
    rf"|%25[2-7]{_HEXED}|%u{_HEXED}{{4}}|\+[A-Za-z0-9/]{{3,24}}-"
)
# Strings of programs and style sheets, the backslash doubled or not.
_SLASHED: Final = (
    rf"\\{{1,4}}(?:u{_HEXED}{{4}}|u\{{{_HEXED}{{2,6}}\}}|U{_HEXED}{{8}}|x{_HEXED}{{2}}"
    rf"|x\{{{_HEXED}{{2,6}}\}}|N\{{[A-Z][A-Z0-9 -]{{1,60}}\}}|e(?=\[)|[bfnrt\"'/])"
)
_STYLED: Final = (
    rf"(?<=[\w.-])\\[2-7]{_HEXED}[ ](?=\w)|\\0{{2,4}}[2-7]{_HEXED}[ ]?"
    rf"|(?:\\[2-7]{_HEXED}[ ]){{3,64}}"
)
_ESCAPE: Final = compiled(rf"{_MARKED}|{_SLASHED}|{_STYLED}|{_BYTES}")
_COMMON: Final = 0x250  # signs of the Latin alphabets
_SHORT: Final = {"n": "\n", "r": " ", "t": " ", "b": "\b", "f": "\f", "e": "\x1b"}
# What leads from a label to its value on paper: Name ........ Ada Berg
_LEADER: Final = compiled(r"(?<=[^\W_)])[ \t]?\.{5,}[ \t]?(?=[^\W_(])")
_TEX: Final = compiled(r"\\(?:frac|begin|text|times|theta|nabla|right|ref|tau|nu)\b|\$\\")

# Letters in boxes and circles, regional indicators, small capitals: no compatible form is known.
_DRAWN: Final[dict[int, str | int]] = {
    **{
        first + number: chr(ord("A") + number)
        for first in (0x1F150, 0x1F170, 0x1F1E6)
        for number in range(26)
    },
    **str.maketrans(
        "\u1d00\u0299\u1d04\u1d05\u1d07\ua730\u0262\u029c\u026a\u1d0a\u1d0b\u029f\u1d0d\u0274"
        "\u1d0f\u1d18\ua7af\u0280\ua731\u1d1b\u1d1c\u1d20\u1d21\u028f\u1d22",
        "abcdefghijklmnopqrstuvwyz",
    ),
}
_SCRIPTS: Final = r"[\u0370-\u03ff\u0400-\u04ff\u0531-\u0587]"
_MIXED: Final = compiled(rf"(?<=[A-Za-z]){_SCRIPTS}{{1,40}}|{_SCRIPTS}{{1,40}}(?=[A-Za-z])")
_LOOK_ALIKE: Final = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u04bb\u043a\u043c"
    "\u0442\u0432\u043d\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425"
    "\u0406\u0408\u0405\u03b1\u03bf\u03c1\u03bd\u03b5\u03b9\u03ba\u03c4\u03c5\u03c7\u0391\u0392"
    "\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u0578\u057d\u0585",
    "aeopcyxijsdwhkmtbhABEKMHOPCTYXIJSaopveiktuxABEZHIKMNOPTYXnuo",
)


@dataclass(frozen=True, slots=True)
class Normal:
    """A text as it reads, and for each character where it began; ``None`` says it is unchanged."""

    text: str
    starts: array[int] | None
    source: str

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original text of ``[start, end)`` of the normal one."""
        if self.starts is None:
            return start, end
        first = self.starts[start]
        # What came of one escape or one parted value shares its start and covers all of it.
        while 0 < end < len(self.starts) and self.starts[end] == self.starts[end - 1]:
            end += 1
        last = self.starts[end] if end < len(self.starts) else len(self.source)
        unseen = _HIDDEN_LAST.search(self.source, max(first, last - _MOST_HIDDEN), last)
        return first, max(unseen.start() if unseen else last, first + 1)


def normalise(text: str) -> Normal:
    """``text`` as a reader sees it, without what shows nothing. Linear in its length."""
    return _normal(Normal(text, None, text), _left_out)


def readings(text: str) -> Iterator[Normal]:
    """``text`` in every way that it may be meant.

    As a reader sees it; with gaps for what shows nothing and for the marks of emphasis, where that
    makes other words; as a terminal strikes one sign over another; and with the letters of those
    tags that show nothing but spell something.
    """
    shown = normalise(text)
    yield shown
    parted = replaced(Normal(text, None, text), _EMPHASIS, _unstressed)
    if shown.starts is not None or parted.starts is not None:
        parted = _normal(parted, _gap)
        if _WORD.findall(parted.text) != _WORD.findall(shown.text):
            yield parted
    if _BACKSPACE.search(text):
        struck = _normal(Normal(text, None, text), _left_out, _STRUCK)
        if struck.text != shown.text:
            yield struck
    if _TAGS.search(text):
        yield normalise(text.translate(_TAG_LETTERS))


def _normal(normal: Normal, unseen: _Replacement, hidden: re.Pattern[str] = _HIDDEN) -> Normal:
    normal = replaced(normal, hidden, unseen)
    if not normal.text.isascii():
        normal = replaced(normal, _COMBINED, _folded)
        normal = replaced(normal, _MIXED, lambda match: match.group().translate(_LOOK_ALIKE))
    if "....." in normal.text:
        normal = replaced(normal, _LEADER, lambda _: ": ")
    if any(sign in normal.text for sign in "&\\%=+"):
        tex = _TEX.search(normal.text) is not None
        normal = replaced(normal, _ESCAPE, lambda match: _unescaped(match, tex=tex))
        normal = replaced(normal, hidden, unseen)
    return normal


def _left_out(match: re.Match[str]) -> str | None:
    if match.group()[0] != "=":
        return ""
    # A setting without a value ends its line as a soft break does.
    line = match.string[match.string.rfind("\n", 0, match.start()) + 1 : match.start()]
    return None if line.strip().replace("_", "").isalpha() else ""


def _gap(match: re.Match[str]) -> str | None:
    hidden = match.group()
    if hidden[0] == "=":
        return None
    return f"  {match['said']}".ljust(len(hidden)) if match["said"] else " " * len(hidden)


def _unstressed(match: re.Match[str]) -> str | None:
    """What is emphasised in Markdown, if it is more than words: an underscore is a letter too."""
    mark, inner = " " * len(match[1]), match[2]
    return f"{mark}{inner}{mark}" if re.search(r"[\d@]", inner) else None


def replaced(normal: Normal, pattern: re.Pattern[str], replacement: _Replacement) -> Normal:
    """``normal`` with every match replaced; all of a replacement's characters share its start."""
    text = normal.text
    old = normal.starts
    pieces: list[str] = []
    starts: array[int] = array("l")
    done = 0
    changed = False
    for match in pattern.finditer(text):
        new = replacement(match)
        if new is None or new == match.group():
            continue
        changed = True
        start, end = match.span()
        pieces += (text[done:start], new)
        starts.extend(old[done:start] if old is not None else range(done, start))
        origin = old[start] if old is not None else start
        if len(new) == end - start:
            starts.extend(old[start:end] if old is not None else range(start, end))
        else:
            starts.extend([origin] * len(new))
        done = end
    if not changed:
        return normal
    pieces.append(text[done:])
    starts.extend(old[done:] if old is not None else range(done, len(text)))
    return Normal("".join(pieces), starts, normal.source)


def _folded(match: re.Match[str]) -> str | None:
    return _fold(match.group())


@lru_cache(maxsize=4096)
def _fold(group: str) -> str:  # noqa: PLR0911 - one kind of character each
    if len(group) > 1:
        return _MARKS.sub("", unicodedata.normalize("NFKC", group))
    if _MARKS.match(group):
        return ""
    if group in _DASHES:
        return "-"
    if group in _QUOTES:
        return _QUOTES[group]
    digit = unicodedata.digit(group, None)
    if digit is not None:
        return str(digit)
    if unicodedata.category(group) in {"Zs", "Zl", "Zp"}:
        return "\n" if group in "\u2028\u2029" else " "
    return unicodedata.normalize("NFKC", group.translate(_DRAWN))


def _unescaped(  # noqa: PLR0911 - one way to escape each
    match: re.Match[str], *, tex: bool
) -> str | None:
    escape = match.group()
    if escape[0] == "&":
        escape = escape.replace("amp;", "", escape.count("amp;") - (escape == "&amp;"))
        plain = html.unescape(escape)
        return None if plain == match.group() else _fold(plain) if len(plain) == 1 else plain
    if escape[0] == "\\":
        return _unslashed(escape, tex=tex)
    if escape[0] == "+":
        return _from_wide(escape)
    if escape[0] == "%":
        if escape[1] == "u" or len(escape) == len("%2540"):
            return _fold(chr(int(escape[2:] if escape[1] == "u" else escape[3:], 16)))
        return _from_bytes(bytes.fromhex(escape.replace("%", "")))
    if len(escape) == len("=40"):
        # Quoted-printable mail: only what such a mail must escape, never code such as a=10.
        return {"=40": "@", "=20": " ", "=3D": "="}.get(escape)
    data = bytes.fromhex(escape.replace("=", ""))
    return _from_bytes(data) or data.decode("latin-1")


def _unslashed(escape: str, *, tex: bool) -> str | None:
    """What a backslash and the letters after it mean in a string."""
    said = escape.lstrip("\\")
    if said in _SHORT or said in "\"'/":
        return None if tex else _SHORT.get(said, said)
    if said[0] == "N":
        try:
            return _fold(unicodedata.lookup(said[2:-1]))
        except KeyError:
            return None
    if said[0].isdigit():
        if said.startswith("00") or said[-1] == " ":
            return "".join(chr(int(code, 16)) for code in said.split("\\"))
        return _from_bytes(bytes(int(octal, 8) for octal in said.split("\\")))
    code = int(said[1:].strip("{}"), 16)
    return _fold(chr(code)) if code <= sys.maxunicode else None


def _from_wide(escape: str) -> str | None:
    """A sign in the alphabet that mail used before UTF-8, as in +AEA- for @."""
    try:
        plain = escape.encode().decode("utf-7")
    except UnicodeDecodeError:
        return None
    return plain if plain != escape and all(map(_is_common, plain)) else None


def _is_common(sign: str) -> bool:
    return sign.isprintable() and ord(sign) < _COMMON


def _from_bytes(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None
