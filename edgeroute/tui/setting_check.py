"""Settings of the chat app that only it can judge: the names of themes, and the keys of actions."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Final

from edgeroute.core.errors import SettingsError, WrongValue
from edgeroute.core.names import unknown

_KEYS: Final = "chat.keys"


def check_setting(key: str, value: str, keys: Mapping[str, str]) -> None:
    """Refuse a theme that there is not, and keys with which the app would not start.

    ``keys`` are the user's own, of which ``key`` may be one more.

    Raises:
        UnknownName, WrongValue: with what there is, or what to do.
    """
    plain = value.strip("\"'")
    if key == "chat.theme":
        _check_theme(plain)
    elif key == _KEYS:
        _check_keys(_table(value))
    elif key.startswith(f"{_KEYS}."):
        _check_keys({**keys, key.removeprefix(f"{_KEYS}."): plain})


def _check_theme(name: str) -> None:
    from textual.theme import BUILTIN_THEMES  # noqa: PLC0415 - plain mode starts without Textual

    from edgeroute.tui.theme import OURS  # noqa: PLC0415

    themes = [*(one.name for one in OURS), *BUILTIN_THEMES]
    if name not in {"", *themes}:
        raise unknown("theme", name, themes)


def _check_keys(keys: Mapping[str, str]) -> None:
    from edgeroute.tui.keymap import keys_with  # noqa: PLC0415

    try:
        keys_with(keys)
    except SettingsError as error:
        raise WrongValue(error.sentence, error.hint) from error


def _table(value: str) -> dict[str, str]:
    """The inline table ``value``; empty where it is none, of which others tell."""
    try:
        table = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return {}
    return {k: v for k, v in table.items() if isinstance(v, str)} if isinstance(table, dict) else {}
