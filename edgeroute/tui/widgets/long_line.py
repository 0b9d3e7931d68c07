"""A long paragraph of the message box: only the rows on the screen are made, and only those after
an edit are wrapped anew.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Final, NamedTuple

from rich.containers import Lines
from rich.text import Span, Text
from textual._wrap import compute_wrap_offsets
from textual.document._wrapped_document import WrappedDocument

_LONG: Final = 1000  # characters; a shorter paragraph is wrapped whole
_STRETCH: Final = 4000  # characters that are wrapped at a time
Location = tuple[int, int]


class LongLine(Text):
    """A text that is divided into rows as they are drawn.

    TextArea divides the whole paragraph anew for each of its rows that it draws: 300 rows for one.
    """

    def divide(self, offsets: Iterable[int]) -> Lines:
        """The rows between ``offsets``."""
        at = list(offsets)
        return _Rows(self, [0, *at, len(self)]) if at else super().divide(at)


class _Before(NamedTuple):
    """A row that is not drawn."""

    plain: str


class _Rows(Lines):
    """The row asked for first is the one to be drawn; of the others only their text is asked."""

    def __init__(self, line: Text, bounds: list[int]) -> None:
        super().__init__()
        self._line, self._bounds = line, bounds
        self._text = line.plain
        self._drawn = -1

    def __getitem__(self, index: int) -> Text:  # type: ignore[override]
        start, end = self._bounds[index], self._bounds[index + 1]
        text = self._text[start:end]
        if self._drawn not in {-1, index}:
            return _Before(text)  # type: ignore[return-value]
        self._drawn = index
        spans = [
            Span(max(0, span.start - start), min(end, span.end) - start, span.style)
            for span in self._line.spans
            if span.start < end and span.end > start
        ]
        return Text(text, self._line.style, spans=spans, end=self._line.end)


class LongDocument(WrappedDocument):
    """A wrapped document in which an edit costs what it changes, however long its paragraph is."""

    _known: tuple[int, str] = (-1, "")  # the long paragraph that was edited last, as it is wrapped

    def get_sections(self, line_index: int) -> list[str]:
        """The rows of a paragraph."""
        line = self.document[line_index]
        bounds = (0, *self._wrap_offsets[line_index], len(line))
        return [line[start:end] for start, end in pairwise(bounds)]

    def row(self, y: int) -> tuple[int, int, int] | None:
        """The paragraph that row ``y`` shows a part of, and which part; None below the last row."""
        if not 0 <= y < len(self._offset_to_line_info):
            return None
        line, section = self._offset_to_line_info[y]
        bounds = (0, *self._wrap_offsets[line], len(self.document[line]))
        return line, bounds[section], bounds[section + 1]

    def wrap(self, width: int, tab_width: int | None = None) -> None:
        """Wrap everything anew."""
        super().wrap(width, tab_width)
        self._known = (-1, "")

    def wrap_range(self, start: Location, old_end: Location, new_end: Location) -> None:
        """Wrap anew what an edit changed."""
        line = start[0]
        within = line == old_end[0] == new_end[0] and line < len(self._wrap_offsets)
        text = self.document[line] if within else ""
        long = bool(self._width) and len(text) >= _LONG and "\t" not in text
        known, before = self._known
        self._known = (line, text) if long else (-1, "")
        if long and known == line:
            new = rewrapped(text, before, self._wrap_offsets[line], self._width)
            self._lay(line, new)
        else:
            super().wrap_range(start, old_end, new_end)

    def _lay(self, line: int, offsets: list[int]) -> None:
        """Give ``line`` other rows than it had, and move what is below."""
        top, before = self._line_index_to_offsets[line][0], len(self._wrap_offsets[line]) + 1
        rows = len(offsets) + 1
        self._wrap_offsets[line], self._tab_width_cache[line] = offsets, [0]
        if rows == before:
            return
        self._offset_to_line_info[top : top + before] = [(line, at) for at in range(rows)]
        self._line_index_to_offsets[line] = list(range(top, top + rows))
        for below in range(line + 1, len(self._line_index_to_offsets)):
            self._line_index_to_offsets[below] = [
                at + rows - before for at in self._line_index_to_offsets[below]
            ]


def rewrapped(text: str, before: str, old: list[int], width: int) -> list[int]:
    """Where ``text`` breaks at ``width``, that broke at ``old`` when it was ``before``."""
    head, tail = common_ends(before, text)
    shift, edited = len(text) - len(before), len(text) - tail
    # A word that got shorter may go up to the row before.
    kept = old[: max(0, bisect_right(old, _word_at(text, head)) - 1)]
    after = [at + shift for at in old[bisect_left(old, edited - shift) :]]
    known = set(after)
    while True:
        begin = kept[-1] if kept else 0
        stretch = text[begin : begin + _STRETCH]
        whole = begin + len(stretch) == len(text)
        found = [begin + at for at in compute_wrap_offsets(stretch, width, 4)]
        sure = found if whole else found[:-1]
        for at in sure:
            if at > edited and at in known:
                return kept + after[bisect_left(after, at) :]
            kept.append(at)
        if whole:
            return kept
        if not sure:  # one word fills the stretch
            return compute_wrap_offsets(text, width, 4)


def _word_at(text: str, place: int) -> int:
    """Where the word begins that ``place`` is in, or behind."""
    head = text[:place].rstrip()
    return len(head) - len(head.rsplit(None, 1)[-1]) if head else 0


def common_ends(old: str, new: str) -> tuple[int, int]:
    """How many characters the two share at their beginning, and how many at their end besides."""
    limit, ends, other = min(len(old), len(new)), len(old), len(new)
    head = _alike(limit, lambda at, to: old[at:to] == new[at:to])
    tail = _alike(
        limit - head, lambda at, to: old[ends - to : ends - at] == new[other - to : other - at]
    )
    return head, tail


def _alike(limit: int, same: Callable[[int, int], bool]) -> int:
    """How many of the first ``limit`` characters are the ``same``, found by halves."""
    at, to = 0, limit
    while at < to:
        middle = (at + to + 1) // 2
        if same(at, middle):
            at = middle
        else:
            to = middle - 1
    return at
