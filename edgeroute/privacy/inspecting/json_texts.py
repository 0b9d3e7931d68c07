"""The texts in a JSON value: what a detector has to read so that no word of it goes unread.

The inspector (before the bytes are built) and the gate (in the bytes) use the same cut, so that a
text which the inspector has read costs the gate a look into the cache.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from edgeroute.word_lists import word_set

MAX_DEPTH: Final = 100
_LONG: Final = 200  # characters; a longer string is a text of its own
_PIECE: Final = 4_000  # characters; short strings are read together up to this length
_NUMBER: Final = 6  # digits; shorter numbers outside a tool call identify nobody

# Values under these keys are texts of their own: a call's arguments, a schema.
OWN_KEYS: Final = frozenset({"arguments", "input", "input_schema", "parameters", "schema"})


class KeyValues(tuple[tuple[str, Any], ...]):
    """A JSON object as it was written, doubled keys included."""

    __slots__ = ()


OBJECTS: Final = (KeyValues, dict, Mapping)
_CONTAINERS: Final = (*OBJECTS, list, tuple)


def parse(text: str) -> Any:
    """The JSON value in ``text``; objects become ``KeyValues``, so that no doubled key hides.

    Raises:
        ValueError: not JSON, or nested too deeply.
    """
    try:
        return json.loads(text, object_pairs_hook=KeyValues)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def nested(text: str) -> Any:
    """The JSON object or array that ``text`` holds, or None where it is any other text."""
    if not text[:64].lstrip().startswith(("{", "[")):
        return None
    try:
        return parse(text)
    except ValueError:
        return None


def texts(value: Any, *, all_numbers: bool = False) -> list[str]:
    """The texts to read in a JSON value: every key, string and number but words of the formats.

    ``all_numbers`` reads short numbers too: those of a tool call are the user's.

    Raises:
        ValueError: nested too deeply.
    """
    reader = _JsonReader(all_numbers=all_numbers)
    reader.read("", value, 0)
    return list(reader.pieces())


def body_parts(body: Mapping[str, Any] | KeyValues) -> Iterator[KeyValues]:
    """A body, message by message and tool by tool; what is no list comes in one part."""
    rest: list[tuple[str, Any]] = []
    for key, value in body if isinstance(body, KeyValues) else body.items():
        if isinstance(value, list):
            rest.append((key, None))
            yield from (KeyValues([(key, item)]) for item in value)
        else:
            rest.append((key, value))
    if rest:
        yield KeyValues(rest)


def argument_texts(arguments: str) -> list[str]:
    """The texts in a tool call's arguments: as written, and once more with escapes resolved."""
    value = nested(arguments)
    return [arguments] if value is None else [arguments, *texts(value, all_numbers=True)]


class _JsonReader:
    """Collects long strings one by one and short ones in lines of ``key: value``."""

    def __init__(self, *, all_numbers: bool) -> None:
        self._all_numbers = all_numbers
        self._words = word_set("json_fields.words")
        self._text_keys = word_set("json_fields.text_keys")
        self._id_keys = word_set("json_fields.machine_keys")
        self._makers = word_set("attribution.fields")  # who is named there is so by this key
        self._whole: list[str] = []
        self._lines: list[str] = []

    def read(self, key: str, value: Any, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise ValueError("nested too deeply")
        if isinstance(value, str):
            self._string(key, value)
        elif isinstance(value, OBJECTS):
            for name, item in value if isinstance(value, KeyValues) else value.items():
                self._member(str(name), item, depth)
        elif isinstance(value, (list, tuple)):
            for item in value:
                self.read(key, item, depth + 1)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            digits = repr(value)
            if self._all_numbers or len(digits) >= _NUMBER:
                self._lines.append(_line(key, digits))
            else:
                self._key(key)
        else:
            self._key(key)

    def _member(self, name: str, item: Any, depth: int) -> None:
        if isinstance(item, _CONTAINERS):
            self._key(name)
            if name in OWN_KEYS:
                self._whole += texts(item, all_numbers=name in {"arguments", "input"})
                return
        self.read(name, item, depth + 1)

    def _string(self, key: str, value: str) -> None:
        if value in self._words or not value:
            self._key(key)
        elif len(value) > _LONG or key in self._text_keys:
            self._whole.append(_line(key, value) if key in self._makers else value)
            self._key(key)
        else:
            self._lines.append(value if key in self._id_keys else _line(key, value))
        inner = nested(value)
        if inner is not None:
            self._whole += texts(inner, all_numbers=True)

    def _key(self, key: str) -> None:
        """Read a key whose value is not read in the same line."""
        if (
            key
            and key not in self._words
            and key not in self._id_keys
            and key not in self._lines[-1:]
        ):
            self._lines.append(key)

    def pieces(self) -> Iterator[str]:
        yield from self._whole
        piece: list[str] = []
        size = 0
        for line in self._lines:
            if piece and size + len(line) > _PIECE:
                yield "\n".join(piece)
                piece, size = [], 0
            piece.append(line)
            size += len(line) + 1
        if piece:
            yield "\n".join(piece)


def _line(key: str, value: str) -> str:
    return f"{key}: {value}" if key else value
