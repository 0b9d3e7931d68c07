"""Telephone numbers that are said in words, digit by digit or in pairs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.recognizers.phones import near_words
from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.word_lists import one_of, word_set

_SPOKEN: Final = one_of("phones.spoken")
_PARTED: Final = r"[\s,.;-]{1,3}"
_RUN: Final = compiled(
    rf"(?<![^\W_]){_SPOKEN}(?:{_PARTED}{_SPOKEN}(?![^\W\d_])){{4,30}}(?![^\W\d_])"
)
_EACH: Final = compiled(r"[^\s,.;-]+")
_COUNTING: Final = compiled(one_of("phones.counting", gap=_PARTED))
_NIL: Final = word_set("phones.nil")
_TEN: Final = 10

# Chinese and Japanese digits, and the syllables in which Koreans read theirs.
_HAN: Final = "\u3007\u96f6\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5e7a"
_HAN_ONE: Final = rf"(?:\u30bc\u30ed|[{_HAN}])"
_HAN_RUN: Final = compiled(rf"{_HAN_ONE}(?:[\s,\u3001\u306e\u30fc-]{{0,2}}{_HAN_ONE}){{6,20}}")
_HAN_BEGINS: Final = compiled(r"[\u3007\u96f6\u5e7a]|\u30bc\u30ed")
_HAN_COUNTING: Final = compiled(r"\u4e00[\s,\u3001]?\u4e8c[\s,\u3001]?\u4e09")
_HANGUL: Final = "\uacf5\uc601\uc77c\uc774\uc0bc\uc0ac\uc624\uc721\ub959\uce60\ud314\uad6c"
_HANGUL_RUN: Final = compiled(rf"[\uacf5\uc601][{_HANGUL}](?:[\s,-]{{0,2}}[{_HANGUL}]){{6,12}}")
_HANGUL_COUNTING: Final = compiled(
    r"[\uacf5\uc601][\s,-]{0,2}\uc77c[\s,-]{0,2}\uc774[\s,-]{0,2}\uc0bc[\s,-]{0,2}\uc0ac"
)
_MOBILE: Final = 11  # digits of a Chinese or Japanese mobile


class SpokenNumbers:
    """Numbers in words: begun with a nought, long enough, or near words for a telephone."""

    name = "spoken_numbers"
    types = ("PHONE_NUMBER",)
    needs = compiled(rf"{_RUN.pattern}|{_HAN_RUN.pattern}|{_HANGUL_RUN.pattern}")

    def find(self, page: Page) -> Iterator[Hit]:
        """Runs of number words, of Chinese and Japanese digits, and of Korean syllables."""
        for match in _RUN.finditer(page.lower):
            words = _EACH.findall(match.group())
            sure = len(words) >= 9 or (words[0] in _NIL and len(words) >= 6)
            if not _counts(match.group(), words) and (sure or near_words(page, match)):
                yield Hit("PHONE_NUMBER", *match.span(), 0.7)
        for match in _HAN_RUN.finditer(page.lower):
            digits = len(re.findall(_HAN_ONE, match.group()))
            sure = digits == _MOBILE or _HAN_BEGINS.match(match.group()) is not None
            if not _HAN_COUNTING.match(match.group()) and (sure or near_words(page, match)):
                yield Hit("PHONE_NUMBER", *match.span(), 0.7)
        for match in _HANGUL_RUN.finditer(page.lower):
            if not _HANGUL_COUNTING.match(match.group()):
                yield Hit("PHONE_NUMBER", *match.span(), 0.7)


def _counts(said: str, words: Sequence[str]) -> bool:
    """Whether somebody counts: from one, or from nought up to nine."""
    if words[0] not in _NIL:
        return _COUNTING.match(said) is not None
    ten = words[:_TEN]
    return len({*ten}) == _TEN and _COUNTING.match(" ".join(words[1:])) is not None
