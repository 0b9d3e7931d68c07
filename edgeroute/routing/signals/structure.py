"""What the shape of a text tells, before its words: code, lists, questions, errors, data."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Sequence
from functools import cache
from typing import Final

from edgeroute.routing.signals.keywords import ends, glance, words_of
from edgeroute.word_lists import one_of

_FENCE: Final = re.compile(r"```|~~~")
_PATH: Final = re.compile(
    r"(?<![\w./-])(?:~|\.{1,2})?/?(?:[\w.-]{1,60}/){1,12}[\w-][\w.-]{0,60}\.\w{1,5}\b"
    r"|\b[\w-]{1,60}\.(?:py|js|ts|tsx|jsx|java|go|rs|c|cc|cpp|h|hpp|cs|rb|php|sh|sql|yaml|yml|json"
    r"|toml|md|css|html)\b"
)
_CODE_STARTS: Final = ("#!", "//", "/*", "*/")
_CODE_ENDS: Final = (";", "{")
# Every way a search may begin is a rare sign, and not a word: so it runs through prose quickly.
_INLINE_CODE: Final = re.compile(
    r"`[^`\n]+`|\((?<=\w\()[\w, .\"'\[\]=*]*\)|\.(?<=\w\.)\w+\(|=>|->|==|!=|&&|\|\||\[\w+:\w*\]"
    r"|;\s|\{\w*:|_(?<=[^\W_]_)\w+"
)
_ERROR: Final = re.compile(
    r"Traceback \(most recent|\b\w+(?:Error|Exception)\b|\berror\s*(?:TS|CS|E|:|\[)"
    r"|\bat \S+\(\S+:\d+\)|[Ss]egmentation fault|undefined reference|npm ERR"
    r"|\bpanic:|\bE\d{4}\b|line \d+",
)
_ERROR_MARKS: Final = (
    "rror", "xception", "Traceback", " fault", "undefined ref", "npm ERR", "panic:", "line ",
    "  at ",
)  # fmt: skip
_OPTIONS: Final = re.compile(r"(?:^|\n)\s*\(?[A-Ea-e1-5][).:]\s*\S")
_MATH: Final = re.compile(
    r"\\[a-z]{2,}|\$[^$\n]{1,80}\$|\d\s*[-+*/^=]\s*\d|[xyn](?<!\w[xyn])\^?\d?\s*[-+=]|√|∫|≤|≥"
)
_URL: Final = re.compile(r"https?://\S+")
_MARKUP: Final = re.compile(r"<[a-zA-Z/][^>]*>")
_DATA_ROW: Final = re.compile(
    r"^[^\s,;|\t][^\n]*?(?:[,;|\t][^,;|\t\n]+){2,}$|^\s*\"?\w+\"?\s*:\s*\S.{0,60}$"
)
_DIALOGUE: Final = re.compile(r"(?:^|\n)\s*[A-Z][\w ]{0,20}:\s+\S")
_FIRST_PERSON: Final = frozenset(("i", "i'm", "i've", "i'd", "my", "me", "we", "our"))
_SECOND_PERSON: Final = frozenset(("you", "your"))
_OPEN_END: Final = re.compile(
    r"[:{(\[=,]$|\b(?:do|then|ON|AND|in|return|and|WHERE|FROM|SELECT)$|\w\.$"
)
_HOLE: Final = re.compile(
    r"<(?:fim_\w+|cursor|fill(?:_here)?|infill|mask)>|<\|fim_\w+\|>"
    r"|(?:#|//)\s*(?:todo|your code here|fill in)",
    re.IGNORECASE,
)
_HOLE_END: Final = re.compile(r"\bpass$|\.\.\.$")
_LAST: Final = 12
_EDITOR_HOLE: Final = re.compile(r"<\|?(?:fim_prefix|fim_suffix|fim_middle|fill_here|cursor)\|?>")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")

NAMES: Final = (
    "characters", "words", "lines", "fence", "path", "code_lines", "code_share", "inline_code",
    "error", "options", "math", "url", "markup", "data_rows", "dialogue", "first_person",
    "second_person", "question", "asks_last", "starts_code", "ends_code", "ends_open", "hole",
    "digits", "capitals", "signs", "not_ascii", "lower_start", "prose_first", "long_line",
    "one_line", "quoted", "blank_lines", "short", "comma_list",
    "starts_capital", "ends_full_stop", "indented",
)  # fmt: skip


def shape(text: str, words: Sequence[str] | None = None) -> tuple[float, ...]:
    """The numbers called ``NAMES`` for ``text``, each roughly within 0..1.

    Whoever has split ``glance(text)`` into ``words`` already passes them.
    """
    text = text.strip()
    read = glance(text)
    size = max(1, len(read))
    lines = [line for line in read.split("\n") if line.strip()] or [""]
    code = [_is_code(line) for line in lines]
    if words is None:
        words = words_of(read)
    count = len(words)
    return (
        min(1.0, math.log1p(len(text)) / 10),
        min(1.0, math.log1p(count) / 7),
        min(1.0, math.log1p(len(lines)) / 5),
        float(_FENCE.search(text) is not None),
        min(1.0, len(_paths(read)) / 3),
        min(1.0, math.log1p(sum(code)) / 4),
        sum(code) / len(lines),
        min(1.0, len(_INLINE_CODE.findall(read)) / 10),
        min(1.0, _errors(read) / 3),
        float(len(_OPTIONS.findall(read)) >= 3),
        min(1.0, len(_MATH.findall(read)) / 4),
        float(_URL.search(read) is not None),
        min(1.0, len(_MARKUP.findall(read)) / 6),
        sum(_DATA_ROW.match(line) is not None for line in lines) / len(lines),
        min(1.0, len(_DIALOGUE.findall(read)) / 6),
        min(1.0, 10 * sum(word in _FIRST_PERSON for word in words) / (count + 1)),
        min(1.0, 10 * sum(word in _SECOND_PERSON for word in words) / (count + 1)),
        float("?" in read),
        float(lines[-1].rstrip().endswith("?")),
        float(code[0]),
        float(code[-1]),
        float(_OPEN_END.search(read[-_LAST:]) is not None),
        float(_HOLE.search(read) is not None or _HOLE_END.search(read[-_LAST:]) is not None),
        min(1.0, 5 * _count(read, string.digits) / size),
        min(1.0, 5 * _count(read, string.ascii_uppercase) / size),
        min(1.0, 5 * _count(read, "{}[]()<>=;_*\\") / size),
        min(1.0, 2 * len(_NOT_ASCII.findall(read)) / size) if not read.isascii() else 0.0,
        float(text[:1].islower()),
        float(not code[0] and any(code[1:])),
        min(1.0, max(map(len, lines)) / 1000),
        float(len(lines) == 1),
        float(read.count('"') >= 2 or read.count("'") >= 4),
        min(1.0, read.count("\n\n") / 5),
        float(count <= 12),
        min(1.0, read.count(",") / 10),
        float(text[:1].isupper()),
        float(text.endswith((".", "!"))),
        sum(line.startswith(("    ", "\t")) for line in lines) / len(lines),
    )


def _is_code(line: str) -> bool:
    line = line.strip()
    return (
        line.endswith(_CODE_ENDS)
        or line.startswith(_CODE_STARTS)
        or _code_start().match(line) is not None
    )


@cache
def _code_start() -> re.Pattern[str]:
    assigned = r"[\w.\[\]\"'>-]+\s*(?:=|\+=|:=|=>|->)\s*\S"
    closing = r"[{}\])]+[;,)]*\s*$"
    called = r"</?\w[^>]*>|\w+\([^)]*\);?\s*$|\$ \w|--\s"
    return re.compile(
        rf"{one_of('code.starts')}\b.*[:;{{}}()\[\]=]|@\w+|{assigned}|{closing}|{called}",
        re.IGNORECASE,
    )


def _paths(read: str) -> list[str]:
    """The paths in ``read``; words without a dot inside are not looked at closely."""
    dotted = [word for word in read.split() if "." in word[:-1]]
    return _PATH.findall(" ".join(dotted)) if dotted else []


def _errors(read: str) -> int:
    return len(_ERROR.findall(read)) if any(mark in read for mark in _ERROR_MARKS) else 0


def _count(read: str, characters: str) -> int:
    return sum(map(read.count, characters))


def has_code(text: str) -> bool:
    """Whether ``text`` holds source code: a fence, or lines that read like code."""
    if _FENCE.search(text):
        return True
    lines = [line for line in ends(text).split("\n") if line.strip()]
    code = sum(map(_is_code, lines))
    share = code / len(lines) if lines else 0.0
    return share >= 0.5 or (code >= 2 and share >= 0.25)


def names_files(text: str) -> bool:
    """Whether ``text`` names files or paths of source code."""
    return bool(_paths(ends(text)))


def has_hole(text: str) -> bool:
    """Whether ``text`` marks a place for the model to fill in, as editors do."""
    return _EDITOR_HOLE.search(text) is not None
