"""What is left of a request that the user stops."""

from __future__ import annotations

from dataclasses import replace

from edgeroute.core.answer import Answer
from edgeroute.core.events import TextDelta
from edgeroute.core.messages import assistant
from edgeroute.core.plan import Candidate
from edgeroute.core.usage import Usage
from edgeroute.engine.running.live_attempt import LiveAttempt
from edgeroute.engine.running.run_state import RunState
from tests.support.clocks import StandingClock
from tests.support.routing import card

WHOLE = Answer(assistant("Whole."), "stop", Usage(), "mock/m")


def _under_way(text: str = "") -> LiveAttempt:
    model = card("mock/m")
    candidate = Candidate(model.id, model.place, "")
    trial = LiveAttempt(1, candidate, model, StandingClock())
    if text:
        trial.add(TextDelta(text))
    return trial


def test_words_that_were_shown_are_kept() -> None:
    """The attempt is on the list as cancelled, its words are the partial answer, and once is
    enough.
    """
    state = RunState(under_way=_under_way("half"))
    state.cancelled()
    state.cancelled()
    assert [attempt.outcome for attempt in state.attempts] == ["cancelled"]
    assert state.partial is not None
    assert (state.partial.text, state.partial.complete) == ("half", False)
    assert state.under_way is None


def test_nothing_shown_leaves_no_partial_answer() -> None:
    """An attempt that had said nothing is only on the list."""
    state = RunState(under_way=_under_way())
    state.cancelled()
    assert (len(state.attempts), state.partial) == (1, None)


def test_an_answer_that_stands_is_not_replaced() -> None:
    """A verifier that is stopped leaves the answer as it is."""
    state = RunState(answer=replace(WHOLE), under_way=_under_way("AGR"))
    state.cancelled()
    assert (state.answer, state.partial) == (WHOLE, None)
    assert len(state.attempts) == 1


def test_without_an_attempt_there_is_nothing_to_count() -> None:
    """A request that is stopped before anything began has no attempts."""
    state = RunState()
    state.cancelled()
    assert state == RunState()
