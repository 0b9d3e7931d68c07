"""JSON: the one place where bodies become bytes, and bytes from other parties become values.

Untrusted values are read by getters that give the wanted type or its empty value, or raise.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import msgspec

from edgeroute.core.request import Sampling
from edgeroute.wire.errors import WireError, WireFault

Json = Mapping[str, Any]
_ABSURD = 10**12
_DEPTH = 128
_TOP_FIELDS = 200  # no format has fifty
_OBJECT_FIELDS = 2_000
_FIELDS = 100_000
_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder()
_OBJECTS = (dict, Mapping)
_CONTENT_KEYS = frozenset({"arguments", "input", "input_schema", "parameters", "schema"})


def mapping(value: object) -> Json:
    """``value`` if it is an object, else an empty one."""
    # Most of what is asked for is not there, and only for what is, abstract types are looked into.
    return value if value is not None and isinstance(value, _OBJECTS) else {}


def sequence(value: object) -> Sequence[Any]:
    """``value`` if it is a list, else an empty one."""
    return value if isinstance(value, (list, tuple)) else ()


def mappings(value: object) -> list[Json]:
    """The objects in the list ``value``."""
    if value is None:
        return []
    return [item for item in sequence(value) if isinstance(item, _OBJECTS)]


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


def flag(value: object, name: str, *, unsaid: bool = False) -> bool:
    """``value`` as an optional yes or no.

    Raises:
        WireError: it is something else.
    """
    if not isinstance(value, bool | None):
        raise WireError(f"{name} must be true or false.")
    return unsaid if value is None else value


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
    """``value`` as an optional whole number; ``4096.0`` is one.

    Raises:
        WireError: it is something else.
    """
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
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


def sampling(body: Json, limit: str, *, stop: str = "", seed: str = "") -> Sampling:
    """How the answer is to be drawn; ``limit``, ``stop`` and ``seed`` are the format's fields, if
    it has them.

    Raises:
        WireError: a value is of the wrong type.
    """
    return Sampling(
        temperature=number(body.get("temperature"), "temperature"),
        top_p=number(body.get("top_p"), "top_p"),
        max_output_tokens=_limit(body.get(limit), limit),
        stop=strings(body.get(stop) if stop else None, stop),
        seed=integer(body.get(seed) if seed else None, seed),
    )


def _limit(value: object, name: str) -> int | None:
    """A limit of tokens; -1 and -2 are local servers' words for none."""
    limit = integer(value, name)
    if limit in {-1, -2}:
        return None
    if limit is not None and limit < 1:
        raise WireError(f"{name} must be 1 or more.")
    return limit


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


def dump_text(value: object) -> str:
    """Compact JSON text, keys in the order in which they were built. Halves of signs stay."""
    try:
        return _ENCODER.encode(value).decode()
    except UnicodeEncodeError:
        return _dumped(value)


def dump(body: Mapping[str, Any]) -> bytes:
    """The bytes of a body: the same body always gives the same bytes."""
    try:
        return _ENCODER.encode(body)
    except UnicodeEncodeError:
        return _dumped(body).encode("utf-8", "replace")


def dump_piece(body: Mapping[str, Any]) -> bytes:
    """The bytes of an event of which the next one may hold the other half of a sign."""
    try:
        return _ENCODER.encode(body)
    except UnicodeEncodeError:
        return _dumped(body).encode("utf-8", "backslashreplace")


def _dumped(value: object) -> str:
    """What the quick encoder refuses: texts that hold half of a sign."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def load(data: str | bytes) -> Any:
    """Parse JSON from another party. Lone surrogates become U+FFFD.

    Raises:
        WireError: not JSON, or nested too deeply.
    """
    try:
        return _DECODER.decode(data)
    except (ValueError, RecursionError):  # it refuses halves of signs, too
        value = _slowly(data)
    return scrub(value) if has_surrogates(data) else value


def load_piece(data: str) -> Json:
    """Parse one event of a stream, which may end in the midst of a sign: surrogates stay.

    Raises:
        WireError: not JSON, or not an object.
    """
    return _object(_parsed(data))


def has_surrogates(data: str | bytes) -> bool:
    """Whether JSON text writes a sign, or half of one, as surrogates."""
    if isinstance(data, bytes):
        return b"\\ud" in data or b"\\uD" in data
    return "\\ud" in data or "\\uD" in data


def _parsed(data: str | bytes) -> Any:
    try:
        return _DECODER.decode(data)
    except (ValueError, RecursionError):  # it refuses halves of signs, too
        return _slowly(data)


def _slowly(data: str | bytes) -> Any:
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        return json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise WireError("The JSON is nested too deeply.") from None
    except ValueError as error:
        raise WireError(f"The JSON cannot be read: {_where(error)}.") from None


def load_object(data: str | bytes) -> Mapping[str, Any]:
    """Parse a JSON object from another party.

    Raises:
        WireError: not JSON, or not an object.
    """
    return _object(load(data))


def _object(value: Any) -> Json:
    if not isinstance(value, dict):
        raise WireError("The JSON must be an object.")
    return value


def load_body(data: str | bytes) -> Mapping[str, Any]:
    """Parse a caller's JSON object, and refuse what would occupy the privacy check for nothing.

    Raises:
        WireError: not JSON, not an object, nested too deeply, or with too many fields.
    """
    body = load_object(data)
    if len(body) > _TOP_FIELDS:
        raise WireError(f"The body has more than {_TOP_FIELDS} fields.")
    fields = 0
    level: list[tuple[Any, bool]] = [(body, False)]
    for _ in range(_DEPTH):
        below: list[tuple[Any, bool]] = []
        for value, content in level:
            if isinstance(value, dict):
                fields += len(value)
                if fields > _FIELDS or (len(value) > _OBJECT_FIELDS and not content):
                    raise WireError("The JSON has an object with too many fields.")
                below += (
                    (item, content or name in _CONTENT_KEYS)
                    for name, item in value.items()
                    if isinstance(item, dict | list)
                )
            else:
                below += ((item, content) for item in value if isinstance(item, dict | list))
        if not below:
            return body
        level = below
    raise WireError("The JSON is nested too deeply.")


def _where(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.removesuffix(' at')} at position {error.pos}"
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


def scrub(value: Any) -> Any:
    """``value`` with the halves of signs joined; halves alone become U+FFFD."""
    if isinstance(value, str):
        if value.isascii():
            return value
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [scrub(item) for item in value]
    if isinstance(value, dict):
        return {scrub(key): scrub(item) for key, item in value.items()}
    return value
