"""Failover: which model is tried next, and what becomes of an answer."""

from __future__ import annotations

from random import Random

import pytest

from edgeroute.core.errors import (
    Cancelled,
    ErrorKind,
    LocalModelError,
    NothingAnswered,
    PrivacyRefused,
    ProviderError,
)
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.plan import Candidate
from edgeroute.providers.resilience.failover import (
    Accept,
    Action,
    Broke,
    Completed,
    Failover,
    FirstWord,
    GiveUp,
    Hold,
    KeptHere,
    Show,
    Stopped,
    Try,
)
from edgeroute.providers.resilience.health import Health
from edgeroute.providers.resilience.resilience import Resilience

CARDS = {
    card.id: card
    for card in (
        ModelCard("a/m", "a", "m", context_tokens=8_000),
        ModelCard("a/big", "a", "big", context_tokens=100_000),
        ModelCard("b/m", "b", "m", context_tokens=8_000),
        ModelCard("c/m", "c", "m", context_tokens=50_000),
        ModelCard("local/q", "local", "q", place=Place.LOCAL, context_tokens=4_000),
    )
}
LOCAL = Candidate("local/q", Place.LOCAL, "last resort", "last_resort")


def cloud(model: str, cause: str = "outage") -> Candidate:
    """A candidate in the cloud."""
    return Candidate(model, Place.CLOUD, "the rule says so", cause)  # type: ignore[arg-type]


def search(
    *candidates: Candidate, health: Health | None = None, commit: str = "first_token"
) -> Failover:
    """A search over ``candidates`` with the local model at its end."""
    return Failover(
        [*candidates, LOCAL],
        CARDS,
        health or Health(),
        Resilience(),
        commit=commit,  # type: ignore[arg-type]
        rng=Random(1),
    )


def broke(kind: ErrorKind, **fields: object) -> Broke:
    """An attempt failed in this way."""
    return Broke(ProviderError(kind, "p", f"It is {kind}.", **fields))  # type: ignore[arg-type]


def tried(action: Action) -> str:
    """The model of a Try."""
    assert isinstance(action, Try), action
    return action.card.id


def test_all_is_well() -> None:
    """The first candidate's words are shown as they come, and its answer is the answer."""
    failover = search(cloud("a/m", "first"))
    assert tried(failover.start(0)) == "a/m"
    assert failover.on(FirstWord(), 1) == Show()
    assert failover.on(Completed("stop"), 2) == Accept()


def test_an_outage_is_tried_once_more_then_left() -> None:
    """One second try after a pause of 0.2 to 0.8 s, then the next candidate at once."""
    failover = search(cloud("a/m", "first"), cloud("b/m"))
    failover.start(0)
    again = failover.on(broke(ErrorKind.OUTAGE), 1)
    assert tried(again) == "a/m"
    assert isinstance(again, Try)
    assert 0.2 <= again.delay <= 0.8
    following = failover.on(broke(ErrorKind.OUTAGE), 2)
    assert tried(following) == "b/m"
    assert isinstance(following, Try)
    assert following.delay == 0


def test_a_silent_provider_is_not_tried_again() -> None:
    """A time-out goes straight to the next candidate."""
    failover = search(cloud("a/m", "first"), cloud("b/m"))
    failover.start(0)
    assert tried(failover.on(broke(ErrorKind.OUTAGE, transient=False), 12)) == "b/m"


@pytest.mark.parametrize(
    ("wait", "model", "at_least", "at_most"),
    [(2.0, "a/m", 2.0, 2.3), (60.0, "b/m", 0.0, 0.0), (None, "b/m", 0.0, 0.0)],
)
def test_a_rate_limit_is_waited_for_only_if_short(
    wait: float | None, model: str, at_least: float, at_most: float
) -> None:
    """Retry-After up to 5 s is honoured on the spot; longer, or unnamed, is left for the next."""
    failover = search(cloud("a/m", "first"), cloud("b/m", "rate_limit"))
    failover.start(0)
    action = failover.on(broke(ErrorKind.RATE_LIMIT, retry_after=wait), 0.1)
    assert tried(action) == model
    assert isinstance(action, Try)
    assert at_least <= action.delay <= at_most


def test_a_rate_limit_without_anyone_else_is_tried_once_more() -> None:
    """Without another managed model an unnamed wait is guessed once, then the local model."""
    failover = search(cloud("a/m", "first"))
    failover.start(0)
    again = failover.on(broke(ErrorKind.RATE_LIMIT), 0.1)
    assert tried(again) == "a/m"
    assert tried(failover.on(broke(ErrorKind.RATE_LIMIT), 1)) == "local/q"


def test_the_next_candidate_depends_on_the_cause() -> None:
    """After a rate limit the rate-limit fallback is first, after an outage the outage fallback."""
    chain = (cloud("a/m", "first"), cloud("b/m", "outage"), cloud("c/m", "rate_limit"))
    limited = search(*chain)
    limited.start(0)
    assert tried(limited.on(broke(ErrorKind.RATE_LIMIT), 1)) == "c/m"
    failing = search(*chain)
    failing.start(0)
    assert tried(failing.on(broke(ErrorKind.OUTAGE, transient=False), 1)) == "b/m"


@pytest.mark.parametrize("kind", [ErrorKind.AUTH, ErrorKind.BILLING, ErrorKind.NO_KEY])
def test_a_key_that_fails_spares_the_whole_provider(kind: ErrorKind) -> None:
    """Neither a second try nor another model of the same account."""
    failover = search(cloud("a/m", "first"), cloud("a/big"), cloud("b/m"))
    failover.start(0)
    assert tried(failover.on(broke(kind), 1)) == "b/m"


def test_a_prompt_that_is_too_long_goes_to_a_larger_window_only() -> None:
    """Neither the same size nor a smaller one is tried, the local model included."""
    failover = search(cloud("a/m", "first"), cloud("b/m"), cloud("c/m"))
    failover.start(0)
    assert tried(failover.on(broke(ErrorKind.CONTEXT), 1)) == "c/m"
    end = failover.on(broke(ErrorKind.CONTEXT), 2)
    assert isinstance(end, GiveUp)
    assert isinstance(end.error, ProviderError)
    assert end.error.kind is ErrorKind.CONTEXT


@pytest.mark.parametrize("kind", [ErrorKind.CONTENT_FILTER, ErrorKind.BAD_REQUEST])
def test_refusals_are_not_routed_around(kind: ErrorKind) -> None:
    """A content filter and a bad request end the search with the provider's reason."""
    failover = search(cloud("a/m", "first"), cloud("b/m"))
    failover.start(0)
    end = failover.on(broke(kind), 1)
    assert isinstance(end, GiveUp)
    assert isinstance(end.error, ProviderError)
    assert end.error.kind is kind


def test_a_fallbacks_own_bad_request_is_never_the_last_word() -> None:
    """After another failure a bad request of the fallback is one failure of several."""
    failover = search(cloud("a/m", "first"), cloud("b/m"))
    failover.start(0)
    failover.on(broke(ErrorKind.OUTAGE, transient=False), 1)
    assert tried(failover.on(broke(ErrorKind.BAD_REQUEST), 2)) == "local/q"
    end = failover.on(Broke(LocalModelError("No model is here.", "Pull one.")), 3)
    assert isinstance(end, GiveUp)
    assert isinstance(end.error, NothingAnswered)
    assert "a/m: It is outage." in end.error.message
    assert end.error.hint == "Pull one."


def test_a_model_that_is_not_known_leads_to_the_next() -> None:
    """A 404 is no reason to give up."""
    failover = search(cloud("a/m", "first"), cloud("b/m"))
    failover.start(0)
    assert tried(failover.on(broke(ErrorKind.UNKNOWN_MODEL), 1)) == "b/m"


def test_words_that_were_shown_are_never_continued_by_another_model() -> None:
    """After the first visible word a failure is the end, marked as partial."""
    failover = search(cloud("a/m", "first"), cloud("b/m"))
    failover.start(0)
    failover.on(FirstWord(), 1)
    end = failover.on(broke(ErrorKind.OUTAGE), 2)
    assert isinstance(end, GiveUp)
    assert end.partial


def test_an_answer_that_is_held_back_can_be_made_good() -> None:
    """In `complete` nothing is shown before the end, so a broken answer leads to the next."""
    failover = search(cloud("a/m", "first"), cloud("b/m"), commit="complete")
    failover.start(0)
    assert failover.on(FirstWord(), 1) == Hold()
    assert tried(failover.on(broke(ErrorKind.OUTAGE), 2)) == "a/m"
    failover.on(FirstWord(), 3)
    assert tried(failover.on(broke(ErrorKind.OUTAGE), 4)) == "b/m"
    assert failover.on(FirstWord(), 5) == Hold()
    assert failover.on(Completed("stop"), 6) == Accept()


def test_an_answer_of_nothing_is_no_answer() -> None:
    """An empty answer leads to the next candidate; an empty refusal does not."""
    failover = search(cloud("a/m", "first"), cloud("b/m"))
    failover.start(0)
    assert tried(failover.on(Completed("stop", empty=True), 1)) == "b/m"
    end = failover.on(Completed("content_filter", empty=True), 2)
    assert isinstance(end, GiveUp)
    assert isinstance(end.error, ProviderError)
    assert end.error.kind is ErrorKind.CONTENT_FILTER


def test_the_gate_keeps_everything_here() -> None:
    """Once the gate refuses, no managed model is tried any more."""
    failover = search(cloud("a/m", "first"), cloud("b/m"), cloud("c/m"))
    failover.start(0)
    assert tried(failover.on(KeptHere(PrivacyRefused("It holds a name.")), 1)) == "local/q"
    end = failover.on(Broke(LocalModelError("No model.")), 2)
    assert isinstance(end, GiveUp)
    assert isinstance(end.error, PrivacyRefused)


def test_stopping_is_the_end() -> None:
    """The user's stop is neither a failure of the provider nor a reason to try another."""
    health = Health()
    failover = search(cloud("a/m", "first"), health=health)
    failover.start(0)
    end = failover.on(Stopped(), 1)
    assert isinstance(end, GiveUp)
    assert isinstance(end.error, Cancelled)
    assert all(line.circuit == "closed" for line in health.report(1))


def test_an_open_circuit_is_passed_over() -> None:
    """A blocked provider is not asked, and the reason is kept for the receipt."""
    health = Health()
    for _ in range(3):
        health.failed(CARDS["a/m"], ProviderError(ErrorKind.OUTAGE, "a", "x"), 0)
    failover = search(cloud("a/m", "first"), cloud("b/m"), health=health)
    assert tried(failover.start(1)) == "b/m"
    assert [one.model for one in failover.skipped] == ["a/m"]
    assert "circuit" in failover.skipped[0].reason


def test_the_second_try_stops_where_the_circuit_opens() -> None:
    """The failure that opens the circuit is not followed by another request to that provider."""
    health = Health()
    for _ in range(2):
        health.failed(CARDS["a/m"], ProviderError(ErrorKind.OUTAGE, "a", "x"), 0)
    failover = search(cloud("a/m", "first"), cloud("b/m"), health=health)
    failover.start(1)
    assert tried(failover.on(broke(ErrorKind.OUTAGE), 1)) == "b/m"


def test_when_time_runs_out_only_this_machine_is_asked() -> None:
    """After 90 s without an answer the local model is next, whoever else is left."""
    failover = search(cloud("a/m", "first"), cloud("b/m"), cloud("c/m"))
    failover.start(0)
    assert tried(failover.on(broke(ErrorKind.OUTAGE), 91)) == "local/q"


@pytest.mark.parametrize(
    ("first", "second", "here", "status"),
    [
        (broke(ErrorKind.AUTH), None, ErrorKind.CONTEXT, 400),
        (broke(ErrorKind.OUTAGE, transient=False), None, ErrorKind.CONTEXT, 400),
        (broke(ErrorKind.RATE_LIMIT), None, ErrorKind.CONTEXT, 429),
        (broke(ErrorKind.AUTH), None, ErrorKind.OUTAGE, 503),
        (broke(ErrorKind.CONTEXT), broke(ErrorKind.AUTH), ErrorKind.OUTAGE, 400),
        (broke(ErrorKind.AUTH), broke(ErrorKind.BAD_REQUEST, status=422), ErrorKind.OUTAGE, 422),
        (
            broke(ErrorKind.RATE_LIMIT),
            broke(ErrorKind.BAD_REQUEST, status=400),
            ErrorKind.OUTAGE,
            400,
        ),
    ],
)
def test_the_last_word_blames_the_request_where_it_is_to_blame(
    first: Broke, second: Broke | None, here: ErrorKind, status: int
) -> None:
    """A managed API's view of the request counts before all; the local model's, which is the last
    resort, only where no managed API may be back in a moment.
    """
    others = (cloud("c/m"),) if second else ()
    failover = search(cloud("a/m", "first"), *others)
    failover.start(0)
    action = failover.on(first, 0.1)
    while isinstance(action, Try) and action.card.id == "a/m":
        action = failover.on(first, 0.2)
    if second:
        assert tried(action) == "c/m"
        action = failover.on(second, 0.3)
    if first.error.kind is not ErrorKind.CONTEXT:  # else the small window here is not tried
        assert tried(action) == "local/q"
        action = failover.on(Broke(LocalModelError("No.", kind=here)), 0.4)
    assert isinstance(action, GiveUp)
    assert isinstance(action.error, NothingAnswered)
    assert (action.error.rejection.status, action.error.exit_code) == (status, 4)
