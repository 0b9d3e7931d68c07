"""What the shape of a text tells, before its words: code, lists, questions, errors, data."""

from __future__ import annotations

import math
import re
from typing import Final

from edgeroute.routing.keywords import ends

_FENCE: Final = re.compile(r"```|~~~")
_PATH: Final = re.compile(
    r"(?<![\w./-])(?:~|\.{1,2})?/?(?:[\w.-]{1,60}/){1,12}[\w-][\w.-]{0,60}\.\w{1,5}\b"
    r"|\b[\w-]{1,60}\.(?:py|js|ts|tsx|jsx|java|go|rs|c|cc|cpp|h|hpp|cs|rb|php|sh|sql|yaml|yml|json"
    r"|toml|md|css|html)\b"
)
_CODE_LINE: Final = re.compile(
    r"^\s*(?:(?:def|class|func|fn|function|public|private|protected|static|const|let|var|import"
    r"|from|package|using|namespace|#include|#define|impl|struct|enum|interface|template|export"
    r"|return|if|elif|else|for|while|switch|case|try|except|catch|finally|with|async|await|yield"
    r"|throw|raise|select|insert|update|delete|create|alter|where|join|begin|end|sudo|pip|npm|git"
    r"|docker|print|echo)\b.*[:;{}()\[\]=]|@\w+|[\w.\[\]\"'>-]+\s*(?:=|\+=|:=|=>|->)\s*\S"
    r"|[{}\])]+[;,)]*\s*$|.*[;{]\s*$|</?\w[^>]*>|\w+\([^)]*\);?\s*$|\$ \w|#!|//|/\*|\*/|--\s)",
    re.IGNORECASE,
)
_INLINE_CODE: Final = re.compile(
    r"`[^`\n]+`|\b\w+\([\w, .\"'\[\]=*]*\)|\w+\.\w+\(|=>|->|==|!=|&&|\|\||\[\w+:\w*\]"
    r"|;\s|\{\w*:|[^\W_]+_\w+"
)
_ERROR: Final = re.compile(
    r"Traceback \(most recent|\b\w+(?:Error|Exception)\b|\berror\s*(?:TS|CS|E|:|\[)"
    r"|\bat \S+\(\S+:\d+\)|[Ss]egmentation fault|undefined reference|npm ERR"
    r"|\bpanic:|\bE\d{4}\b|line \d+",
)
_OPTIONS: Final = re.compile(r"(?:^|\n)\s*\(?[A-Ea-e1-5][).:]\s*\S")
_MATH: Final = re.compile(
    r"\\[a-z]{2,}|\$[^$\n]{1,80}\$|\d\s*[-+*/^=]\s*\d|\b[xyn]\^?\d?\s*[-+=]|√|∫|≤|≥"
)
_URL: Final = re.compile(r"https?://\S+")
_MARKUP: Final = re.compile(r"<[a-zA-Z/][^>]*>")
_DATA_ROW: Final = re.compile(
    r"^[^\s,;|\t][^\n]*?(?:[,;|\t][^,;|\t\n]+){2,}$|^\s*\"?\w+\"?\s*:\s*\S.{0,60}$"
)
_DIALOGUE: Final = re.compile(r"(?:^|\n)\s*[A-Z][\w ]{0,20}:\s+\S")
_FIRST_PERSON: Final = re.compile(r"\b(?:i|i'm|i've|i'd|my|me|we|our)\b", re.IGNORECASE)
_SECOND_PERSON: Final = re.compile(r"\b(?:you|your)\b", re.IGNORECASE)
_OPEN_END: Final = re.compile(
    r"[:{(\[=,]\s*$|\b(?:do|then|ON|AND|in|return|and|WHERE|FROM|SELECT)\s*$|\w\.$"
)
_HOLE: Final = re.compile(
    r"<(?:fim_\w+|cursor|fill(?:_here)?|infill|mask)>|<\|fim_\w+\|>"
    r"|(?:#|//)\s*(?:todo|your code here|fill in)|\bpass\s*$|\.\.\.\s*$",
    re.IGNORECASE,
)
_EDITOR_HOLE: Final = re.compile(r"<\|?(?:fim_prefix|fim_suffix|fim_middle|fill_here|cursor)\|?>")
_WORDS: Final = re.compile(r"\w+")
_DIGIT: Final = re.compile(r"[0-9]")
_CAPITAL: Final = re.compile(r"[A-Z]")
_SIGN: Final = re.compile(r"[{}\[\]()<>=;_*\\]")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")

NAMES: Final = (
    "characters", "words", "lines", "fence", "path", "code_lines", "code_share", "inline_code",
    "error", "options", "math", "url", "markup", "data_rows", "dialogue", "first_person",
    "second_person", "question", "asks_last", "starts_code", "ends_code", "ends_open", "hole",
    "digits", "capitals", "signs", "not_ascii", "lower_start", "prose_first", "long_line",
    "one_line", "quoted", "blank_lines", "short", "comma_list",
    "starts_capital", "ends_full_stop", "indented",
)  # fmt: skip


def shape(text: str) -> tuple[float, ...]:
    """The numbers called ``NAMES`` for ``text``, each roughly within 0..1."""
    text = text.strip()
    read = ends(text)
    size = max(1, len(read))
    lines = [line for line in read.split("\n") if line.strip()] or [""]
    code = [_CODE_LINE.match(line) is not None for line in lines]
    words = len(_WORDS.findall(read))
    code_share = sum(code) / len(lines)
    return (
        min(1.0, math.log1p(len(text)) / 10),
        min(1.0, math.log1p(words) / 7),
        min(1.0, math.log1p(len(lines)) / 5),
        float(_FENCE.search(text) is not None),
        min(1.0, len(_PATH.findall(read)) / 3),
        min(1.0, math.log1p(sum(code)) / 4),
        code_share,
        min(1.0, len(_INLINE_CODE.findall(read)) / 10),
        min(1.0, len(_ERROR.findall(read)) / 3),
        float(len(_OPTIONS.findall(read)) >= 3),
        min(1.0, len(_MATH.findall(read)) / 4),
        float(_URL.search(read) is not None),
        min(1.0, len(_MARKUP.findall(read)) / 6),
        sum(_DATA_ROW.match(line) is not None for line in lines) / len(lines),
        min(1.0, len(_DIALOGUE.findall(read)) / 6),
        min(1.0, 10 * len(_FIRST_PERSON.findall(read)) / (words + 1)),
        min(1.0, 10 * len(_SECOND_PERSON.findall(read)) / (words + 1)),
        float("?" in read),
        float(lines[-1].rstrip().endswith("?")),
        float(code[0]),
        float(code[-1]),
        float(_OPEN_END.search(read) is not None),
        float(_HOLE.search(read) is not None),
        min(1.0, 5 * len(_DIGIT.findall(read)) / size),
        min(1.0, 5 * len(_CAPITAL.findall(read)) / size),
        min(1.0, 5 * len(_SIGN.findall(read)) / size),
        min(1.0, 2 * len(_NOT_ASCII.findall(read)) / size) if not read.isascii() else 0.0,
        float(text[:1].islower()),
        float(not code[0] and any(code[1:])),
        min(1.0, max(map(len, lines)) / 1000),
        float(len(lines) == 1),
        float(read.count('"') >= 2 or read.count("'") >= 4),
        min(1.0, read.count("\n\n") / 5),
        float(words <= 12),
        min(1.0, read.count(",") / 10),
        float(text[:1].isupper()),
        float(text.endswith((".", "!"))),
        sum(line.startswith(("    ", "\t")) for line in lines) / len(lines),
    )


def has_code(text: str) -> bool:
    """Whether ``text`` holds source code: a fence, or lines that read like code."""
    if _FENCE.search(text):
        return True
    lines = [line for line in ends(text).split("\n") if line.strip()]
    code = sum(_CODE_LINE.match(line) is not None for line in lines)
    share = code / len(lines) if lines else 0.0
    return share >= 0.5 or (code >= 2 and share >= 0.25)


def names_files(text: str) -> bool:
    """Whether ``text`` names files or paths of source code."""
    return _PATH.search(ends(text)) is not None


def has_hole(text: str) -> bool:
    """Whether ``text`` marks a place for the model to fill in, as editors do."""
    return (
        re.search(r"<\|?(?:fim_prefix|fim_suffix|fim_middle|fill_here|cursor)\|?>", text)
        is not None
    )
