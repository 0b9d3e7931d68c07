"""What happened before a model was asked, in words."""

from __future__ import annotations

from edgeroute.core.errors import ErrorKind, PrivacyRefused, ProviderError
from edgeroute.core.plan import Skipped
from edgeroute.providers.resilience.story import why_here, why_next

DOWN = ("a/m", ProviderError(ErrorKind.OUTAGE, "a", "It is down."))


def test_a_managed_model_is_asked_because_of_the_last_failure() -> None:
    """Without one the plan's reason stands alone."""
    assert why_next([], "The rule.") == "The rule."
    limited = ("b/m", ProviderError(ErrorKind.RATE_LIMIT, "b", "Slow down."))
    assert why_next([DOWN, limited], "Next.") == "b/m failed (rate limit). Next."


def test_the_local_model_tells_of_each_managed_one() -> None:
    """Who failed is named once, who was not asked is named with the reason."""
    resting = Skipped("c/m", "its circuit is open for 9 s more")
    assert why_here([DOWN, DOWN], [resting], "x") == (
        "No managed model answered. a/m failed (outage)."
        " c/m was not asked: its circuit is open for 9 s more."
    )
    assert why_here([], [], "The rule.") == "The rule."
    kept = why_here([("a/m", PrivacyRefused("It holds a name."))], [], "x")
    assert kept == "Nothing of this may leave this machine."
