"""What a caller is told when nobody answered: the telling failure, and whether waiting helps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from edgeroute.core.errors import (
    TOO_MANY,
    EdgeRouteError,
    ErrorKind,
    LocalModelError,
    NothingAnswered,
    PrivacyRefused,
    ProviderError,
    Rejection,
)
from edgeroute.providers.resilience.health import Unavailable

NOBODY: Final = "No model could answer."
# What nobody mends by waiting.
_LASTING: Final = frozenset(
    {ErrorKind.AUTH, ErrorKind.BILLING, ErrorKind.NO_KEY, ErrorKind.UNKNOWN_MODEL}
)


def last_word(
    errors: Sequence[tuple[str, EdgeRouteError]],
    before: Sequence[EdgeRouteError],
    not_asked: Sequence[str],
    resting: Sequence[Unavailable],
    windows: Sequence[int],
) -> EdgeRouteError:
    """The error for a search that is over: the telling one, or all of them.

    ``errors`` are the failures by model and ``before`` those of a strategy; ``not_asked`` says who
    was passed over, ``resting`` for how long, and ``windows`` what models take that were left out.
    """
    failed = [error for _, error in errors]
    refused = [error for error in failed if isinstance(error, PrivacyRefused)]
    if refused:
        return refused[0]
    if failed and all(kind_of(error) is ErrorKind.CONTEXT for error in failed):
        return _overflow(failed, windows)
    decisive = _decisive([*before, *failed])
    lines = list(dict.fromkeys(f"{model}: {error.message}" for model, error in errors))
    hints = [error.hint for error in reversed(failed) if error.hint]
    return NothingAnswered(
        f"{NOBODY} " + " ".join([*lines, *not_asked]),
        hints[0] if hints else "Try again, or see `edgeroute doctor`.",
        rejection=decisive.rejection if decisive else _outlook([*before, *failed], resting),
    )


def counted(error: ProviderError | LocalModelError, window: int, tokens: int) -> None:
    """Put into ``error``, of a prompt that is too long, how long it is and what the model takes.

    The model's own numbers count; where its sentence has none, ``window`` and the estimate
    ``tokens``. A prompt that does not fit is longer than the window.
    """
    said = list(dict.fromkeys(error.counts))
    if window not in said and len(said) > 1:
        longest = max(said)
        window = next(number for number in said if number != longest)
    longer = [number for number in said if number > window]
    tokens = max(longer, default=max(tokens, window + 1))
    error.rejection = replace(error.rejection, tokens=tokens, window=window)


def kind_of(error: EdgeRouteError) -> ErrorKind | None:
    """What a model's failure means; None for another error."""
    return error.kind if isinstance(error, ProviderError | LocalModelError) else None


def _overflow(errors: Sequence[EdgeRouteError], windows: Sequence[int]) -> EdgeRouteError:
    """The error of the largest window, which a shorter prompt fits first."""
    error = max(errors, key=lambda each: each.rejection.window)
    told = error.rejection
    window = max((each for each in windows if each < told.tokens), default=0)
    error.rejection = replace(told, window=max(window, told.window))
    return error


def _decisive(errors: Sequence[EdgeRouteError]) -> EdgeRouteError | None:
    """The failure that blames the request, so that its caller must change it before it can be
    answered; None where there is none.

    The last managed API that judged it has the say. The local model, to which everything falls
    back, has it only where no managed API has failed in a way that passes by itself.
    """
    failed = [error for error in errors if kind_of(error) is not None]
    blaming = [error for error in failed if error.rejection.blames_caller]
    away = [error for error in blaming if isinstance(error, ProviderError)]
    if away:
        return away[-1]
    passes = any(
        isinstance(error, ProviderError)
        and error.transient
        and error.kind in {ErrorKind.OUTAGE, ErrorKind.RATE_LIMIT}
        for error in errors
    )
    return blaming[-1] if blaming and not passes else None


def _outlook(errors: Sequence[EdgeRouteError], resting: Sequence[Unavailable]) -> Rejection:
    """Whether and when it is worth while to try again, where the request is not to blame.

    The local model has no say in it: it answers where managed ones do not.
    """
    away = [error for error in errors if isinstance(error, ProviderError)]
    kinds = {*(error.kind for error in away), *(one.kind for one in resting)}
    told = Rejection(NothingAnswered.http_status, NothingAnswered.code)
    if kinds and kinds <= _LASTING:
        return replace(told, lasts=True)
    waits = [one.seconds for one in resting if one.kind not in _LASTING]
    waits += [error.retry_after for error in away if error.retry_after is not None]
    if kinds == {ErrorKind.RATE_LIMIT}:
        told = TOO_MANY
    return replace(told, retry_after=min(waits, default=None))
