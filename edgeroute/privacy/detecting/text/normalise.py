"""Undo the disguises of characters, and keep where each of them stood.

Wide and mathematical letters, zero-width characters, look-alikes of other scripts, digits of any
script, HTML entities, JSON and percent escapes: all become what a reader would see.
"""

from __future__ import annotations

import html
import re
import unicodedata
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_Replacement = Callable[["re.Match[str]"], "str | None"]

_UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0100-\U000e01ef]"
)
_TAG_LETTERS: Final = range(0xE0020, 0xE007F)
_COMBINED: Final = re.compile(r"[^\W_][\u0300-\u036f]{1,8}|[^\x00-\x7f]")
_DASHES: Final = frozenset("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d")
_QUOTES: Final = {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u02bc": "'"}

_ESCAPE: Final = re.compile(
    r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});"
    r"|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}"
    r"|\\[nrt]"
    r"|(?:%[0-9a-fA-F]{2}){1,64}"
    r"|=[0-9A-F]{2}(?==[0-9A-F]{2}|[\w.@])"
)
_TEX: Final = re.compile(r"\\(?:frac|begin|text|times|theta|nabla|right|ref|tau|nu)\b|\$\\")

_SCRIPTS: Final = r"[\u0370-\u03ff\u0400-\u04ff\u0531-\u0587]"
_MIXED: Final = re.compile(rf"(?<=[A-Za-z]){_SCRIPTS}{{1,40}}|{_SCRIPTS}{{1,40}}(?=[A-Za-z])")
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
    length: int

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original text of ``[start, end)`` of the normal one."""
        if self.starts is None:
            return start, end
        last = self.starts[end] if end < len(self.starts) else self.length
        return self.starts[start], max(last, self.starts[start] + 1)


def normalise(text: str) -> Normal:
    """``text`` as a reader sees it. Linear in its length."""
    normal = Normal(text, None, len(text))
    if not text.isascii():
        normal = _replaced(normal, _COMBINED, _folded)
        normal = _replaced(normal, _MIXED, lambda match: match.group().translate(_LOOK_ALIKE))
    if "&" in text or "\\" in text or "%" in text or "=" in text:
        tex = _TEX.search(text) is not None
        normal = _replaced(normal, _ESCAPE, lambda match: _unescaped(match, tex=tex))
    return normal


def _replaced(normal: Normal, pattern: re.Pattern[str], replacement: _Replacement) -> Normal:
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
    return Normal("".join(pieces), starts, normal.length)


def _folded(match: re.Match[str]) -> str | None:
    return _fold(match.group())


@lru_cache(maxsize=4096)
def _fold(group: str) -> str:  # noqa: PLR0911 - one kind of character each
    if len(group) > 1:
        return unicodedata.normalize("NFKC", group)
    if _UNSEEN.match(group):
        return ""
    if ord(group) in _TAG_LETTERS:
        return chr(ord(group) - 0xE0000)
    if group in _DASHES:
        return "-"
    if group in _QUOTES:
        return _QUOTES[group]
    digit = unicodedata.digit(group, None)
    if digit is not None:
        return str(digit)
    if unicodedata.category(group) in {"Zs", "Zl", "Zp"}:
        return "\n" if group in "\u2028\u2029" else " "
    return unicodedata.normalize("NFKC", group)


def _unescaped(match: re.Match[str], *, tex: bool) -> str | None:
    escape = match.group()
    if escape[0] == "&":
        plain = html.unescape(escape)
        return None if plain == escape else _fold(plain) if len(plain) == 1 else plain
    if escape[0] == "\\":
        if escape[1] in "nrt":
            return None if tex else "\n" if escape[1] == "n" else " "
        return _fold(chr(int.from_bytes(bytes.fromhex(escape[2:]), "big")))
    if escape[0] == "=":
        # Quoted-printable mail: only what such a mail must escape, never code such as a=10.
        return {"=40": "@", "=20": " ", "=3D": "="}.get(escape)
    try:
        return bytes.fromhex(escape.replace("%", "")).decode("utf-8")
    except UnicodeDecodeError:
        return None
