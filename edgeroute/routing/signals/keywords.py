"""Words and phrases that hint at a task or a domain: models/task-classifier/cues.yaml.

Reading a prompt is one pass over its words with set look-ups, so that it costs well under a
millisecond.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import msgspec

from edgeroute import datafile
from edgeroute.core.signals import TASKS
from edgeroute.word_lists import one_of

# What is read of a long text: prompts say what they want at the start or at the end.
HEAD: Final = 1_500
TAIL: Final = 800
# What the classifier reads of it, which decides more often than it is asked about a long text.
GLANCE: Final = (1_000, 600)
DOMAINS: Final = ("medical", "legal")
LABELS: Final = (*TASKS, *DOMAINS)

_WORD: Final = re.compile(r"[^\W_][\w'+#./-]*[\w+#]|[^\W_]|[\u3040-\u9fff\uac00-\ud7af]+")
_CJK: Final = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_STEM_KEY: Final = 2
_START: Final = 6


class _CueData(msgspec.Struct, forbid_unknown_fields=True):
    label: str
    words: list[str]
    at_start: bool = False


class Cues:
    """All cues, ready to be looked up."""

    def __init__(self, data: Mapping[str, _CueData]) -> None:
        self.names: Final = tuple(data)
        self.labels: Final = tuple(cue.label for cue in data.values())
        self._words: dict[str, list[int]] = defaultdict(list)
        self._phrases: dict[str, list[tuple[list[str], int]]] = defaultdict(list)
        self._stemmed: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._ideograms: list[tuple[str, int]] = []
        self._at_start: Final = frozenset(
            index for index, cue in enumerate(data.values()) if cue.at_start
        )
        for index, cue in enumerate(data.values()):
            for word in cue.words:
                self._add(word, index)
        self._stems: Final = {
            key: tuple(stem for stem, _ in stems) for key, stems in self._stemmed.items()
        }

    def _add(self, word: str, index: int) -> None:
        first, *rest = word.split()
        if word.endswith("*"):
            self._stemmed[word[:_STEM_KEY]].append((word[:-1], index))
        elif _CJK.search(word):
            self._ideograms.append((word, index))
        elif rest:
            self._phrases[first].append((rest, index))
        else:
            self._words[word].append(index)

    def hits(self, text: str) -> tuple[int, ...]:
        """How often each cue occurs in ``text``, in the order of ``names``."""
        return self.hits_of(words_of(text), text)

    def hits_of(self, words: Sequence[str], text: str) -> tuple[int, ...]:
        """``hits`` for whoever has split ``text`` into ``words`` already."""
        found = [0] * len(self.names)
        for position, word in enumerate(words):
            for index in self._matches(word):
                if position < _START or index not in self._at_start:
                    found[index] += 1
            for rest, index in self._phrases.get(word, ()):
                if words[position + 1 : position + 1 + len(rest)] == rest and (
                    position < _START or index not in self._at_start
                ):
                    found[index] += 1
        if not text.isascii():
            for word, index in self._ideograms:
                found[index] += word in text
        return tuple(found)

    def _matches(self, word: str) -> Sequence[int]:
        """The cues that ``word`` alone is a hit of."""
        whole = self._words.get(word, ())
        key = word[:_STEM_KEY]
        if key not in self._stems or not word.startswith(self._stems[key]):
            return whole
        return [*whole, *(index for stem, index in self._stemmed[key] if word.startswith(stem))]

    def first_guess(self, text: str) -> tuple[str, float]:
        """The label with the most cues and a confidence below 0.6; ``""`` where they tie."""
        votes: Counter[str] = Counter()
        for label, count in zip(self.labels, self.hits(ends(text)), strict=True):
            votes[label] += min(count, 2)
        (best, most), (_, second) = votes.most_common(2)
        if most == second:
            return "", 0.0
        return best, min(0.55, 0.35 + 0.05 * (most - second))


def ends(text: str, head: int = HEAD, tail: int = TAIL) -> str:
    """The start and the end of ``text``, where people say what they want."""
    return text if len(text) <= head + tail else f"{text[:head]}\n{text[-tail:]}"


def glance(text: str) -> str:
    """What the classifier reads of ``text``."""
    return ends(text, *GLANCE)


def words_of(text: str) -> list[str]:
    """The words of ``text`` in lower case."""
    return _WORD.findall(text.lower())


@cache
def load_cues() -> Cues:
    """The packaged cues.

    Raises:
        SettingsError: the file is not what it should be.
    """
    path = datafile.packaged("models") / "task-classifier" / "cues.yaml"
    return Cues(datafile.load(path, dict[str, _CueData]))


@dataclass(frozen=True, slots=True)
class _Wishes:
    """``made`` and ``titled`` name a picture, ``drawn`` only a verb; the others speak against."""

    made: re.Pattern[str]
    titled: re.Pattern[str]
    drawn: re.Pattern[str]
    code_or_text: re.Pattern[str]
    thoughts: re.Pattern[str]


@cache
def _wishes() -> _Wishes:
    article = rf"{one_of('pictures.articles')}\b"
    noun = rf"{one_of('pictures.nouns')}\b(?!\s+{one_of('pictures.no_pictures')}\b)"
    between = rf"(?!{one_of('pictures.no_links')}\b)[\w'-]+"
    whom = rf"(?:{one_of('pictures.whom')}\s+)?"
    making, drawing = one_of("pictures.making"), one_of("pictures.drawing")
    titled = rf"(?:{between},?\s+){{0,4}}?(?:{noun}|{one_of('pictures.phrases')})"
    return _Wishes(
        _compiled(rf"\b{making}\s+{whom}{article}(?:\s+{between}){{0,5}}?\s+{noun}"),
        _compiled(rf"^\W*(?:{article}\s+)?{titled}\s+(?:of|with|showing)\s[^?]*$"),
        _compiled(rf"^\W*(?:{one_of('pictures.asking')}\W+)*{drawing}\s+{whom}{article}"),
        # A line is a shape, but line art is a picture.
        _compiled(rf"\b(?:{one_of('pictures.code_and_text')}|line(?! art))\b"),
        _compiled(rf"\b{one_of('pictures.thoughts')}\b"),
    )


def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source, re.IGNORECASE)


def asks_for_picture(text: str) -> bool:
    """Whether ``text`` plainly asks for a picture, and not for code or words about one."""
    text = ends(text).strip()
    wishes = _wishes()
    if wishes.code_or_text.search(text):
        return False
    named = wishes.made.search(text) or wishes.titled.search(text)
    return bool(named or (wishes.drawn.search(text) and not wishes.thoughts.search(text)))
