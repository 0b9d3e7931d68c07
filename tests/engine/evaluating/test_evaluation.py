"""A user's own prompts: answered, checked, judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.errors import SettingsError
from edgeroute.engine.evaluating.evaluation import EvaluationItem, passes, read_items, run
from tests.support import replies
from tests.support.house import LOCAL_ANSWER, OPEN, PRIVATE, House, house
from tests.support.scripted_provider import Received, Reply, always

ANSWER = "A table of buckets."


@pytest.mark.parametrize(
    ("answer", "checks", "passed"),
    [
        ("Paris.", {}, None),
        ("It is Paris.", {"contains": "paris"}, True),
        ("It is Paris.", {"contains": ["paris", "rome"]}, False),
        ("42", {"equals": 42}, True),
        ("about 42", {"equals": "42"}, False),
        ("Answer: 42", {"matches": r"\b42$"}, True),
        ("Answer: 43", {"matches": r"\b42$"}, False),
        ('```json\n{"a": 1}\n```', {"json": True}, True),
        ("{a: 1}", {"json": True}, False),
        ("{a: 1}", {"json": False}, True),
        ("[1, 2]", {"json": True, "contains": "3"}, False),
    ],
)
def test_an_answer_is_checked_as_told(
    answer: str, checks: dict[str, Any], *, passed: bool | None
) -> None:
    """All checks must hold; without any there is no verdict."""
    assert passes(answer, checks) is passed


def _judges(score: str) -> Any:
    """Answers questions, and gives ``score`` when it is asked to grade."""

    def reply(asked: Received) -> Reply:
        grading = b"You grade an answer" in asked.body
        return replies.answer(asked, score if grading else LOCAL_ANSWER)

    return reply


def _said(home: House, provider: str) -> list[str]:
    """The bodies that a provider got."""
    return [asked.body.decode() for asked in home.cloud[provider].requests]


async def test_an_answer_without_checks_is_judged_blindly(tmp_path: Path) -> None:
    """The judge's score counts, its cost stands apart, and it never learns who answered."""
    cloud = {"mock": always(replies.chat(ANSWER)), "judge": always(replies.chat("8"))}
    async with house(tmp_path, cloud) as home:
        trial = await run(home.runtime.engine, EvaluationItem(1, OPEN), "judge/m")
        assert (trial.model, trial.by, trial.quality) == ("mock/m", "judge", 0.8)
        assert trial.opinion is not None
        assert trial.opinion.model == "judge/m"
        assert trial.opinion.receipt != trial.receipt
        (asked,) = _said(home, "judge")
        assert ANSWER in asked
        assert "mock" not in asked


async def test_checks_come_before_the_judge(tmp_path: Path) -> None:
    """An answer with checks is not sent to a judge."""
    cloud = {"mock": always(replies.chat(ANSWER)), "judge": always(replies.chat("8"))}
    async with house(tmp_path, cloud) as home:
        item = EvaluationItem(1, OPEN, checks={"contains": "buckets"})
        trial = await run(home.runtime.engine, item, "judge/m")
        assert (trial.by, trial.quality, trial.opinion) == ("checks", 1.0, None)
        assert not _said(home, "judge")


async def test_a_private_prompt_is_judged_here(tmp_path: Path) -> None:
    """Neither a prompt with personal data nor its answer reaches the judge that was named."""
    async with house(tmp_path, {"judge": always(replies.chat("8"))}, local=_local_judge) as home:
        trial = await run(home.runtime.engine, EvaluationItem(1, PRIVATE), "judge/m")
        assert home.bytes_out == 0
        assert trial.opinion is not None
        assert (trial.opinion.model, trial.quality) == (trial.model, 0.6)


@pytest.mark.parametrize(
    ("judge", "trouble"),
    [
        (always(replies.chat("It is nice.")), "The judge gave no score."),
        (always(replies.error(500)), "is not the judge that you chose."),
    ],
)
async def test_what_nobody_judged_stays_unjudged(tmp_path: Path, judge: Any, trouble: str) -> None:
    """A judge that fails or says nothing leaves the answer without a score, and that is said."""
    cloud = {"mock": always(replies.chat(ANSWER)), "judge": judge}
    async with house(tmp_path, cloud) as home:
        trial = await run(home.runtime.engine, EvaluationItem(1, OPEN), "judge/m")
        assert trial.quality is None
        assert trial.opinion is not None
        assert trouble in trial.opinion.trouble


async def test_an_evaluation_leaves_receipts_only(tmp_path: Path) -> None:
    """No conversation is listed, nothing is learned; the receipts and the money stay."""
    async with house(tmp_path) as home:
        for _ in range(2):
            await run(home.runtime.engine, EvaluationItem(1, OPEN), "local")
        assert not home.runtime.conversations.list()
        assert not home.stores.outcomes.list()
        found = home.runtime.receipts.list()
        assert len(found) == 4
        assert not any(home.stores.outcomes.answer(receipt.id) for receipt in found)


async def test_a_failure_is_worth_nothing_where_an_answer_would_be_rated(tmp_path: Path) -> None:
    """Without checks and judge there is no quality; with them a failed request has quality 0."""
    broken = always(replies.error(500))
    async with house(tmp_path, {"mock": broken}, local=broken) as home:
        for judge, quality in (("", None), ("local", 0.0)):
            trial = await run(home.runtime.engine, EvaluationItem(1, OPEN), judge)
            assert trial.quality == quality
            assert trial.error
            assert trial.hint


def _local_judge(asked: Received) -> Reply:
    if asked.method == "GET":
        return replies.json_body({"object": "list", "data": [{"id": "m", "object": "model"}]})
    judged: Reply = _judges("6")(asked)
    return judged


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("nonsense", "is not JSON"),
        ("[1]", "is not an object"),
        ('{"text": "x"}', 'unknown field "text"'),
        ('{"prompt": " "}', 'has no "prompt"'),
        ('{"prompt": 3}', "is not a text"),
        ('{"prompt": "x", "matches": "("}', "no regular expression"),
        ('{"prompt": "x", "task": "poetry"}', 'unknown task "poetry"'),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, row: str, said: str) -> None:
    """File, line, what is wrong and what a line looks like."""
    file = tmp_path / "prompts.jsonl"
    file.write_text(json.dumps({"prompt": "x"}) + f"\n\n{row}\n")
    with pytest.raises(SettingsError) as caught:
        read_items(file)
    assert f"{file}:3: " in caught.value.message
    assert said in caught.value.message
    assert '"prompt"' in caught.value.hint
