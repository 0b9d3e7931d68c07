"""Text that is written backwards or with the alphabet turned by half (rot13)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.text.code_form import CodeForm
from edgeroute.privacy.detecting.text.packed import Decoded
from edgeroute.word_lists import alternatives, word_list, word_set

_WORDS: Final = word_list("turned.words")
_CAESAR_WORDS: Final = (
    rf"(?<![^\W_]){alternatives(codecs.encode(word, 'rot13') for word in _WORDS)}(?![^\W_])"
)
_CAESAR: Final = compiled(rf"\brot-?13\b|{_CAESAR_WORDS}")
_BACKWARDS_WORDS: Final = rf"(?<![^\W_]){alternatives(word[::-1] for word in _WORDS)}(?![^\W_])"
_BACKWARDS: Final = compiled(rf"\b(?:backwards?|reversed?)\b|{_BACKWARDS_WORDS}")
_SURE: Final = compiled(f"{_CAESAR_WORDS}|{_BACKWARDS_WORDS}")
_SAID: Final = compiled(r"[^.:;!?\n\"\u201c\u201d]+[.:;!?\n\"\u201c\u201d]*")
_WORD: Final = compiled(r"[^\W\d_]{2,}")
_SMALL: Final = word_set("suspicions.english") | word_set("suspicions.other_latin")
_ENDS: Final = word_list("turned.endings")
# Addresses, account and telephone numbers that need no words beside them.
_TURNED_ENDS: Final = {codecs.encode(end, "rot13") for end in _ENDS} - word_set("turned.countries")
_CAESAR_ADDRESS: Final = compiled(rf"@[\w.-]{{2,60}}\.{alternatives(sorted(_TURNED_ENDS))}(?!\w)")
_BACKWARDS_ADDRESS: Final = compiled(
    rf"(?<![\w.@-]){alternatives(end[::-1] for end in _ENDS)}\.[\w.-]{{2,60}}@"
    r"|(?<![\w.+-])\d(?:[ .-]?\d){6,13}\+(?!\w)|(?<![\w.+-])\d{1,3}\+(?: \d{2,5}){2,5}(?!\w)"
)
_ACCOUNT: Final = compiled(r"(?<![^\W_])[A-Z0-9](?:[ ]?[A-Z0-9]){13,40}+(?![^\W_])")
_TOKEN: Final = compiled(r"\S+")
_BETTER: Final = 2  # small words that chance does not give
_NEAR: Final = 400  # characters around a turned word
_REACH: Final = 80  # characters around what needs no words


def turned_parts(text: str, lower: str) -> Iterator[Decoded]:
    """``text`` the right way round, where a word or an address in it is turned."""
    form = CodeForm(text, lower)
    for place in _near(_CAESAR, lower):
        yield from _turned(text, place, lambda said: codecs.encode(said, "rot13"), form)
    for place in _near(_BACKWARDS, lower):
        yield from _turned(text, place, lambda said: said[::-1], form)
        yield from _turned(text, place, _each_word, form)
    if "@" in text:
        for match in _CAESAR_ADDRESS.finditer(lower):
            start, end = _token(text, *match.span())
            yield Decoded(codecs.encode(text[start:end], "rot13"), start, end)
    if "@" in text or "+" in text:
        for match in _BACKWARDS_ADDRESS.finditer(lower):
            start, end = _token(text, *match.span())
            yield Decoded(text[start:end][::-1], start, end)
            yield Decoded(_each_word(text[start:end]), start, end)
    for match in _ACCOUNT.finditer(text):
        number = match.group()
        if number[:2].isalpha() and number[2:4].isdigit():
            yield Decoded(codecs.encode(number, "rot13"), *match.span())
        if number[-2:].isalpha() and number[-4:-2].isdigit():
            yield Decoded(number[::-1], *match.span())


def _near(words: re.Pattern[str], lower: str) -> Iterator[tuple[int, int]]:
    """The surroundings of ``words``, joined where they meet."""
    start = end = -1
    for match in words.finditer(lower):
        if match.start() - _NEAR > end >= 0:
            yield start, end
            start = -1
        start = start if start >= 0 else max(0, match.start() - _NEAR)
        end = min(len(lower), match.end() + _NEAR)
    if end >= 0:
        yield start, end


def _turned(
    text: str, place: tuple[int, int], turn: Callable[[str], str], form: CodeForm
) -> Iterator[Decoded]:
    """What of ``place`` reads no worse when it is turned, sentence by sentence. Documents of
    programs talk of what is compatible backwards: there some of it must read better.
    """
    kept, better = [], False
    for match in _SAID.finditer(text, *place):
        said, other = match.group(), turn(match.group())
        gained = _small_words(other) - _small_words(said)
        sure = _SURE.search(said.lower()) is not None
        if sure or gained >= 0:
            kept.append(other)
        better = better or sure or gained >= _BETTER
    if kept and (better or not form.is_published):
        yield Decoded("\n".join(kept), *place)


def _small_words(text: str) -> int:
    return sum(word in _SMALL for word in _WORD.findall(text.lower()))


def _each_word(text: str) -> str:
    return _TOKEN.sub(lambda word: word.group()[::-1], text)


def _token(text: str, start: int, end: int) -> tuple[int, int]:
    """``[start, end)`` with the rest of the words that it cuts."""
    least, most = max(0, start - _REACH), min(len(text), end + _REACH)
    while start > least and not text[start - 1].isspace():
        start -= 1
    while end < most and not text[end].isspace():
        end += 1
    return start, end
