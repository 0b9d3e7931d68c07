"""A user's own prompts: answered, checked, judged."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.errors import SettingsError
from edgeroute.core.messages import system, user
from edgeroute.engine.evaluating.evaluation import (
    EvaluationItem,
    Opinion,
    Trial,
    passes,
    read_items,
    run,
)
from edgeroute.privacy.detecting.detector import Scan
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


async def test_what_was_private_as_a_prompt_is_judged_here_however_it_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the question to the judge would be open by itself."""
    async with house(tmp_path, {"judge": always(replies.chat("8"))}, local=_local_judge) as home:
        scan, failed = home.privacy.detector.scan, list[None]()

        def failing_once(text: str, **options: Any) -> Scan:
            if not failed:
                failed.append(None)
                raise MemoryError
            return scan(text, **options)

        monkeypatch.setattr(home.privacy.detector, "scan", failing_once)
        trial = await run(home.runtime.engine, EvaluationItem(1, OPEN), "judge/m")
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
        ('{"prompt": "x", "task": "poetry"}', "chat, summarization"),
        ('{"prompt": "x", "matches": 3}', "no regular expression"),
        ('{"prompt": "x", "system": 3}', "is not a text"),
        ('{"prompt": "x", "task": null}', "is not a text"),
        ("{}", 'has no "prompt"'),
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


def test_a_file_of_prompts_is_read(tmp_path: Path) -> None:
    """Each line with its number, its system prompt, its task and its checks; empty lines are
    passed over, and every known check is taken.
    """
    file = tmp_path / "prompts.jsonl"
    checks = {"contains": ["a"], "matches": "b", "equals": "c", "json": True}
    rows = [{"prompt": "x"}, {"prompt": "y", "system": "z", "task": "chat", **checks}]
    file.write_text("\n\n".join(map(json.dumps, rows)) + "\n  \n")
    plain, full = read_items(file)
    assert plain == EvaluationItem(1, "x")
    assert full == EvaluationItem(3, "y", "z", "chat", checks)
    assert plain.messages == (user("x"),)
    assert full.messages == (system("z"), user("y"))
    assert (plain.question, full.question) == ("x", "z\n\ny")
    file.write_text("\n")
    with pytest.raises(SettingsError, match="holds no prompt") as caught:
        read_items(file)
    assert str(file) in caught.value.message
    assert '"prompt"' in caught.value.hint


async def test_a_trial_tells_what_became_of_its_prompt(tmp_path: Path) -> None:
    """Line, model, quality and by what, cost, time and receipt; a wrong answer is worth 0, and
    without checks and judge there is no quality.
    """
    async with house(tmp_path) as home:
        wrong = EvaluationItem(7, OPEN, "Be short.", "chat", {"equals": "No."})
        found = await run(home.runtime.engine, wrong)
        receipt = home.runtime.receipts.get(found.receipt)
        assert receipt is not None
        assert found == Trial(
            7, "mock/m", 0.0, "checks", receipt.cost.amount, receipt.duration_ms, receipt.id
        )
        assert receipt.task == "chat"
        sent = home.cloud["mock"].requests[-1].json["messages"]
        assert [one["content"] for one in sent] == ["Be short.", OPEN]
        plain = await run(home.runtime.engine, EvaluationItem(8, OPEN))
        assert (plain.quality, plain.by, plain.opinion) == (None, "", None)


async def test_a_judge_reads_question_and_answer(tmp_path: Path) -> None:
    """With the system prompt, which is part of the question; its own call is a chat and has its
    receipt and its cost.
    """
    cloud = {"mock": always(replies.chat(ANSWER)), "judge": always(replies.chat("7"))}
    async with house(tmp_path, cloud) as home:
        item = EvaluationItem(1, OPEN, "Be short.")
        opinion = (await run(home.runtime.engine, item, "judge/m")).opinion
        assert opinion is not None
        receipt = home.runtime.receipts.get(opinion.receipt)
        assert receipt is not None
        assert opinion == Opinion(0.7, "judge/m", receipt.cost.amount, receipt.id)
        assert receipt.task == "chat"
        (asked,) = _said(home, "judge")
        assert "Be short." in asked
        assert OPEN in asked


async def test_a_judge_that_fails_is_quoted(tmp_path: Path) -> None:
    """Where not even the local model can judge, the opinion says why there is none."""
    bad = always(replies.error(500))

    def once(asked: Received) -> Reply:
        return replies.error(500) if b"You grade an answer" in asked.body else _local_judge(asked)

    async with house(tmp_path, {"mock": always(replies.chat(ANSWER)), "judge": bad},
                     local=once) as home:  # fmt: skip
        home.cloud["mock"].behave(
            lambda asked: (
                replies.error(500) if b"You grade" in asked.body else replies.answer(asked, ANSWER)
            )
        )
        opinion = (await run(home.runtime.engine, EvaluationItem(1, OPEN), "judge/m")).opinion
        assert opinion is not None
        assert opinion.score is None
        assert opinion.trouble
        assert "not the judge" not in opinion.trouble


async def test_the_local_model_may_be_the_judge(tmp_path: Path) -> None:
    """Named `local` it is the judge that was chosen, under whatever id it has."""
    async with house(tmp_path, local=_local_judge) as home:
        opinion = (await run(home.runtime.engine, EvaluationItem(1, OPEN), "local")).opinion
        assert opinion is not None
        assert (opinion.score, opinion.trouble) == (0.6, "")
        assert opinion.model.startswith("local/")


@pytest.mark.parametrize(
    ("answer", "checks", "passed"),
    [
        ("  42\n", {"equals": " 42 "}, True),
        ("  42\n", {"matches": "^42$"}, True),
        ("Rome and PARIS", {"contains": ["paris", "ROME"]}, True),
        ("Paris", {"contains": "paris", "matches": "x"}, False),
        ("42", {"contains": 42}, True),
        ('```\n{"a": 1}\n```', {"json": True}, True),
        ('{"a": 1}', {"json": True, "equals": "x"}, False),
    ],
)
def test_checks_look_at_the_answer_without_its_edges(
    answer: str, checks: dict[str, Any], *, passed: bool
) -> None:
    """Space around it does not count, nor does the case of what it must contain."""
    assert passes(answer, checks) is passed


def test_what_nobody_said_is_empty() -> None:
    """A prompt alone has neither instructions nor checks; an opinion without a judge cost nothing;
    a trial that went well has no error.
    """
    assert EvaluationItem(1, "x") == EvaluationItem(1, "x", "", "", {})
    assert Opinion(None) == Opinion(None, "", Decimal(0), "", "")
    trial = Trial(1, "a/m", None, "", None, 5, "r1")
    assert (trial.error, trial.hint, trial.opinion) == ("", "", None)
