"""YAML data files: read, validated against a schema, with file and line in every error.

Packaged data lies in ``models/`` and ``rules/``; a user's own files of the same name stand beside
them and win by id.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import yaml

from edgeroute.core.errors import SettingsError

T = TypeVar("T")

_PACKAGE: Final = Path(__file__).resolve().parent
_PATH_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_UNKNOWN_KEY: Final = re.compile(r"unknown field `(.+)`")
MAX_BYTES: Final = 4 * 1024 * 1024
_MAX_DEPTH: Final = 60
_MAX_ALIASES: Final = 100


@cache
def packaged(folder: str) -> Path:
    """The folder ``models`` or ``rules`` that was shipped with this program."""
    inside = _PACKAGE / "data" / folder
    return inside if inside.is_dir() else _PACKAGE.parent / folder


def data_files(folder: str, own: Path | None = None, suffix: str = ".yaml") -> Iterator[Path]:
    """The packaged files of ``folder`` and the user's ``own``, the user's winning by file name."""
    found = {path.name: path for path in sorted(packaged(folder).glob(f"*{suffix}"))}
    if own is not None and own.is_dir():
        found |= {path.name: path for path in sorted(own.glob(f"*{suffix}"))}
    yield from found.values()


def data_file(folder: str, name: str, own: Path | None = None) -> Path:
    """The user's file ``name`` if there is one, else the packaged file."""
    # Asked with every request: pathlib would take several times as long.
    if own is not None and os.path.isfile(mine := os.path.join(own, name)):  # noqa: PTH113, PTH118
        return Path(mine)
    return packaged(folder) / name


def table(name: str, schema: type[T]) -> T:
    """A table of ``rules/tables``, which is shipped with this program and no user's to change."""
    return load(packaged("rules") / "tables" / f"{name}.yaml", schema)


def load(path: Path, schema: type[T]) -> T:
    """The content of ``path`` as a ``schema`` (a msgspec type).

    Raises:
        SettingsError: unreadable, not YAML, or not what the schema expects, with file and line.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"cannot be read ({error.strerror}).", file=str(path)) from error
    if len(data) > MAX_BYTES:
        raise SettingsError("is larger than 4 MiB, which no data file needs.", file=str(path))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError("is not UTF-8 text.", file=str(path)) from error
    own = any(path.is_relative_to(packaged(folder)) for folder in ("rules", "models"))
    return parse(text, schema, str(path), trusted=own)


def parse(text: str, schema: type[T], file: str, *, trusted: bool = False) -> T:
    """``text`` as a ``schema``; ``file`` is named in errors, ``trusted`` one was shipped with us.

    Raises:
        SettingsError: not YAML, or not what the schema expects, with file and line.
    """
    try:
        node = compose(text, trusted=trusted)
        content = yaml.CSafeLoader("").construct_document(node) if node else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "is not valid YAML"
        line = mark.line + 1 if mark else 0
        raise SettingsError(f"not valid YAML: {what}.", file=file, line=line) from error
    try:
        return msgspec.convert(content, schema)
    except msgspec.ValidationError as error:
        message, path = split_validation_error(error)
        line = line_of(node, path) if node else 1
        about = f"This is about `{path.removeprefix('$.')}`." if path != "$" else ""
        hint = expected(schema, message, path) or about
        raise SettingsError(f"{message}.", file=file, line=line, hint=hint) from error


def compose(text: str, *, trusted: bool = False) -> yaml.Node | None:
    """The nodes of ``text``; ``trusted`` is what was shipped with this program.

    Raises:
        yaml.YAMLError: not YAML, or what only an attack needs: nested deeply, aliases by hundreds.
    """
    if not trusted:
        _refuse_bombs(text)
    node: yaml.Node | None = yaml.compose(text, Loader=yaml.CSafeLoader)
    return node


def _refuse_bombs(text: str) -> None:
    """Refuse what takes the composer down, which calls itself for each level, or never ends."""
    aliases = 0
    anchored: list[bool] = []  # of each open collection, whether it or one around it has a name
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            anchored.append(event.anchor is not None or anchored[-1:] == [True])
        elif isinstance(event, yaml.CollectionEndEvent):
            anchored.pop()
        elif isinstance(event, yaml.AliasEvent):
            aliases += _MAX_ALIASES if anchored[-1:] == [True] else 1
        if len(anchored) > _MAX_DEPTH or aliases >= _MAX_ALIASES:
            mark: Any = event.start_mark
            what = "nested too deeply, or too many aliases"
            raise yaml.MarkedYAMLError(problem=what, problem_mark=mark)


def mistake(path: Path, where: str, message: str) -> SettingsError:
    """An error about the value at ``where`` (a path such as ``$.models[0].id``) of a YAML file
    that fits its schema but does not make sense.
    """
    node = compose(path.read_text("utf-8"))
    return SettingsError(message, file=str(path), line=line_of(node, where) if node else 1)


def split_validation_error(error: msgspec.ValidationError) -> tuple[str, str]:
    """What a validation error says and the path it speaks of, an unknown key included."""
    message, _, path = str(error).partition(" - at `")
    path = path.rstrip("`") or "$"
    unknown = _UNKNOWN_KEY.search(message)
    return message, f"{path}.{unknown.group(1)}" if unknown else path


def expected(schema: Any, message: str, path: str) -> str:
    """What a ``schema`` knows at the ``path`` that a validation error speaks of: the keys that may
    have been meant, or the values that there are. Empty where that is neither.
    """
    unknown = _UNKNOWN_KEY.search(message)
    if unknown is None:
        values = choices(schema, path)
        return f"`{path.rpartition('.')[2]}` is one of: {', '.join(values)}." if values else ""
    kind = _kind_at(schema, path.rpartition(".")[0])
    if not isinstance(kind, msgspec.inspect.StructType):
        return ""
    fields = [field.encode_name for field in kind.fields]
    close = get_close_matches(unknown.group(1), fields, 1)
    return f"Did you mean `{close[0]}`?" if close else f"Known here: {', '.join(fields)}."


def choices(schema: Any, path: str) -> tuple[str, ...]:
    """The values that ``path`` (such as ``$.router.tier``) of a ``schema`` may have; empty where
    they are not counted.
    """
    kind = _kind_at(schema, path)
    if isinstance(kind, msgspec.inspect.LiteralType):
        return tuple(str(value) or '""' for value in kind.values)
    if isinstance(kind, msgspec.inspect.EnumType):
        return tuple(str(one.value) for one in kind.cls)
    return ("true", "false") if isinstance(kind, msgspec.inspect.BoolType) else ()


def _kind_at(schema: Any, path: str) -> Any:
    """The type at ``path`` of a ``schema``, without None; None where it has no such place."""
    kind = _not_none(msgspec.inspect.type_info(schema))
    for name, _ in _PATH_STEP.findall(path):
        if isinstance(kind, msgspec.inspect.StructType):
            kind = next((f.type for f in kind.fields if f.encode_name == name), None)
        elif isinstance(kind, msgspec.inspect.ListType | msgspec.inspect.VarTupleType):
            kind = kind.item_type
        elif isinstance(kind, msgspec.inspect.DictType):
            kind = kind.value_type
        kind = _not_none(kind)
    return kind


def _not_none(kind: Any) -> Any:
    if not isinstance(kind, msgspec.inspect.UnionType):
        return kind
    return next((k for k in kind.types if not isinstance(k, msgspec.inspect.NoneType)), kind)


def line_of(node: yaml.Node, path: str) -> int:
    """The line (from 1) of the value at a msgspec ``path`` such as ``$.routing.rules[0].model``."""
    for match in _PATH_STEP.finditer(path):
        name, index = match.group(1), match.group(2)
        following: yaml.Node | None = None
        if name is not None and isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == name), None)
            if pair is None:
                break
            if match.end() == len(path):
                return int(pair[0].start_mark.line) + 1
            following = pair[1]
        elif index is not None and isinstance(node, yaml.SequenceNode) and index.isdigit():
            following = node.value[int(index)] if int(index) < len(node.value) else None
        elif index == "..." and isinstance(node, yaml.MappingNode) and node.value:
            following = node.value[0][1]
        if following is None:
            break
        node = following
    return int(node.start_mark.line) + 1
