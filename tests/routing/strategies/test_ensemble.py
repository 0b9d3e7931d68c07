"""Ensembles: votes, judges, merges and what is said about disagreement."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.answer import Answer
from edgeroute.core.messages import Message, ToolCall, assistant
from edgeroute.core.usage import Usage
from edgeroute.routing.strategies.actions import Ask, Dropped, Judged, NoneStands, Replied, Stand
from edgeroute.routing.strategies.ensemble import Ensemble, EnsemblePolicy

VOTE = "Is 91 a prime number? Answer yes or no."


def said(model: str, text: str) -> Replied:
    """What ``model`` replied."""
    return Replied(model, Answer(assistant(text), "stop", Usage(), model))


def run(question: str, *events: Any, combine: Any = "auto", judge: str = "judge") -> Any:
    """The actions after the last of ``events``."""
    ensemble = Ensemble(("a", "b", "c"), EnsemblePolicy(combine=combine), question, judge=judge)
    assert [getattr(action, "model", "") for action in ensemble.start()] == ["a", "b", "c"]
    actions: list[Any] = []
    for event in events:
        assert not actions or isinstance(actions[0], Ask)
        actions = ensemble.step(event)
    return actions


def test_majority_wins_and_the_other_view_is_shown() -> None:
    """Two of three decide a closed question; the third is named in the warning."""
    (stand,) = run(VOTE, said("a", "No"), said("b", "Yes."), said("c", "no, it is 7 x 13"))
    assert isinstance(stand, Stand)
    assert stand.model == "c"
    assert stand.reason == "2 of 3 models agree."
    assert stand.warning == "The models disagree: a: no · b: yes · c: no"


def test_unanimous_answers_need_no_warning() -> None:
    """Where all agree nothing else is said."""
    (stand,) = run(VOTE, said("a", "No"), said("b", "no"), said("c", "No."))
    assert stand.warning == ""


def test_a_tie_goes_to_the_strongest() -> None:
    """Models are named from cheap to strong; on a tie the last one decides."""
    (stand,) = run(VOTE, said("a", "No"), Dropped("b", "It is down."), said("c", "Yes"))
    assert stand.model == "c"
    assert "disagree" in stand.warning


def test_failures_are_tolerated_and_named() -> None:
    """One answer is enough; with none there is no answer."""
    (stand,) = run(VOTE, Dropped("a", "Down."), Dropped("b", "Down."), said("c", "No"))
    assert stand.model == "c"
    assert "a: Down." in stand.warning
    (end,) = run(VOTE, Dropped("a", "Down."), Dropped("b", "Down."), Dropped("c", "Down."))
    assert isinstance(end, NoneStands)


@pytest.mark.parametrize(
    ("verdict", "model"), [("2", "b"), ("Answer 1.", "a"), ("9", "c"), ("?", "c")]
)
def test_a_judge_picks_the_best_of_open_answers(verdict: str, model: Any) -> None:
    """The judge's number decides; a reply without one leaves the strongest model's answer."""
    replies = [said(name, f"{name} text") for name in "abc"]
    (ask,) = run("Tell me about May.", *replies)
    assert (ask.model, ask.role) == ("judge", "judge")
    (stand,) = run("Tell me about May.", *replies, Judged("judge", verdict))
    assert stand.model == model


def test_a_merge_is_the_judges_own_text() -> None:
    """Merging gives the judge's text under the judge's name."""
    replies = [said(name, f"{name} text") for name in "abc"]
    (stand,) = run("About May.", *replies, Judged("judge", "Merged."), combine="merge")
    assert (stand.model, stand.answer.text) == ("judge", "Merged.")


def test_without_a_judge_or_when_it_fails_the_strongest_stands() -> None:
    """Open answers without a judge are not mixed: the strongest model's stands."""
    replies = [said(name, f"{name} text") for name in "abc"]
    assert run("About May.", *replies, judge="")[0].model == "c"
    assert run("About May.", *replies, Dropped("judge", "Down."))[0].model == "c"


def test_calls_of_tools_and_structured_answers_are_not_written_anew() -> None:
    """A merge would lose the call, and prose is no JSON: the strongest call stands, and of answers
    with a schema the judge picks one.
    """
    message = Message("assistant", (ToolCall("1", "days_of", "{}"),))
    calls = [Replied(model, Answer(message, "tool_calls", Usage(), model)) for model in "abc"]
    for combine in ("majority", "merge"):
        (stand,) = run(VOTE, *calls, combine=combine)
        assert (stand.model, stand.answer.message) == ("c", message)
    schema = {"type": "object", "required": ["n"]}
    merge = EnsemblePolicy(combine="merge")
    ensemble = Ensemble(("a", "b", "c"), merge, VOTE, judge="judge", schema=schema)
    ensemble.start()
    for model, text in (("a", '{"n": 1}'), ("b", '{"n": 2}'), ("c", '{"m": 3}')):
        actions = ensemble.step(said(model, text))
    (ask,) = actions
    assert isinstance(ask, Ask)
    assert '{"m": 3}' not in ask.messages[1].text
    (end,) = ensemble.step(Judged("judge", "1"))
    assert isinstance(end, Stand)
    assert end.answer.text == '{"n": 1}'


voices = st.sampled_from(["No", "yes", "", "I'm sorry, I can't", "A long story.", None])


@given(
    st.lists(voices, min_size=3, max_size=3),
    st.sampled_from(["2", "", "none", None]),
    st.sampled_from(["auto", "majority", "best", "merge"]),
    st.sampled_from(["", "judge", "a", "c"]),
    st.sampled_from([VOTE, "About May."]),
)
def test_every_run_ends_once_and_asks_each_judge_once(
    answers: Any, verdict: Any, combine: Any, judge: str, question: str
) -> None:
    """Whatever fails (None), also a judge that has answered itself, one answer stands or none, and
    nobody is asked twice for the same.
    """
    ensemble = Ensemble(("a", "b", "c"), EnsemblePolicy(combine=combine), question, judge=judge)
    actions = ensemble.start()
    for ask, text in zip(actions, answers, strict=True):
        assert isinstance(ask, Ask)
        reply = Dropped(ask.model, "Down.") if text is None else said(ask.model, text)
        actions = ensemble.step(reply)
    if actions and isinstance(actions[0], Ask):
        assert actions[0].role == "judge"
        told = Dropped(judge, "Down.") if verdict is None else Judged(judge, verdict)
        actions = ensemble.step(told)
    (end,) = actions
    assert isinstance(end, Stand | NoneStands)
    assert isinstance(end, NoneStands) == (answers == [None] * 3)
