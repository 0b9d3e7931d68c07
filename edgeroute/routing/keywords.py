"""Words and phrases that hint at a task or a domain: models/task-classifier/cues.yaml.

Reading a prompt is one pass over its words with set look-ups, so that it costs well under a
millisecond.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Final

import msgspec

from edgeroute import datafile
from edgeroute.core.signals import TASKS

# What is read of a long text: prompts say what they want at the start or at the end.
HEAD: Final = 1_500
TAIL: Final = 800
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
        self._stems: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._ideograms: list[tuple[str, int]] = []
        self._at_start: Final = frozenset(
            index for index, cue in enumerate(data.values()) if cue.at_start
        )
        for index, cue in enumerate(data.values()):
            for word in cue.words:
                self._add(word, index)

    def _add(self, word: str, index: int) -> None:
        first, *rest = word.split()
        if word.endswith("*"):
            self._stems[word[:_STEM_KEY]].append((word[:-1], index))
        elif _CJK.search(word):
            self._ideograms.append((word, index))
        elif rest:
            self._phrases[first].append((rest, index))
        else:
            self._words[word].append(index)

    def hits(self, text: str) -> tuple[int, ...]:
        """How often each cue occurs in ``text``, in the order of ``names``."""
        found = [0] * len(self.names)
        words = words_of(text)
        for position, word in enumerate(words):
            matches = list(self._words.get(word, ()))
            matches += [
                i for stem, i in self._stems.get(word[:_STEM_KEY], ()) if word.startswith(stem)
            ]
            for rest, index in self._phrases.get(word, ()):
                if words[position + 1 : position + 1 + len(rest)] == rest:
                    matches.append(index)
            for index in matches:
                if position < _START or index not in self._at_start:
                    found[index] += 1
        if not text.isascii():
            for word, index in self._ideograms:
                found[index] += word in text
        return tuple(found)

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
