"""The paths that a tool call names, and the folder that a client says it works in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from edgeroute.core.messages import FolderLabel, Message, Text, ToolCall
from edgeroute.privacy.inspecting.folders import Folders
from edgeroute.privacy.inspecting.json_texts import OBJECTS, KeyValues, nested
from edgeroute.privacy.inspecting.verdict_cache import digest
from edgeroute.word_lists import one_of, word_set

_MOST_JUDGED: Final = 50_000  # calls
_MOST: Final = 20_000  # characters of a text in which a client says where it works
_LONGEST: Final = 1_000  # characters of a path
_QUOTED: Final = re.compile(r"\"([^\"\n]{1,1000})\"|'([^'\n]{1,1000})'")
_WORD: Final = re.compile(r"(?:\\.|[^\s\\\"'`;|&<>()=,])+")
_FILE: Final = re.compile(r"[\w-][\w.-]{0,200}\.(?=\w{0,8}[^\W\d_])\w{1,8}")
_ABSOLUTE: Final = ("/", "~", "./", "../", "file://", "$HOME", "${HOME}")


class CallLabels:
    """Labels the results of a request's tool calls by the paths that the calls name."""

    def __init__(self, folders: Folders, messages: Iterable[Message]) -> None:
        self._folders = folders
        self._labels: dict[str, FolderLabel] = {}
        self._bases = list(_bases(messages)) if folders else []

    def see(self, call: ToolCall) -> None:
        """Remember what ``call`` names."""
        if not self._folders:
            return
        label = self._judged(call)
        if self._labels.get(call.id) != "private":
            self._labels[call.id] = label

    def ending(self, call: str) -> str:
        """What the origin of the result of ``call`` ends with; a call that is not there may have
        named anything.
        """
        label = self._labels.get(call, self._folders.may_be_private)
        return f" {label}" if label else ""

    def _judged(self, call: ToolCall) -> FolderLabel:
        """The label of ``call``, as it was when it was first seen: a link may be moved later."""
        known = self._folders.judged
        key = digest("\0".join((call.id, call.arguments, *self._bases)))
        label = known.get(key)
        if label is None:
            if len(known) >= _MOST_JUDGED:
                known.clear()
            label = known.setdefault(key, self._of(call.arguments))
        return label

    def _of(self, arguments: str) -> FolderLabel:
        value = nested(arguments)
        if value is None:
            found, folders, runs = list(_in_command(arguments)), list[str](), True
        else:
            read = _Arguments()
            read.value("", value)
            found, folders, runs = read.paths, read.folders, read.runs
        bases = folders or self._bases
        labels = [self._folders.label(path, bases) for path in found]
        # A command reads where it runs, whatever it names.
        labels += [
            self._folders.label(base, self._bases, above=False)
            for base in (bases if runs or folders else ())
        ]
        if "private" in labels:
            return "private"
        return "code" if labels and all(label == "code" for label in labels) else ""


def named_in(messages: Iterable[Message]) -> Iterator[str]:
    """The paths from the root or the user's own folder that texts and tool calls name."""
    for message in messages:
        for part in message.parts:
            if isinstance(part, ToolCall):
                read = _Arguments()
                read.value("", nested(part.arguments))
                found: Iterable[str] = (*read.paths, *read.folders)
            elif isinstance(part, Text) and message.role == "user":
                found = _in_command(part.text[:_MOST])
            else:
                continue
            yield from (path for path in found if path.startswith(("/", "~/")))


class _Arguments:
    """Collects the paths in a call's arguments."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.folders: list[str] = []
        self.runs = False

    def value(self, key: str, value: Any) -> None:
        """Read ``value``, which stands under ``key``."""
        if isinstance(value, str):
            self._text(key, value)
        elif isinstance(value, OBJECTS):
            for name, item in value if isinstance(value, KeyValues) else _items(value):
                self.value(re.sub(r"[\W_]", "", str(name)).casefold(), item)
        elif isinstance(value, list | tuple):
            if key in word_set("paths.commands") and all(isinstance(one, str) for one in value):
                self._text(key, " ".join(value))
            for item in value:
                self.value("" if key in word_set("paths.commands") else key, item)

    def _text(self, key: str, text: str) -> None:
        if key in word_set("paths.folders"):
            self.folders.append(text)
        elif key in word_set("paths.keys"):
            if "://" not in text or text.startswith("file://"):
                self.paths.append(text)
        elif key in word_set("paths.commands"):
            self.runs = True
            self.paths += _in_command(text)
        elif len(text) <= _LONGEST and text.startswith(_ABSOLUTE) and "\n" not in text:
            self.paths.append(text)


def _items(value: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    return value.items()


def _in_command(command: str) -> Iterator[str]:
    """What in a command may be a path: quoted texts, and words with a slash or a file's ending."""
    quoted = (match[1] or match[2] for match in _QUOTED.finditer(command))
    plain = (re.sub(r"\\(.)", r"\1", match.group()) for match in _WORD.finditer(command))
    for text in (*quoted, *plain):
        if "://" in text and not text.startswith("file://"):
            continue
        if len(text) <= _LONGEST and (
            "/" in text
            or text.startswith(_ABSOLUTE)
            or text in {".", ".."}
            or _FILE.fullmatch(text)
        ):
            yield text


def _bases(messages: Iterable[Message]) -> Iterator[str]:
    """The folders that the client says it works in: as far as a space, and to the line's end.

    Where a path with spaces ends is not known, so each of its ways is tried.
    """
    for message in messages:
        if message.role not in {"system", "user"}:
            continue
        for part in message.parts:
            if isinstance(part, Text):
                for match in _said().finditer(part.text[:_MOST]):
                    rest = match[1].rstrip(" .")
                    yield from dict.fromkeys((rest.split()[0].rstrip(".,;)"), rest))


@cache
def _said() -> re.Pattern[str]:
    words = one_of("paths.said", gap=r"[\s_]?")
    return re.compile(
        rf"(?<!\w){words}[^\n/~\w]{{0,20}}((?:/|~/)[^\n\"'`<>]{{0,1000}})", re.IGNORECASE
    )
