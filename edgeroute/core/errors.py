"""Every error that a caller can act on.

::

    EdgeRouteError            a sentence, and what to do next
    ├── SettingsError         a setting or a data file is wrong: file, line, what is expected
    │   ├── UnknownName       nothing is called so: a provider, a policy, a rule, a program
    │   └── WrongValue        a setting was given what it does not take
    ├── PrivacyRefused        it may not leave, and nothing here can answer
    ├── NothingAnswered       every candidate failed
    ├── ProviderError         a managed API failed; ``kind`` says what that means for the next step
    ├── UnknownModel          no model has the name that was asked for
    ├── LocalModelError       the local model is missing, broken or too small
    ├── KeyringUnavailable    no keyring, or it does not answer
    ├── BudgetReached         a budget is used up and the settings say to ask
    ├── StoreError            the local database cannot be read or written
    └── Cancelled             the user stopped it

Programming mistakes raise builtins and are never caught here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar, Final


class ErrorKind(StrEnum):
    """What a provider's failure means for retry, failover and breaker."""

    AUTH = "auth"
    BILLING = "billing"
    RATE_LIMIT = "rate_limit"
    OUTAGE = "outage"
    CONTEXT = "context"
    CONTENT_FILTER = "content_filter"
    BAD_REQUEST = "bad_request"
    UNKNOWN_MODEL = "unknown_model"
    CANCELLED = "cancelled"
    NO_KEY = "no_key"


@dataclass(frozen=True, slots=True)
class Rejection:
    """How a caller of the endpoint is told of an error: HTTP status, code word and, where one is
    known, the parameter of the request that is to blame.

    ``retry_after`` is in seconds. ``lasts`` says that it does not pass by itself: a bad key, no
    credit. ``tokens`` and ``window`` are those of a prompt that is too long; 0 where unknown.
    """

    status: int
    code: str
    parameter: str = ""
    retry_after: float | None = None
    lasts: bool = False
    tokens: int = 0
    window: int = 0

    @property
    def blames_caller(self) -> bool:
        """Whether the caller, not this side, must change something first."""
        return 400 <= self.status < 500 and self.status != TOO_MANY.status


OVERFLOW: Final = Rejection(400, "context_length_exceeded")
TOO_MANY: Final = Rejection(429, "rate_limit_exceeded")


class EdgeRouteError(Exception):
    """A failure with a sentence for people and, in ``hint``, what to do next.

    ``rejection`` is by default made of the class's own ``http_status`` and ``code``. ``recorded``
    is what records say of it: another sentence where ``message`` holds words of others, which may
    quote the prompt.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    code: ClassVar[str] = "failed"

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        rejection: Rejection | None = None,
        recorded: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.recorded = recorded or message
        self.hint = hint
        self.rejection = rejection or Rejection(self.http_status, self.code)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class SettingsError(EdgeRouteError):
    """A setting, a rule or a data file is wrong. ``line`` counts from 1; 0 is the whole file.

    ``sentence`` is the message without its place, ``more`` are further mistakes in the same file.
    """

    exit_code = 1
    code = "invalid_settings"
    more: tuple[SettingsError, ...] = ()

    def __init__(self, message: str, *, file: str = "", line: int = 0, hint: str = "") -> None:
        place = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(f"{place}{message}", hint)
        self.sentence = message
        self.file = file
        self.line = line


class UnknownName(SettingsError):
    """Nothing has the name that was typed; the sentence says what may have been meant."""

    exit_code = 2


class WrongValue(SettingsError):
    """A setting was given what it does not take; the sentence says what it takes."""

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)


class PrivacyRefused(EdgeRouteError):
    """The prompt must stay on this machine and nothing here can answer it."""

    exit_code = 3
    http_status = 403
    code = "privacy_refused"


class NothingAnswered(EdgeRouteError):
    """Every candidate was tried and failed."""

    exit_code = 4
    http_status = 503
    code = "nothing_answered"


class ProviderError(EdgeRouteError):
    """A managed API failed.

    ``retry_after`` is in seconds. ``bytes_sent`` counts request bytes that were handed to the
    network. ``message`` holds no part of the prompt and no key. ``transient`` is false where asking
    the same provider again at once is pointless: a time-out, a name that is not found. ``word`` and
    ``parameter`` are the provider's own words for what is wrong with the request. ``counts`` are
    the numbers in its sentence about a prompt that is too long.
    """

    http_status = 502
    code = "provider_error"

    def __init__(
        self,
        kind: ErrorKind,
        provider: str,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        bytes_sent: int = 0,
        transient: bool = True,
        hint: str = "",
        word: str = "",
        parameter: str = "",
        counts: Sequence[int] = (),
    ) -> None:
        super().__init__(message, hint, rejection=_rejection(kind, status, word, parameter))
        if kind is ErrorKind.RATE_LIMIT:
            self.rejection = replace(TOO_MANY, retry_after=retry_after)
        self.counts = counts
        self.kind = kind
        self.provider = provider
        self.transient = transient
        self.status = status
        self.retry_after = retry_after
        self.bytes_sent = bytes_sent

    @property
    def unreached(self) -> bool:
        """Whether no connection came about, so that it says nothing of one model alone."""
        return self.kind is ErrorKind.OUTAGE and self.status is None and not self.bytes_sent


class UnknownModel(EdgeRouteError):
    """No model has the name that was asked for; the sentence says which may have been meant."""

    exit_code = 2
    http_status = 404
    code = "model_not_found"


class LocalModelError(EdgeRouteError):
    """The local model is missing, broken, out of memory or too small for the prompt.

    ``counts`` are the numbers in its sentence about a prompt that is too long.
    """

    exit_code = 4
    http_status = 503
    code = "local_model"

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        kind: ErrorKind = ErrorKind.OUTAGE,
        counts: Sequence[int] = (),
        recorded: str = "",
    ) -> None:
        super().__init__(message, hint, rejection=_rejection(kind, 400), recorded=recorded)
        self.counts = counts
        self.kind = kind


class KeyringUnavailable(EdgeRouteError):
    """There is no usable keyring, or it does not answer in time."""

    code = "keyring_unavailable"


class BudgetReached(EdgeRouteError):
    """A budget is used up, and the settings say to ask before more is spent."""

    exit_code = 4
    http_status = 402
    code = "budget_reached"


class StoreError(EdgeRouteError):
    """The local database cannot be read or written."""

    code = "store"


class Cancelled(EdgeRouteError):
    """The user stopped the answer."""

    exit_code = 1
    http_status = 499
    code = "cancelled"


def _rejection(
    kind: ErrorKind, status: int | None, word: str = "", parameter: str = ""
) -> Rejection | None:
    """What a model's failure says of the request itself; None where it is not to blame.

    A bad request without a ``status`` never reached a provider: a setting is wrong.
    """
    match kind:
        case ErrorKind.CONTEXT if status == 413 and word != OVERFLOW.code:
            return Rejection(413, word or "request_too_large", parameter)
        case ErrorKind.CONTEXT:
            return replace(OVERFLOW, parameter=parameter)
        case ErrorKind.BAD_REQUEST if status is not None:
            return Rejection(422 if status == 422 else 400, word or "invalid_request", parameter)
        case ErrorKind.CONTENT_FILTER:
            return Rejection(400, word or "content_filter", parameter)
    return None
