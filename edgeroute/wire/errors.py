"""Bodies that do not follow a wire format, and errors inside answers that said success."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from edgeroute.core.errors import OVERFLOW, EdgeRouteError
from edgeroute.word_lists import one_of

_SENTENCE: Final = 1_000
_COUNT: Final = re.compile(r"\b\d{1,3}(?:,\d{3}){1,3}\b|\b\d{3,9}\b")


class WireError(EdgeRouteError):
    """Bytes or a body that do not follow the wire format.

    From a caller it is a bad request, from a provider an answer that cannot be used.
    """

    exit_code = 2
    http_status = 400
    code = "invalid_request"


class WireFault(Exception):
    """A provider reports an error inside an answer whose status said success.

    ``body`` is the provider's own object, ``message`` its sentence: hostile text that may
    quote the prompt.
    """

    def __init__(self, body: Mapping[str, Any], message: str) -> None:
        super().__init__(message)
        self.body = body
        self.message = message


def says_overflow(text: str) -> bool:
    """Whether the sentence of an error says that the prompt is too long for the model."""
    return _overflow().search(text) is not None


def counts_in(text: str) -> tuple[int, ...]:
    """The numbers in the sentence of an error, which may be counts of tokens."""
    return tuple(int(digits.replace(",", "")) for digits in _COUNT.findall(text[:_SENTENCE]))


def overflow_in_openais_words(error: EdgeRouteError) -> str:
    """The sentence for people; of a prompt that is too long in the words that clients look for."""
    told = error.rejection
    if not told.tokens or told.code != OVERFLOW.code:
        return str(error)
    return (
        f"This model's maximum context length is {told.window} tokens. However, your messages"
        f" resulted in {told.tokens} tokens. {error}"
    )


@cache
def _overflow() -> re.Pattern[str]:
    sentences = one_of("faults.context")
    return re.compile(rf"{sentences}|requested tokens \(\d+\) exceed", re.IGNORECASE)
