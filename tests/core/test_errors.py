"""What every error means to a script, to a client and to a person."""

from __future__ import annotations

import pytest

from edgeroute.core.errors import (
    BudgetReached,
    Cancelled,
    EdgeRouteError,
    ErrorKind,
    KeyringUnavailable,
    LocalModelError,
    NothingAnswered,
    PrivacyRefused,
    ProviderError,
    SettingsError,
    StoreError,
)


@pytest.mark.parametrize(
    ("kind", "exit_code", "http_status", "code"),
    [
        (EdgeRouteError, 1, 500, "failed"),
        (SettingsError, 1, 500, "invalid_settings"),
        (PrivacyRefused, 3, 403, "privacy_refused"),
        (NothingAnswered, 4, 503, "nothing_answered"),
        (ProviderError, 1, 502, "provider_error"),
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
