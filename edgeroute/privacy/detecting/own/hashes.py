"""Keyed hashes of words and runs of words: what an entry leaves behind, and how it is found again.

A hash is a keyed BLAKE2b: without the key of this machine nobody can say, or try out, what an entry
was. A look at one word tells most texts apart; only runs of words that all belong to some entry are
hashed as a whole, so that a text costs about as much as its different words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from edgeroute.privacy.detecting.own.words import Word, stem, words

# How a form is looked for: two words of a name near each other; where both are words of a language
# too, with capital letters and close, or side by side without an ending; an initial and a surname;
# a run of words that may be turned round; letters and digits whatever signs stand between them; one
# rare word.
Way = Literal["near", "close", "exact", "initial", "phrase", "code", "word"]

PREFIX: Final = 3  # characters of a code that are looked at first
MOST_GROUPS: Final = 24  # groups of letters and digits in a code
LONGEST_CODE: Final = 512
MOST_WORDS: Final = 8  # words of a phrase
_GROUP: Final = re.compile(r"[^\W_]+")
_ENOUGH: Final = PREFIX + 5  # characters, those that are not dialled included
_AS_WRITTEN: Final = (0,)
_GAP: Final = 3  # signs between two groups of a code
_APART: Final = {"near": (4, 48), "close": (2, 24), "initial": (2, 6)}  # words, characters between
_SENTENCE: Final = re.compile(r"[.!?]\s")
_ORDERED: Final = re.compile(r"[,;:=|\t\"]")


class Form(NamedTuple):
    """One form of an entry. ``parts`` are folded words; of a code they are its groups."""

    way: Way
    parts: tuple[str, ...]


class Span(NamedTuple):
    """An entry of ``kind`` at ``[start, end)``."""

    start: int
    end: int
    kind: str


@dataclass(slots=True)
class Index:
    """The hashes of many forms: of whole ones with their kind, and of their parts."""

    whole: dict[bytes, str] = field(default_factory=dict)
    parts: set[bytes] = field(default_factory=set)
    phrases: set[int] = field(default_factory=set)
    codes: set[int] = field(default_factory=set)

    @property
    def lengths(self) -> tuple[list[int], int]:
        """How many words phrases have, and the length of the longest code."""
        return sorted(self.phrases), max(self.codes, default=0)


class Hashes:
    """Makes the hashes of one key."""

    def __init__(self, key: bytes) -> None:
        self._whole = hashlib.blake2b(key=key, digest_size=8, person=b"own whole")
        self._part = hashlib.blake2b(key=key, digest_size=3, person=b"own part")

    def whole(self, way: Way, parts: Iterable[str]) -> bytes:
        """The hash of a whole form."""
        return _digest(self._whole, "\0".join((way, *parts)))

    def part(self, part: str) -> bytes:
        """The hash of a word, a pair of neighbours or the beginning of a code."""
        return _digest(self._part, part)

    def add(self, index: Index, form: Form, kind: str) -> None:
        """Put ``form`` into ``index``."""
        way, parts = form
        if way == "code":
            joined = "".join(parts)
            index.codes.add(len(joined))
            index.whole[self.whole(way, (joined,))] = kind
            index.parts.add(self.part(f"code {joined[:PREFIX]}"))
            return
        if way == "phrase":
            index.phrases.add(len(parts))
            index.parts.update(self.part(stem(part)) for part in parts)
            turned = zip(parts, parts[1:] + parts[:1], strict=True)
            index.parts.update(self.part(_pair(*two)) for two in turned)
        elif way == "word":
            index.parts.add(self.part(parts[1]))
            index.whole[self.whole(way, parts[:1])] = kind
            return
        else:
            index.parts.update(self.part(stem(part)) for part in parts if len(part) > 1)
        index.whole[self.whole(way, sorted(parts))] = kind


class Search:
    """Reads texts for the forms of an index. Linear in the text."""

    def __init__(self, hashes: Hashes, index: Index) -> None:
        self._hashes = hashes
        self._index = index
        self._phrases, self._longest = index.lengths

    def find(self, text: str) -> Iterator[Span]:
        """Where ``text`` holds one; the same place may be named more than once."""
        said = words(text)
        known = self._memory()
        hits = [at for at, word in enumerate(said) if known(word.stem)]
        yield from self._words(text, said, hits)
        if self._phrases:
            yield from self._runs(said, hits, known)
        if self._longest:
            yield from self._codes(text, known)

    def _memory(self) -> Callable[[str], bool]:
        """Whether a part is one of some entry; each different part of a text is hashed once."""
        seen: dict[str, bool] = {}
        part, parts = self._hashes.part, self._index.parts

        def known(what: str) -> bool:
            found = seen.get(what)
            if found is None:
                found = seen[what] = part(what) in parts
            return found

        return known

    def _kind(self, way: Way, parts: Iterable[str]) -> str | None:
        return self._index.whole.get(self._hashes.whole(way, parts))

    def _words(self, text: str, said: list[Word], hits: list[int]) -> Iterator[Span]:
        """Single words, and pairs of them."""
        for number, at in enumerate(hits):
            word = said[at]
            kind = self._kind("word", (word.full,))
            if kind:
                yield Span(word.start, word.end, kind)
            for other in hits[number + 1 : number + 6]:
                if other - at > _APART["near"][0] + 1:
                    break
                yield from self._together(text, word, said[other], other - at - 1)
            for other in range(max(0, at - 3), min(len(said), at + 4)):
                if other != at and _initial(text, said[other]):
                    yield from self._initials(text, word, said[other], abs(other - at) - 1)

    def _together(self, text: str, one: Word, two: Word, between: int) -> Iterator[Span]:
        pair = sorted((one.stem, two.stem))
        gap = text[one.end : two.start]
        if _fits("near", between, gap) and (kind := self._kind("near", pair)):
            yield from _places(one, two, gap, kind)
        if not _fits("close", between, gap):
            return
        # Two words of a language stand together by chance, unless a form or a list orders them.
        if _SENTENCE.search(gap) or (between and not _ORDERED.search(gap)):
            return
        kind = None
        if text[one.start].isupper() and text[two.start].isupper():
            kind = self._kind("close", pair)
        elif not between:
            kind = self._kind("exact", sorted((one.full, two.full)))
        if kind:
            yield from _places(one, two, gap, kind)

    def _initials(self, text: str, name: Word, initial: Word, between: int) -> Iterator[Span]:
        first, last = sorted((name, initial))
        if not _fits("initial", between, text[first.end : last.start]):
            return
        kind = self._kind("initial", sorted((name.stem, initial.full)))
        if kind:
            yield Span(first.start, last.end, kind)

    def _runs(
        self, said: list[Word], hits: list[int], known: Callable[[str], bool]
    ) -> Iterator[Span]:
        """Phrases: windows of words in which every two neighbours are neighbours of some entry."""
        run: list[Word] = []
        for at in hits:
            word = said[at]
            if run and not (said[at - 1] is run[-1] and known(_pair(run[-1].full, word.full))):
                yield from self._windows(run)
                run = []
            run.append(word)
        yield from self._windows(run)

    def _windows(self, run: list[Word]) -> Iterator[Span]:
        for length in self._phrases:
            for at in range(len(run) - length + 1):
                window = run[at : at + length]
                kind = self._kind("phrase", sorted(word.full for word in window))
                if kind:
                    yield Span(window[0].start, window[-1].end, kind)

    def _codes(self, text: str, known: Callable[[str], bool]) -> Iterator[Span]:
        groups = [match.span() for match in _GROUP.finditer(text)]
        written = [text[start:end].casefold() for start, end in groups]
        for at, begun in enumerate(written):
            if len(begun) < _ENOUGH and (len(begun) < PREFIX or begun[0].isdigit()):
                begun = "".join(written[at : at + _ENOUGH])  # noqa: PLW2901 - the same, and more
            dialled = _dialled(text, groups[at][0], begun) if begun[0].isdigit() else _AS_WRITTEN
            for left_out in dialled:
                if known("code " + begun[left_out : left_out + PREFIX]):
                    near = groups[at : at + MOST_GROUPS], written[at : at + MOST_GROUPS]
                    yield from self._code(text, *near, left_out)

    def _code(
        self, text: str, groups: list[tuple[int, int]], written: list[str], left_out: int
    ) -> Iterator[Span]:
        """The codes that begin with the first group, less ``left_out`` characters."""
        joined, before = "", groups[0][0]
        for (start, end), group in zip(groups, written, strict=True):
            if start - before > _GAP or len(joined) > self._longest + left_out:
                return
            # The zero in "+44 (0)20" is not dialled.
            joined += "" if text[start - 1 : end + 1] == "(0)" else group
            before = end
            if len(joined) - left_out in self._index.codes and (
                kind := self._kind("code", (joined[left_out:],))
            ):
                yield Span(groups[0][0], end, kind)


def _places(one: Word, two: Word, gap: str, kind: str) -> Iterator[Span]:
    """A name in one piece, or its two words where something else stands between them."""
    if len(gap) <= _GAP and not gap.strip(" ,._'-"):
        yield Span(one.start, two.end, kind)
    else:
        yield from (Span(word.start, word.end, kind) for word in (one, two))


def groups_of(text: str) -> list[str]:
    """The groups of letters and digits of a code, as they are compared."""
    return _GROUP.findall(text.casefold())


def _dialled(text: str, start: int, begun: str) -> Iterable[int]:
    """How many characters may be no part of a number: a country's code, zeros before it."""
    if text[max(0, start - 2) : start].endswith(("+", "+(")):
        return (0, 1, 2, 3)
    if begun.startswith("00"):
        return (0, 2, 3, 4, 5)
    return (0, 1) if begun.startswith("0") else _AS_WRITTEN


def _initial(text: str, word: Word) -> bool:
    """Whether ``word`` is one letter and a full stop."""
    return word.end - word.start == 1 and text[word.end : word.end + 1] == "."


def _fits(way: Way, between: int, gap: str) -> bool:
    most, characters = _APART[way]
    return between <= most and len(gap) <= characters


def _pair(one: str, two: str) -> str:
    return f"{one} {two}" if one < two else f"{two} {one}"


def _digest(start: hashlib.blake2b, text: str) -> bytes:
    made = start.copy()
    made.update(text.encode("utf-8", "surrogatepass"))
    return made.digest()
