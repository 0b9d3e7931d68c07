"""Folders that the user labelled: what lies in them is private, or is code."""

from __future__ import annotations

import fnmatch
import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from edgeroute.core.messages import FolderLabel

_VARIABLE_HOME: Final = re.compile(r"\$(?:HOME\b|\{HOME\})")
_OPEN: Final = re.compile(r"[*?\[{$`]")  # a shell puts something else in place of these


class Folders:
    """The labels of ``patterns`` (``~/clients/**``: what lies in that folder).

    A path that may lie in a private folder is private: also by another name of the folder (a link,
    ``..``, other case), and where it is not known which folder a path starts from. ``judged`` are
    the labels of tool calls that were seen before, by their digests.
    """

    def __init__(
        self,
        patterns: Mapping[str, Literal["private", "code"]],
        *,
        home: Path | None = None,
        any_case: bool = sys.platform == "darwin",
    ) -> None:
        self._home = str(home or Path.home())
        self._any_case = any_case
        self._private: list[tuple[str, ...]] = []
        self._code: list[tuple[str, ...]] = []
        self.judged: dict[bytes, FolderLabel] = {}
        for pattern, label in patterns.items():
            into = self._private if label == "private" else self._code
            into += self._ways(self._expanded(pattern))

    def __bool__(self) -> bool:
        """Whether any folder is labelled."""
        return bool(self._private or self._code)

    @property
    def may_be_private(self) -> FolderLabel:
        """The label of something of which the place is not known."""
        return "private" if self._private else ""

    def label(self, path: str, bases: Iterable[str] = (), *, above: bool = True) -> FolderLabel:
        """The label of ``path``; a relative one starts from any of ``bases``.

        With ``above`` a folder that holds a private one is private too: it may be read whole.
        """
        whole = self._expanded(path.removeprefix("file://"))
        opened = _OPEN.search(whole)
        if opened:
            whole = whole[: whole.rfind("/", 0, opened.start()) + 1]
        if whole.startswith("/"):
            return self._labelled([whole], above=above)
        starts = [start for base in bases if (start := self._expanded(base)).startswith("/")]
        if not starts or whole.startswith("~"):
            return self.may_be_private
        return self._labelled([f"{start}/{whole}" for start in starts], above=above)

    def _labelled(self, paths: Sequence[str], *, above: bool) -> FolderLabel:
        ways = [way for path in paths for way in self._ways(path)]
        for path, pattern in ((path, one) for path in paths for one in self._private):
            for way in self._ways(path):
                reached = _reached(_lowered(pattern), _lowered(way))
                if reached == "in" or (reached == "above" and above and not _is_file(path)):
                    return "private"
        if self._any_case:
            ways = [_lowered(way) for way in ways]
            patterns = [_lowered(one) for one in self._code]
        else:
            patterns = self._code
        sure = all(any(_reached(one, way) == "in" for one in patterns) for way in ways)
        return "code" if sure and ways else ""

    def _expanded(self, path: str) -> str:
        """``path`` with the user's own folder in place of its short forms."""
        path = _VARIABLE_HOME.sub(lambda _: self._home, unicodedata.normalize("NFC", path.strip()))
        if path == "~" or path.startswith("~/"):
            return self._home + path[1:]
        return path

    def _ways(self, path: str) -> list[tuple[str, ...]]:
        """The steps of ``path`` as it is written and as the file system knows it."""
        fixed, rest = path, ""
        opened = _OPEN.search(path)
        if opened:
            at = path.rfind("/", 0, opened.start()) + 1
            fixed, rest = path[:at], path[at:]
        try:
            real = os.path.realpath(fixed)
        except (OSError, ValueError):
            real = fixed
        ways = dict.fromkeys((os.path.normpath(fixed), unicodedata.normalize("NFC", real)))
        return [tuple(step for step in f"{way}/{rest}".split("/") if step) for way in ways]


def _reached(pattern: Sequence[str], path: Sequence[str]) -> Literal["", "in", "above"]:
    """Whether ``path`` lies in what ``pattern`` names, or above it. One pass over both."""
    while pattern and pattern[-1] == "**":
        pattern = pattern[:-1]
    at = _skipped(pattern, {0})
    for step in path:
        if len(pattern) in at:
            return "in"
        further = {
            here if pattern[here] == "**" else here + 1
            for here in at
            if pattern[here] == "**" or fnmatch.fnmatchcase(step, pattern[here])
        }
        at = _skipped(pattern, further)
    if len(pattern) in at:
        return "in"
    return "above" if at else ""


def _skipped(pattern: Sequence[str], at: set[int]) -> set[int]:
    """``at`` with the places behind each ``**``, which may stand for nothing."""
    found = set(at)
    for here in sorted(at):
        place = here
        while place < len(pattern) and pattern[place] == "**":
            place += 1
            found.add(place)
    return found


def _lowered(steps: Sequence[str]) -> tuple[str, ...]:
    return tuple(step.casefold() for step in steps)


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False
