"""What a provider's error means for the next step.

Status codes alone do not tell: an empty account is a 429 here and a 400 there, and an error may
come inside an answer whose status said success. The words to tell them apart are listed below.
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

from edgeroute.core.errors import ErrorKind, ProviderError
from edgeroute.providers.catalog.provider import Provider
from edgeroute.providers.resilience.rate_limits import retry_after
from edgeroute.word_lists import one_of, word_set

_CODE_WORD: Final = re.compile(r"[A-Za-z]+(?:[_.][A-Za-z]+)*")
_PARAMETER: Final = re.compile(r"[A-Za-z_]+(?:\[\d+\])?(?:\.[A-Za-z_]+(?:\[\d+\])?)*")

_BILLING_TEXT: Final = re.compile(
    r"credit balance is too low|insufficient (?:balance|credit|funds)|out of credit|spend(?:ing)?"
    r" limit|usage limits? (?:has|have) been|exceeded your current quota|account .{0,30}arrears",
    re.IGNORECASE,
)
_AUTH_TEXT: Final = re.compile(
    r"incorrect api key|invalid api key|api key not valid|invalid x-api-key", re.IGNORECASE
)
_FILTER_TEXT: Final = re.compile(
    r"rejected as a result of our safety system|considered high risk|content management policy"
    r"|flagged by moderation|requires moderation",
    re.IGNORECASE,
)
_BASE_RESP: Final = {
    1001: ErrorKind.OUTAGE,
    1002: ErrorKind.RATE_LIMIT,
    1004: ErrorKind.AUTH,
    1008: ErrorKind.BILLING,
    1013: ErrorKind.OUTAGE,
    1026: ErrorKind.CONTENT_FILTER,
    1027: ErrorKind.CONTENT_FILTER,
    1039: ErrorKind.RATE_LIMIT,
    2013: ErrorKind.BAD_REQUEST,
}
# Z.ai's own codes inside a 429 (1113 stands for an empty balance).
_ZAI_CODES: Final = {
    "1110": ErrorKind.AUTH,
    "1111": ErrorKind.AUTH,
    "1112": ErrorKind.BILLING,
    "1113": ErrorKind.BILLING,
    "1121": ErrorKind.AUTH,
    "1301": ErrorKind.CONTENT_FILTER,
}
_SENTENCES: Final = {
    ErrorKind.AUTH: "{name} does not accept the key.",
    ErrorKind.BILLING: "The account at {name} has no credit left, or its spend limit is reached.",
    ErrorKind.RATE_LIMIT: "{name} asks for fewer requests for now.",
    ErrorKind.OUTAGE: "{name} has a fault of its own.",
    ErrorKind.CONTEXT: "The prompt is too long for this model of {name}.",
    ErrorKind.CONTENT_FILTER: "{name} refuses the content of the prompt.",
    ErrorKind.BAD_REQUEST: "{name} does not accept the request.",
    ErrorKind.UNKNOWN_MODEL: "{name} does not offer this model to you.",
}
_HINTS: Final = {
    ErrorKind.AUTH: "Check it with `edgeroute keys test {id}`.",
    ErrorKind.BILLING: "Add credit there, or remove the key with `edgeroute keys delete {id}`.",
    ErrorKind.CONTEXT: "Shorten the conversation, or choose a model with a larger window.",
    ErrorKind.CONTENT_FILTER: "Rephrase it; it is not sent elsewhere to get around that.",
}


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
    message = _SENTENCES[kind].format(name=provider.name)
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
        hint=_HINTS.get(kind, "").format(id=provider.id),
        word=word,
        parameter=parameter,
    )


def _parsed(body: bytes | Mapping[str, Any]) -> Any:
    if not isinstance(body, bytes):
        return body
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")


@cache
def _context_text() -> re.Pattern[str]:
    known = one_of("faults.context")
    return re.compile(rf"{known}|requested tokens \(\d+\) exceed", re.IGNORECASE)


def _kind(status: int | None, body: Any) -> ErrorKind:  # noqa: PLR0911 - one rule a line
    codes = {code.lower() for code in _codes(body)}
    text = _text(body)
    known = _own_code(body)
    if known:
        return known
    if codes & word_set("faults.billing_codes") and "in_flight_budget" not in codes:
        return ErrorKind.BILLING
    status = status or _inner_status(body)
    if codes & word_set("faults.filter_codes") or _FILTER_TEXT.search(text):
        return ErrorKind.CONTENT_FILTER
    if codes & word_set("faults.context_codes") or status == 413:
        return ErrorKind.CONTEXT
    if status is None or status in {400, 422}:
        if _context_text().search(text):
            return ErrorKind.CONTEXT
        if codes & word_set("faults.auth_codes") or _AUTH_TEXT.search(text):
            return ErrorKind.AUTH
    if (status is None or status < 500) and _BILLING_TEXT.search(text):
        return ErrorKind.BILLING
    if codes & word_set("faults.overload_codes"):
        return ErrorKind.OUTAGE
    if status in {429, 498} or codes & word_set("faults.limit_codes"):
        return ErrorKind.RATE_LIMIT
    return _by_status(status, codes)


def _by_status(status: int | None, codes: set[str]) -> ErrorKind:
    if status in {401, 403} or (status is None and codes & word_set("faults.auth_codes")):
        return ErrorKind.AUTH
    if status == 402:
        return ErrorKind.BILLING
    if status == 404 or codes & word_set("faults.model_codes"):
        return ErrorKind.UNKNOWN_MODEL
    if status is None or status in {408, 499} or status >= 500:
        return ErrorKind.OUTAGE
    return ErrorKind.BAD_REQUEST


def _own_code(body: Any) -> ErrorKind | None:
    """MiniMax's and Z.ai's numbered errors."""
    if not isinstance(body, Mapping):
        return None
    base = body.get("base_resp")
    if isinstance(base, Mapping) and isinstance(base.get("status_code"), int):
        return _BASE_RESP.get(base["status_code"], ErrorKind.OUTAGE)
    error = body.get("error")
    code = error.get("code") if isinstance(error, Mapping) else None
    return _ZAI_CODES.get(code) if isinstance(code, str) else None


def _inner_status(body: Any) -> int | None:
    """The status inside an error that came with a status of success (OpenRouter, Gemini)."""
    error = body.get("error") if isinstance(body, Mapping) else None
    code = error.get("code") if isinstance(error, Mapping) else None
    return code if isinstance(code, int) and 400 <= code < 600 else None


def _codes(body: Any, depth: int = 0) -> Iterator[str]:
    """Every code word of an error, wherever the provider puts it."""
    if depth > 6:
        return
    if isinstance(body, Mapping):
        for key, value in list(body.items())[:50]:
            if isinstance(value, str):
                if str(key).lower() in word_set("faults.code_fields") and _CODE_WORD.fullmatch(
                    value
                ):
                    yield value
            else:
                yield from _codes(value, depth + 1)
    elif isinstance(body, list):
        for value in body[:20]:
            yield from _codes(value, depth + 1)


def _text(body: Any, depth: int = 0) -> str:
    """All sentences of an error, for matching only: never shown."""
    if depth > 6:
        return ""
    if isinstance(body, str):
        return body[:4000]
    if isinstance(body, Mapping):
        return "\n".join(_text(value, depth + 1) for value in list(body.values())[:50])
    if isinstance(body, list):
        return "\n".join(_text(value, depth + 1) for value in body[:20])
    return ""


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
