"""The language of a text, from its script and its most common words."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

_SCRIPTS: Final = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile("[\u4e00-\u9fff\u3400-\u4dbf]")),
    ("uk", re.compile("[іїєґІЇЄҐ]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
)
_COMMON: Final = {
    "en": "the and is are you what how to of in it for this that with my can write please do not",
    "de": "der die das und ist ich nicht ein eine wie für mit auf zu den was bitte kann mir",
    "fr": "le la les et est je pas une des pour que dans avec sur comment moi ce du qui vous",
    "es": "el la los las y es no una para que en con por cómo un de me qué del como esto",
    "it": "il la gli e è non una per che di con come un mi del questo sono della cosa nel",
    "pt": "o a os e é não uma para que em com por como um de me do da isso você",
    "nl": "de het een en is niet ik voor van met op wat hoe dit kan maar naar je zijn",
    "pl": "i w na nie się jest to jak do że z co dla proszę czy jestem mi ten",
    "sv": "och är det en att jag inte för på med som hur vad kan den av till om",
    "tr": "ve bir bu için ne neden değil mi da de ile çok ben bana olarak var",
}
_WORDS: Final = {code: frozenset(words.split()) for code, words in _COMMON.items()}
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_SAMPLE: Final = 2_000
_SHARE_OF_SCRIPT: Final = 0.2
_FEWEST_HITS: Final = 2


def language_of(text: str) -> tuple[str, float]:
    """The ISO 639-1 code of ``text`` and how sure that is (0..1); an empty code where unclear."""
    sample = text[:_SAMPLE]
    words = _LETTERS.findall(sample.lower())
    if not words:
        return "", 0.0
    letters = sum(map(len, words))
    if not sample.isascii():
        for code, pattern in _SCRIPTS:
            found = len(pattern.findall(sample))
            if found and (found >= letters * _SHARE_OF_SCRIPT or code == "uk"):
                return code, 0.9
    hits = Counter({code: sum(map(known.__contains__, words)) for code, known in _WORDS.items()})
    (best, most), (_, second) = hits.most_common(2)
    if most >= _FEWEST_HITS and most > second:
        return best, round(min(0.95, 0.5 + (most - second) / (2 * most)), 2)
    return ("en", 0.4) if sample.isascii() and len(words) >= _FEWEST_HITS else ("", 0.0)
