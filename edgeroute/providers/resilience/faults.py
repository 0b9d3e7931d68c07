"""What a provider's error means for the next step.

Status codes alone do not tell: an empty account is a 429 here and a 400 there, and an error may
come inside an answer whose status said success. The words to tell them apart are
listed in rules/tables/provider-errors.yaml and rules/words/faults.yaml.
Sentences for people are our own; of the provider's they carry code words only, since its text may
quote the prompt or the key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

import msgspec

from edgeroute.core.errors import ErrorKind, ProviderError
from edgeroute.datafile import table
from edgeroute.providers.catalog.provider import Provider
from edgeroute.providers.resilience.rate_limits import retry_after
from edgeroute.wire.errors import counts_in, says_overflow
from edgeroute.word_lists import one_of, word_set

_CODE_WORD: Final = re.compile(r"[A-Za-z]+(?:[_.][A-Za-z]+)*")
_PARAMETER: Final = re.compile(r"[A-Za-z_]+(?:\[\d+\])?(?:\.[A-Za-z_]+(?:\[\d+\])?)*")


class _Sign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How providers tell one kind of error, and what a person is told of it."""

    says: str
    hint: str = ""
    codes: frozenset[str] = frozenset()
    minimax: frozenset[int] = frozenset()
    zai: frozenset[str] = frozenset()


@cache
def _signs() -> dict[ErrorKind, _Sign]:
    return table("provider-errors", dict[ErrorKind, _Sign])


def classify(
    provider: Provider,
    status: int | None,
    headers: Mapping[str, str],
    body: bytes | Mapping[str, Any],
    *,
    sent: int,
    now: datetime,
) -> ProviderError:
    """The error that an error answer stands for.

    ``status`` is ``None`` for an error inside an answer whose status said success. ``headers`` has
    names in lower case, ``sent`` counts the request's bytes.
    """
    parsed = _parsed(body)
    kind = _kind(status, parsed)
    word, parameter = _blame(parsed)
    words = _shown(parsed, parameter if kind is ErrorKind.BAD_REQUEST else "")
    # A bad request inside a success has the status that it should have had.
    implied = 400 if kind is ErrorKind.BAD_REQUEST else None
    sign = _signs()[kind]
    message = sign.says.format(name=provider.name)
    if words:
        message = f"{message[:-1]} ({', '.join(words)})."
    return ProviderError(
        kind,
        provider.id,
        message,
        status=status or _inner_status(parsed) or implied,
        retry_after=retry_after(headers, parsed, now),
        bytes_sent=sent,
        transient=status not in {501, 505},
        hint=sign.hint.format(id=provider.id),
        word=word,
        parameter=parameter,
        counts=_counts(parsed) if kind is ErrorKind.CONTEXT else (),
    )


def _counts(body: Any) -> tuple[int, ...]:
    """The numbers of the sentence that says that the prompt is too long."""
    found = (counts_in(said) for _, said in _strings(body) if says_overflow(said))
    return next(found, ())


def _parsed(body: bytes | Mapping[str, Any]) -> Any:
    if not isinstance(body, bytes):
        return body
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")


@cache
def _sentences(name: str, *more: str) -> re.Pattern[str]:
    """A pattern for the sentences of a list, and for ``more`` that need one of their own."""
    return re.compile("|".join((one_of(name), *more)), re.IGNORECASE)


def _kind(status: int | None, body: Any) -> ErrorKind:  # noqa: PLR0911 - one rule a line
    codes = {code.lower() for code in _codes(body)}
    named = {kind for kind, sign in _signs().items() if codes & sign.codes}
    # For matching only: never shown.
    text = "\n".join(said[:4000] for _, said in _strings(body))
    known = _own_code(body)
    if known:
        return known
    if ErrorKind.BILLING in named and "in_flight_budget" not in codes:
        return ErrorKind.BILLING
    status = status or _inner_status(body)
    if ErrorKind.CONTENT_FILTER in named or _sentences("faults.filter").search(text):
        return ErrorKind.CONTENT_FILTER
    if ErrorKind.CONTEXT in named or status == 413:
        return ErrorKind.CONTEXT
    if status is None or status in {400, 422}:
        if says_overflow(text):
            return ErrorKind.CONTEXT
        if ErrorKind.AUTH in named or _sentences("faults.key").search(text):
            return ErrorKind.AUTH
    unpaid = _sentences("faults.billing", r"account .{0,30}arrears")
    if (status is None or status < 500) and unpaid.search(text):
        return ErrorKind.BILLING
    if ErrorKind.OUTAGE in named:
        return ErrorKind.OUTAGE
    if ErrorKind.RATE_LIMIT in named or status in {429, 498}:
        return ErrorKind.RATE_LIMIT
    return _by_status(status, named)


def _by_status(status: int | None, named: set[ErrorKind]) -> ErrorKind:
    if status in {401, 403} or (status is None and ErrorKind.AUTH in named):
        return ErrorKind.AUTH
    if status == 402:
        return ErrorKind.BILLING
    if status == 404 or ErrorKind.UNKNOWN_MODEL in named:
        return ErrorKind.UNKNOWN_MODEL
    if status is None or status in {408, 499} or status >= 500:
        return ErrorKind.OUTAGE
    return ErrorKind.BAD_REQUEST


def _own_code(body: Any) -> ErrorKind | None:
    """MiniMax's and Z.ai's numbered errors."""
    base = body.get("base_resp") if isinstance(body, Mapping) else None
    number = base.get("status_code") if isinstance(base, Mapping) else None
    if isinstance(number, int):
        found = (kind for kind, sign in _signs().items() if number in sign.minimax)
        return next(found, ErrorKind.OUTAGE)
    code = _code(body)
    return next((kind for kind, sign in _signs().items() if code in sign.zai), None)


def _inner_status(body: Any) -> int | None:
    """The status inside an error that came with a status of success (OpenRouter, Gemini)."""
    code = _code(body)
    return code if isinstance(code, int) and 400 <= code < 600 else None


def _code(body: Any) -> str | int | None:
    """The code that the error itself names."""
    error = body.get("error") if isinstance(body, Mapping) else None
    code = error.get("code") if isinstance(error, Mapping) else None
    return code if isinstance(code, str | int) else None


def _strings(body: Any, key: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every string of an error, after the key under which it stands."""
    if isinstance(body, str):
        yield key, body
    elif isinstance(body, Mapping) and depth <= 6:
        for name, value in list(body.items())[:50]:
            yield from _strings(value, str(name).lower(), depth + 1)
    elif isinstance(body, list) and depth <= 6:
        for value in body[:20]:
            yield from _strings(value, "", depth + 1)


def _codes(body: Any) -> Iterator[str]:
    """Every code word of an error, wherever the provider puts it."""
    keys = word_set("faults.code_keys")
    return (word for key, word in _strings(body) if key in keys and _CODE_WORD.fullmatch(word))


def _shown(body: Any, parameter: str) -> list[str]:
    """The code words that a person may see, the most telling first."""
    words = [word for word in dict.fromkeys(_codes(body)) if len(word) <= 40 and word != "error"]
    return [*words, *filter(None, [parameter])][:3]


def _blame(body: Any) -> tuple[str, str]:
    """The code and the parameter that the provider names, as far as they are mere names."""
    error = body.get("error", body) if isinstance(body, Mapping) else None
    found = error if isinstance(error, Mapping) else {}
    named = ((found.get("code"), _CODE_WORD, 40), (found.get("param"), _PARAMETER, 60))
    word, parameter = (
        value if isinstance(value, str) and len(value) <= most and name.fullmatch(value) else ""
        for value, name, most in named
    )
    return word, parameter
