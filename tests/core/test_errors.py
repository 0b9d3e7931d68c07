"""What every error means to a script, to a client and to a person."""

from __future__ import annotations

import pytest

from edgeroute.core.errors import (
    TOO_MANY,
    BudgetReached,
    Cancelled,
    EdgeRouteError,
    ErrorKind,
    KeyringUnavailable,
    LocalModelError,
    NothingAnswered,
    PrivacyRefused,
    ProviderError,
    Rejection,
    SettingsError,
    StoreError,
    UnknownModel,
)


@pytest.mark.parametrize(
    ("kind", "exit_code", "http_status", "code"),
    [
        (EdgeRouteError, 1, 500, "failed"),
        (SettingsError, 1, 500, "invalid_settings"),
        (PrivacyRefused, 3, 403, "privacy_refused"),
        (NothingAnswered, 4, 503, "nothing_answered"),
        (ProviderError, 1, 502, "provider_error"),
        (UnknownModel, 2, 404, "model_not_found"),
        (LocalModelError, 4, 503, "local_model"),
        (KeyringUnavailable, 1, 500, "keyring_unavailable"),
        (BudgetReached, 4, 402, "budget_reached"),
        (StoreError, 1, 500, "store"),
        (Cancelled, 1, 499, "cancelled"),
    ],
)
def test_scripts_and_clients_can_tell_errors_apart(
    kind: type[EdgeRouteError], exit_code: int, http_status: int, code: str
) -> None:
    """Exit codes, HTTP statuses and words are a contract."""
    assert (kind.exit_code, kind.http_status, kind.code) == (exit_code, http_status, code)


def test_the_kinds_of_failure_are_words_that_receipts_keep() -> None:
    """Each kind is stored and shown under its own word."""
    assert [str(kind) for kind in ErrorKind] == [
        "auth", "billing", "rate_limit", "outage", "context", "content_filter", "bad_request",
        "unknown_model", "cancelled", "no_key",
    ]  # fmt: skip


def test_an_error_says_what_is_wrong_and_what_to_do() -> None:
    """Printed, it is the sentence and then the hint, if there is one."""
    assert str(EdgeRouteError("It broke.")) == "It broke."
    told = EdgeRouteError("It broke.", "Mend it.")
    assert (told.message, told.hint, str(told)) == ("It broke.", "Mend it.", "It broke. Mend it.")
    assert told.args == ("It broke.",)


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [("", 0, "is wrong."), ("", 3, "is wrong."), ("a.yaml", 0, "a.yaml: is wrong."),
     ("a.yaml", 3, "a.yaml:3: is wrong.")],
)  # fmt: skip
def test_a_wrong_setting_names_file_and_line(file: str, line: int, said: str) -> None:
    """As far as they are known."""
    error = SettingsError("is wrong.", file=file, line=line, hint="Mend it.")
    assert (error.message, error.file, error.line) == (said, file, line)
    assert str(error) == f"{said} Mend it."
    assert error.more == ()


def test_a_providers_failure_says_what_follows_from_it() -> None:
    """Kind, provider, status, wait and bytes are there for retry, failover and receipt; by default
    nothing was sent and asking again may help.
    """
    plain = ProviderError(ErrorKind.OUTAGE, "mock", "It is down.")
    assert (plain.kind, plain.provider, plain.message) == (ErrorKind.OUTAGE, "mock", "It is down.")
    assert (plain.status, plain.retry_after, plain.bytes_sent) == (None, None, 0)
    assert plain.transient
    assert plain.hint == ""
    full = ProviderError(
        ErrorKind.RATE_LIMIT, "mock", "Slow.", status=429, retry_after=2.5, bytes_sent=9,
        transient=False, hint="Wait.",
    )  # fmt: skip
    assert (full.status, full.retry_after, full.bytes_sent) == (429, 2.5, 9)
    assert (full.transient, full.hint) == (False, "Wait.")


def test_a_local_failure_is_an_outage_unless_told_otherwise() -> None:
    """A model that is too small for the prompt says so."""
    assert LocalModelError("Gone.").kind is ErrorKind.OUTAGE
    small = LocalModelError("Too long.", "Shorten it.", kind=ErrorKind.CONTEXT)
    assert (small.kind, small.message, small.hint) == (
        ErrorKind.CONTEXT, "Too long.", "Shorten it.",
    )  # fmt: skip


OURS = Rejection(502, "provider_error")
LONG = Rejection(400, "context_length_exceeded", "messages")


@pytest.mark.parametrize(
    ("kind", "status", "word", "told"),
    [
        (ErrorKind.CONTEXT, 400, "too_long", LONG),
        (ErrorKind.CONTEXT, None, "", LONG),
        (ErrorKind.CONTEXT, 413, "context_length_exceeded", LONG),
        (ErrorKind.CONTEXT, 413, "", Rejection(413, "request_too_large", "messages")),
        (ErrorKind.CONTEXT, 413, "too_large", Rejection(413, "too_large", "messages")),
        (ErrorKind.BAD_REQUEST, 400, "", Rejection(400, "invalid_request", "messages")),
        (ErrorKind.BAD_REQUEST, 404, "", Rejection(400, "invalid_request", "messages")),
        (ErrorKind.BAD_REQUEST, 422, "bad_value", Rejection(422, "bad_value", "messages")),
        (ErrorKind.BAD_REQUEST, None, "bad_value", OURS),
        (ErrorKind.CONTENT_FILTER, 200, "", Rejection(400, "content_filter", "messages")),
        (ErrorKind.CONTENT_FILTER, 400, "safety", Rejection(400, "safety", "messages")),
        (ErrorKind.AUTH, 401, "invalid_key", OURS),
        (ErrorKind.OUTAGE, 503, "", OURS),
        (ErrorKind.RATE_LIMIT, 429, "slow", TOO_MANY),
    ],
)
def test_a_caller_is_told_what_a_provider_said_of_its_request(
    kind: ErrorKind, status: int | None, word: str, told: Rejection
) -> None:
    """In the provider's own words, where it has some, and with the parameter that is to blame; what
    is not the caller's fault is this side's.
    """
    error = ProviderError(kind, "mock", "No.", status=status, word=word, parameter="messages")
    assert error.rejection == told


def test_a_local_model_blames_the_caller_only_where_the_prompt_is_to_blame() -> None:
    """A prompt that is too long can be shortened; that nothing runs here is nobody's fault."""
    long = LocalModelError("Too long.", kind=ErrorKind.CONTEXT)
    assert long.rejection == Rejection(400, "context_length_exceeded")
    wrong = LocalModelError("No such tool.", kind=ErrorKind.BAD_REQUEST)
    assert wrong.rejection == Rejection(400, "invalid_request")
    assert LocalModelError("Gone.").rejection == Rejection(503, "local_model")


@pytest.mark.parametrize(
    ("status", "blamed"), [(399, False), (400, True), (499, True), (500, False)]
)
def test_a_caller_is_blamed_by_the_status(status: int, *, blamed: bool) -> None:
    """From 400 up to 499 it must change something first."""
    assert Rejection(status, "word").blames_caller is blamed


def test_an_error_may_carry_another_ones_rejection() -> None:
    """Otherwise its own status and word are told."""
    assert StoreError("It broke.").rejection == Rejection(500, "store")
    assert StoreError("It broke.", rejection=LONG).rejection == LONG
