"""Placeholders that keep the format of a value, for fields that take no other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from edgeroute.core.request import ChatRequest

EMAIL, PHONE, DATE, NUMBER, LINK = "email", "phone", "date", "number", "uri"
_FORMATS: Final = {
    "email": EMAIL, "idn-email": EMAIL, "phone": PHONE, "tel": PHONE, "date": DATE,
    "uri": LINK, "url": LINK, "uri-reference": LINK, "iri": LINK,
}  # fmt: skip
_TYPES: Final = {
    EMAIL: {"EMAIL_ADDRESS"}, PHONE: {"PHONE_NUMBER"}, DATE: {"DATE_OF_BIRTH"}, LINK: {"URL"},
}  # fmt: skip
_JSON_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d{0,17})(?:\.\d{1,9})?")
_NEAR: Final = 64  # spaces and breaks beside a number
_TRIES: Final = 1_000
_DEEPEST: Final = 64


def shaped(shape: str, value: str, number: int) -> Iterator[str]:
    """Texts of the format ``shape`` that stand for nobody, beginning with the ``number``-th."""
    for count in range(number, number + _TRIES):
        if shape == EMAIL:
            yield f"person{count}@example.com"
        elif shape == LINK:
            yield f"https://link{count}.example.com/"
        elif shape == PHONE and count < 100:
            yield f"+1202555{100 + count:04}"
        elif shape == DATE:
            yield f"{9000 + count // 336 % 999}-{count // 28 % 12 + 1:02}-{count % 28 + 1:02}"
        elif shape == NUMBER and _JSON_NUMBER.fullmatch(value):
            yield _number(value, count)


def _number(value: str, count: int) -> str:
    """A number of the length of ``value``: no phone, card or account has so few kinds of digits."""
    size = sum(map(str.isdigit, value))
    digits = iter(f"1{count:0{size - 1}b}" if size > 1 else "1")
    return "".join(next(digits, "0") if sign.isdigit() else sign for sign in value)


def is_bare_number(text: str, start: int, end: int) -> bool:
    """Whether ``[start, end)`` of a JSON text is a number outside of quotes."""
    before = text[max(0, start - _NEAR) : start].rstrip()[-1:]
    after = text[end : end + _NEAR].lstrip()[:1]
    whole = _JSON_NUMBER.fullmatch(text, start, end)
    return whole is not None and before in {":", "[", ","} and after in {",", "}", "]"}


def wanted(request: ChatRequest) -> Mapping[str, str]:
    """The format that the schemas of ``request`` ask for, by the type of value that it concerns."""
    found: set[str] = set()
    schemas = [tool.parameters for tool in request.tools]
    for schema in [*schemas, request.response_format or {}]:
        found.update(_formats(schema, 0))
    return {type_: shape for shape in sorted(found) for type_ in _TYPES.get(shape, ())}


def _formats(schema: Any, depth: int) -> Iterable[str]:
    if depth > _DEEPEST:
        return
    if isinstance(schema, Mapping):
        kind = schema.get("format")
        if isinstance(kind, str) and kind in _FORMATS:
            yield _FORMATS[kind]
        for item in schema.values():
            yield from _formats(item, depth + 1)
    elif isinstance(schema, list | tuple):
        for item in schema:
            yield from _formats(item, depth + 1)
