"""What a plan asks for of a request's text: its task above all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edgeroute.engine.deciding.documents import with_text

if TYPE_CHECKING:
    from edgeroute.core.request import ChatRequest
    from edgeroute.core.signals import Signals
    from edgeroute.routing.policy.policy import RoutingPolicy
    from edgeroute.routing.signals.guess import Classifier

# Where the policy chooses a model, and what it may ask for that follows from the task.
_CHOSEN_HERE: Final = frozenset({"", "auto", "cascade", "ensemble"})
_TOLD_BY_TASK: Final = frozenset({"task", "domain", "complexity", "output_tokens"})


def request_signals(
    request: ChatRequest,
    policy: RoutingPolicy,
    classifier: Classifier | None,
    *,
    internal_code: bool,
) -> Signals:
    """The signals of ``request``, read as closely as ``policy`` asks for; ``internal_code`` is what
    the privacy check says.
    """
    # It brings the tables of cues: not needed before the first request.
    from edgeroute.routing.signals.signals import read_signals  # noqa: PLC0415

    return read_signals(
        request,
        readable=with_text(request),
        internal_code=internal_code,
        classifier=classifier,
        closely=reads_closely(request, policy),
        thresholds=policy.thresholds,
    )


def reads_closely(request: ChatRequest, policy: RoutingPolicy) -> bool:
    """Whether the plan asks what the text is about, which takes models a while to tell."""
    chosen = request.model in _CHOSEN_HERE and not policy.reads.isdisjoint(_TOLD_BY_TASK)
    return request.pictures != "no" or chosen
