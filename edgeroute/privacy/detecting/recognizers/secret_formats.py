"""Secrets that their own form gives away, or the form of what holds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.recognizers.secret_values import (
    Strength,
    counts_on,
    from_base64,
    is_placeholder,
    pieces,
    strength,
)
from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.word_lists import pattern_list

_EDGE: Final = r"(?<![A-Za-z0-9_])"
_END: Final = r"(?![A-Za-z0-9_])"
_VENDOR: Final = compiled(f"{_EDGE}(?:{'|'.join(pattern_list('secrets'))}){_END}")
_KEY_NAME: Final = r"(?:[A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?|OpenVPN Static key V1)-----"
_PRIVATE_KEY: Final = compiled(
    rf"-----BEGIN {_KEY_NAME}(?=(?P<body>[^-]{{0,200}}))(?:[^-]{{0,8000}}-----END {_KEY_NAME})?"
    r"|PuTTY-User-Key-File-\d(?=(?P<putty>[^\n]{0,80}))"
)
_NAMED: Final = compiled(r"(?:[a-z]{1,8}\d{0,3}-){3,12}[a-z]{1,8}\d{0,3}")  # of an algorithm
_BLOB: Final = compiled(r"[A-Za-z0-9+/]{24}")
_JWT: Final = compiled(
    _EDGE
    + r"ey[JI][A-Za-z0-9_-]{10,2000}\.ey[JI][A-Za-z0-9_-]{8,4000}(?:\.[A-Za-z0-9_-]{10,2000})?"
)
# A user and a password as a head of the web has them: Authorization: Basic YWRhOm1vb24=
_BASIC: Final = compiled(
    r"\bbasic[ \t]{1,3}(?P<value>[A-Za-z0-9+/]{8,200}={0,2})(?![\w+/=])", re.IGNORECASE
)
_USER: Final = re.compile(r"[!-9;-~]{1,64}:(?P<value>[!-~]{4,128})")
_ADDRESS: Final = compiled(
    r"://([^\s:/@'\"<>`\[\]{}]{0,64}):(?P<value>[^\s/'\"<>`](?:[^\s/<>`]{0,126}[^\s/'\"<>`])?)@(?P<host>[\w.\[\]%-]{1,128})"
)
# A server on this machine that the code itself begins, at a port that it puts in later.
_BEGUN_HERE: Final = compiled(r"(?:127\.0\.0\.1|0\.0\.0\.0|\[::1\]|localhost):(?:%|\$?\{|#\{)")
_DATA: Final = compiled(r"[A-Za-z0-9+/]{0,200}")
_DATA_MOST: Final = 300  # characters of a run of base64 that a token may stand in


def by_form(page: Page) -> Iterator[Hit]:
    """Private keys, tokens of vendors, JSON web tokens and addresses with a password."""
    text = page.text
    if "-----BEGIN" in text or "PuTTY-User" in text:
        for match in _PRIVATE_KEY.finditer(text):
            body = match["body"] if match["body"] is not None else "ppk"
            if body == "ppk" or _BLOB.search(body):
                yield Hit("SECRET", *match.span(), 0.99, pattern="private key")
    for match in _VENDOR.finditer(text):
        if _is_token(match.group()) and not _in_data(text, *match.span()):
            yield Hit("SECRET", *match.span(), 0.95, pattern="vendor")
    for match in _JWT.finditer(text) if "ey" in text else ():
        token = match.group()
        if not (is_placeholder(token) or is_placeholder(token[-40:])):
            yield Hit("SECRET", *match.span(), 0.9, pattern="jwt")
    yield from _basic(text)
    for match in _ADDRESS.finditer(text) if "://" in text else ():
        value = match["value"].rpartition("@")[2] if "@" in match["value"] else match["value"]
        if page.form.is_code and (counts_on(value) or _BEGUN_HERE.match(text, match.start("host"))):
            continue
        if _opens(match["value"], match[1]) and not is_placeholder(match["host"] + value):
            yield Hit("SECRET", *match.span("value"), 0.9, pattern="address")


def by_place(page: Page) -> Iterator[Hit]:
    """What stands where a file format or a command has its secret."""
    for pattern, least in _places():
        for match in pattern.finditer(page.lower):
            value = page.text[match.start("value") : match.end("value")]
            if page.form.is_code and counts_on(value):
                continue
            if strength(value, quoted=True) >= least and not set(pieces(value)) <= set(
                pieces(match.group()[: match.start("value") - match.start()])
            ):
                yield Hit("SECRET", *match.span("value"), 0.8, pattern="place")


@cache
def _places() -> tuple[tuple[re.Pattern[str], Strength], ...]:
    """Patterns with the least strength that what they hold must have."""
    return tuple(
        (compiled(pattern, re.MULTILINE), least)
        for file, least in (
            (pattern_list("secret_forms"), Strength.WORD),
            (pattern_list("secret_commands"), Strength.FAIR),
        )
        for pattern in file
    )


def _basic(text: str) -> Iterator[Hit]:
    """Passwords of a head of the web, which stand in base64 after their user."""
    for match in _BASIC.finditer(text) if "asic " in text else ():
        user = _USER.fullmatch(from_base64(match["value"]))
        if user is not None and not is_placeholder(user["value"]):
            yield Hit("SECRET", *match.span("value"), 0.9, pattern="basic")


def _is_token(value: str) -> bool:
    """Whether a match of a vendor's format is no stand-in and no name that only starts as it."""
    if is_placeholder(value) or _NAMED.fullmatch(value):
        return False
    body = re.sub(r"^[A-Za-z0-9]{1,12}[_.-]", "", value)
    return len(set(body)) >= 8 and any(one.isdigit() or one.isupper() for one in body[4:])


def _in_data(text: str, start: int, end: int) -> bool:
    """Whether ``[start, end)`` is a part of a long run of base64, a picture for instance."""
    if not (text[start - 1 : start] in {"+", "/"} or text[end : end + 1] in {"+", "/", "="}):
        return False
    before = text[max(0, start - 200) : start]
    run = len(before) - len(
        before.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    )
    after = _DATA.match(text, end)
    return run + (after.end() - start if after else 0) > _DATA_MOST - 200


def _opens(value: str, user: str) -> bool:
    """Whether ``value`` is the password of an address: a word of its own, not what it is called."""
    found = strength(value, quoted=True)
    return found >= Strength.FAIR or (
        found is Strength.WORD and len(value) >= 6 and value.lower() != user.lower()
    )
