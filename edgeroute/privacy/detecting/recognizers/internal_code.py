"""Marks of the user's own organisation in source code: paths, licence headers, host names."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from typing import Final

_PATH: Final = re.compile(r"(?<![\w/])(?:[A-Za-z]:)?(?:[/\\~][\w.@+-]{1,64}){2,24}")
_HOST: Final = re.compile(r"(?<![\w.@-])(?:[A-Za-z0-9_-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")


class InternalCodeMarks:
    """Finds the marks. ``paths`` and ``hosts`` are shell patterns, ``headers`` phrases."""

    def __init__(self, paths: Sequence[str], headers: Sequence[str], hosts: Sequence[str]) -> None:
        self._paths = _either(paths)
        self._hosts = _either(hosts)
        phrases = "|".join(re.escape(header.casefold()) for header in headers if header.strip())
        self._headers = re.compile(phrases) if phrases else None

    def found(self, text: str) -> bool:
        """Whether any mark stands in ``text``."""
        if self._headers is not None and self._headers.search(text.casefold()):
            return True
        if self._hosts is not None and "." in text:
            hosts = (match.group().casefold() for match in _HOST.finditer(text))
            if any(self._hosts.match(host) for host in hosts):
                return True
        if self._paths is None or ("/" not in text and "\\" not in text):
            return False
        paths = (match.group().replace("\\", "/").casefold() for match in _PATH.finditer(text))
        return any(self._paths.match(path) for path in paths)


def _either(patterns: Sequence[str]) -> re.Pattern[str] | None:
    """One expression for all shell ``patterns``."""
    parts = [fnmatch.translate(pattern.casefold()) for pattern in patterns if pattern.strip()]
    return re.compile("|".join(parts)) if parts else None
