"""The message box with the keys of vi: a small part of them, the one that fingers know."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Final

from textual.widgets import TextArea

Location = tuple[int, int]
_OPERATORS: Final = frozenset("dcy")
_MOST: Final = 1000  # times that a command is repeated
_WORD_END: Final = re.compile(r"[^\s\w]+|\w+")


class Vim:
    """Reads keys while ``inserting`` is false; ``changed`` is called when that changes.

    Motions h j k l w b e 0 ^ $ gg G, with counts; d c y with a motion or twice; x D C p P o O i a
    I A u, and U for redo, since ctrl+r searches earlier prompts.
    """

    def __init__(self, box: TextArea, changed: Callable[[], None]) -> None:
        self._box, self._changed = box, changed
        self.inserting = True
        self._count, self._operator, self._prefix = "", "", ""
        self._kept = ""
        self._commands: dict[str, Callable[[], object]] = {
            "i": partial(self._begin, lambda _, at: at),
            "a": partial(self._begin, lambda line, at: min(at + 1, len(line))),
            "I": partial(self._begin, _first_word),
            "A": partial(self._begin, lambda line, _: len(line)),
            "o": partial(self._open, 1),
            "O": partial(self._open, 0),
            "x": self._cross,
            "D": partial(self._to_end, "d"),
            "C": partial(self._to_end, "c"),
            "p": partial(self._put, 1),
            "P": partial(self._put, 0),
            "u": box.undo,
            "U": box.redo,
        }

    def leave(self) -> bool:
        """esc: leave inserting, or drop what was begun; whether there was anything to leave."""
        begun = bool(self._count or self._operator or self._prefix)
        self._drop()
        if self.inserting:
            self._insert(on=False)
            row, column = self._box.cursor_location
            self._box.move_cursor((row, max(0, column - 1)))
            return True
        return begun

    def take(self, character: str) -> None:
        """A character in normal mode."""
        if character.isdecimal() and (self._count or character != "0"):
            self._count = (self._count + character)[:4]
            return
        if self._prefix or character == "g":
            character, self._prefix = self._prefix + character, ""
            if character == "g":
                self._prefix = "g"
                return
        if self._operator:
            self._operate(character)
        elif character in _OPERATORS:
            self._operator = character
            return
        elif (place := self._motion(character)) is not None:
            self._box.move_cursor(place)
        elif character in self._commands:
            self._commands[character]()
        self._drop()

    def _drop(self) -> None:
        self._count, self._operator, self._prefix = "", "", ""

    def _insert(self, *, on: bool) -> None:
        self.inserting = on
        self._changed()

    @property
    def _times(self) -> int:
        return min(int(self._count or 1), _MOST)

    # Where to

    def _motion(self, name: str) -> Location | None:
        """Where a motion leads from the cursor; None where ``name`` is none."""
        lines, place = self._box.document.lines, self._box.cursor_location
        last = len(lines) - 1
        if name in {"gg", "G"}:
            row = self._times - 1 if self._count else (0 if name == "gg" else last)
            return min(row, last), 0
        if name not in _STEPS:
            return None
        for _ in range(self._times):
            place = _STEPS[name](lines, place)
        return place

    # What with it

    def _operate(self, name: str) -> None:
        box, operator = self._box, self._operator
        start = box.cursor_location
        if name == operator:
            self._lines(start[0])
            return
        if operator == "c" and name == "w":
            name = "e"
        place = self._motion(name)
        if place is None:
            return
        if name in {"j", "k", "gg", "G"}:
            self._lines(min(start[0], place[0]), max(start[0], place[0]))
            return
        if name == "e":
            place = (place[0], place[1] + 1)
        self._cut(*sorted((start, place)))

    def _lines(self, first: int, last: int | None = None) -> None:
        """Take whole lines."""
        lines = self._box.document.lines
        end = min(first + self._times - 1 if last is None else last, len(lines) - 1)
        if self._operator == "c":
            self._cut((first, 0), (end, len(lines[end])))
        elif end + 1 < len(lines) or self._operator == "y":
            self._cut((first, 0), (end + 1, 0) if end + 1 < len(lines) else (end, len(lines[end])))
        else:  # the line break before it goes with the last line
            start = (first - 1, len(lines[first - 1])) if first else (0, 0)
            self._cut(start, (end, len(lines[end])))
        if self._operator != "c":
            self._kept = self._kept.strip("\n") + "\n"
            self._box.move_cursor((min(first, self._box.document.line_count - 1), 0))

    def _cut(self, start: Location, end: Location) -> None:
        """Keep what lies between, and take it out unless it is only copied."""
        self._kept = self._box.get_text_range(start, end)
        if self._operator == "y":
            self._box.move_cursor(start)
            return
        self._box.delete(start, end, maintain_selection_offset=False)
        self._box.move_cursor(start if start[0] < self._box.document.line_count else (0, 0))
        if self._operator == "c":
            self._insert(on=True)

    # Commands

    def _to_end(self, operator: str) -> None:
        row, column = self._box.cursor_location
        self._operator = operator
        self._cut((row, column), (row, len(self._box.document.lines[row])))

    def _cross(self) -> None:
        row, column = self._box.cursor_location
        self._operator = "d"
        end = min(column + self._times, len(self._box.document.lines[row]))
        self._cut((row, column), (row, end))

    def _begin(self, column: Callable[[str, int], int]) -> None:
        row, at = self._box.cursor_location
        self._box.move_cursor((row, column(self._box.document.lines[row], at)))
        self._insert(on=True)

    def _open(self, below: int) -> None:
        row = self._box.cursor_location[0]
        end = len(self._box.document.lines[row])
        place = (row, end) if below else (row, 0)
        self._box.insert("\n", place, maintain_selection_offset=False)
        self._box.move_cursor((row + below, 0))
        self._insert(on=True)

    def _put(self, after: int) -> None:
        row, column = self._box.cursor_location
        text = self._kept * self._times
        line = len(self._box.document.lines[row])
        if not text.endswith("\n"):
            place = (row, min(column + after, line))
        elif after:
            place, text = (row, line), "\n" + text.removesuffix("\n")
        else:
            place = (row, 0)
        self._box.insert(text, place, maintain_selection_offset=False)
        if self._kept.endswith("\n"):
            self._box.move_cursor((row + after, 0))


def _first_word(line: str, _: int = 0) -> int:
    return len(line) - len(line.lstrip())


def _right(lines: list[str], place: Location) -> Location:
    row, column = place
    return row, min(column + 1, max(0, len(lines[row]) - 1))


def _down(lines: list[str], place: Location) -> Location:
    row = min(place[0] + 1, len(lines) - 1)
    return row, min(place[1], len(lines[row]))


def _up(lines: list[str], place: Location) -> Location:
    row = max(place[0] - 1, 0)
    return row, min(place[1], len(lines[row]))


def _word(lines: list[str], place: Location) -> Location:
    """The beginning of the next word, on this line or the next."""
    row, column = place
    found = next((m.start() for m in _WORD_END.finditer(lines[row]) if m.start() > column), None)
    if found is not None:
        return row, found
    if row + 1 < len(lines):
        return row + 1, _first_word(lines[row + 1])
    return row, len(lines[row])


def _back(lines: list[str], place: Location) -> Location:
    """The beginning of this word, or of the one before."""
    row, column = place
    starts = [m.start() for m in _WORD_END.finditer(lines[row]) if m.start() < column]
    if starts:
        return row, starts[-1]
    return (row - 1, len(lines[row - 1])) if row else (0, 0)


def _end(lines: list[str], place: Location) -> Location:
    """The last letter of this word, or of the next."""
    row, column = place
    ends = [m.end() - 1 for m in _WORD_END.finditer(lines[row]) if m.end() - 1 > column]
    if ends:
        return row, ends[0]
    if row + 1 < len(lines) and (found := _WORD_END.search(lines[row + 1])):
        return row + 1, found.end() - 1
    return row, max(0, len(lines[row]) - 1)


_STEPS: Final[dict[str, Callable[[list[str], Location], Location]]] = {
    "h": lambda _, place: (place[0], max(0, place[1] - 1)),
    "l": _right,
    "j": _down,
    "k": _up,
    "w": _word,
    "b": _back,
    "e": _end,
    "0": lambda _, place: (place[0], 0),
    "^": lambda lines, place: (place[0], _first_word(lines[place[0]])),
    "$": lambda lines, place: (place[0], len(lines[place[0]])),
}
