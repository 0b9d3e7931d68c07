"""Attempts as they go: what each has said, its line in the receipt, what is left when stopped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from edgeroute.core.answer import Answer
from edgeroute.core.errors import (
    EdgeRouteError,
    ErrorKind,
    LocalModelError,
    PrivacyRefused,
    ProviderError,
)
from edgeroute.core.events import (
    Delta,
    Finish,
    ImageDelta,
    LogprobsDelta,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    UsageDelta,
)
from edgeroute.core.messages import Image, Reasoning, Text, ToolCall, assistant
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.plan import Candidate
from edgeroute.core.receipt import Outcome
from edgeroute.core.usage import FREE, UNKNOWN_COST, Cost, Usage
from edgeroute.engine.running.live_attempt import LiveAttempt, RunState
from tests.support.clocks import THE_DAY, StandingClock
from tests.support.routing import card

CLOUD = card("mock/m", 2.0)  # and 10 USD per million tokens of output
HERE = replace(CLOUD, id="local/m", provider="local", place=Place.LOCAL)
USAGE = Usage(1_000_000, output_visible=100_000)
WORD = TextDelta("Hello.")


def live(model: ModelCard = CLOUD, *deltas: Delta, sent: int = 500) -> LiveAttempt:
    """Attempt 3, which has sent its request and heard ``deltas``."""
    found = LiveAttempt(3, Candidate(model.id, model.place, "A test."), model, StandingClock())
    if sent:
        found.sent("api.example.com", sent)
    for delta in deltas:
        found.add(delta)
    return found


def test_what_comes_is_taken_in() -> None:
    """Every kind of piece has its place in the answer; usage and end are the last that came."""
    picture = Image("image/png", b"1")
    told = live(
        CLOUD, ReasoningDelta("hm"), ReasoningDelta(payload='{"s": 1}'), TextDelta("Look."),
        ToolCallDelta(0, "c1", "look", "{}"), ImageDelta(picture), LogprobsDelta((-0.1,)),
        LogprobsDelta((-0.2,)), UsageDelta(Usage(1), "served"), UsageDelta(USAGE), Finish("length"),
    )  # fmt: skip
    assert told.draft.answer().message.parts == (
        Reasoning("hm", "mock/m", '{"s": 1}'), Text("Look."), ToolCall("c1", "look", "{}"), picture,
    )  # fmt: skip
    assert told.logprobs == [-0.1, -0.2]
    assert (told.draft.usage, told.draft.finish) == (USAGE, "length")
    assert told.served_model == "served"
    assert (told.number, told.card, told.host) == (3, CLOUD, "api.example.com")


def test_thinking_is_replayed_to_its_family_only() -> None:
    """Models of one family share their thinking; a model without one keeps it for itself."""
    told = live(replace(CLOUD, family="giant"), ReasoningDelta("hm"))
    assert told.draft.answer().message.parts == (Reasoning("hm", "mock/giant"),)


@pytest.mark.parametrize(
    ("delta", "first"),
    [(WORD, 250), (ToolCallDelta(0, "c1", "look"), 250), (ImageDelta(Image("", b"1")), 250),
     (ReasoningDelta("hm"), None), (UsageDelta(USAGE), None)],
)  # fmt: skip
def test_the_first_visible_piece_is_timed(delta: Delta, first: int | None) -> None:
    """In milliseconds from the start; thinking is not visible, and later pieces change nothing."""
    clock = StandingClock()
    told = LiveAttempt(1, Candidate("mock/m", Place.CLOUD, ""), CLOUD, clock)
    clock.forward(timedelta(milliseconds=250))
    told.add(delta)
    clock.forward(timedelta(milliseconds=250))
    told.add(delta)
    assert told.first_token_ms == first
    line = told.ended("answered")
    assert (line.started, line.duration_ms, line.first_token_ms) == (THE_DAY, 500, first)


def test_an_answer_must_be_said_to_be_whole() -> None:
    """A stream that just stops failed, and who is to blame depends on where the model runs."""
    live(CLOUD, WORD, Finish("stop")).must_have_ended()
    with pytest.raises(ProviderError, match="mock/m broke off") as cloud:
        live(CLOUD, WORD).must_have_ended()
    assert (cloud.value.kind, cloud.value.provider) == (ErrorKind.OUTAGE, "mock")
    assert cloud.value.bytes_sent == 500
    with pytest.raises(LocalModelError, match="local/m broke off") as local:
        live(HERE, WORD).must_have_ended()
    assert local.value.hint


def test_the_receipts_line_says_who_got_what() -> None:
    """Model, place, host, bytes, usage, price, and which part the model played."""
    told = live(CLOUD, WORD, UsageDelta(USAGE), Finish("stop")).ended("answered")
    assert (told.model, told.place, told.outcome) == ("mock/m", Place.CLOUD, "answered")
    assert (told.host, told.bytes_sent, told.usage) == ("api.example.com", 500, USAGE)
    assert (told.cost, told.rate) == (Cost(Decimal(3), "computed"), "2.0/10.0")
    assert (told.reason, told.role, told.error, told.detail) == ("A test.", "answer", "", "")
    assert told.status is None
    assert live(HERE, WORD).ended("answered").rate == ""
    candidate = Candidate("mock/m", Place.CLOUD, "")
    judge = LiveAttempt(1, candidate, CLOUD, StandingClock(), "judge")
    assert judge.ended("answered").role == "judge"


@pytest.mark.parametrize(
    ("error", "code", "status", "sent"),
    [
        (ProviderError(ErrorKind.BILLING, "mock", "No.", status=402, bytes_sent=77), "billing",
         402, 77),
        (ProviderError(ErrorKind.NO_KEY, "mock", "No."), "no_key", None, 0),
        (LocalModelError("No.", kind=ErrorKind.CONTEXT), "context", None, 500),
        (PrivacyRefused("No."), "privacy_refused", None, 0),
        (EdgeRouteError("No."), "failed", None, 500),
    ],
)  # fmt: skip
def test_a_failure_has_its_word_its_sentence_and_its_bytes(
    error: EdgeRouteError, code: str, status: int | None, sent: int
) -> None:
    """The door says how much really left; what the gate kept back never left."""
    told = live().ended("failed", error)
    assert (told.error, told.detail, told.status) == (code, "No.", status)
    assert told.bytes_sent == sent
    assert told.host == ("api.example.com" if sent else "")


REPORTED = Usage(reported_cost=Decimal("0.5"))


@pytest.mark.parametrize(
    ("model", "sent", "deltas", "outcome", "cost"),
    [
        (HERE, 0, [WORD, UsageDelta(USAGE)], "answered", FREE),
        (CLOUD, 0, [UsageDelta(USAGE)], "failed", FREE),
        (CLOUD, 500, [], "failed", FREE),
        (CLOUD, 500, [ReasoningDelta("hm")], "failed", Cost(Decimal("0.00001"), "estimated")),
        (CLOUD, 500, [WORD], "failed", Cost(Decimal("0.00001"), "estimated")),
        (CLOUD, 500, [], "cancelled", UNKNOWN_COST),
        (CLOUD, 500, [], "answered", UNKNOWN_COST),
        (CLOUD, 0, [], "answered", UNKNOWN_COST),
        (CLOUD, 500, [UsageDelta(USAGE)], "failed", Cost(Decimal(3), "computed")),
        (CLOUD, 500, [UsageDelta(REPORTED)], "failed", Cost(Decimal("0.5"), "reported")),
        (CLOUD, 0, [UsageDelta(USAGE)], "answered", Cost(Decimal(3), "computed")),
    ],
)
def test_only_what_was_used_is_paid(
    model: ModelCard, sent: int, deltas: list[Delta], outcome: Outcome, cost: Cost
) -> None:
    """Local and unsent is free; words without a count are estimated, and what cannot be is unknown,
    never 0.
    """
    assert live(model, *deltas, sent=sent).ended(outcome).cost == cost


SAID = TextDelta("The hedgehog walks through the garden at night. " * 40)
EARLY = UsageDelta(Usage(1_000, cache_read=500, output_visible=1))


@pytest.mark.parametrize(
    ("deltas", "asked", "counted"),
    [
        ([EARLY, SAID], 0, 1_500),
        ([SAID], 800, 800),
        ([SAID, Finish("stop")], 800, 800),
    ],
    ids=["hung up", "hung up without a count", "whole, without a count"],
)
def test_what_was_not_counted_is_estimated_and_says_so(
    deltas: list[Delta], asked: int, counted: int
) -> None:
    """An early count holds for the input; what came of the answer is estimated, and so is the
    input where nothing was said of it. The cost is an estimate, too.
    """
    told = live(CLOUD, *deltas)
    told.prompt_tokens = asked
    line = told.ended("cancelled")
    assert line.usage.estimated
    assert line.usage.input == counted
    assert 300 < line.usage.output < 600
    assert line.cost.basis == "estimated"
    assert line.cost.amount


def test_a_count_that_came_with_the_end_is_the_providers() -> None:
    """A last count stands as it is, whatever it says, and so does one that covers what came."""
    whole = live(CLOUD, EARLY, SAID, UsageDelta(Usage(9, output_visible=2)), Finish("stop"))
    assert whole.usage == Usage(9, output_visible=2)
    covered = live(CLOUD, SAID, UsageDelta(Usage(9, output_visible=2_000)))
    assert covered.usage == Usage(9, output_visible=2_000)


WHOLE = Answer(assistant("Whole."), "stop", Usage(), "mock/m")


def test_words_that_were_shown_are_kept() -> None:
    """The attempt is on the list as cancelled, its words are the partial answer, and once is
    enough.
    """
    state = RunState(under_way=live(CLOUD, TextDelta("half")))
    state.cancelled()
    state.cancelled()
    assert [attempt.outcome for attempt in state.attempts] == ["cancelled"]
    assert state.partial is not None
    assert (state.partial.text, state.partial.complete) == ("half", False)
    assert state.under_way is None


def test_nothing_shown_leaves_no_partial_answer() -> None:
    """An attempt that had said nothing is only on the list."""
    state = RunState(under_way=live())
    state.cancelled()
    assert (len(state.attempts), state.partial) == (1, None)


def test_an_answer_that_stands_is_not_replaced() -> None:
    """A verifier that is stopped leaves the answer as it is."""
    state = RunState(answer=replace(WHOLE), under_way=live(CLOUD, TextDelta("AGR")))
    state.cancelled()
    assert (state.answer, state.partial) == (WHOLE, None)
    assert len(state.attempts) == 1


def test_without_an_attempt_there_is_nothing_to_count() -> None:
    """A request that is stopped before anything began has no attempts."""
    state = RunState()
    state.cancelled()
    assert state == RunState()
