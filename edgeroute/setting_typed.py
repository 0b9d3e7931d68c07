"""A setting as it was typed: what kind it is of, and what is wrong with it in a sentence. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, Final, get_args, get_origin, get_type_hints

import msgspec

from edgeroute.core.display import safe_line
from edgeroute.core.errors import SettingsError, UnknownName, WrongValue
from edgeroute.settings import ALL_SETTINGS, Settings
from edgeroute.settings_fields import choices, kind, struct_in

_LONGEST: Final = 60
_MISSING: Final = re.compile(r"missing required field `(\w+)`")


def meaning(steps: Sequence[str], typed: str) -> Any:
    """What was ``typed`` for the key of these ``steps``: TOML where it is TOML, else text."""
    try:
        value = tomllib.loads(f"value = {typed}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return typed
    # Digits may name a model: where one plain text is taken, anything is one.
    return typed if _hint(steps) is str and not isinstance(value, str) else value


def mistake(steps: Sequence[str], typed: str, error: SettingsError) -> SettingsError:
    """The error about what was ``typed`` for the key of these ``steps``; ``error`` is what was said
    of the settings file with it in.
    """
    key = safe_line(".".join(steps), _LONGEST)
    hint = _hint(steps)
    if hint is None:
        return _unknown(steps)
    if (table := struct_in(hint)) is not None:
        name = msgspec.structs.fields(table)[0].name
        inner = f"NAME.{name}" if get_origin(hint) is dict else name
        return WrongValue(f"`{key}` is a table; a setting in it is `{key}.{inner}`.", ALL_SETTINGS)
    try:
        msgspec.convert(meaning(steps, typed), hint)
    except msgspec.ValidationError:
        return WrongValue(f"`{key}` {_takes(hint)}, not `{safe_line(typed, _LONGEST)}`.")
    if missing := _MISSING.search(error.sentence):
        first = ".".join((*steps[:-1], missing[1]))
        return WrongValue(
            f"`{key}` needs `{first}`.", f"Set that first: `edgeroute config set {first} ...`"
        )
    return WrongValue(error.sentence, error.hint)


def _takes(hint: Any) -> str:
    """What a setting of the type ``hint`` may be."""
    if few := choices(hint):
        bare = [one if one == '""' else one.strip('"') for one in few]
        return f"is one of {', '.join(bare)}"
    words = kind(hint)
    return f"takes {words}" if words == "text" else f"takes a {words}"


def _unknown(steps: Sequence[str]) -> UnknownName:
    """Nothing is called so: say what may have been meant, or what there is."""
    at = next(n for n in range(len(steps)) if _hint(steps[: n + 1]) is None)
    table = struct_in(_hint(steps[:at]))
    known = [field.name for field in msgspec.structs.fields(table)] if table else []
    close = [".".join((*steps[:at], one)) for one in get_close_matches(steps[at], known, 1)]
    near = f" Did you mean `{safe_line(close[0], _LONGEST)}`?" if close else ""
    here = f"Known here: {', '.join(known)}. " if known and not close else ""
    key = safe_line(".".join(steps), _LONGEST)
    return UnknownName(f"There is no setting `{key}`.{near}", hint=f"{here}{ALL_SETTINGS}")


def _hint(steps: Sequence[str]) -> Any:
    """The type of what the key of these ``steps`` names; None where there is no such key."""
    hint: Any = Settings
    for step in steps:
        if get_origin(hint) is dict:
            hint = get_args(hint)[1]
        elif isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            hint = get_type_hints(hint, include_extras=True).get(step)
        else:
            return None
    return hint
