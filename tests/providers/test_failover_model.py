"""Breaker and failover together agree with a small reference model under random events.

The model knows nothing of the implementation: it keeps plain lists and recomputes everything from
the history of what was reported. EDGEROUTE_EXAMPLES raises the number of sequences.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeroute.core.errors import ErrorKind, LocalModelError, ProviderError
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.plan import Candidate
from edgeroute.core.request import Commit
from edgeroute.providers.resilience.breaker import Breaker
from edgeroute.providers.resilience.failover import (
    Accept,
    Action,
    Broke,
    Completed,
    Failover,
    FirstWord,
    GiveUp,
    Stopped,
    Try,
)
from edgeroute.providers.resilience.health import Health
from edgeroute.providers.resilience.resilience import Resilience

EXAMPLES = int(os.environ.get("EDGEROUTE_EXAMPLES", "100"))
NUMBERS = Resilience()
CARDS = {
    card.id: card
    for card in (
        ModelCard("a/small", "a", "small", context_tokens=1_000),
        ModelCard("a/large", "a", "large", context_tokens=9_000),
        ModelCard("b/small", "b", "small", context_tokens=1_000),
        ModelCard("c/large", "c", "large", context_tokens=9_000),
        ModelCard("d/small", "d", "small", context_tokens=1_000),
        ModelCard("e/large", "e", "large", context_tokens=9_000),
        ModelCard("f/large", "f", "large", context_tokens=9_000),
        ModelCard("local/q", "local", "q", place=Place.LOCAL, context_tokens=4_000),
    )
}
KINDS = [kind for kind in ErrorKind if kind is not ErrorKind.CANCELLED]


@dataclass
class Model:
    """The breaker's rule, word for word: the history of one model or, with ``several``, of one
    provider. The third part of an event is the model that failed; empty for the connection.
    """

    events: list[tuple[float, str, str]] = field(default_factory=list)
    several: bool = False

    def blocked(self, now: float) -> bool:
        """Replay the history and say whether a request at ``now`` must not go."""
        window: list[tuple[float, str]] = []
        opened: float | None = None
        probe: float | None = None
        for at, what, model in self.events:
            is_half_open = opened is not None and at >= opened + 300
            if what == "start":
                probe = at if is_half_open else probe
            elif what == "outage":
                if opened is not None and not is_half_open:
                    continue
                window = [one for one in window if one[0] > at - 300] + [(at, model)]
                models = {one[1] for one in window}
                telling = not self.several or "" in models or len(models) >= 2
                if is_half_open or (telling and len(window) >= 3):
                    window, opened, probe = [], at, None
            elif what == "alive" and is_half_open:
                window, opened, probe = [], None, None
            elif what == "alive" and self.several:
                window = [one for one in window if not one[1]]
            elif what == "released":
                probe = None
        if opened is None:
            return False
        return now < opened + 300 or (probe is not None and now < probe + 60)


@dataclass
class World:
    """One health for many prompts, with the model beside it."""

    health: Health = field(default_factory=lambda: Health(NUMBERS))
    breakers: dict[str, Model] = field(default_factory=dict)
    now: float = 0.0
    first_tries: list[float] = field(default_factory=list)
    second_tries: list[float] = field(default_factory=list)

    def blocked(self, card: ModelCard, at: float) -> bool:
        """Whether the card's provider or the model itself is blocked."""
        return any(model.blocked(at) for model in self._both(card))

    def note(self, card: ModelCard, what: str, at: float | None = None) -> None:
        """Write the event into both histories; what is ``unreached`` says nothing of the model."""
        if card.place is Place.LOCAL:
            return
        at = self.now if at is None else at
        provider, model = self._both(card)
        if what == "unreached":
            provider.events.append((at, "outage", ""))
            model.events.append((at, "released", ""))
            return
        for one in (provider, model):
            one.events.append((at, what, card.id))

    def _both(self, card: ModelCard) -> tuple[Model, Model]:
        provider = self.breakers.setdefault(card.provider, Model(several=True))
        return provider, self.breakers.setdefault(card.id, Model())


OUTAGE = (ErrorKind.OUTAGE, True, None)
UNREACHED = "no connection"
steps = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.0, 1.0, 59.0, 60.0, 60.0, 100.0, 150.0, 299.0, 300.0, 301.0]),
        st.sampled_from(["start", "outage", "outage", "outage", "alive", "released"]),
        st.sampled_from(["a/small", "a/small", "a/large", ""]),
    ),
    max_size=30,
)


@settings(max_examples=EXAMPLES * 3, deadline=None)
@given(steps, st.booleans())
def test_the_breaker_alone_agrees_with_the_model(
    walk: list[tuple[float, str, str]], several: Any
) -> None:
    """Any order of starts, outages, answers and stops, at any time, admits what the model does,
    for a model as for a provider.
    """
    breaker, model, now = Breaker(NUMBERS.breaker, several=several), Model(several=several), 0.0
    report = {"start": breaker.started, "alive": breaker.succeeded}
    for pause, what, failing in walk:
        now += pause
        if what == "released":
            breaker.released()
        elif what == "outage":
            breaker.failed(now, failing)
        else:
            report[what](now)
        model.events.append((now, what, failing))
        assert breaker.admits(now) != model.blocked(now)
        assert (breaker.wait(now) == 0) == breaker.admits(now)


outcomes = st.one_of(
    st.just("answer"),
    st.just(OUTAGE),
    st.just((ErrorKind.OUTAGE, False, None)),
    st.just("break after a word"),
    st.just(UNREACHED),
    st.just("stop"),
    st.just("empty"),
    st.tuples(st.sampled_from(KINDS), st.booleans(), st.sampled_from([None, 0.0, 2.0, 60.0])),
)
prompts = st.tuples(
    st.permutations([name for name in CARDS if name != "local/q"]),
    st.integers(0, 7),
    st.sampled_from(["first_token", "complete"]),
    st.sampled_from(["outage", "rate_limit"]),
    st.lists(outcomes, min_size=1, max_size=12),
    st.sampled_from([0.0, 1.0, 30.0, 61.0, 301.0]),
)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(prompts, min_size=1, max_size=10), st.integers(0, 99))
def test_random_prompts_agree_with_the_model(asked: list[Any], seed: int) -> None:
    """No blocked provider is asked, tries stay few, and every prompt ends in one of three ways."""
    world = World()
    rng = Random(seed)
    for order, cloud, commit, cause, script, pause in asked:
        world.now += pause
        run_prompt(world, order[:cloud], commit=commit, cause=cause, script=script, rng=rng)


def run_prompt(
    world: World,
    order: list[str],
    *,
    commit: Commit,
    cause: Literal["outage", "rate_limit"],
    script: list[Any],
    rng: Random,
) -> None:
    """One prompt to its end, checked at every step."""
    for card in CARDS.values():
        refusal = world.health.refusal(card, 0, world.now)
        open_circuit = refusal is not None and refusal.kind is ErrorKind.OUTAGE
        account = refusal is not None and not open_circuit
        assert account or open_circuit == world.blocked(card, world.now)
    candidates = [
        Candidate(model, Place.CLOUD, "t", "first" if n == 0 else cause)
        for n, model in enumerate(order)
    ]
    candidates.append(Candidate("local/q", Place.LOCAL, "t", "last_resort"))
    failover = Failover(candidates, CARDS, world.health, NUMBERS, commit=commit, rng=rng)
    action = failover.start(world.now)
    tried: list[str] = []
    too_long: list[int] = []
    final_kind: ErrorKind | None = None
    answers = iter(script)
    while isinstance(action, Try):
        card = action.card
        check_try(world, action, tried, too_long, final_kind)
        check_line(failover, action, tried)
        tried.append(card.id)
        world.note(card, "start", world.now + action.delay)
        world.now += action.delay + 0.5
        outcome = next(answers, "answer")
        action, final_kind = report(world, failover, card, outcome, commit)
        if final_kind is ErrorKind.CONTEXT:
            too_long.append(card.context_tokens)
    assert isinstance(action, Accept | GiveUp)
    if isinstance(action, GiveUp):
        assert action.error.message


def check_try(
    world: World,
    action: Try,
    tried: list[str],
    too_long: list[int],
    last_kind: ErrorKind | None,
) -> None:
    """What must hold of every try."""
    card, place = action.card, action.card.place
    assert last_kind is not ErrorKind.CONTENT_FILTER
    assert action.number == len(tried) + 1
    if place is Place.CLOUD and card.provider in {name[0] for name in tried}:
        assert action.number < NUMBERS.retry.in_all, "tries are few where they repeat"
    assert tried.count(card.id) < NUMBERS.retry.per_model
    assert 0 <= action.delay <= NUMBERS.retry.longest_wait + NUMBERS.retry.pause_to
    assert all(card.context_tokens > window for window in too_long)
    if card.id in tried:
        assert tried[-1] == card.id, "a model is tried again at once or never"
        assert action.delay > 0
        assert last_kind in {ErrorKind.OUTAGE, ErrorKind.RATE_LIMIT}
        assert place is Place.CLOUD
    if place is Place.CLOUD:
        assert not world.blocked(card, world.now + action.delay)
        tries = world.second_tries if card.id in tried else world.first_tries
        tries.append(world.now)
        check_share(world)


def check_share(world: World) -> None:
    """Second tries of the last minute are ten at most, or a fifth of the first ones."""
    firsts, seconds = (
        sum(at > world.now - 60 for at in tries)
        for tries in (world.first_tries, world.second_tries)
    )
    assert seconds <= max(10, firsts // 5 + 1)


def check_line(failover: Failover, action: Try, tried: list[str]) -> None:
    """Nobody lives and is left out because others were tried often, and every reason is one."""
    asked = {name[0] for name in tried}
    for one in failover.skipped:
        assert one.reason != "there were enough tries" or one.model[0] in asked
    assert action.candidate.reason
    if action.card.place is Place.LOCAL and tried:
        assert all(f"{name} failed (" in action.candidate.reason for name in tried)


def report(
    world: World, failover: Failover, card: ModelCard, outcome: Any, commit: Commit
) -> tuple[Action, ErrorKind | None]:
    """Report ``outcome`` to the machine and to the model."""
    if outcome == "answer":
        failover.on(FirstWord(), world.now)
        world.note(card, "alive")
        return failover.on(Completed("stop"), world.now), None
    if outcome == "stop":
        world.note(card, "released")
        action = failover.on(Stopped(), world.now)
        assert isinstance(action, GiveUp)
        return action, None
    if outcome == "empty":
        world.note(card, "alive")
        return failover.on(Completed("stop", empty=True), world.now), None
    shown = outcome == "break after a word"
    kind, transient, wait = OUTAGE if shown or outcome == UNREACHED else outcome
    error: ProviderError | LocalModelError
    if card.place is Place.LOCAL:
        error = LocalModelError("broken", kind=kind)
    else:
        sent = 0 if outcome == UNREACHED else 9
        error = ProviderError(
            kind, card.provider, "broken", transient=transient, retry_after=wait, bytes_sent=sent
        )
        gone = kind is ErrorKind.NO_KEY
        outage = "outage" if sent else "unreached"
        world.note(card, outage if kind is ErrorKind.OUTAGE else "released" if gone else "alive")
    if shown:
        failover.on(FirstWord(), world.now)
    action = failover.on(Broke(error), world.now)
    if shown and commit == "first_token":
        assert isinstance(action, GiveUp), "words that were shown are never continued by others"
        assert action.partial
    return action, kind
