"""JSON values of a request, masked string by string."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from edgeroute.privacy.inspecting.media import is_sealed
from edgeroute.wire import capsule


def is_kept(text: str) -> bool:
    """Whether a string of a caller's body is data, which is never masked: it goes out as it is, or
    the request does not.
    """
    return is_sealed(text, 64) or capsule.unseal(text) is not None or text.startswith("data:")


def masked_source(
    value: Any, masked: Callable[[str], str], number: Callable[[str], str], key: str = ""
) -> Any:
    """A caller's own body, masked where the same request in our nouns is."""
    if isinstance(value, str):
        if is_kept(value):
            return value
        return masked_arguments(value, masked, number) if key == "arguments" else masked(value)
    if isinstance(value, Mapping):
        return {
            name: masked_source(item, masked, number, name)
            if name != "input" or isinstance(item, str | list)
            else masked_value(item, masked, number)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [masked_source(item, masked, number, key) for item in value]
    return value


def masked_arguments(
    arguments: str, masked: Callable[[str], str], number: Callable[[str], str]
) -> str:
    """A call's arguments with masked strings, written as they were where that is possible."""
    written = masked(arguments)
    try:
        new = masked_value(json.loads(arguments), masked, number)
    except ValueError:
        return written
    for text in (arguments, written):
        with suppress(ValueError):
            if json.loads(text) == new:
                return text
    return json.dumps(new, ensure_ascii=False)


def masked_value(
    value: Any, masked: Callable[[str], str], number: Callable[[str], str] | None = None
) -> Any:
    """``value`` with masked strings, and masked numbers where ``number`` is given."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {key: masked_value(item, masked, number) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked_value(item, masked, number) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool) and number is not None:
        written = number(json.dumps(value))
        return value if written.startswith("<") else json.loads(written)
    return value


def strings(value: Any) -> Iterable[str]:
    """Every string in a JSON value, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)
