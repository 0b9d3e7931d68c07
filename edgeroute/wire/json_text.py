"""The one place where bodies become bytes, and bytes from other parties become values."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from edgeroute.wire.errors import WireError


def dump_text(value: object) -> str:
    """Compact JSON text, keys in the order in which they were built."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def dump(body: Mapping[str, Any]) -> bytes:
    """The bytes of a body: the same body always gives the same bytes."""
    return dump_text(body).encode("utf-8", "replace")


def load(data: str | bytes) -> Any:
    """Parse JSON from another party. Lone surrogates become U+FFFD.

    Raises:
        WireError: not JSON, or nested too deeply.
    """
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise WireError("The JSON is nested too deeply.") from None
    except ValueError as error:
        raise WireError(f"The JSON cannot be read: {_where(error)}.") from None
    return _scrub(value) if "\\ud" in text or "\\uD" in text else value


def load_object(data: str | bytes) -> Mapping[str, Any]:
    """Parse a JSON object from another party.

    Raises:
        WireError: not JSON, or not an object.
    """
    value = load(data)
    if not isinstance(value, dict):
        raise WireError("The JSON must be an object.")
    return value


def _where(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at position {error.pos}"
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 at position {error.start}"
    return "a number is out of range"


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):  # nobody could be told such a number in JSON again
        raise ValueError(text)
    return value


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_scrub(item) for item in value]
    if isinstance(value, dict):
        return {_scrub(key): _scrub(item) for key, item in value.items()}
    return value
