"""The settings as a list: each with its kind, its help, its value and where that comes from. Pure.

The page of the reference and the screen of the chat app are both made of it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from edgeroute.settings import Settings


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting. ``key`` is dotted, as in config.toml; ``value`` and ``default`` are as there.

    ``kind`` says in words what it takes, ``choices`` are all that it takes where they are few.
    ``own`` says that the user's file sets it. ``text`` is true for one plain text.
    """

    key: str
    kind: str
    help: str
    value: str
    default: str
    own: bool = False
    choices: tuple[str, ...] = ()
    text: bool = False

    @property
    def group(self) -> str:
        """The table that it stands in."""
        return self.key.rpartition(".")[0]

    @property
    def origin(self) -> str:
        """Where its value comes from."""
        return "config.toml" if self.own else "default"


def setting_fields(settings: Settings, file: str) -> Sequence[SettingField]:
    """Every setting with its value; ``file`` is the text of the user's config.toml."""
    try:
        own = tomllib.loads(file)
    except (tomllib.TOMLDecodeError, RecursionError):
        own = {}
    return [*_fields(settings, own, "")]


def fields_of_file(settings: Settings, file: Path) -> Sequence[SettingField]:
    """Every setting with its value; ``file`` is the user's config.toml, there or not."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    return setting_fields(settings, text)


def _fields(table: Any, own: Any, prefix: str) -> Iterator[SettingField]:
    hints = get_type_hints(type(table), include_extras=True)
    inner: list[tuple[str, Any, Any]] = []
    for field in msgspec.structs.fields(table):
        value, hint = getattr(table, field.name), hints[field.name]
        found = own.get(field.name) if isinstance(own, Mapping) else None
        name = f"{prefix}{field.name}"
        if struct_in(hint) is None:
            yield SettingField(
                key=name,
                kind=kind(hint),
                help=help_of(type(table), field.name),
                value=toml(msgspec.to_builtins(value)),
                default="" if field.required else toml(default(field)),
                own=found is not None,
                choices=choices(hint),
                text=hint is str,
            )
        elif isinstance(value, dict):
            given = found if isinstance(found, Mapping) else {}
            inner += [(f"{name}.{_step(each)}.", value[each], given.get(each)) for each in value]
        else:
            inner.append((f"{name}.", value, found))
    for name, value, found in inner:
        yield from _fields(value, found, name)


def _step(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)


def struct_in(hint: Any) -> Any:
    """The table that a setting is, or a mapping of; ``None`` for a plain value."""
    inner = get_args(hint)[1] if get_origin(hint) is dict else hint
    return inner if isinstance(inner, type) and issubclass(inner, msgspec.Struct) else None


def default(field: Any) -> Any:
    """The default of a field, in plain values."""
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return msgspec.to_builtins(field.default)


def toml(value: Any) -> str:
    """``value`` as it stands in config.toml."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{_step(str(key))} = {toml(one)}" for key, one in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    # JSON's texts, numbers, booleans and lists of them are TOML's.
    return json.dumps(value, ensure_ascii=False)


def choices(hint: Any) -> tuple[str, ...]:
    """All values of ``hint`` where they are few."""
    if hint is bool:
        return ("true", "false")
    if get_origin(hint) not in {None, list, dict, Annotated}:
        return tuple(json.dumps(value) for value in get_args(hint))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return tuple(json.dumps(value) for value in hint)
    return ()


def kind(hint: Any) -> str:
    """What ``hint`` takes, in words."""
    if get_origin(hint) is Annotated:
        inner, meta = get_args(hint)
        least = "" if meta.ge is None else f" from {meta.ge:g}"
        most = "" if meta.le is None else f" to {meta.le:g}"
        return f"{meta.description or kind(inner)}{least}{most}"
    if get_origin(hint) in {list, dict}:
        inner = kind(get_args(hint)[-1])
        return f"list of {inner}" if get_origin(hint) is list else f"table of {inner}"
    if hint is bool:
        return "`true` or `false`"
    if few := choices(hint):
        return ", ".join(f"`{value}`" for value in few)
    return {str: "text", int: "whole number", float: "number"}[hint]


def help_of(table: Any, name: str) -> str:
    """What the table's own words say of its setting ``name``; all of them where none names it."""
    text = " ".join((table.__doc__ or "").split())
    sentences = re.split(r"(?<=[.:]) (?=[A-Z`])", text)
    named = [one for one in sentences if f"``{name}``" in one]
    return " ".join(named or sentences).replace("``", "`")
