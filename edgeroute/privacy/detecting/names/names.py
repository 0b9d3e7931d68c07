"""People and streets as the names model sees them, whatever stands around."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, Protocol

from edgeroute.core.patterns import compiled
from edgeroute.encoders.ahead import Ahead
from edgeroute.encoders.result_cache import ResultCache, digest
from edgeroute.privacy.detecting.names.rampart import NameSpan
from edgeroute.privacy.detecting.text.examples import is_example_person, is_sample_person
from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.privacy.detecting.text.windows import windows
from edgeroute.word_lists import one_of, word_set

LAST_LATIN: Final = "\u024f"
PERSON_LABELS: Final = frozenset({"GIVEN_NAME", "SURNAME"})
_LEAST: Final = 0.15
_LATIN_SHARE: Final = 0.2  # of the letters; where fewer are Latin the model sees nothing
_TOUCHING: Final = 3  # characters between the words of one name
_CERTAIN_STREET: Final = 0.6
_BESIDE_NUMBERS: Final = (
    {"BUILDING_NUMBER", "STREET_NAME"},
    {"SECONDARY_ADDRESS", "STREET_NAME"},
)

_NAME_BEFORE: Final = compiled(r"(?<=[^\s.!?]\s)([^\W\d_a-z][^\W\d_]*[^\W\dA-Z_]\s)$")
_NAME_AFTER: Final = compiled(
    rf"(?: {one_of('names.particles')}){{0,3}} [^\W\d_a-z][^\W\d_]*[^\W\dA-Z_](?!\w)"
)
_ASSISTANT: Final = compiled(
    rf"\b{one_of('names.assistants')}(?: {one_of('names.assistant_kinds')})?(?:['\u2019]s)?(?!\w)",
    re.IGNORECASE,
)
_MARKS: Final = 8  # of a list, a quotation or a comment, before the first word of a line
_VALUES: Final = word_set("code.values")
_KEYWORDS: Final = word_set("code.starts") | _VALUES
_HUMPED: Final = compiled(r"[a-z]{2,20}[A-Z][A-Za-z]{1,20}")
_FILE_ENDS: Final = word_set("emails.file_ends")
_IN_FILE: Final = compiled(r"/|\.[a-z]{1,5}(?![\w.@-])")  # what follows in a path: collector.toml
_HUMP: Final = compiled(r"[a-z][A-Z]")
_KEY: Final = compiled(r"[\"']{1,2}\s?:(?!:)")  # after the name of a field: "BrokerID": 12
_SWITCH: Final = compiled(r"[\"']\s?:\s{0,2}(?:true|false|null)\b")  # "dev": true
# Before what a catalogue of messages, or a map, calls something.
_SHOWN: Final = compiled(
    r"msg(?:id|str|ctxt)(?:\[\d\])?\s\"$"
    r"|\"properties\"\s?:\s?\{\s{0,20}(?:\"[\w:@-]{1,30}\"\s?:\s?[^,{}]{1,60},\s{0,20}){0,6}"
    r"\"name(?::\w\w)?\"\s?:\s?\"$"
)
_BACK: Final = 300  # characters in which that is looked for
_MANY: Final = 3  # joints of a row of words: 'Isnin_Selasa_Rabu_Khamis'.split('_')
_WHOLE: Final = 80  # characters of an identifier around a part of it
_PART_BEFORE: Final = compiled(r"[\w-]{1,80}$")
_PART: Final = compiled(r"[\w-]{1,160}")
# No name of somebody: first_last is one of a mailbox or an account, and left out.
_JOINED: Final = compiled(r"_+[A-Za-z]\w*|[A-Za-z]\w*_|[A-Za-z]\w*__\w+|[a-z\d]+(?:_[a-z\d]+){2,8}")
_SLUG: Final = compiled(r"[a-z\d]+(?:-[a-z\d]+){3,20}")
_NO_STREET: Final = compiled(r"[.!?]\s|\b123\s|\n")


class NameModel(Protocol):
    """Labels the words of short texts; rampart.LABELS holds the labels."""

    @property
    def latin_only(self) -> bool:
        """Whether it sees nothing in other letters, so that these are not read."""
        ...

    def read(self, texts: Sequence[str], least: float = 0.3) -> list[list[NameSpan]]:
        """The spans of each text."""
        ...


class Names:
    """What the model sees in a page."""

    def __init__(self, model: NameModel) -> None:
        self._model = model
        self._known: ResultCache[tuple[NameSpan, ...]] = ResultCache()

    def begin(self, page: Page, places: Iterable[tuple[int, int]] | None = None) -> BegunNames:
        """Have ``page`` read while others look at it: its windows at ``places``, or all."""
        begun = BegunNames(page, self._model, self._known)
        begun.add(windows(page.text) if places is None else places)
        return begun

    def spans(self, page: Page) -> list[NameSpan]:
        """Every label that the model gives, in the order of the text; none that is allowed."""
        return self.begin(page).spans()


class BegunNames:
    """A page that is being read, window by window; none that was read before."""

    def __init__(
        self, page: Page, model: NameModel, known: ResultCache[tuple[NameSpan, ...]]
    ) -> None:
        self._page = page
        self._model = model
        self._known = known
        self._ahead: Ahead[tuple[NameSpan, ...]] = Ahead()
        self._places: dict[int, bytes] = {}
        self._read: dict[bytes, tuple[NameSpan, ...] | int] = {}

    def add(self, places: Iterable[tuple[int, int]]) -> None:
        """Have the windows at ``places`` read, too."""
        for start, end in places:
            text = self._page.said[start:end]
            if start in self._places or (self._model.latin_only and not _is_latin(text)):
                continue
            key = self._places[start] = digest(text)
            if key not in self._read:
                before = self._known.get(key)
                self._read[key] = self._begin(text) if before is None else before

    def spans(self) -> list[NameSpan]:
        """Every label that the model gives, in the order of the text; none that is allowed."""
        found: list[NameSpan] = []
        for start, key in sorted(self._places.items()):
            self._page.tick()
            read = self._read[key]
            if isinstance(read, int):
                read = self._read[key] = self._known.put(key, self._ahead.result(read))
            found += [NameSpan(s.label, s.start + start, s.end + start, s.score) for s in read]
        allowed, text = self._page.allowed, self._page.text
        return [span for span in found if not allowed(text[span.start : span.end])]

    def drop(self) -> None:
        """Read nothing more."""
        self._ahead.drop()

    def _begin(self, text: str) -> int:
        return self._ahead.add(lambda: tuple(self._model.read([text], _LEAST)[0]))


def is_attributed(page: Page, span: NameSpan) -> bool:
    """Whether ``span`` names who made a published work, or in code nobody."""
    return span.label in PERSON_LABELS and (
        page.attribution.holds(span.start, span.end)
        or page.attribution.in_changes(span.start, span.end)
        or page.form.is_form(span.start, span.end)
        or page.text[span.start : span.end] in _VALUES
        or is_example_person(page, span.end)
        or is_sample_person(page, span.start, span.end)
        or (page.form.is_code and _is_identifier(page.text, span.start, span.end))
    )


def without_assistants(page: Page, spans: Sequence[NameSpan]) -> list[NameSpan]:
    """``spans`` without those that name a program, as documents of programs do."""
    if not _ASSISTANT.search(page.text):
        return list(spans)
    places = [place for place in people(page, spans, 0.0) if _is_assistant(page.text, *place)]
    return [
        span
        for span in spans
        if not any(start <= span.start and span.end <= end for start, end in places)
    ]


def _is_assistant(text: str, start: int, end: int) -> bool:
    """Whether it is one; a verb at the head of a line looks like its given name: Allows Claude."""
    if _ASSISTANT.fullmatch(text, start, end):
        return True
    before = text[max(0, start - 200) : start].rpartition("\n")[2]
    heads = len(before) <= _MARKS and not any(map(str.isalnum, before))
    return heads and _ASSISTANT.fullmatch(text[start:end].partition(" ")[2]) is not None


def _is_identifier(text: str, start: int, end: int) -> bool:
    """Whether ``[start, end)`` is a language's own word, or joined as names in code are, or a part
    of what is: elif, staffId, rlm_sql_pool, BeforeRet_, how-to-write-a-slug, nick!user@host.
    """
    word, before = text[start:end], text[start - 1 : start]
    in_path = (before == "/" and " " not in word) or (word.islower() and _IN_FILE.match(text, end))
    ends = before == "." and (word in _FILE_ENDS or text.startswith("(", end))
    if (
        in_path
        or ends
        or word in _KEYWORDS
        or _HUMPED.fullmatch(word)
        or text.startswith("!user@", end)
    ):
        return True
    key = _HUMP.search(word) and _KEY.match(text, end)
    if key or (word.islower() and _SWITCH.match(text, end)):
        return True
    if " " not in word and _SHOWN.search(text, max(0, start - _BACK), start):
        return True
    begun = _PART_BEFORE.search(text, max(0, start - _WHOLE), start)
    first = begun.start() if begun else start
    part = _PART.match(text, first)
    whole = part.group() if part else word
    if _SLUG.fullmatch(whole) or whole.count("_") >= _MANY:
        return True
    value = text[first - 1 : first] in {"'", '"'}  # of a table, a list of people perhaps
    return not value and _JOINED.fullmatch(whole) is not None


def people(page: Page, spans: Sequence[NameSpan], least: float) -> Iterator[tuple[int, int]]:
    """Where people are named: neighbouring given names and surnames are one person.

    Each has a name that is at least as sure as ``least``.
    """
    run: list[NameSpan] = []
    for span in [*(s for s in spans if s.label in PERSON_LABELS), None]:
        if span is not None and run and span.start - run[-1].end <= _TOUCHING:
            run.append(span)
            continue
        if run and max(one.score for one in run) >= least:
            place = _with_neighbours(page, run[0].start, run[-1].end)
            if not page.allowed(page.text[slice(*place)]):
                yield place
        run = [span] if span is not None else []


def streets(page: Page, spans: Sequence[NameSpan]) -> Iterator[Hit]:
    """Names of streets that stand next to their numbers."""
    for one, two in pairwise(spans):
        if {one.label, two.label} not in _BESIDE_NUMBERS or two.start - one.end > _TOUCHING:
            continue
        sure = min(one.score, two.score)
        street = one if one.label == "STREET_NAME" else two
        proper = page.flat or page.text[street.start].isupper()
        if (
            sure >= _CERTAIN_STREET
            and any(sign.isdigit() for sign in page.text[one.start : two.end])
            and not _NO_STREET.search(page.text[max(0, one.start - 4) : two.end])
        ):
            yield Hit("STREET_ADDRESS", one.start, two.end, 0.3 + 0.5 * sure if proper else 0.3)


def _is_latin(text: str) -> bool:
    if text.isascii():
        return any(map(str.isalpha, text))
    letters = [sign for sign in text if sign.isalpha()]
    return sum(sign <= LAST_LATIN for sign in letters) > _LATIN_SHARE * len(letters)


def _with_neighbours(page: Page, start: int, end: int) -> tuple[int, int]:
    """The name with the capitalised words right beside it: the model may see only half a name."""
    before = _NAME_BEFORE.search(page.text, max(0, start - 30), start)
    after = _NAME_AFTER.match(page.text, end)
    return before.start(1) if before else start, after.end() if after else end
