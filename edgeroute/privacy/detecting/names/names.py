"""People's names, and the addresses that only a model sees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, Protocol

from edgeroute.privacy.detecting.names import context
from edgeroute.privacy.detecting.names.rampart import NameSpan
from edgeroute.privacy.detecting.recognizers import addresses
from edgeroute.privacy.detecting.text.page import DIGIT, Hit, Page
from edgeroute.word_lists import one_of, word_set

_AROUND: Final = 50
_CERTAIN: Final = 0.65
_WINDOW: Final = 420
_BATCH: Final = 8

# A word that could be a name: a capital letter where no sentence starts, or two of them in a row,
# or one at the start of a line.
_CAPITAL: Final = re.compile(r"(?<![^\W\d_])[^\W\d_a-z\u00df-\u00f6\u00f8-\u00ff][^\W\d_]{1,24}")
_SENTENCE_START: Final = re.compile(r"(?:^|[.!?\n]\s{0,8})[\"'(*>\s-]{0,4}$")
_STANDS_ALONE: Final = re.compile(r"\s{0,2}(?:[,\n:;]|$|'s\b|[^\W\d_a-z])")
# Words with a capital letter that are nobody, wherever they stand.
_NOBODY: Final = word_set("names.nobody")
_UPPER: Final = r"[^\W\d_a-z\u00df-\u00f6\u00f8-\u00ff]"
_STREET_END: Final = r"(?:\s\d{1,5}|,|\n|\sst\b)"
_HOUSE: Final = r"(?<![\w.,$])\d{1,6}[A-Za-z]?,?\s{1,4}"
_PLACE: Final = re.compile(
    rf"{_HOUSE}{_UPPER}[^\W\d_]{{2,}}(?:\s[^\W\d_]{{2,}}){{0,3}}{_STREET_END}"
    rf"|{_UPPER}[\w'.-]{{2,24}}(?:\s[\w'.-]{{2,24}}){{0,3}}\s\d{{1,5}}[a-z]?\.?\s{{0,2}}(?:[,\n]|$)"
)
_PLACE_LOOSE: Final = re.compile(
    rf"{_HOUSE}[^\W\d_]{{3,24}}(?:\s[^\W\d_]{{2,24}}){{0,3}}{_STREET_END}"
    r"|[^\W\d_][\w'.-]{2,24}(?:\s[\w'.-]{2,24}){0,3}\s\d{1,5}[a-z]?\.?\s{0,2}(?:[,\n.]|$)"
)
_PARTICLE: Final = one_of("names.particles")
_JOINED: Final = re.compile(rf"\.?[ \t-](?:(?:[A-Z]\.|{_PARTICLE})[ ]){{0,3}}")
# A name inside an identifier, a path or a product's name is none: kserve-llama, Array.isArray.
_IDENTIFIER: Final = re.compile(r"[-_/](?=\w)|[.(](?=\w)|\(\)")
_ATTACHED: Final = re.compile(r"[_/.@-]$")


_NAME_BEFORE: Final = re.compile(r"(?<=[^\s.!?]\s)([^\W\d_a-z][^\W\d_]*[^\W\dA-Z_]\s)$")
_NAME_AFTER: Final = re.compile(
    rf"(?: {_PARTICLE}){{0,3}}"
    r" [^\W\d_a-z][^\W\d_]*[^\W\dA-Z_](?!\w)"
)
_NO_STREET: Final = re.compile(r"[.!?]\s|\b123\s|\n")


class NameModel(Protocol):
    """Labels the words of short texts; rampart.LABELS holds the labels."""

    def read(self, texts: Sequence[str], least: float = 0.3) -> list[list[NameSpan]]:
        """The spans of each text."""
        ...


class Names:
    """Names whose context makes them private, and streets with their house numbers.

    ``least`` is the score at which a name counts. Context is cheap and the model is not: the model
    reads only where a capitalised word would count if it were a name.
    """

    name = "names"
    types: tuple[str, ...] = ("PERSON", "STREET_ADDRESS")
    needs = None

    def __init__(self, model: NameModel, *, least: float) -> None:
        self._model = model
        self._least = least

    def find(self, page: Page) -> Iterator[Hit]:
        """People first seen by their context, then confirmed by the model; and streets."""
        for group in _capitalised(page):
            place = group[0][0], group[-1][1]
            if len(group) > 1 and context.certain(page, *place):
                yield Hit("PERSON", *place, _CERTAIN)
        windows = [
            window
            for start, end in _merged(sorted(self._marks(page)))
            for window in _cut(page.text, start, end)
        ]
        # Windows of one length share a batch, so that little of it is padding.
        windows.sort(key=lambda window: window[1] - window[0])
        for first in range(0, len(windows), _BATCH):
            page.tick()
            batch = windows[first : first + _BATCH]
            texts = [page.text[start:end] for start, end in batch]
            for (start, _), spans in zip(batch, self._model.read(texts), strict=True):
                placed = [NameSpan(s.label, s.start + start, s.end + start, s.score) for s in spans]
                yield from _people(page, placed)
                yield from _streets(page, placed)

    def _marks(self, page: Page) -> Iterator[tuple[int, int]]:
        """Where a word would count if it were a name, and where a street may be."""
        length = len(page.text)
        for number, group in enumerate(_capitalised(page)):
            if number % 256 == 0:
                page.tick()
            end = group[-1][1]
            whole = len(group) > 1
            scores = (context.standing(page, start, end, whole=whole) for start, _ in group[:3])
            if any(score >= self._least for score in scores):
                yield max(0, group[0][0] - _AROUND), min(length, end + _AROUND)
        for cue in (_LOWER_NAME_FLAT if page.flat else _LOWER_NAME).finditer(page.lower):
            if self._least <= context.BARE or _likely(page, cue.start()):
                yield max(0, cue.start() - _AROUND), min(length, cue.end() + _AROUND)
        if page.flat:
            for cue in context.MATTERS.finditer(page.lower):
                yield context.sentence(page, cue.start())
        if page.holds(DIGIT):
            loose = page.flat or addresses.LIVES.search(page.lower) is not None
            for place in (_PLACE if not loose else _PLACE_LOOSE).finditer(page.text):
                if not context.kind(page, place.start()).maths:
                    yield max(0, place.start() - 40), min(length, place.end() + 60)


def _likely(page: Page, place: int) -> bool:
    """Whether names around ``place`` can be anybody's at all."""
    sort = context.setting(page, place)
    near = page.lower[max(0, place - 4) : place + 40]
    return not (sort.maths or sort.fiction or sort.question) or (
        context.NEAR_IN_STORIES.search(near) is not None
    )


def _capitalised(page: Page) -> Iterator[list[tuple[int, int]]]:
    """Runs of words that could be names, as places of their words."""
    if page.flat:
        return
    group: list[tuple[int, int]] = []
    for match in _CAPITAL.finditer(page.text):
        if not _could_be_name(page, match):
            continue
        if group and _JOINED.fullmatch(page.text, group[-1][1], match.start()) and len(group) < 5:
            group.append(match.span())
            continue
        if group:
            yield group
        group = [match.span()]
    if group:
        yield group


def _could_be_name(page: Page, match: re.Match[str]) -> bool:
    """Whether a capitalised word may name somebody: no known word, none that opens a sentence."""
    word = match.group()
    if word.lower() in _NOBODY:
        return False
    before = page.text[max(0, match.start() - 12) : match.start()]
    if _SENTENCE_START.search(before) is None or context.INITIAL.search(before):
        return True
    return _STANDS_ALONE.match(page.text, match.end()) is not None


# Where a name may follow without its capital letter.
_LOWER_NAME: Final = re.compile(
    r"\b(?:my name is|name is|i am|i'm|dear|hi|reference for"
    rf"|(?:{context.MY})\s(?:[\w-]{{1,14}}\s){{0,2}}?{context.KIN})"
    r"\s(?!(?:i|the|a|an|and|is|to|in|who|that|was|has)\b)[^\W\d_]{2,}"
)
_LOWER_NAME_FLAT: Final = re.compile(
    rf"{_LOWER_NAME.pattern}|\b"
    r"(?:for|to|about|from|patient|tenant|name:?|client|regards,?|sincerely,?)\s[^\W\d_]{3,}"
)


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """``[start, end)`` in windows that begin and end between words."""
    while start > 0 and start < len(text) and text[start].isalnum() and text[start - 1].isalnum():
        start -= 1
    while start < end:
        stop = min(start + _WINDOW, end)
        if stop < len(text):
            for mark in ("\n", ". ", ", ", " "):
                place = text.rfind(mark, start + _WINDOW // 2, stop + 1)
                if place > start and end - start > _WINDOW:
                    stop = place + len(mark)
                    break
            else:
                while stop < len(text) and stop < start + 2 * _WINDOW and text[stop].isalnum():
                    stop += 1
        yield start, stop
        start = stop


def _people(page: Page, spans: list[NameSpan]) -> Iterator[Hit]:
    """Neighbouring given names and surnames are one person."""
    run: list[NameSpan] = []
    for span in [*(s for s in spans if s.label in {"GIVEN_NAME", "SURNAME"}), None]:
        if span is not None and run and span.start - run[-1].end <= 3:
            run.append(span)
            continue
        if run:
            yield from _person(page, run)
        run = [span] if span is not None else []


def _person(page: Page, run: list[NameSpan]) -> Iterator[Hit]:
    start, end = _with_neighbours(page, run[0].start, run[-1].end)
    text = page.text[start:end]
    seen = page.text[run[0].start : run[-1].end]
    sure = max(span.score for span in run)
    if len(text) < 2 or sure < 0.5 or any(c.isdigit() for c in text):
        return
    whole = len(run) > 1 or any(c in " .-" for c in text.strip())
    score = context.standing(page, start, end, whole=whole)
    if sure < 0.6:
        score -= 0.1
    if not page.flat and score < 0.8 and (seen.islower() or (seen.isupper() and " " not in seen)):
        score -= 0.15
    if _IDENTIFIER.match(page.text, end) or _ATTACHED.search(page.text, max(0, start - 2), start):
        score -= 0.2
    yield Hit("PERSON", start, end, score)


def _with_neighbours(page: Page, start: int, end: int) -> tuple[int, int]:
    """The name with the capitalised words right beside it: the model may see only half a name."""
    before = _NAME_BEFORE.search(page.text, max(0, start - 30), start)
    after = _NAME_AFTER.match(page.text, end)
    return before.start(1) if before else start, after.end() if after else end


def _streets(page: Page, spans: list[NameSpan]) -> Iterator[Hit]:
    """A street's name next to its number."""
    for one, two in pairwise(spans):
        labels = {one.label, two.label}
        if (
            labels in ({"BUILDING_NUMBER", "STREET_NAME"}, {"SECONDARY_ADDRESS", "STREET_NAME"})
            and two.start - one.end <= 3
        ):
            sure = min(one.score, two.score)
            place = page.text[one.start : two.end]
            street = one if one.label == "STREET_NAME" else two
            proper = page.flat or page.text[street.start].isupper()
            counted = context.kind(page, street.start).maths or not proper
            if (
                sure >= 0.6
                and any(c.isdigit() for c in place)
                and not _NO_STREET.search(page.text[max(0, one.start - 4) : two.end])
            ):
                yield Hit(
                    "STREET_ADDRESS", one.start, two.end, 0.3 if counted else 0.3 + 0.5 * sure
                )
