"""What is known of a window before it is weighed: numbers with names, each between 0 and some 1.

None of them decides: a question, a story, an example or a long text is evidence beside a name, a
record or a number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.names.names import LAST_LATIN, PERSON_LABELS
from edgeroute.privacy.detecting.names.rampart import LABELS, NameSpan
from edgeroute.privacy.detecting.text.page import Hit
from edgeroute.privacy.detecting.weighing.kinds import CONTACTS, REACHED, SHAPES
from edgeroute.word_lists import one_of, word_set

GROUPS: Final = ("english", "latin", "scripts")
_OTHER_SCRIPT: Final = 0.3  # the share of letters that are not Latin in another script
_SMALL_WORDS: Final = 3
_FEWEST_WORDS: Final = 3
_PLAIN: Final = 0.97  # the share of letters that are plain in English
_TITLE_REACH: Final = 24  # characters before a name
_TOUCHING: Final = 2  # characters between the words of one name

_PROGRAM: Final = 0.5  # the share of code in a window of a program
_LIKELY: Final = 0.4  # how surely the names model sees a likely name
_SURE: Final = 0.5  # how surely a value is seen that stands beside a name
_BESIDE: Final = 120  # characters between a name and what is told of it

_SCRIPTS: Final = {
    "cyrillic": compiled("[\u0400-\u04ff]"),
    "arabic": compiled("[\u0600-\u06ff]"),
    "devanagari": compiled("[\u0900-\u097f]"),
    "kana": compiled("[\u3040-\u30ff]"),
    "hangul": compiled("[\uac00-\ud7a3]"),
    "han": compiled("[\u4e00-\u9fff]"),
}
_UNREAD: Final = compiled(r"[^\W\d_\u0000-\u024f]{2}")  # letters that no names model reads
_SIGNS: Final = 60  # so many letters of another script, hardly one of them twice, are a table
_ONCE: Final = 0.97
_SAID: Final = compiled(r"(?<![\w-])[^\W\d_]{2,}(?![\w-])")
_MY: Final = compiled(rf"\b{one_of('suspicions.my')}\b")
_I: Final = compiled(rf"\b{one_of('suspicions.i')}\b|{one_of('suspicions.i_unspaced')}")
# A word that is no part of a path, an option, a setting or a name of a thing.
_STANDING: Final = compiled(r"(?<![\w./:@#$%-])[^\W\d_]{2,}(?![\w/:@#$%=-]|\.\w)")
_LISTED: Final = 10  # words of a list
_LISTED_WORD: Final = compiled(r"[ \t]{0,8}(?:[a-z_]{1,20}: )?[^\W\dA-Z_]{0,24}\d{0,10},?")
_COLUMN: Final = compiled(r"\S {2,40}(?=\S)")
_SENT: Final = 240  # characters of what programs send each other, without two words in a row
_JOINED: Final = compiled(r"[^\W\d_](?:[ +]|%20)[^\W\d_]")
_PRINTED: Final = 40  # words and figures of the shortest table
_TOLD_WORDS: Final = 0.5  # the share of such words in what is told
_FIGURES: Final = 0.25  # and in tables of figures, whose heads are like small words: us, in, so
_WORD: Final = compiled(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_ENGLISH: Final = word_set("suspicions.english")
_OTHER_LATIN: Final = word_set("suspicions.other_latin")
_QUOTES: Final = '"\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d\u300e\u300f\u300a\u300b'
_TITLED: Final = compiled(rf"(?i:\b{one_of('suspicions.titles')})\.?\s(?:[^\W\d_]\.\s?)?$")
_INITIAL: Final = compiled(r"(?<![\w.])[^\W\d_]\.\s?$")
_BLANK: Final = compiled(r"\{\{|\[[A-Z][^\]\n]{0,40}\]|___|X{3}|<[a-z_ ]{2,20}>")
_YEAR: Final = compiled(r"(?<!\d)(?:1\d|20)\d\d(?!\d)")


@dataclass(frozen=True, slots=True)
class WindowView:
    """What stage one saw in one window. Places are those of ``text``.

    ``code`` is the share of code; ``published`` says that it is of a repository's documents.
    """

    text: str
    spans: Sequence[NameSpan]
    hits: Sequence[Hit]
    code: float = 0.0
    published: bool = False

    def named(self, least: float) -> list[tuple[int, int]]:
        """Where people are named, at least as surely as ``least``."""
        return [
            (s.start, s.end) for s in self.spans if s.label in PERSON_LABELS and s.score >= least
        ]


def is_said(text: str) -> bool:
    """Whether ``text`` has enough words to say something; identifiers of machines are none, and
    tables of signs.
    """
    few = list(islice(_SAID.finditer(text), _FEWEST_WORDS))
    if len(few) == _FEWEST_WORDS:
        return True
    return _UNREAD.search(text) is not None and not _is_table(text)


def _is_table(text: str) -> bool:
    """Whether ``text`` lists the signs of a script, as files of alphabets do."""
    signs = [sign for sign in text if sign > LAST_LATIN and sign.isalpha()]
    return len(signs) >= _SIGNS and len(set(signs)) >= _ONCE * len(signs)


def is_suspect(window: WindowView) -> bool:
    """Whether stage one saw anything in ``window``: a name, a value, the writer, another script.

    In a program a name must be a likely one: identifiers look like names, and loops have an ``i``.
    """
    if window.code >= _PROGRAM:
        return bool(window.named(_LIKELY) or window.hits or _UNREAD.search(window.text))
    lower = window.text.lower()
    return bool(
        window.named(0)
        or window.hits
        or _MY.search(lower)
        or _I.search(lower)
        or _UNREAD.search(window.text)
    )


def evidence(window: WindowView) -> dict[str, float]:
    """The numbers of one window by their names."""
    return {
        **_of_spans(window),
        **_of_hits(window.hits),
        **_of_rows(window),
        **form_of(window.text),
        "form.program": window.code,
        "form.published": float(window.published),
    }


def _of_spans(window: WindowView) -> dict[str, float]:
    """How surely the names model saw each kind of thing, and how many names."""
    found = dict.fromkeys(LABELS, 0.0)
    for span in window.spans:
        found[span.label] = max(found[span.label], span.score)
    names = [span for span in window.spans if span.label in PERSON_LABELS]
    count = {label: sum(span.label == label for span in names) for label in sorted(PERSON_LABELS)}
    whole = any(
        one.label != two.label and 0 <= two.start - one.end <= _TOUCHING
        for one in names
        for two in names
    )
    return {
        **{f"model.{label.lower()}": score for label, score in found.items()},
        **{f"count.{label.lower()}": min(number, 6) / 3 for label, number in count.items()},
        "names.density": len(names) / max(len(window.text), 20) * 100,
        "names.whole": float(whole),
        "names.titled": float(any(_TITLED.search(_before(window, one)) for one in names)),
        "names.initial": float(any(_INITIAL.search(_before(window, one)) for one in names)),
    }


def _before(window: WindowView, span: NameSpan) -> str:
    """The few characters before a name."""
    return window.text[max(0, span.start - _TITLE_REACH) : max(0, span.start)]


def _of_hits(hits: Iterable[Hit]) -> dict[str, float]:
    """How surely the recognisers saw what they look for, sure enough to decide or not."""
    best = dict.fromkeys((*SHAPES, "contact", "reached", "fact"), 0.0)
    for hit in hits:
        kind = hit.type if hit.type in SHAPES else _kind(hit)
        kind = kind if kind in best else "fact"
        best[kind] = max(best[kind], min(hit.score, 1.0))
    return {f"rules.{kind.lower()}": score for kind, score in best.items()}


def _of_rows(window: WindowView) -> dict[str, float]:
    """How many kinds of values stand beside one name, how many names have one, and how many lines
    hold a name and a value.
    """
    names = window.named(_LIKELY)
    values = [hit for hit in window.hits if hit.score >= _SURE and hit.type not in SHAPES]
    beside = [
        {_kind(hit) for hit in values if hit.start < end + _BESIDE and start - _BESIDE < hit.end}
        for start, end in names
    ]
    lines = {window.text.count("\n", 0, start) for start, _ in names} & {
        window.text.count("\n", 0, max(0, hit.start)) for hit in values
    }
    return {
        "rows.kinds": max(map(len, beside), default=0) / 3,
        "rows.people": min(sum(map(bool, beside)), 6) / 3,
        "rows.lines": min(len(lines), 6) / 3,
    }


def _kind(hit: Hit) -> str:
    """What kind of value ``hit`` is, for who stands beside it."""
    if hit.type in CONTACTS:
        return "contact"
    return "reached" if hit.type in REACHED else hit.type


def form_of(text: str) -> dict[str, float]:
    """What the text looks like."""
    length, lower = max(len(text), 1), text.lower()
    plain = text.isascii()

    def share(signs: str) -> float:
        return sum(map(text.count, signs)) / length

    return {
        "form.length": math.log(length) / 6,
        "form.lines": text.count("\n") / length * 50,
        "form.question": float(any(sign in text for sign in "?\uff1f\u061f")),
        "form.digits": sum(map(str.isdigit, text)) / length * 5,
        "form.capitals": sum(map(str.isupper, text)) / length * 5,
        "form.my": float(_MY.search(lower) is not None),
        "form.i": float(_I.search(lower) is not None),
        "form.code": share("[]{}<>=;()/_") * 10,
        "form.blanks": float(_BLANK.search(text) is not None),
        "form.quotes": share(_QUOTES) * 10,
        "form.fields": share(":|;,\t") * 10,
        "form.year": float(_YEAR.search(text) is not None),
        **{
            f"script.{name}": 0.0 if plain else len(signs.findall(text)) / length
            for name, signs in _SCRIPTS.items()
        },
    }


def is_word_list(text: str) -> bool:
    """Whether ``text`` is words in small letters, one on each line, perhaps each after the same
    key: of a dictionary, of common passwords.
    """
    # A window may cut its first and its last line.
    inner = [line for line in text.split("\n")[1:-1] if line.strip()]
    return len(inner) >= _LISTED and all(map(_LISTED_WORD.fullmatch, inner))


def is_language(text: str) -> bool:
    """Whether ``text`` is somebody's words, not letters that another reading of a text yields: it
    has small words of a language, or is in another script.
    """
    if _is_other_script(text):
        return True
    small = {word for word in _WORD.findall(text.lower()) if len(word) > 1}
    return len(small & (_ENGLISH | _OTHER_LATIN)) >= _SMALL_WORDS


def is_figures(text: str) -> bool:
    """Whether ``text`` is figures and names of things in columns, as programs print them, in which
    no matter is told: few words stand alone, and none of them joins others; or no two words stand
    together, as in what programs send each other.
    """
    signs = len(text.split())
    if len(text) >= _SENT and text.isascii() and not _JOINED.search(text):
        return True
    if signs < _PRINTED or not text.isascii():
        return False
    share = sum(1 for _ in _STANDING.finditer(text)) / signs
    columns = sum(1 for _ in _COLUMN.finditer(text)) > signs / 3
    return share < _FIGURES or (share < _TOLD_WORDS and (columns or not is_language(text)))


def group_of(text: str) -> str:
    """The group of languages of ``text``, which are calibrated apart: ``english`` where it is in
    plain letters and no other language's small words are as many as those of English; ``scripts``
    where many of its letters are not Latin; else ``latin``.
    """
    if _is_other_script(text):
        return "scripts"
    if not text.isascii():
        letters = [sign for sign in text if sign.isalpha()]
        if sum(sign.isascii() for sign in letters) < _PLAIN * len(letters):
            return "latin"
    words = _WORD.findall(text.lower())
    english, others = (sum(word in known for word in words) for known in (_ENGLISH, _OTHER_LATIN))
    return "english" if english >= others else "latin"


def _is_other_script(text: str) -> bool:
    if text.isascii():
        return False
    letters = [sign for sign in text if sign.isalpha()]
    return sum(sign > LAST_LATIN for sign in letters) > _OTHER_SCRIPT * len(letters)
