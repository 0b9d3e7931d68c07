"""Marks of the user's own organisation in source code: paths, licence headers, host names."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from edgeroute.privacy.policy import InternalCode
from edgeroute.word_lists import one_of

_PATH: Final = re.compile(r"(?<![\w/])(?:[A-Za-z]:)?(?:[/\\~][\w.@+-]{1,64}){2,24}")
_HOST: Final = re.compile(r"(?<![\w.-])(?:[A-Za-z0-9_-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")
_PORT: Final = re.compile(r":\d{2,5}(?!\w)")
_NEAR: Final = 100
# A comment's line, with what a view or a diff puts before it; or one that a comment goes on in.
_COMMENT: Final = re.compile(
    r"(?:^|[\s|:\u2192;{})])(?://|/\*|#|--|<!--|;;|%%|\"\"\"|''')|^[\s\d|:+\u2192-]{0,16}(?:\*|rem\b|')\s"
)
_OPENED: Final = (("/*", "*/"), ("<!--", "-->"), ('"""', '"""'), ("'''", "'''"))
_HEAD: Final = 2_000  # characters in which a file says whose it is
_RIGHTS: Final = re.compile(r"copyright|\(c\)|\u00a9|all rights reserved")


class InternalCodeMarks:
    """Finds the marks that ``marks`` names, where they mean something."""

    def __init__(self, marks: InternalCode) -> None:
        self._paths = _either(marks.paths)
        self._hosts = _either(marks.hosts)
        self._off = _either(marks.except_)
        phrases = [header.casefold() for header in marks.headers if header.strip()]
        phrases = [phrase for phrase in phrases if self._counts(phrase)]
        self._headers = re.compile("|".join(map(re.escape, phrases))) if phrases else None

    def found(self, text: str) -> bool:
        """Whether any mark stands in ``text``."""
        return self._has_header(text) or self._has_host(text) or self._has_path(text)

    def _has_header(self, text: str) -> bool:
        lower = text.casefold()
        found = self._headers.finditer(lower) if self._headers is not None else ()
        return any(_in_comment(lower, one.start()) or _in_head(lower, one) for one in found)

    def _has_host(self, text: str) -> bool:
        if self._hosts is None or "." not in text:
            return False
        for match in _HOST.finditer(text):
            host = match.group().casefold()
            if self._hosts.match(host) and self._counts(host):
                before = text[max(0, match.start() - _NEAR) : match.start()]
                if _host_before().search(before) or _PORT.match(text, match.end()):
                    return True
        return False

    def _has_path(self, text: str) -> bool:
        if self._paths is None or ("/" not in text and "\\" not in text):
            return False
        paths = (match.group().replace("\\", "/").casefold() for match in _PATH.finditer(text))
        return any(self._paths.match(path) and self._counts(path) for path in paths)

    def _counts(self, mark: str) -> bool:
        return self._off is None or self._off.match(mark) is None


@cache
def _host_before() -> re.Pattern[str]:
    """What stands before a host: a web or mail address, or what holds or asks for a host."""
    return re.compile(
        rf"[\w\]]@$|//(?:[^\s/@]{{1,80}}@)?$|(?<![^\W_]){one_of('internal_code.before_hosts')}"
        r"[\"']?(?:\s{0,2}[:=]\s{0,2}|\s)[\"'\[]{0,2}$",
        re.IGNORECASE,
    )


def _in_comment(lower: str, place: int) -> bool:
    """Whether a comment is going on at ``place``, on its line or since a line above."""
    line = lower[max(lower.rfind("\n", 0, place) + 1, place - 400) : place]
    if _COMMENT.search(line):
        return True
    before = lower[max(0, place - _HEAD) : place]
    return any(
        before.count(start) % 2 == 1 if start == end else before.rfind(start) > before.rfind(end)
        for start, end in _OPENED
    )


def _in_head(lower: str, phrase: re.Match[str]) -> bool:
    """Whether the text says at its head, beside ``phrase``, whose rights it is under."""
    return phrase.start() < _HEAD and (
        _RIGHTS.search(lower, max(0, phrase.start() - 400), phrase.end() + 400) is not None
    )


def _either(patterns: Sequence[str]) -> re.Pattern[str] | None:
    """One expression for all shell ``patterns``."""
    parts = [fnmatch.translate(pattern.casefold()) for pattern in patterns if pattern.strip()]
    return re.compile("|".join(parts)) if parts else None
