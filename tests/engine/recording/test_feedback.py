"""Outcome memory: what people do with answers is noted, and says something later."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edgeroute.core.errors import StoreError
from edgeroute.core.events import Notice
from edgeroute.core.messages import Message, ToolCall, ToolResult, assistant, user
from edgeroute.core.messages import Text as TextPart
from edgeroute.core.verdict import PrivacyMode
from edgeroute.routing.policy.policy import RoutingPolicy
from edgeroute.routing.signals.embedding import Embedder
from edgeroute.settings import RouterSettings
from tests.support import replies
from tests.support.front_doors import body_of, post
from tests.support.house import OPEN, PRIVATE, House, house, request
from tests.support.scripted_provider import Behaviour, always

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgeroute.store.records.outcomes import OutcomeKind

ANSWER = "A table of buckets."
CASCADE = """
routing:
  rules:
    - default: anthropic/claude-opus-4.7
      strategy: cascade
  cascade:
    ladder: [openai/gpt-6-luna, deepseek/v4-pro]
    expected_escalation: 0.2
"""
TURN = (user(OPEN), assistant(ANSWER))


def noted(home: House) -> list[tuple[str, float, str]]:
    """What is remembered, latest first."""
    return [(one.kind, one.quality, one.model) for one in home.stores.outcomes.list()]


async def test_going_on_accepts_and_asking_again_does_not(tmp_path: Path) -> None:
    """The next question accepts an answer, the same question again rejects it."""
    async with house(tmp_path) as home:
        name = (await home.ask(OPEN)).receipt.conversation
        assert not noted(home)
        await home.ask(OPEN, conversation=name)
        await home.ask([*TURN, user("And a heap?")], conversation=name)
        assert noted(home) == [("accept", 1.0, "mock/m"), ("retry", 0.0, "mock/m")]


async def test_another_question_without_the_answer_says_nothing(tmp_path: Path) -> None:
    """A request that does not go on from the answer neither accepts nor rejects it."""
    async with house(tmp_path) as home:
        name = (await home.ask(OPEN)).receipt.conversation
        await home.ask("What is a heap?", conversation=name)
        assert not noted(home)


async def test_an_answer_is_judged_by_a_later_process(tmp_path: Path) -> None:
    """The fate of an answer is noted though another process gave it (`ask --conversation`)."""
    async with house(tmp_path) as home:
        name = (await home.ask(OPEN)).receipt.conversation
        later = home.reopened()
        home.runtime = later
        await home.ask([*TURN, user("And a heap?")], conversation=name)
        assert noted(home) == [("accept", 1.0, "mock/m")]
        await later.close()


async def test_asking_another_model_is_a_switch_and_asking_here_says_nothing(
    tmp_path: Path,
) -> None:
    """Another model for the same question speaks against the first; the local one does not."""
    cloud = {"mock": always(replies.chat(ANSWER)), "other": always(replies.chat(ANSWER))}
    async with house(tmp_path, cloud) as home:
        name = (await home.ask(OPEN)).receipt.conversation
        await home.ask(OPEN, conversation=name, model="local")
        assert not noted(home)
        name = (await home.ask(OPEN)).receipt.conversation
        await home.ask(OPEN, conversation=name, model="other/m")
        assert noted(home) == [("switch", 0.0, "mock/m")]


async def test_a_replaced_question_is_an_edit_or_a_retry(tmp_path: Path) -> None:
    """A question asked in other words, in a fork of its chat, says so of the answer it replaces."""
    async with house(tmp_path) as home:
        first = (await home.ask(OPEN)).receipt
        await home.ask("Explain how a hash map works.", replaces=first.id)
        await home.ask(OPEN, replaces=first.id)
        assert noted(home) == [("retry", 0.0, "mock/m")]
        signs = [one.kind for one in home.stores.outcomes.signs(first.id)]
        assert signs == ["retry", "edit"]


async def test_a_client_that_asks_again_is_heard(tmp_path: Path) -> None:
    """A program that resends its history without the last answer has rejected that answer."""
    async with house(tmp_path) as home:
        turns = [("user", OPEN), ("assistant", ANSWER), ("user", "And a heap?")]
        await post(home.runtime, "/v1/chat/completions", body_of("chat", turns[:1]))
        await post(home.runtime, "/v1/chat/completions", body_of("chat", turns))
        await home.learned()
        assert noted(home) == [("accept", 1.0, "mock/m")]
        await post(home.runtime, "/v1/chat/completions", body_of("chat", turns))
        await home.learned()
        assert noted(home)[0] == ("retry", 0.0, "mock/m")


async def test_a_tool_loop_is_one_question(tmp_path: Path) -> None:
    """A tool's result neither accepts nor rejects the answer that asked for it."""
    async with house(tmp_path) as home:
        name = (await home.ask(OPEN)).receipt.conversation
        call = Message("assistant", (ToolCall("t1", "look", "{}"),))
        result = Message("tool", (ToolResult("t1", (TextPart("found"),)),))
        await home.ask([user(OPEN), call, result], conversation=name)
        await home.ask([user(OPEN), call, result, user("A reminder.")], conversation=name)
        assert not noted(home)


async def test_nothing_is_noted_of_what_must_stay_here(tmp_path: Path) -> None:
    """Private prompts, private chats and prompts that are not stored leave no trace."""
    async with house(tmp_path) as home:
        name = (await home.ask(PRIVATE)).receipt.conversation
        await home.ask(PRIVATE, conversation=name)
        other = (await home.ask(OPEN, privacy=PrivacyMode.PRIVATE)).receipt.conversation
        await home.ask(OPEN, conversation=other)
        unstored = (await home.ask(OPEN, store=False)).receipt
        await home.ask(OPEN, conversation=unstored.conversation, store=False)
        assert not noted(home)
        assert home.stores.outcomes.answer(unstored.id) is None


async def test_nothing_is_remembered_of_masked_prompts(tmp_path: Path) -> None:
    """What left only in masked form is private all the same: neither digest nor sign is kept."""
    question = "Write a short note to anna.berg@fjordmail.no about lunch."
    async with house(tmp_path) as home:
        receipt = (await home.ask(question, privacy=PrivacyMode.MASK)).receipt
        assert receipt.masked
        await home.ask(question, conversation=receipt.conversation)
        await home.ask("In other words?", replaces=receipt.id)
        assert home.stores.outcomes.answer(receipt.id) is None
        assert not noted(home)


async def test_a_thumb_counts_until_it_is_taken_back(tmp_path: Path) -> None:
    """The user's own word overrules what follows from going on, and can be undone."""
    async with house(tmp_path) as home:
        memory = home.runtime.memory
        receipt = (await home.ask(OPEN)).receipt
        memory.rate(receipt, "down")
        await home.ask([*TURN, user("And a heap?")], conversation=receipt.conversation)
        await home.ask("In other words?", replaces=receipt.id)
        assert memory.thumb(receipt.id) == "down"
        assert noted(home) == [("down", 0.0, "mock/m")]
        memory.rate(receipt, "up")
        assert noted(home) == [("up", 1.0, "mock/m")]
        memory.rate(receipt, None)
        assert memory.thumb(receipt.id) is None
        assert not noted(home)


async def test_an_answer_is_remembered_with_what_it_cost_and_was_for(tmp_path: Path) -> None:
    """Model, task, rule, cost and receipt, and a digest of the question; what becomes of it is
    noted with the same.
    """
    async with house(tmp_path) as home:
        outcomes = home.stores.outcomes
        receipt = (await home.ask(OPEN, task="chat")).receipt
        known = outcomes.answer(receipt.id)
        assert known is not None
        assert known.quality == 0.5
        assert (known.kind, known.model, known.task) == ("answered", "mock/m", "chat")
        assert (known.rule, known.cost) == (receipt.rule, receipt.cost.amount)
        assert known.prompt == outcomes.digest(OPEN)
        assert known.embedding == home.runtime._engine.advisor.packed(OPEN)
        await home.ask("In other words?", replaces=receipt.id)
        home.runtime.memory.rate(receipt, "up")
        for sign in outcomes.signs(receipt.id):
            assert replace(sign, kind=known.kind, quality=0.5, created=known.created) == known
        assert [(one.kind, one.quality) for one in outcomes.signs(receipt.id)] == [
            ("up", 1.0), ("edit", 0.3),
        ]  # fmt: skip


async def test_a_thumb_on_a_failure_says_nothing(tmp_path: Path) -> None:
    """Without an answer there is nothing to rate; and of an unknown receipt nothing is known."""
    down = always(replies.error(503))
    async with house(tmp_path, {"mock": down}, local=down) as home:
        receipt = (await home.ask(OPEN)).receipt
        home.runtime.memory.rate(receipt, "up")
        assert not home.stores.outcomes.signs(receipt.id)
        assert home.runtime.memory.thumb("unknown") is None
        assert home.stores.outcomes.answer(receipt.id) is None


async def test_a_thumb_on_a_private_answer_is_its_models(tmp_path: Path) -> None:
    """Whose answer it was, what it cost and which rule sent it there may be told."""
    async with house(tmp_path) as home:
        receipt = (await home.ask(PRIVATE)).receipt
        home.runtime.memory.rate(receipt, "down")
        (kept,) = home.stores.outcomes.signs(receipt.id)
        assert (kept.kind, kept.quality, kept.model) == ("down", 0.0, receipt.model)
        assert (kept.rule, kept.task, kept.cost) == (receipt.rule, receipt.task, Decimal(0))


async def test_signs_reach_the_next_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever advises learns of each sign and of each thumb, given or taken back, and of nothing
    else.
    """
    learned: list[None] = []
    async with house(tmp_path) as home:
        monkeypatch.setattr(home.runtime._engine.advisor, "learn", lambda: learned.append(None))
        receipt = (await home.ask(OPEN)).receipt
        assert len(learned) == 0
        await home.ask([*TURN, user("And a heap?")], conversation=receipt.conversation)
        assert len(learned) == 1
        home.runtime.memory.rate(receipt, "up")
        assert len(learned) == 3
        home.runtime.memory.rate(receipt, None)
        assert len(learned) == 4


async def test_a_lost_record_costs_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where signs can be neither read nor kept, people are answered without a notice."""

    def lost(*_: object, **__: object) -> None:
        raise StoreError("The disk is broken.", "Mend it.")

    async with house(tmp_path) as home:
        name = (await home.ask(OPEN)).receipt.conversation
        for broken in ("digest", "last_answer", "add"):
            monkeypatch.setattr(home.stores.outcomes, broken, lost)
        seen = await home.ask([*TURN, user("And a heap?")], conversation=name)
        assert seen.text == ANSWER
        assert not [event for event in seen.events if isinstance(event, Notice)]


async def test_a_branch_that_asks_something_else_says_nothing(tmp_path: Path) -> None:
    """Only the same question again would reject the answer that it branches off."""
    async with house(tmp_path) as home:
        await home.ask(OPEN)
        await home.ask([*TURN, user("And a heap?")])
        await home.ask([*TURN, user("And a tree?")])
        assert [kind for kind, _, _ in noted(home)] == ["accept"]


async def test_a_thumb_comes_over_the_endpoint(tmp_path: Path) -> None:
    """A program rates an answer by the receipt that the answer's header names."""
    async with house(tmp_path) as home:
        answer = await post(home.runtime, "/v1/messages", body_of("messages", [("user", OPEN)]))
        await home.learned()
        receipt = answer.headers["x-edgeroute-receipt"]
        path = f"/edgeroute/v1/receipts/{receipt}/rating"
        assert (await post(home.runtime, path, {"thumb": "down"})).json()["thumb"] == "down"
        assert noted(home) == [("down", 0.0, "mock/m")]


async def test_a_thumb_on_a_private_answer_keeps_only_the_word(tmp_path: Path) -> None:
    """Of an answer that stayed here neither digest nor vector of the prompt is kept."""
    async with house(tmp_path) as home:
        receipt = (await home.ask(PRIVATE)).receipt
        home.runtime.memory.rate(receipt, "up")
        (kept,) = home.stores.outcomes.list()
        assert (kept.kind, kept.prompt, kept.embedding) == ("up", b"", b"")
        assert home.runtime.admin.advisor.tally("rule") == {"privacy": (1, 1)}


@pytest.mark.parametrize(("second", "kinds"), [("31", []), ("30", ["escalate", "escalate"])])
async def test_only_an_escalation_speaks_against_cheap_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, second: str, kinds: list[str]
) -> None:
    """Cheap models that agree are not blamed; those that a stronger one had to replace are."""
    for name in ("OPENAI", "DEEPSEEK", "ANTHROPIC"):
        monkeypatch.setenv(f"{name}_API_KEY", "sk-test")
    says = {"openai": "31", "deepseek": second, "anthropic": "29"}
    cloud = {name: _says(text) for name, text in says.items()}
    rules = {"test.yaml": CASCADE}
    keys = "[keys]\nenvironment = true\n"
    async with house(tmp_path, cloud, rules=rules, settings=keys) as home:
        await home.ask("How many days does March have? Reply with the number only.")
        assert [kind for kind, _, _ in noted(home)] == kinds


def _says(text: str) -> Behaviour:
    return lambda request: replies.answer(request, text)


async def test_a_deleted_chat_takes_its_outcomes_along(tmp_path: Path) -> None:
    """Neither signs nor the digest of an answer without one outlive the conversation."""
    async with house(tmp_path) as home:
        name = (await home.ask(OPEN)).receipt.conversation
        last = (await home.ask([*TURN, user("And a heap?")], conversation=name)).receipt
        kept = (await home.ask("Another chat.")).receipt
        home.runtime.conversations.delete(name)
        assert not noted(home)
        assert home.stores.outcomes.answer(last.id) is None
        assert home.stores.outcomes.answer(kept.id) is not None


class OneDirection:
    """An embedder to which every text is alike."""

    def embed(self, text: str, *_: object) -> NDArray[np.float32]:
        """The same unit vector."""
        del text
        one = np.zeros(384, dtype=np.float32)
        one[0] = 1
        return one


@pytest.fixture
def _alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Embedder, "load", classmethod(lambda *_: OneDirection()))


@pytest.mark.usefixtures("_alike")
async def test_similar_prompts_are_counted_for_the_user(tmp_path: Path) -> None:
    """The plan, the explanation and the receipt say how many similar prompts were fine; of a
    private prompt nothing is said.
    """
    async with house(tmp_path) as home:
        name = (await home.ask(OPEN)).receipt.conversation
        for number in range(6):
            more = user(f"And what about bucket {number}?")
            seen = await home.ask([*TURN, more], conversation=name)
        sentence = "5 of 5 similar prompts were fine on mock/m."
        assert sentence in seen.receipt.notes
        explained = await home.runtime.engine.explain(request(OPEN))
        assert "6 of 6 similar prompts were fine on mock/m." in explained.plan.notes
        assert not (await home.runtime.engine.explain(request(PRIVATE))).plan.notes


@pytest.mark.usefixtures("_alike")
async def test_a_policy_may_let_experience_decide(tmp_path: Path) -> None:
    """With `outcomes.act` the cheaper model that did well is asked first, and the sentence is why;
    a thumb down on its answers ends that.
    """
    acting = (
        "routing:\n  rules:\n    - default: mock/m\n      fallbacks: [local]\n"
        "  outcomes: {act: true, good_enough: 0.5}\n"
    )
    async with house(tmp_path, rules={"test.yaml": acting}) as home:
        receipts = [(await home.ask(f"Question {n}?", model="local")).receipt for n in range(6)]
        for receipt in receipts:
            home.runtime.memory.rate(receipt, "up")
        first = (await home.runtime.engine.explain(request(OPEN))).plan.first
        assert first.model == "local/m"
        assert first.reason == "6 of 6 similar prompts were fine on local/m."
        for receipt in receipts:
            home.runtime.memory.rate(receipt, "down")
        assert (await home.runtime.engine.explain(request(OPEN))).plan.first.model == "mock/m"


@pytest.mark.usefixtures("_alike")
async def test_rules_that_name_roles_are_judged_too(tmp_path: Path) -> None:
    """A suggestion speaks of the model that stood for the role, and changes nothing."""
    async with house(tmp_path) as home:
        outcomes = home.stores.outcomes
        policy = RoutingPolicy.named("default")
        for number in range(12):
            for model, quality in (("anthropic/claude-haiku-5.5", 0.0), ("openai/gpt-6-luna", 1.0)):
                kind: OutcomeKind = "up" if quality else "down"
                outcomes.add(kind, bytes([number]), model, quality, rule="small-work",
                             cost=Decimal("0.001"), receipt=f"{model}{number}")  # fmt: skip
        (found,) = home.runtime.admin.advisor.suggestions(policy, home.rules.tiers())
        assert (found.rule, found.instead) == ("small-work", "openai/gpt-6-luna")
        assert "12 of 12 were fine on openai/gpt-6-luna" in found.sentence


def worked(said: str, command: str = "pytest -q") -> list[Message]:
    """A turn in which a test was run."""
    call = ToolCall("c1", "bash", f'{{"command": "{command}"}}')
    result = ToolResult("c1", (TextPart(said),))
    return [user(OPEN), Message("assistant", (call,)), Message("tool", (result,))]


@pytest.mark.parametrize(("said", "sign"), [("2 failed", "failed"), ("4 passed", "passed")])
async def test_an_agents_tests_are_signs_where_the_user_wants_it(
    tmp_path: Path, said: str, sign: str
) -> None:
    """Off until it is switched on; then the answer that was tested has the sign, and no word."""
    assert not RouterSettings().learn_from_steps
    async with house(tmp_path) as home:
        for wanted in (False, True):
            home.runtime.memory._steps = wanted
            name = (await home.ask(OPEN)).receipt.conversation
            await home.ask(worked(said), conversation=name)
            assert [kind for kind, *_ in noted(home)] == ([sign] if wanted else [])


async def test_a_private_turn_gives_no_sign(tmp_path: Path) -> None:
    """What must stay here is not learned from, whatever its tests say."""
    async with house(tmp_path) as home:
        home.runtime.memory._steps = True
        name = (await home.ask(PRIVATE)).receipt.conversation
        await home.ask([user(PRIVATE), *worked("2 failed")[1:]], conversation=name)
        assert noted(home) == []
