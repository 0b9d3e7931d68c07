"""Values back into the arguments of a tool call, each escaped for the place that it stands in."""

from __future__ import annotations

import json
import re
from typing import Final, NamedTuple

from edgeroute.privacy.masking.quoting import CodeContext, ShellContext, SqlContext, TextContext
from edgeroute.privacy.masking.restore import Restorer, Surroundings, Values
from edgeroute.word_lists import word_set

_OUTSIDE: Final = re.compile(r'["{}\[\],:]')
_STRING_END: Final = re.compile(r'"|\\.?', re.DOTALL)
_SCALAR_END: Final = re.compile(r"[\s,:{}\[\]]")
_LONGEST: Final = 64  # letters of a number
_DEEPEST: Final = 8  # JSON texts inside JSON texts
_SHELLS: Final = re.compile(r"(?:.*/)?(?:ba|da|z|k)?sh")
_COMMAND_FLAG: Final = re.compile(r"-\w{0,4}c")


class _Box(NamedTuple):
    """An open object or array: the ``field`` that holds it, and whether it has names of its own."""

    field: str
    is_object: bool


class ArgumentsRestorer:
    """Puts values into arguments that come in pieces. A string is shown once it is whole."""

    def __init__(self, values: Values, tool: str = "", depth: int = 0) -> None:
        self._values = values
        self._tool = tool.lower()
        self._depth = depth
        self._boxes: list[_Box] = []
        self._field = ""
        self._items: list[str] = []  # the strings of the innermost array
        self._is_name = False
        self._pieces: list[str] | None = None  # those of the open string
        self._cut = ""  # an escape or a word that goes on in the next piece
        self._plain: Restorer | None = None  # arguments that are no JSON
        self._begun = False

    def feed(self, text: str) -> str:
        """What can be shown now."""
        if not self._begun and text.strip():
            self._begun = True
            if text.lstrip()[0] not in '{["':
                self._plain = Restorer(self._values, _language(self._tool, text), whole_links=True)
        if self._plain is not None:
            return self._plain.feed(text)
        text, self._cut = self._cut + text, ""
        shown: list[str] = []
        at = 0
        while at < len(text):
            at = (
                self._string(text, at, shown)
                if self._pieces is not None
                else (self._between(text, at, shown))
            )
        return "".join(shown)

    def close(self) -> str:
        """What was held back, once the call is over."""
        if self._plain is not None:
            return self._plain.close()
        rest = "".join(['"', *self._pieces] if self._pieces is not None else []) + self._cut
        self._pieces, self._cut = None, ""
        return rest

    def _between(self, text: str, at: int, shown: list[str]) -> int:
        found = _OUTSIDE.search(text, at)
        end = found.start() if found else len(text)
        word = text[at:end]
        if found is None:  # a number may go on
            last = max((m.end() for m in _SCALAR_END.finditer(word)), default=0)
            last = last if len(word) - last <= _LONGEST else len(word)
            word, self._cut = word[:last], word[last:]
        shown.append(self._scalars(word))
        if found is None:
            return len(text)
        sign = found.group()
        if sign == '"':
            self._pieces = []
            return found.end()
        if sign in "{[":
            self._boxes.append(_Box(self._field, sign == "{"))
            self._is_name = sign == "{"
            self._items = []
        elif sign in "}]":
            self._field = self._boxes.pop().field if self._boxes else ""
            self._is_name = False
        elif sign == ",":
            self._is_name = bool(self._boxes) and self._boxes[-1].is_object
        else:
            self._is_name = False
        shown.append(sign)
        return found.end()

    def _scalars(self, text: str) -> str:
        return self._values.pattern.sub(
            lambda match: match.group() if match.group()[0] in "<&\\" else (
                self._values.of(match.group())[0]
            ),
            text,
        ) if text else text  # fmt: skip

    def _string(self, text: str, at: int, shown: list[str]) -> int:
        assert self._pieces is not None
        found = _STRING_END.search(text, at)
        if found is None:
            self._pieces.append(text[at:])
            return len(text)
        if found.group() == "\\":  # the piece ends inside an escape
            self._pieces.append(text[at : found.start()])
            self._cut = "\\"
            return len(text)
        self._pieces.append(text[at : found.end()])
        if found.group() == '"':
            shown.append(self._restored("".join(['"', *self._pieces])))
            self._pieces = None
        return found.end()

    def _restored(self, written: str) -> str:
        """A whole JSON string with its values."""
        try:
            plain = json.loads(written, strict=False)
        except ValueError:
            return written
        if self._is_name:
            self._field = plain
            around: Surroundings = TextContext()
        else:
            around = self._around(plain)
            self._items.append(plain)
        new = self._put(plain, around)
        if new == plain:
            return written
        lone = any("\ud800" <= sign <= "\udfff" for sign in new)
        return json.dumps(new, ensure_ascii=lone)

    def _put(self, plain: str, around: Surroundings) -> str:
        inner: ArgumentsRestorer | Restorer
        if plain[:1] in {"{", "["} and self._depth < _DEEPEST and _is_json(plain):
            inner = ArgumentsRestorer(self._values, depth=self._depth + 1)
        else:
            inner = Restorer(self._values, around, whole_links=True)
        return inner.feed(plain) + inner.close()

    def _around(self, plain: str) -> Surroundings:
        """The language of a string, by its field and by the call of a shell that it is part of."""
        if self._boxes and not self._boxes[-1].is_object:
            items = self._items
            if items and _COMMAND_FLAG.fullmatch(items[-1]) and _SHELLS.fullmatch(items[0]):
                return ShellContext()
            return TextContext()
        return _language(self._field.lower(), plain)


def _language(field: str, text: str) -> Surroundings:
    if field in word_set("masking.shell_fields"):
        return ShellContext()
    if field in word_set("masking.code_fields"):
        return CodeContext()
    first = re.match(r"\s{0,99}([a-zA-Z]{1,20})\s", text)
    verb = first is not None and first[1].lower() in word_set("masking.sql_verbs")
    if field in word_set("masking.sql_fields") or (field == "query" and verb):
        return SqlContext()
    return TextContext()


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False
