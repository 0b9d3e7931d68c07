"""Cascades: who is asked, what stands, what is folded away."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.answer import Answer
from edgeroute.core.messages import Message, ToolCall, assistant
from edgeroute.core.usage import Usage
from edgeroute.routing.strategies.actions import (
    Ask,
    Dropped,
    Fold,
    Judged,
    NoneStands,
    Replied,
    Stand,
)
from edgeroute.routing.strategies.cascade import Cascade, CascadePolicy

CLOSED = "How many days has May?"
OPEN = "Tell me about May."


def said(model: str, text: str, logprobs: Any = (), finish: Any = "stop") -> Replied:
    """What ``model`` replied."""
    return Replied(model, Answer(assistant(text), finish, Usage(), model), tuple(logprobs))


def cascade(
    question: str = CLOSED, rungs: Any = ("a", "b", "strong"), judge: str = "", **policy: Any
) -> Cascade:
    """A cascade over three models."""
    return Cascade(rungs, CascadePolicy(**policy), question, judge=judge)


def kinds(actions: Any) -> list[str]:
    """The actions' names and models."""
    return [f"{type(action).__name__} {getattr(action, 'model', '')}" for action in actions]


def test_agreement_of_two_cheap_answers_stands() -> None:
    """Two cheap models that come to the same answer are enough on a closed question."""
    run = cascade()
    assert kinds(run.start()) == ["Ask a"]
    assert kinds(run.step(said("a", "The answer is 31 days."))) == ["Ask b"]
    (stand,) = run.step(said("b", "31"))
    assert isinstance(stand, Stand)
    assert (stand.model, stand.reason) == ("a", "a and b agree.")


def test_disagreement_asks_the_strong_model_and_folds_the_others() -> None:
    """Where the cheap ones differ, their answers are folded and the last rung's stands."""
    run = cascade()
    run.start()
    run.step(said("a", "30"))
    assert kinds(run.step(said("b", "31"))) == ["Fold a", "Fold b", "Ask strong"]
    assert kinds(run.step(said("strong", "31"))) == ["Stand strong"]


def test_an_answer_in_bad_form_is_not_compared() -> None:
    """Refusals and answers that were cut off go up at once, with the reason."""
    run = cascade()
    run.start()
    actions = run.step(said("a", "I'm sorry, I can't help with that."))
    assert kinds(actions) == ["Fold a", "Ask b"]
    assert actions[0].reason == "It refused."
    assert kinds(run.step(said("b", "31", finish="length"))) == ["Fold b", "Ask strong"]


def test_own_probabilities_decide_where_they_are_free() -> None:
    """A local answer with sure tokens stands; an unsure one does not."""
    run = cascade(OPEN, rungs=("local", "strong"))
    (ask,) = run.start()
    assert isinstance(ask, Ask)
    assert ask.logprobs
    assert kinds(run.step(said("local", "May is a month.", [-0.05, -0.1]))) == ["Stand local"]
    unsure = cascade(OPEN, rungs=("local", "strong"))
    unsure.start()
    assert kinds(unsure.step(said("local", "May?", [-2.0]))) == ["Fold local", "Ask strong"]


def test_a_sure_answer_that_is_none_escalates() -> None:
    """On a closed question sure tokens are not enough: the answer must come to something."""
    run = cascade(CLOSED, rungs=("local", "strong"))
    run.start()
    actions = run.step(
        said(
            "local",
            "To solve this, we look at the calendar and count from the first day on.",
            [-0.01],
        )
    )
    assert kinds(actions) == ["Fold local", "Ask strong"]
    assert actions[0].reason == "It comes to no clear answer."


def test_a_model_judges_last() -> None:
    """An open question without probabilities goes to the judge, whose score decides."""
    run = cascade(OPEN, judge="local")
    run.start()
    (ask,) = run.step(said("a", "May has flowers."))
    assert isinstance(ask, Ask)
    assert (ask.model, ask.role) == ("local", "judge")
    assert kinds(run.step(Judged("local", "4"))) == ["Fold a", "Ask b"]
    run.step(said("b", "May is the fifth month."))
    assert kinds(run.step(Judged("local", "9/10"))) == ["Stand b"]


def test_a_judge_that_fails_lets_the_answer_stand() -> None:
    """Without a score the sound answer stands, and the reason says that nobody judged it."""
    run = cascade(OPEN, judge="local")
    run.start()
    run.step(said("a", "May has flowers."))
    (stand,) = run.step(Dropped("local", "out of memory"))
    assert isinstance(stand, Stand)
    assert "no score" in stand.reason


def test_failures_go_up_and_all_failing_gives_up() -> None:
    """A rung that fails is passed over; when the last one fails too there is no answer."""
    run = cascade()
    run.start()
    assert kinds(run.step(Dropped("a", "It is down."))) == ["Ask b"]
    assert kinds(run.step(Dropped("b", "It is down."))) == ["Ask strong"]
    assert isinstance(run.step(Dropped("strong", "It is down."))[0], NoneStands)


def test_the_strong_model_failing_leaves_a_cheap_answer_with_a_warning() -> None:
    """Better an unconfirmed answer that says so than none."""
    run = cascade()
    run.start()
    run.step(said("a", "30"))
    run.step(said("b", "31"))
    (stand,) = run.step(Dropped("strong", "It is down."))
    assert isinstance(stand, Stand)
    assert stand.model == "a"
    assert "disagree" in stand.warning


events = st.one_of(
    st.tuples(
        st.sampled_from(["31", "30", "", "I'm sorry, I can't", "May is a month"]), st.booleans()
    ),
    st.just("drop"),
    st.sampled_from(["9", "2", "none"]),
)


@given(
    st.lists(events, max_size=12), st.sampled_from([CLOSED, OPEN]), st.sampled_from(["", "judge"])
)
def test_every_run_ends_once_and_asks_each_rung_at_most_once(
    script: Any, question: str, judge: Any
) -> None:
    """Whatever the models do, the machine ends with one answer or none, and pays no rung twice."""
    run = cascade(question, judge=judge)
    waiting, asked, over = run.start(), [], 0
    for step in [*script, *["drop"] * 8]:
        ask = next((action for action in waiting if isinstance(action, Ask)), None)
        over += sum(isinstance(action, Stand | NoneStands) for action in waiting)
        if ask is None:
            break
        if ask.role == "answer":
            asked.append(ask.model)
        if step == "drop" or (ask.role == "judge") is not isinstance(step, str):
            waiting = run.step(Dropped(ask.model, "down"))
        elif isinstance(step, str):
            waiting = run.step(Judged(ask.model, step))
        else:
            waiting = run.step(said(ask.model, step[0], [-0.1] if step[1] else ()))
        assert not any(isinstance(action, Fold) and action.model == judge for action in waiting)
    assert over == 1
    assert len(asked) == len(set(asked))


def test_a_single_opinion_is_not_called_a_disagreement() -> None:
    """Where only one cheap model answered, the warning says that nobody confirmed it."""
    run = cascade()
    run.start()
    run.step(said("a", "30"))
    run.step(Dropped("b", "It is down."))
    (stand,) = run.step(Dropped("strong", "It is down."))
    assert isinstance(stand, Stand)
    assert stand.warning == "It is unconfirmed, and the strongest model could not be asked."


def test_a_cheap_call_of_a_tool_is_judged_by_what_it_calls() -> None:
    """Also where the question looks closed: a call has no short answer to compare."""
    message = Message("assistant", (ToolCall("1", "days_of", '{"month": "May"}'),))
    call = Replied("a", Answer(message, "tool_calls", Usage(), "a"))
    run = cascade(judge="judge")
    run.start()
    (ask,) = run.step(call)
    assert isinstance(ask, Ask)
    assert (ask.model, ask.role) == ("judge", "judge")
    assert "days_of" in ask.messages[1].text
    alone = cascade()
    alone.start()
    assert kinds(alone.step(call)) == ["Stand a"]
