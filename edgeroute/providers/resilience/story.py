"""What happened before a model was asked, in the words of the receipt."""

from __future__ import annotations

from collections.abc import Sequence

from edgeroute.core.errors import EdgeRouteError, LocalModelError, PrivacyRefused, ProviderError
from edgeroute.core.plan import Skipped


def why_next(errors: Sequence[tuple[str, EdgeRouteError]], reason: str) -> str:
    """Why a managed model is asked: the last of ``errors``, if there was one, and the plan's
    ``reason``.
    """
    return f"{_failed(*errors[-1])}. {reason}" if errors else reason


def why_here(
    errors: Sequence[tuple[str, EdgeRouteError]], skipped: Sequence[Skipped], reason: str
) -> str:
    """Why the local model is asked last: what became of every managed model before it.

    ``reason`` is the plan's, which stands where no managed model was in line.
    """
    if any(isinstance(error, PrivacyRefused) for _, error in errors):
        return "Nothing of this may leave this machine."
    told = [_failed(model, error) for model, error in errors]
    told += [f"{one.model} was not asked: {one.reason}" for one in skipped]
    if not told:
        return reason
    return f"No managed model answered. {'. '.join(dict.fromkeys(told))}."


def _failed(model: str, error: EdgeRouteError) -> str:
    kind = error.kind if isinstance(error, ProviderError | LocalModelError) else error.code
    return f"{model} failed ({kind.replace('_', ' ')})"
