"""Published example values: who asks here learns that a value is nobody's.

They are data (rules/tables/dummies.yaml). A dummy is found once in a page, with its place, so that
no finder takes a part of it for something else.
"""

from __future__ import annotations

import ipaddress
import re
from functools import cache
from itertools import islice
from typing import Final

import msgspec

from edgeroute.core.patterns import compiled
from edgeroute.datafile import table
from edgeroute.word_lists import alternatives, split

_SIGN: Final = r"[ .:()/-]{0,2}"
_SIGNS: Final = compiled(r"[^a-z0-9]")
_MAIL: Final = compiled(
    r"(?<![\w.+%'-])(?P<user>[\w.+%'-]{1,64})@(?P<domain>(?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,24})(?![\w@])"
)
_IPV4: Final = compiled(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]\w)")
_LOCATOR: Final = compiled(r"://\S{0,80}$")
_FEW: Final = 4
_BEGUN: Final = 12  # signs of a value that is known by its beginning
_FIGURE: Final = compiled(r"\d")
_ACCOUNTS: Final = ("accounts_of_the_registry", "accounts_of_guides")
_ACCOUNT: Final = compiled(r"^[A-Z]{2}\d\d(?:.*[A-Z])?(\d{8,26})$")
_COUNTING: Final = frozenset(
    row[:length]
    for row in ("1234567890123456", "0123456789", "9876543210")
    for length in range(4, 17)
)
# What is found by its own name and never because of how it looks.
_ALWAYS: Final = "ALWAYS_PRIVATE"


class _Dummies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table, as it explains itself."""

    domains: dict[str, str]
    ends: str
    networks: str
    values: dict[str, str]
    templates: dict[str, str]
    phones: dict[str, str]


def is_dummy_domain(domain: str) -> bool:
    """Whether mail to ``domain`` reaches nobody."""
    domains, ends = _domains()
    return domain in domains or f".{domain}".endswith(ends)


def is_dummy(value: str) -> bool:
    """Whether all of ``value`` is a published example value, whatever its signs and case."""
    value = value.lower().strip(" \t\n'\"`.,;:()[]{}<>")
    mail = _MAIL.fullmatch(value)
    if mail is not None:
        return is_dummy_domain(mail["domain"])
    return (
        _SIGNS.sub("", value) in _values()
        or _SIGNS.sub("", value)[4:] in _values()
        or _numbers().fullmatch(value) is not None
        or (_IPV4.fullmatch(value) is not None and _is_documentation(value))
    )


def is_begun(value: str) -> bool:
    """Whether ``value``, without signs, is a published example value that ends too soon."""
    return len(value) >= _BEGUN and any(one.startswith(value.lower()) for one in _values())


def is_unfilled(value: str) -> bool:
    """Whether the digits of ``value`` only show where a number goes: 00000000, 0000001, 1234567."""
    digits = "".join(c for c in value if c.isdigit())
    if len(set(digits[:-1])) < 2 or set(digits[1:]) == {"0"}:
        return True
    return digits in _COUNTING or digits[:-1] in _COUNTING  # and a check digit


def spans(text: str) -> list[tuple[int, int]]:
    """Where dummies are in the lower-case ``text``, in its order for each kind."""
    found = []
    if _has_figures(text) or _lettered().search(text):
        found += [match.span() for match in _numbers().finditer(text)]
    if "@" in text:
        found += [
            match.span()
            for match in _MAIL.finditer(text)
            if is_dummy_domain(match["domain"]) and not _LOCATOR.search(text, 0, match.start())
        ]
    found += [m.span() for m in _IPV4.finditer(text) if _is_documentation(m.group())]
    return found


def claims(dummies: list[tuple[int, int]], text: str, type_: str, start: int, end: int) -> bool:
    """Whether a finding of ``type_`` at ``[start, end)`` of ``text`` is only a dummy or its part.

    A word that a pattern took along at either side does not make it more; a number does. A secret
    must be a dummy itself: one that stands inside an example address is still a secret.
    """
    if type_ == _ALWAYS or not dummies:
        return False
    if type_ == "SECRET":
        return is_dummy(text[start:end])
    touched = sorted((first, last) for first, last in dummies if first < end and start < last)
    if not touched:
        return False
    place, around = start, []
    for first, last in touched:
        around.append(text[place:first])
        place = max(place, last)
    around.append(text[place:end])
    return not any(len(part) > _TAKEN_ALONG or _has_digit(part) for part in around)


_TAKEN_ALONG: Final = 16  # characters


def _has_digit(text: str) -> bool:
    return any(c.isdigit() for c in text)


@cache
def _table() -> _Dummies:
    return table("dummies", _Dummies)


@cache
def _domains() -> tuple[frozenset[str], tuple[str, ...]]:
    listed = _table()
    return (
        frozenset(domain for group in listed.domains.values() for domain in split(group)),
        tuple(split(listed.ends)),
    )


@cache
def _values() -> frozenset[str]:
    groups = _table().values
    found = {value.lower() for group in groups.values() for value in split(group)}
    # An account is told without its country and bank, too.
    international = (one for name in _ACCOUNTS for one in split(groups[name]))
    return frozenset(found.union(*map(_ACCOUNT.findall, international)))


@cache
def _networks() -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(network) for network in split(_table().networks))


def _is_documentation(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in _networks())


def _has_figures(text: str) -> bool:
    return len(list(islice(_FIGURE.finditer(text), _FEW))) == _FEW


@cache
def _lettered() -> re.Pattern[str]:
    """The values with few figures. The pattern of all values takes a tenth of a second to be made,
    so it is made for texts that may hold one.
    """
    few = [value for value in _values() if sum(map(str.isdigit, value)) < _FEW]
    return compiled(alternatives(map(_spaced, few), gap=_SIGN))


@cache
def _numbers() -> re.Pattern[str]:
    """Every value, template and telephone number, with the usual signs anywhere in it."""
    listed = _table()
    written = [_spaced(value) for value in _values()]
    # In a template a hyphen is a sign that must be there; alternatives() gives both their pattern.
    templates = [one for group in listed.templates.values() for one in split(group)]
    exact = alternatives(written, gap=_SIGN)
    shaped = "|".join(_shape(one) for one in templates)
    phones = "|".join(
        rf"(?:(?:\+|00)?{code}{_SIGN}(?:\(?0\)?{_SIGN})?|\(?0)?"
        rf"(?:{'|'.join(_shape(one) for one in split(group))})"
        for code, group in listed.phones.items()
    )
    local = r"555[ .-]?01\d\d"
    # An account of an example has other check digits where a check is to fail.
    country = r"(?:[a-z]{2}\d\d[ ]?)?"
    return compiled(
        rf"(?<![a-z0-9])(?:{country}(?:{exact})|{shaped}|\+?\(?(?:{phones})|{local})(?![a-z0-9])"
    )


def _spaced(value: str) -> str:
    return " ".join(value)


def _shape(template: str) -> str:
    """A template as a pattern: ``x`` is a digit, signs may stand anywhere, a hyphen must."""
    parts = [_SIGN.join(r"\d" if c == "x" else c for c in part) for part in template.split("-")]
    return r"[ .()/-]{1,2}".join(parts)
