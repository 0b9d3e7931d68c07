"""Whether an answer keeps to the JSON schema that was asked for.

Schema and answer are both foreign, so the work is bounded: patterns run in linear time, no
reference leaves the schema, and what is nested too deeply or would branch too often is not judged.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

_ANY_OBJECT: Final[Mapping[str, object]] = {"type": "object"}
_DEEPEST: Final = 100  # the library's own recursion has no limit on what it reads
_MOST_WORK: Final = 10_000  # subschemas that are tried at most, each branch counted
_PATTERN_BYTES: Final = 1_000_000


def mismatch(text: str, schema: Mapping[str, object]) -> str | None:
    """The sentence that says where ``text`` breaks ``schema``; empty where it keeps to it.

    ``None`` where nobody can tell: the schema does not compile, refers to something outside
    itself, or asks for more work than is done. An empty schema stands for any object. The sentence
    quotes the schema, never the answer.
    """
    try:
        value = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        return None
    except ValueError:
        return "It is not JSON."
    wanted = dict(schema or _ANY_OBJECT)
    depth = _depth(value)
    if depth > _DEEPEST or _work(wanted, depth) > _MOST_WORK:
        return None
    return _broken(value, wanted)


def _broken(value: Any, schema: dict[str, Any]) -> str | None:
    import jsonschema_rs  # noqa: PLC0415 - only where a schema is asked for

    linear = jsonschema_rs.RegexOptions(size_limit=_PATTERN_BYTES, dfa_size_limit=_PATTERN_BYTES)
    try:
        validator = jsonschema_rs.validator_for(schema, offline=True, pattern_options=linear)
        error = next(validator.iter_errors(value), None)
    except (ValueError, TypeError, RecursionError, jsonschema_rs.ReferencingError):
        return None  # also where the schema is none, or a text is not Unicode
    if error is None:
        return ""
    if error.kind.name == "required":
        return f"It does not keep to the schema: `{error.kind.as_dict()['property']}` is missing."
    place = "/".join(map(str, error.schema_path))
    return f"It does not keep to the schema: `{place}` does not hold."


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        yield from node.values()
    elif isinstance(node, list):
        yield from node


def _depth(value: Any) -> int:
    """How deeply ``value`` is nested, counted without recursion."""
    depth, level = 0, [value]
    while level:
        level = [child for node in level for child in _children(node)]
        depth += 1
    return depth


def _work(schema: dict[str, Any], depth: int) -> float:
    """How many subschemas a value of ``depth`` may be held against.

    References are followed: twenty definitions that name the next one twice are a million. One
    that comes back to itself is followed once for each level of the value.
    """
    counted: dict[int, tuple[float, float]] = {}

    def paths(node: Any) -> tuple[float, float]:
        """All paths from ``node`` downwards, and those among them that come back."""
        if id(node) in counted:
            return counted[id(node)]
        counted[id(node)] = (1, 1)  # whoever comes here before it is counted has come back
        below = [paths(child) for child in _children(node) if isinstance(child, dict | list)]
        below += [paths(target) for target in _targets(schema, node)]
        found = (1 + sum(one for one, _ in below), sum(back for _, back in below))
        counted[id(node)] = found
        return found

    try:
        every, back = paths(schema)
        return every * max(back, 1) ** depth
    except (LookupError, TypeError, ValueError, OverflowError, RecursionError):
        return math.inf


def _targets(schema: dict[str, Any], node: Any) -> Iterator[Any]:
    """What ``node`` refers to.

    Raises:
        LookupError, TypeError, ValueError: something that is not a place in ``schema``.
    """
    if not isinstance(node, dict):
        return
    if node is not schema and isinstance(node.get("$id"), str):
        raise LookupError(node["$id"])  # places below it are counted from here
    for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
        reference = node.get(keyword)
        if not isinstance(reference, str):
            continue
        if reference != "#" and not reference.startswith("#/"):
            raise LookupError(reference)
        target: Any = schema
        for part in unquote(reference).split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            target = target[int(key)] if isinstance(target, list) else target[key]
        yield target
