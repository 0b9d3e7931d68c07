"""Every way to write the names of known people: parts, case, order, endings, identifiers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache, partial
from typing import Final, NamedTuple

from edgeroute.privacy.masking.folding import folded, spellings
from edgeroute.word_lists import alternatives, word_set

_KEY: Final = 3  # letters by which a part of a name is looked for
_LONGEST_ENDING: Final = 6
_LONGEST_PREFIX: Final = 4
# Letters, with the signs that Hebrew, Arabic and Indian scripts put around them.
_RUN: Final = re.compile(r"(?:[^\W\d_]|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff])+")
_JOINT: Final = re.compile(r"(?:[^\S\n]|[,._'\u2019\u00b7\u30fb-]){0,4}")
_INITIAL_BEFORE: Final = re.compile(r"(?<![^\W_])([^\W\d_])(?:\.[^\S\n]?|[^\S\n_-])\Z")
_INITIAL_AFTER: Final = re.compile(r",?[^\S\n_]([^\W\d_])(?:\.|(?![^\W_]))")
_UNSPACED: Final = re.compile(
    r"[\u3005-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+"
)
_SENTENCE_STARTS: Final = ".!?:\n"


class Spot(NamedTuple):
    """A form at ``[start, end)``: of which people it may be, and which part of the name it is."""

    start: int
    end: int
    people: frozenset[str]
    role: str


class Person(NamedTuple):
    """A person by the ``base`` of the placeholder, and the name as it was found."""

    base: str
    name: str


class _Hit(NamedTuple):
    """A spot that may be an ``everyday`` word instead."""

    start: int
    end: int
    people: frozenset[str]
    role: str
    everyday: bool


class _Part(NamedTuple):
    letters: str
    base: str
    role: str
    everyday: bool  # counts alone only with a capital, inside a sentence


class NameForms:
    """Finds the names of ``people`` in any text. Linear in the text's length."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._parts: dict[str, list[_Part]] = {}
        self._unspaced: dict[str, dict[str, str]] = {}
        self._initials: dict[str, set[str]] = {}
        for person in people:
            words = _RUN.findall(person.name)
            self._initials[person.base] = {folded(word[0]) for word in words}
            if len(words) == 1 and _UNSPACED.fullmatch(words[0]):
                self._learn_unspaced(person.base, words[0])
            else:
                self._learn(person, words)
        self._keys = _any_of(self._parts)
        self._runs = _any_of(self._unspaced)

    def _learn(self, person: Person, words: list[str]) -> None:
        everyday = _everyday()
        letters = [folded(word) for word in words]
        last = len(letters) - 1
        for number, part in enumerate(letters):
            role = (
                "" if not last else "FIRST" if not number else "LAST" if number == last else "MID"
            )
            # Small words inside a name (de, van) are nobody's.
            if len(part) < 2 or (role == "MID" and words[number].islower()):
                continue
            if _UNSPACED.fullmatch(part):
                self._unspaced.setdefault(part, {})[person.base] = role
            else:
                for spelling in spellings(words[number]):
                    common = spelling in everyday or len(spelling) < _KEY
                    self._add(_Part(spelling, person.base, role, common))
        if last > 0:
            first, surname = letters[0], letters[-1]
            for joined in (
                first + surname,
                surname + first,
                first[0] + surname,
                surname + first[0],
            ):
                if len(joined) > _KEY:
                    self._add(_Part(joined, person.base, "FORM", everyday=False))
            if last > 1:
                self._add(_Part("".join(letters), person.base, "FORM", everyday=False))

    def _add(self, part: _Part) -> None:
        self._parts.setdefault(part.letters[:_KEY], []).append(part)

    def _learn_unspaced(self, base: str, name: str) -> None:
        pieces = {name: ""}
        if len(name) > 2:  # a surname of one sign or two, and what is given after it
            pieces |= {name[:2]: "LAST", name[1:]: "FIRST"}
        if len(name) > 3:
            pieces |= {name[2:]: "FIRST"}
        for piece, role in pieces.items():
            self._unspaced.setdefault(folded(piece), {}).setdefault(base, role)

    def find(self, text: str, *, certain: bool = False) -> list[Spot]:
        """All forms in ``text``, in order; parts that stand together are one.

        It is ``certain`` that a name which is also a word is the name.
        """
        if not self._parts and not self._unspaced:
            return []
        flat = folded(text)
        hits = sorted([*self._words(text, flat), *self._substrings(flat)])
        return [
            Spot(hit.start, hit.end, hit.people, hit.role)
            for hit in map(partial(self._with_initial, text), _joined(text, hits))
            if certain or not (hit.everyday and _may_be_a_word(text, hit.start, hit.end))
        ]

    def _words(self, text: str, flat: str) -> Iterator[_Hit]:
        at = 0
        for key in self._keys.finditer(flat):
            start = key.start()
            if start >= at and _begins(text, flat, start):
                hit = self._at(text, flat, start)
                if hit is not None:
                    at = hit.end
                    yield hit

    def _at(self, text: str, flat: str, start: int) -> _Hit | None:
        """What is known of the word that starts at ``start``, the longest first."""
        run = _RUN.match(flat, start)
        assert run is not None
        found: list[tuple[int, bool, _Part]] = []
        for size in (_KEY, _KEY - 1):
            for part in self._parts.get(flat[start : start + size], ()):
                end = _end(text, flat, start, run.end(), part)
                if end is not None:
                    found.append((end, end - start == len(part.letters), part))
        if not found:
            return None
        # A name as it is is nearer than another one with an ending: Janet is not Jane's.
        end, exact, _ = max(found, key=lambda one: one[:2])
        parts = [part for other, same, part in found if (other, same) == (end, exact)]
        roles = {part.role for part in parts}
        role = roles.pop() if len(roles) == 1 else "PART"
        everyday = all(part.everyday for part in parts)
        return _Hit(start, end, frozenset(part.base for part in parts), role, everyday)

    def _substrings(self, flat: str) -> Iterator[_Hit]:
        for found in self._runs.finditer(flat):
            owners = self._unspaced[found[1]]
            roles = set(owners.values())
            role = roles.pop() if len(roles) == 1 else "PART"
            yield _Hit(*found.span(1), frozenset(owners), role, everyday=False)

    def _with_initial(self, text: str, hit: _Hit) -> _Hit:
        """A surname with the initial before or after it."""
        if hit.role != "LAST":
            return hit
        before = _INITIAL_BEFORE.search(text, max(0, hit.start - 4), hit.start)
        after = _INITIAL_AFTER.match(text, hit.end)
        for found in (before, after):
            if found is None or not found[1].isupper():
                continue
            initial = folded(found[1])
            fits = frozenset(base for base in hit.people if initial in self._initials[base])
            if fits:
                start, end = min(hit.start, found.start()), max(hit.end, found.end())
                return _Hit(start, end, fits, "FORM", everyday=False)
        return hit


def _joined(text: str, hits: Iterable[_Hit]) -> list[_Hit]:
    """Different parts of one name that stand beside each other as one."""
    done: list[_Hit] = []
    roles: set[str] = set()
    for hit in hits:
        last = done[-1] if done else None
        if last is not None and hit.start < last.end:
            continue
        both = last.people & hit.people if last is not None else frozenset()
        if (
            last is not None
            and both
            and roles.isdisjoint({hit.role, "FORM", ""})
            and hit.role != "FORM"
            and _JOINT.fullmatch(text, last.end, hit.start)
        ):
            done[-1] = _Hit(last.start, hit.end, both, "FORM", everyday=False)
            roles.add(hit.role)
        else:
            done.append(hit)
            roles = {hit.role}
    return done


def _begins(text: str, flat: str, start: int) -> bool:
    """Whether a word, a part of an identifier, or what follows a particle begins here."""
    if not start or not text[start - 1].isalpha():
        return True
    if text[start].isupper() and (
        not text[start - 1].isupper() or text[start + 1 : start + 2].islower()
    ):
        return True
    for size in range(1, _LONGEST_PREFIX + 1):
        at = start - size
        if at >= 0 and flat[at:start] in _prefixes() and not (at and flat[at - 1].isalpha()):
            return True
    return False


def _end(text: str, flat: str, start: int, stop: int, part: _Part) -> int | None:
    """Where the word ends that is ``part`` with an ending; None where it is another word."""
    whole = len(part.letters)
    stems = [whole]
    if whole > _KEY and part.role != "FORM" and part.letters[-1] in _vowels():
        stems.append(whole - 1)  # Anna, Anny, Annie
    for length in stems:
        if not flat.startswith(part.letters[:length], start):
            continue
        at = start + length
        border = _border(text, at, stop)
        ending = flat[at:border]
        endings = _endings() if length == whole else _changed_endings()
        if (not ending and length == whole) or (
            whole >= _KEY and ending in endings and (part.role != "FORM" or ending == "s")
        ):
            return border
    return None


def _border(text: str, at: int, stop: int) -> int:
    """Where the part of an identifier ends that goes on at ``at``: ``Berg|File``."""
    end = min(stop, at + _LONGEST_ENDING + 1)
    for place in range(at, end):
        if text[place].isupper() and (
            not text[place - 1].isupper() or text[place + 1 : place + 2].islower()
        ):
            return place
    return end


def _may_be_a_word(text: str, start: int, end: int) -> bool:
    """Whether a name that is also a word is the word here: in small letters, or "Will you ..."."""
    if not text[start].isupper():
        return True
    before = text[max(0, start - 3) : start].rstrip(" \"'(")
    return end - start >= _KEY and (not before or before[-1] in _SENTENCE_STARTS)


def _any_of(words: Collection[str]) -> re.Pattern[str]:
    """Finds where any of ``words`` starts, also inside another; nothing where there are none."""
    return re.compile(f"(?=({alternatives(words)}))" if words else r"(?!)")


@cache
def _endings() -> frozenset[str]:
    return frozenset(folded(word) for word in word_set("masking.endings"))


@cache
def _changed_endings() -> frozenset[str]:
    return frozenset(folded(word) for word in word_set("masking.changed_endings"))


@cache
def _prefixes() -> frozenset[str]:
    return word_set("masking.prefixes")


@cache
def _everyday() -> frozenset[str]:
    return frozenset(folded(word) for word in word_set("masking.words_too"))


@cache
def _vowels() -> frozenset[str]:
    return word_set("masking.last_letters")
