"""Cascade, ensemble and verification: one answer stands, every call is paid for and shown."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from edgeroute.core.events import Answered, AttemptEnded, AttemptStarted, Folded, Notice
from edgeroute.core.request import Sampling
from edgeroute.core.verdict import PrivacyMode
from edgeroute.datafile import packaged
from tests.support import replies
from tests.support.house import LOCAL_ANSWER, OPEN, PRIVATE, Seen, house, request
from tests.support.scripted_provider import ScriptedProvider, Sleep, always
from tests.support.strategies import (
    CLOSED,
    ENVIRONMENT,
    LUNA,
    OPUS,
    PRO,
    adds_up,
    asked,
    keys,
    policy,
    says,
    several,
)


@pytest.fixture(autouse=True)
def _have_keys() -> Iterator[None]:
    with keys():
        yield


def _notices(seen: Seen) -> list[str]:
    return [event.kind for event in seen.events if isinstance(event, Notice)]


async def test_two_cheap_models_that_agree_are_enough(tmp_path: Path) -> None:
    """In a cascade on a closed question agreement stands and the strong model is not asked."""
    rules = policy("cascade")
    async with several(
        tmp_path, rules, says("31"), says("The answer is 31."), says("never")
    ) as home:
        seen = await home.ask(CLOSED)
        assert seen.text == "31"
        assert asked(home) == {"openai": 1, "deepseek": 1, "anthropic": 0}
        assert seen.receipt.model == LUNA
        assert [attempt.outcome for attempt in seen.receipt.attempts] == ["answered", "rejected"]
        adds_up(home, seen.receipt)


async def test_disagreement_escalates_and_every_call_is_paid(tmp_path: Path) -> None:
    """Cheap answers that differ are folded away; the receipt adds up all three calls."""
    rules = policy("cascade")
    async with several(tmp_path, rules, says("30"), says("28"), says("31")) as home:
        seen = await home.ask(CLOSED)
        assert isinstance(seen.end, Answered)
        assert seen.text == seen.end.answer.text == "31"
        folded = [event.text for event in seen.events if isinstance(event, Folded)]
        assert folded == ["30", "28"]
        assert [attempt.model for attempt in seen.receipt.attempts] == [LUNA, PRO, OPUS]
        adds_up(home, seen.receipt)


async def test_an_ensemble_shows_its_disagreement(tmp_path: Path) -> None:
    """The majority stands, one text is shown, and who said what else is visible; the receipt notes
    that there was a doubt, without any word of the answers.
    """
    rules = policy("ensemble")
    async with several(tmp_path, rules, says("31"), says("30"), says("31")) as home:
        seen = await home.ask(CLOSED)
        assert seen.text == "31"
        notices = [event for event in seen.events if isinstance(event, Notice)]
        assert [notice.kind for notice in notices] == ["disagreement"]
        assert "30" in notices[0].text
        assert seen.terminals == 1
        assert sum(attempt.outcome == "answered" for attempt in seen.receipt.attempts) == 1
        assert "Not all models gave this answer." in seen.receipt.notes
        assert not any("30" in note for note in seen.receipt.notes)
        adds_up(home, seen.receipt)


async def test_the_receipt_names_who_answered_and_not_the_judge(tmp_path: Path) -> None:
    """A judge that picks the best answer is on the receipt as a judge; the model is the picked one,
    and so are the tokens.
    """
    rules = policy("ensemble").replace(f"judge: {OPUS}", "judge: openai/gpt-6.1-terra")
    luna = says("A hash table is a list.", "2")
    async with several(
        tmp_path, rules, luna, says("Buckets."), says("It is a table of buckets.")
    ) as home:
        seen = await home.ask(OPEN)
        assert seen.text == "Buckets."
        receipt = seen.receipt
        assert receipt.model == PRO
        assert receipt.standing is not None
        assert receipt.standing.model == PRO
        assert receipt.attempts[-1].role == "judge"
        adds_up(home, receipt)


async def test_a_merged_answer_is_its_writer_s(tmp_path: Path) -> None:
    """Where a judge writes one answer from several, the receipt says that the judge answered."""
    rules = policy("ensemble", combine="merge")
    opus = says("Slots.", "Buckets and slots.")
    async with several(tmp_path, rules, says("Buckets."), says("Lists."), opus) as home:
        seen = await home.ask(OPEN)
        assert seen.text == "Buckets and slots."
        assert seen.receipt.model == OPUS
        outcomes = [(attempt.model, attempt.outcome) for attempt in seen.receipt.attempts]
        assert outcomes.count((OPUS, "answered")) == 1
        assert outcomes[-1] == (OPUS, "answered")
        adds_up(home, seen.receipt)


async def test_a_doubted_answer_carries_a_warning(tmp_path: Path) -> None:
    """A verifier that doubts gives a warning; the answer is neither changed nor hidden, and it is
    the answering model's.
    """
    rules = policy(verify=LUNA)
    doubt = says("DISAGREE: not with wine.")
    async with several(tmp_path, rules, doubt, says("never"), says("Take two a day.")) as home:
        seen = await home.ask("May I take this medicine with wine?")
        assert seen.text == "Take two a day."
        notices = [event for event in seen.events if isinstance(event, Notice)]
        assert [notice.kind for notice in notices] == ["disagreement"]
        assert "not with wine" in notices[0].text
        receipt = seen.receipt
        assert [attempt.role for attempt in receipt.attempts] == ["answer", "verify"]
        assert receipt.model == OPUS
        assert f"{LUNA} objects to this answer." in receipt.notes
        adds_up(home, receipt)


async def test_what_shapes_the_answer_does_not_shape_the_check(tmp_path: Path) -> None:
    """A schema, a limit and stop words are the answer's: the verifier is asked without them."""
    rules = policy(verify=LUNA)
    async with several(tmp_path, rules, says("AGREE"), says("never"), says('{"n": 31}')) as home:
        seen = await home.ask(
            CLOSED,
            response_format={"type": "object"},
            sampling=Sampling(max_output_tokens=5, stop=("REE",)),
        )
        assert not _notices(seen)
        (check,) = home.cloud["openai"].requests
        assert check.json.keys() & {"response_format", "stop"} == set()
        assert check.json.get("max_completion_tokens", check.json.get("max_tokens")) != 5


async def test_a_verifier_gets_placeholders_where_the_answerer_did(tmp_path: Path) -> None:
    """In mode mask neither the answering nor the checking model sees a masked value, and the check
    is made.
    """
    rules = policy(verify=LUNA)
    opus = says("Write to <EMAIL_ADDRESS_1> tomorrow.")
    async with several(tmp_path, rules, says("AGREE"), says("never"), opus) as home:
        seen = await home.ask(
            "When shall I write to anna.berg@fjordmail.no?", privacy=PrivacyMode.MASK
        )
        assert seen.text == "Write to anna.berg@fjordmail.no tomorrow."
        assert not _notices(seen)
        assert asked(home) == {"openai": 1, "deepseek": 0, "anthropic": 1}
        sent = b"".join(one.body for server in home.cloud.values() for one in server.requests)
        assert b"fjordmail" not in sent


async def test_a_check_that_is_stopped_is_on_the_receipt(tmp_path: Path) -> None:
    """Stopping while the verifier reads keeps the answer, names its model and lists the check."""
    rules = policy(verify=LUNA)
    hangs = always([Sleep(30)])
    async with several(tmp_path, rules, hangs, says("never"), says("Take two a day.")) as home:
        checking = asyncio.Event()

        async def run() -> None:
            async with aclosing(home.runtime.engine.stream(request(CLOSED))) as events:
                async for event in events:
                    if isinstance(event, AttemptStarted) and event.model == LUNA:
                        checking.set()

        task = asyncio.create_task(run())
        await checking.wait()
        while not home.cloud["openai"].requests:  # noqa: ASYNC110 - it runs in a thread
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        (receipt,) = home.runtime.receipts.list()
        assert receipt.model == OPUS
        assert [attempt.outcome for attempt in receipt.attempts] == ["answered", "cancelled"]
        (chat,) = home.runtime.conversations.list(5)
        assert home.runtime.conversations.messages(chat.id)[-1].text == "Take two a day."


async def test_cheap_answers_that_differ_stand_with_a_warning_where_the_strong_one_fails(
    tmp_path: Path,
) -> None:
    """Something is better than nothing: the first cheap answer stands, doubted and paid for."""
    down = always(replies.error(503))
    async with several(tmp_path, policy("cascade"), says("30"), says("28"), down) as home:
        seen = await home.ask(CLOSED)
        assert seen.text == "30"
        assert seen.receipt.model == LUNA
        assert _notices(seen) == ["disagreement"]
        outcomes = [attempt.outcome for attempt in seen.receipt.attempts]
        assert outcomes == ["answered", "rejected", "failed"]
        adds_up(home, seen.receipt)


async def test_explain_tells_the_strategy_and_who_checks(tmp_path: Path) -> None:
    """Before anything is sent it is known who takes part, and who looks at the answer."""
    rules = policy("cascade", verify=LUNA)
    async with several(tmp_path, rules, says("never"), says("never"), says("never")) as home:
        told = (await home.runtime.engine.explain(request(CLOSED))).as_json()
        assert (told["strategy"], told["verify"]) == ("cascade", LUNA)
        assert [one["model"] for one in told["candidates"]][:3] == [LUNA, PRO, OPUS]
        assert home.bytes_out == 0


@pytest.mark.parametrize("strategy", ["cascade", "ensemble"])
async def test_a_private_prompt_takes_part_in_nothing(tmp_path: Path, strategy: str) -> None:
    """Neither rungs nor judges nor verifiers see a private prompt."""
    rules = policy(strategy, verify=LUNA)
    async with several(tmp_path, rules, says("31"), says("31"), says("31")) as home:
        seen = await home.ask(PRIVATE, model=strategy)
        assert seen.text == LOCAL_ANSWER
        assert home.bytes_out == 0


async def test_when_no_rung_answers_the_local_model_does(tmp_path: Path) -> None:
    """A cascade whose models all fail ends with the local answer."""
    down = always(replies.error(503))
    async with several(tmp_path, policy("cascade"), down, down, down) as home:
        seen = await home.ask(CLOSED)
        assert seen.text == LOCAL_ANSWER
        assert seen.terminals == 1


async def test_a_verifier_that_keeps_failing_is_left_alone(tmp_path: Path) -> None:
    """A check that cannot be made is said each time, and a provider that has failed several times
    in a row is no longer asked for it.
    """
    rules = policy(verify=LUNA)
    down = always(replies.error(503))
    async with several(tmp_path, rules, down, says("never"), says("Take two a day.")) as home:
        for _ in range(5):
            seen = await home.ask(CLOSED)
            assert seen.text == "Take two a day."
            assert _notices(seen) == ["unverified"]
        assert asked(home) == {"openai": 3, "deepseek": 0, "anthropic": 5}
        assert any("nothing can check" in note.lower() for note in seen.receipt.notes)


@pytest.mark.parametrize(
    "question",
    [
        "Can I take ibuprofen together with warfarin, and what dose is safe for my kidneys?",
        "Is a landlord allowed to terminate the lease without notice under German tenancy law?",
    ],
    ids=["medical", "legal"],
)
async def test_medical_and_legal_questions_get_the_best_model_and_a_check(
    tmp_path: Path, question: str
) -> None:
    """Under the policy that ships, such a question goes to the best model, another maker's model
    checks the answer, and its objection is shown with it.
    """
    rules = (packaged("rules") / "default.yaml").read_text("utf-8")
    doubt = says("DISAGREE: it depends.")
    async with several(tmp_path, rules, doubt, says("never"), says("Yes.")) as home:
        seen = await home.ask(question)
        receipt = seen.receipt
        assert receipt.rule == "must-be-right"
        assert receipt.model in home.rules.tiers().roles["large"].models
        assert seen.text == "Yes."
        answered, checked = receipt.attempts
        assert checked.role == "verify"
        assert answered.model.partition("/")[0] != checked.model.partition("/")[0]
        assert "disagreement" in _notices(seen)


async def test_an_answer_that_nobody_can_check_says_so(tmp_path: Path) -> None:
    """A private question that a rule wants checked stays here and is told to be unchecked."""
    rules = policy(verify=LUNA)
    async with several(tmp_path, rules, says("never"), says("never"), says("never")) as home:
        seen = await home.ask(PRIVATE)
        assert seen.text == LOCAL_ANSWER
        assert _notices(seen) == ["unverified"]
        assert home.bytes_out == 0


async def test_nobody_checks_their_own_answer(tmp_path: Path) -> None:
    """Where the verifier had to answer itself, because the first model failed, that is said."""
    rules = policy(verify=LUNA).replace("verify:", f"fallbacks: [{LUNA}]\n      verify:")
    down = always(replies.error(503))
    async with several(tmp_path, rules, says("Take two a day."), says("never"), down) as home:
        seen = await home.ask(CLOSED)
        assert seen.receipt.model == LUNA
        assert asked(home)["openai"] == 1
        assert _notices(seen) == ["unverified"]


@pytest.mark.parametrize("strategy", ["cascade", "ensemble"])
async def test_the_fallbacks_of_a_strategy_are_asked_when_all_of_it_failed(
    tmp_path: Path, strategy: str
) -> None:
    """Who took part is not asked again, and the user learns that nothing of it stands."""
    rules = policy(strategy).replace("strategy:", "fallbacks: [mock/m]\n      strategy:")
    down = always(replies.error(503))
    spare = replies.chat("Spare.")
    with ScriptedProvider(always(spare)) as mock:
        table = f'[providers.mock]\nbase_url = "{mock.base_url}"\nmodels = ["m"]\n'
        cloud = dict.fromkeys(("openai", "deepseek", "anthropic"), down)
        async with house(
            tmp_path, cloud, settings=ENVIRONMENT + table, rules={"test.yaml": rules}
        ) as home:
            seen = await home.ask(CLOSED)
            assert seen.text == "Spare."
            assert seen.receipt.model == "mock/m"
            assert asked(home) == {"openai": 1, "deepseek": 1, "anthropic": 1}
            assert _notices(seen) == ["strategy"]
            numbers = [one.number for one in seen.events if isinstance(one, AttemptStarted)]
            assert numbers[:3] == [1, 2, 3]


async def test_a_check_is_an_attempt_like_any_other(tmp_path: Path) -> None:
    """It has the next number, its reason and its own line on the receipt, and it reads question and
    answer; where the verifier agrees, nothing is said.
    """
    rules = policy(verify=LUNA)
    async with several(
        tmp_path, rules, says("AGREE"), says("never"), says("Take two a day.")
    ) as home:
        seen = await home.ask(CLOSED)
        began = [one for one in seen.events if isinstance(one, AttemptStarted)]
        assert [(one.number, one.model) for one in began] == [(1, OPUS), (2, LUNA)]
        assert began[1].reason == "Checks the answer."
        ended = [one for one in seen.events if isinstance(one, AttemptEnded)]
        assert [one.number for one in ended] == [1, 2]
        check = seen.receipt.attempts[1]
        assert ended[1].attempt == check
        assert (check.role, check.outcome, check.reason) == (
            "verify", "answered", "Checks the answer.",
        )  # fmt: skip
        (sent,) = home.cloud["openai"].requests
        assert CLOSED in sent.body.decode()
        assert "Take two a day." in sent.body.decode()
        assert _notices(seen) == []
        assert not any("objects" in note for note in seen.receipt.notes)


async def test_a_check_that_fails_is_said_and_noted(tmp_path: Path) -> None:
    """The answer stands; notice and receipt say that nobody looked at it."""
    rules = policy(verify=LUNA)
    down = always(replies.error(503))
    async with several(tmp_path, rules, down, says("never"), says("Take two a day.")) as home:
        seen = await home.ask(CLOSED)
        text = f"{LUNA} could not check this answer."
        assert [one.text for one in seen.events if isinstance(one, Notice)] == [text]
        assert text in seen.receipt.notes
        assert seen.receipt.attempts[1].outcome == "failed"
        assert seen.receipt.attempts[1].error == "outage"


async def test_a_failed_request_is_not_checked(tmp_path: Path) -> None:
    """Neither one without an answer nor one whose answer broke off."""
    rules = policy(verify=LUNA)
    cut = always(replies.cut_stream(replies.messages_events(["It is ", "thirty"])[:4]))
    async with several(tmp_path, rules, says("never"), says("never"), cut) as home:
        seen = await home.ask(CLOSED)
        assert seen.text == "It is "
        assert asked(home)["openai"] == 0
        assert _notices(seen) == []


async def test_without_a_rule_that_wants_it_nobody_checks(tmp_path: Path) -> None:
    """One model is asked once, and nothing is said of a check."""
    async with several(tmp_path, policy(), says("never"), says("never"), says("31")) as home:
        seen = await home.ask(CLOSED)
        assert asked(home) == {"openai": 0, "deepseek": 0, "anthropic": 1}
        assert _notices(seen) == []


@pytest.mark.parametrize("strategy", ["cascade", "ensemble"])
async def test_a_schema_reaches_the_strategy(tmp_path: Path, strategy: str) -> None:
    """An answer that does not keep to the schema does not stand."""
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    good = '{"n": 31}'
    async with several(tmp_path, policy(strategy), says("31"), says(good), says(good)) as home:
        seen = await home.ask(CLOSED, response_format=schema)
        assert seen.text == good
        assert seen.receipt.model != LUNA
