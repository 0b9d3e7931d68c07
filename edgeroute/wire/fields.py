"""Reading untrusted JSON: every getter gives a value of the wanted type, or its empty value;
and the error that a body may carry although its status said success.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from edgeroute.wire.errors import WireError, WireFault

Json = Mapping[str, Any]
_ABSURD = 10**12


def mapping(value: object) -> Json:
    """``value`` if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: object) -> Sequence[Any]:
    """``value`` if it is a list, else an empty one."""
    return value if isinstance(value, list | tuple) else ()


def mappings(value: object) -> list[Json]:
    """The objects in the list ``value``."""
    return [item for item in sequence(value) if isinstance(item, Mapping)]


def string(value: object) -> str:
    """``value`` if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def model_name(body: Json) -> str:
    """The model that ``body`` asks for, ``auto`` where it names none.

    Raises:
        WireError: it is no text. A wish that cannot be read must not pass for none.
    """
    value = body.get("model")
    if not isinstance(value, str | None):
        raise WireError("model must be a text.")
    return value or "auto"


def count(value: object) -> int:
    """``value`` as a count of tokens; 0 where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value) if 0 <= value < _ABSURD else 0


def number(value: object, name: str) -> float | None:
    """``value`` as an optional number.

    Raises:
        WireError: it is something else.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WireError(f"{name} must be a number.")
    return value


def integer(value: object, name: str) -> int | None:
    """``value`` as an optional whole number.

    Raises:
        WireError: it is something else.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise WireError(f"{name} must be a whole number.")
    return value


def strings(value: object, name: str) -> tuple[str, ...]:
    """``value`` (one string, a list of them, or nothing) as strings.

    Raises:
        WireError: it is something else.
    """
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise WireError(f"{name} must be a string or a list of strings.")


def need_list(body: Json, name: str) -> list[Any]:
    """The list ``body[name]``, which must be there and not be empty.

    Raises:
        WireError: it is missing or something else.
    """
    value = body.get(name)
    if not isinstance(value, list) or not value:
        raise WireError(f"{name} must be a list with at least one entry.")
    return value


def given(**values: object) -> dict[str, Any]:
    """The ``values`` that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def raise_if_fault(body: Json) -> None:
    """Raise if ``body`` is, or carries, an error.

    Raises:
        WireFault: ``error`` as an object or a text, MiniMax's ``base_resp``, or an error object.
    """
    error = body.get("error")
    if error:
        raise WireFault(body, message_of(error))
    base = mapping(body.get("base_resp"))
    if base.get("status_code") not in (None, 0):
        raise WireFault(body, string(base.get("status_msg")))
    if "error" in (body.get("object"), body.get("type")):
        raise WireFault(body, message_of(body))
    if "detail" in body and not {"choices", "output", "content"} & body.keys():
        raise WireFault(body, str(body["detail"]))


def message_of(error: object) -> str:
    """The sentence of an error object or text."""
    if isinstance(error, str):
        return error
    found = mapping(error)
    return string(found.get("message")) or string(found.get("code")) or "unnamed error"
