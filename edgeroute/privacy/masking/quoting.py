"""Values inside commands, statements and programs: each stays the one word or string it stands in.

The readers below follow a text up to a value and say how it is written there. They know quotes and
comments, not grammar: what they cannot place stays a placeholder, which breaks nothing.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import Final

_PLAIN: Final = re.compile(r"[\w@%+=:,./-]+", re.ASCII)
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d{0,17})(?:\.\d{1,9})?")
_LETTERS: Final = re.compile(r"\w+")
_HEREDOC: Final = re.compile(r"<<(-?)\s{0,3}(\\?)(['\"]?)(\w{1,64})\3\Z")
_INNER: Final = (
    (r"\b(?:python[\d.]{0,5}|node|deno|bun)\b[^|;&\n]{0,99}\s(?:-c|-e|--eval|eval)", "code"),
    (r"\b(?:psql|mysql|mariadb|sqlite3|duckdb)\b[^|;&\n]{0,99}", "sql"),
    (r"(?:\b(?:ba|da|z|k)?sh\b[^|;&\n]{0,99}\s-\w{0,4}c|\beval|\bssh\b[^|;&\n]{0,99})", "shell"),
)
_INNER_HEADS: Final = [(re.compile(rf"{head}\s{{1,9}}\Z"), kind) for head, kind in _INNER]
_REACH: Final = 256


class TextContext:
    """A text of no language: a value is itself."""

    def follow(self, text: str) -> None:
        """Nothing depends on it."""

    def fit(self, value: str) -> str | None:
        """The value."""
        return value


class CodeContext:
    """A program in Python or JavaScript."""

    def __init__(self) -> None:
        self._text = ""
        self._quote = ""  # the quotes of the open string, or the sign of the open comment
        self._prefix = ""

    def follow(self, text: str) -> None:
        """Read on."""
        at = 0
        text = self._text[-_REACH:] + text
        at = min(len(self._text), _REACH)
        while at < len(text):
            at = self._step(text, at)
        self._text = text[-_REACH:]

    def _step(self, text: str, at: int) -> int:
        sign = text[at]
        if not self._quote:
            for mark in ('"""', "'''", '"', "'", "`", "#", "//", "/*"):
                if text.startswith(mark, at):
                    self._quote = mark
                    before = re.search(r"[A-Za-z]{0,3}\Z", text[max(0, at - 3) : at])
                    self._prefix = before.group().lower() if before else ""
                    return at + len(mark)
            return at + 1
        if self._quote in {"#", "//"}:
            self._quote = "" if sign == "\n" else self._quote
        elif self._quote == "/*":
            if text.startswith("*/", at):
                self._quote = ""
                return at + 2
        elif sign == "\\":
            return at + 2
        elif text.startswith(self._quote, at):
            end = at + len(self._quote)
            self._quote = ""
            return end
        elif sign == "\n" and len(self._quote) == 1 and self._quote != "`":
            self._quote = ""
        return at + 1

    def fit(self, value: str) -> str | None:
        """The value inside its string, or as a string of its own."""
        quote = self._quote
        if not quote:
            if _NUMBER.fullmatch(value) or (
                (self._text[-1:].isalnum() or self._text[-1:] == "_") and _LETTERS.fullmatch(value)
            ):
                return value
            return json.dumps(value)
        if quote in {"#", "//", "/*"}:
            return None if "*/" in value else " ".join(value.splitlines())
        if "r" in self._prefix and (set(value) & {"\\", "\n", "\r"} or quote[0] in value):
            return None
        if "r" in self._prefix:
            return value.replace("{", "{{").replace("}", "}}") if "f" in self._prefix else value
        written = json.dumps(value, ensure_ascii=False)[1:-1].replace('\\"', '"')
        written = written.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        written = written.replace(quote[0], f"\\{quote[0]}")
        if quote == "`":
            written = written.replace("${", "\\${")
        if "f" in self._prefix or "t" in self._prefix:
            written = written.replace("{", "{{").replace("}", "}}")
        return written


class SqlContext:
    """A statement for a database."""

    def __init__(self) -> None:
        self._open = ""
        self._last = ""

    def follow(self, text: str) -> None:
        """Read on."""
        for sign in text:
            two = f"{self._last}{sign}"
            if not self._open:
                opened = two if two in {"--", "/*"} else sign if sign in {"'", '"', "`"} else ""
                self._open, sign = opened, "" if opened else sign  # noqa: PLW2901
            elif (
                two == "*/" if self._open == "/*"
                else sign == "\n" if self._open == "--" else sign == self._open
            ):  # fmt: skip
                self._open = ""  # a doubled quote opens it again at once
            self._last = sign

    def fit(self, value: str) -> str | None:
        """The value inside its quotes, or as a string of its own."""
        if "\0" in value:
            return None
        if not self._open:
            quoted = value.replace("'", "''")
            return value if _NUMBER.fullmatch(value) else f"'{quoted}'"
        if self._open in {"--", "/*"}:
            return None if "*/" in value else " ".join(value.splitlines())
        if "\\" in value:
            return None  # some databases take it for an escape, others for itself
        return value.replace(self._open, self._open * 2)


class ShellContext:
    """A command for a shell; commands, programs and statements inside its quotes too."""

    def __init__(self) -> None:
        self._text = ""
        self._states = ["bare"]
        self._inner: ShellContext | CodeContext | SqlContext | None = None
        self._heredocs: list[tuple[str, bool]] = []
        self._skip = False

    def follow(self, text: str) -> None:
        """Read on."""
        for sign in text:
            self._sign(sign)
            self._text = f"{self._text}{sign}"[-_REACH:]

    def _sign(self, sign: str) -> None:
        state = self._states[-1]
        if self._skip:
            self._skip = False
            self._tell(sign)
        elif state in {"body", "raw body"}:
            self._body(sign)
        elif sign == "\\" and state != "'":
            self._skip = True
            if state in {"$'", "`"}:
                self._tell(sign)
        elif state in {"'", "$'"}:
            self._close("'", sign)
        elif state == "#":
            if sign == "\n":
                self._states.pop()
        elif state == '"':
            if sign == "(" and self._text.endswith("$"):
                self._states.append("bare")
            elif sign == "`":
                self._states.append("`")
            else:
                self._close('"', sign)
        else:
            self._bare(sign)

    def _bare(self, sign: str) -> None:
        if sign in {"'", '"'}:
            ansi = sign == "'" and self._text.endswith("$")
            self._inner = self._inner_reader()
            self._states.append("$'" if ansi else sign)
        elif sign == "#" and (not self._text or self._text[-1].isspace()):
            self._states.append("#")
        elif sign == "(":
            self._states.append("bare")
        elif sign == ")" and len(self._states) > 1 and self._states[-1] == "bare":
            self._states.pop()
        elif sign == "`":
            if self._states[-1] == "`":
                self._states.pop()
            else:
                self._states.append("`")
        elif sign == "\n" and self._heredocs:
            self._states.append("raw body" if self._heredocs[0][1] else "body")
        self._heredoc(sign)

    def _heredoc(self, sign: str) -> None:
        """Note the word that will end a text which follows the command's line."""
        found = _HEREDOC.search(f"{self._text}{sign}"[-_REACH:]) if "<<" in self._text else None
        if found is not None:
            if self._heredocs and found[4].startswith(self._heredocs[-1][0]):
                self._heredocs.pop()  # the word goes on
            self._heredocs.append((found[4], bool(found[2] or found[3])))

    def _body(self, sign: str) -> None:
        word = self._heredocs[0][0]
        line = self._text[self._text.rfind("\n") + 1 :]
        if sign == "\n" and line.strip("\t") == word:
            self._heredocs.pop(0)
            self._states.pop()
            if self._heredocs:
                self._states.append("raw body" if self._heredocs[0][1] else "body")

    def _close(self, quote: str, sign: str) -> None:
        if sign == quote:
            self._states.pop()
            self._inner = None
            self._heredoc(sign)
        else:
            self._tell(sign)

    def _tell(self, sign: str) -> None:
        if self._inner is not None:
            self._inner.follow(sign)

    def _inner_reader(self) -> ShellContext | CodeContext | SqlContext | None:
        """What reads the string that opens here, if it is a text of a language itself."""
        for head, kind in _INNER_HEADS:
            if head.search(self._text):
                return (
                    CodeContext()
                    if kind == "code"
                    else SqlContext()
                    if kind == "sql"
                    else ShellContext()
                )
        return None

    def fit(self, value: str) -> str | None:
        """The value as one word, or as a part of the word that it stands in."""
        state = self._states[-1]
        if "\0" in value:
            return None
        if _PLAIN.fullmatch(value) and (self._inner is None or state == "bare"):
            return value
        if self._inner is not None and state in {"'", '"', "$'"}:
            inner = self._inner.fit(value)
            if inner is None:
                return None
            value = inner
        return _in_state(state, value, self._heredocs)


def _in_state(  # noqa: PLR0911 - one way to write it each
    state: str, value: str, heredocs: list[tuple[str, bool]]
) -> str | None:
    if state == "bare":
        return shlex.quote(value)
    if state == "'":
        return value.replace("'", "'\\''")
    if state == '"':
        if set(value) & {"$", "`", "!"}:  # nothing of these is read in single quotes
            return f'"{shlex.quote(value)}"'
        return re.sub(r'([\\"])', r"\\\1", value)
    if state == "$'":
        return re.sub(r"([\\'])", r"\\\1", value).replace("\n", "\\n")
    if state == "#":
        return " ".join(value.splitlines())
    if state in {"body", "raw body"}:
        if any(line.strip("\t") == heredocs[0][0] for line in value.split("\n")):
            return None
        return value if state == "raw body" else re.sub(r"([\\$`])", r"\\\1", value)
    return None
