"""What is written down of a request that has ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from edgeroute.core.answer import Answer
from edgeroute.core.errors import EdgeRouteError, StoreError
from edgeroute.core.events import Answered, Failed, Notice
from edgeroute.core.messages import assistant
from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Receipt
from edgeroute.core.usage import Usage
from edgeroute.core.verdict import LocalOpinion, PrivacyMode
from edgeroute.engine.deciding.decision import RequestStart
from edgeroute.engine.recording.recorder import Recorder
from edgeroute.engine.running.live_attempt import RunState
from tests.support import replies
from tests.support.clocks import THE_DAY, StandingClock
from tests.support.house import OPEN, PRIVATE, House, house, request
from tests.support.receipts import attempt, receipt
from tests.support.scripted_provider import Received, Reply, always
from tests.support.strategies import ENVIRONMENT, keys

ANSWER = "A table of buckets."


def recorder(home: House) -> Recorder:
    """The engine's own."""
    found = home.runtime.engine._recorder
    assert isinstance(found, Recorder)
    return found


async def test_a_full_disk_costs_the_record_not_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a turn cannot be saved the answer is given all the same, with a notice."""
    from edgeroute.core.errors import StoreError

    def full(*args: object) -> None:
        raise StoreError("The disk is full.", "Free some space.")

    async with house(tmp_path) as home:
        await home.ask(OPEN)
        monkeypatch.setattr(home.runtime.receipts, "add", full)
        seen = await home.ask(OPEN)
        assert isinstance(seen.end, Answered)
        assert any(getattr(event, "kind", "") == "not_saved" for event in seen.events)


async def test_a_receipt_tells_all_that_was_decided_and_done(tmp_path: Path) -> None:
    """Whose conversation, what was found, which rule, who answered, how long it took."""
    async with house(tmp_path, clock=StandingClock()) as home:
        one = request(OPEN, user="ann", tier="premium", front_door="http", task="chat")
        decision = await home.runtime.engine._decider.decide(one)
        decision = replace(
            decision, plan=replace(decision.plan, rule="all", why="A test.", notes=("A note.",))
        )
        clock = home.runtime.clock
        assert isinstance(clock, StandingClock)
        start = RequestStart("r1", clock.now(), clock.monotonic())
        clock.forward(timedelta(milliseconds=1_250))
        tried = [attempt(model="one/m", outcome="failed"), attempt(model="two/m")]
        state = RunState(attempts=tried, notes=["Another."], first_token_ms=40)
        found = recorder(home).receipt(start, one, decision, state)
        assert found.compared is not None
        assert replace(found, compared=None) == receipt(
            *tried,
            conversation=decision.session.id,
            created=THE_DAY,
            front_door="http",
            rule="all",
            why="A test.",
            model="two/m",
            tier="premium",
            input_tokens=decision.signals.input_tokens,
            duration_ms=1_250,
            first_token_ms=40,
            notes=("A note.", "Another."),
            turn=1,
        )
        assert found.input_tokens > 0
        state.attempts = [attempt(model="one/m", outcome="cancelled", place=Place.LOCAL)]
        state.error = EdgeRouteError("It broke.")
        stopped = recorder(home).receipt(start, replace(one, user=""), decision, state)
        assert (stopped.model, stopped.route) == ("one/m", Place.LOCAL)
        assert stopped.error == "failed"
        assert stopped.user != "ann"
        assert stopped.user
        state.attempts = []
        nobody = recorder(home).receipt(start, one, decision, state)
        assert (nobody.model, nobody.route) == ("", None)


async def test_what_was_found_and_masked_is_counted(tmp_path: Path) -> None:
    """By type, never by value; the mode and the latch of the conversation are told."""
    async with house(tmp_path) as home:
        private = (await home.ask(PRIVATE)).receipt
        assert (private.private, private.latched) == (True, True)
        assert private.findings == {"US_SSN": 1}
        assert private.privacy_reason
        assert private.masked == {}
        masked = (
            await home.ask("Write to anna.berg@fjordmail.no.", privacy=PrivacyMode.MASK)
        ).receipt
        assert (masked.mode, masked.private, masked.latched) == (PrivacyMode.MASK, False, False)
        assert masked.masked == {"EMAIL_ADDRESS": 1}


async def test_a_request_that_was_never_decided_counts_as_private(tmp_path: Path) -> None:
    """Nobody knows what it held; nothing was sent, and the receipt says so."""
    async with house(tmp_path, clock=StandingClock()) as home:
        one = request(OPEN, conversation="mine", front_door="http", privacy=PrivacyMode.MASK)
        clock = home.runtime.clock
        start = RequestStart("r1", clock.now(), clock.monotonic())
        state = RunState(error=EdgeRouteError("It broke."))
        found = recorder(home).receipt(start, replace(one, user="ann"), None, state)
        expected = receipt(
            conversation="mine", front_door="http", mode=PrivacyMode.MASK, private=True,
            privacy_reason="Nothing was decided, so nothing was sent.", rule="", why="",
            route=None, model="", task="", error="failed", created=THE_DAY,
        )  # fmt: skip
        assert found == replace(expected, attempts=())
        assert found.user == "ann"
        plain = recorder(home).receipt(start, request(OPEN), None, state)
        assert plain.mode is PrivacyMode.AUTO
        assert plain.user
        assert recorder(home).record(found, one, None, state) == []
        assert home.runtime.receipts.get("r1") == found
        assert not home.runtime.conversations.list()


async def test_a_turn_is_kept_whole(tmp_path: Path) -> None:
    """What was new in the request and the answer, with receipt and model; the history with the
    answer is recognised the next time.
    """
    async with house(tmp_path) as home:
        seen = await home.ask(OPEN)
        (turn,) = home.runtime.conversations.turns(seen.receipt.conversation)
        assert [message.text for message in turn.messages] == [OPEN, ANSWER]
        assert (turn.complete, turn.receipt) == (True, seen.receipt.id)
        found = home.runtime.conversations.get(seen.receipt.conversation)
        assert found is not None
        assert found.model == "mock/m"
        again = await home.ask([*turn.messages, *request("And a heap?").messages])
        assert again.receipt.conversation == seen.receipt.conversation


async def test_no_turn_is_kept_without_an_answer_or_a_conversation(tmp_path: Path) -> None:
    """A partial answer is one, and is marked as such."""
    async with house(tmp_path) as home:
        one = request(OPEN)
        decision = await home.runtime.engine._decider.decide(one)
        name = decision.session.id
        conversations = home.runtime.conversations
        recorder(home).record(receipt(id="a", conversation=name), one, decision, RunState())
        assert not conversations.turns(name)
        half = Answer(assistant("half"), "length", Usage(), "mock/m", complete=False)
        state = RunState(partial=half)
        lost = replace(decision, session=replace(decision.session, exists=False))
        recorder(home).record(receipt(id="b", conversation=name), one, lost, state)
        assert not conversations.turns(name)
        recorder(home).record(receipt(id="c", conversation=name), one, decision, state)
        (turn,) = conversations.turns(name)
        assert (turn.messages[-1].text, turn.complete) == ("half", False)


async def test_only_a_managed_answer_is_remembered_as_a_cache(tmp_path: Path) -> None:
    """With what the provider says that it keeps of the prompt, and for which task."""
    async with house(tmp_path) as home:
        state = home.runtime._engine._state
        cloud = (await home.ask(OPEN, task="chat")).receipt
        holding = state.holding(cloud.conversation)
        assert holding is not None
        assert (holding.model, holding.task) == ("mock/m", "chat")
        assert holding.prompt_tokens == cloud.usage.input
        local = (await home.ask(OPEN, model="local")).receipt
        assert state.holding(local.conversation) is None


async def test_what_was_learned_of_providers_is_kept_where_one_failed(tmp_path: Path) -> None:
    """A local answer, and one where all is well, write nothing about them."""
    async with house(tmp_path, {"one": always(replies.chat("Yes."))}) as home:
        await home.ask(OPEN, model="local")
        await home.ask(OPEN)
        assert home.stores.targets.since({}) == {}
        home.cloud["one"].behave(always(replies.error(503)))
        await home.ask(OPEN)
        await home.learned()
        assert home.stores.targets.since({}).keys() == {"one", "one/m"}


async def test_what_cannot_be_saved_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the reason; alerts about money come as notices of their own kind."""

    def full(*_: object, **__: object) -> None:
        raise StoreError("The disk is full.", "Free some space.")

    async with house(tmp_path) as home:
        monkeypatch.setattr(home.stores.conversations, "append", full)
        seen = await home.ask(OPEN)
        (notice,) = [event for event in seen.events if isinstance(event, Notice)]
        assert notice.kind == "not_saved"
        assert notice.text == ("This turn could not be saved. The disk is full. Free some space.")
        assert isinstance(seen.end, Answered)
        assert home.runtime.receipts.get(seen.receipt.id) == seen.receipt


async def test_a_failed_request_has_its_receipt(tmp_path: Path) -> None:
    """Who was tried stays known, and what went wrong."""
    down = always(replies.error(503))
    async with house(tmp_path, {"one": down}, local=down) as home:
        seen = await home.ask(OPEN)
        assert isinstance(seen.end, Failed)
        assert home.runtime.receipts.get(seen.receipt.id) == seen.receipt
        assert seen.receipt.error == seen.end.error.code
        assert seen.receipt.attempts


def _counted(asked: Received) -> Reply:
    return replies.answer(asked, "Done.", tokens=(2_000, 300))


@pytest.mark.parametrize("model", ["anthropic/claude-opus-5.5", "deepseek/v4.1-flash"])
async def test_savings_are_measured_against_the_best_current_model(
    tmp_path: Path, model: str
) -> None:
    """The receipt and the ledger name it and say the same of it, by call and by task; where it
    answers itself, routing has saved nothing.
    """
    providers = dict.fromkeys(("anthropic", "deepseek"), _counted)
    with keys():
        async with house(tmp_path, providers, settings=ENVIRONMENT) as home:
            first = (await home.ask(OPEN, model=model)).receipt
            second = (await home.ask(OPEN, model=model)).receipt
            found = home.runtime.ledger.total()
            assert first.model == model
            assert first.compared is not None
            assert second.compared is not None
            premium = home.runtime.catalog.card(first.compared.premium_model)
            assert premium is not None
            assert (premium.grade, premium.successor) == (3, "")
            assert first.compared.cost == first.cost.amount
            assert (found.compared, found.turns) == (2, 2)
            assert found.baseline == first.compared.premium + second.compared.premium
            assert found.baseline_model == premium.id
            assert found.comparison is not None
            assert found.comparison.cost == found.cost
            assert (found.comparison.saved_by_routing == 0) is (model == premium.id)


async def test_who_was_asked_for_a_second_opinion_is_noted(tmp_path: Path) -> None:
    """The receipt names the local model and what it said, never the text."""
    async with house(tmp_path) as home:
        one = request(OPEN)
        decision = await home.runtime._engine.decider.decide(one)
        opinion = LocalOpinion("local/m", 0.2, holds=False)
        verdict = replace(decision.privacy.verdict, opinions=(opinion,))
        decision = replace(decision, privacy=replace(decision.privacy, verdict=verdict))
        start = RequestStart("r", THE_DAY, 0.0)
        noted = recorder(home).receipt(start, one, decision, RunState()).notes
        assert noted[0] == opinion.sentence


async def test_nothing_leaves_without_a_receipt(tmp_path: Path) -> None:
    """While a provider reads a prompt, the record says already what left, where to, and that it is
    not over; of a second provider too; in the end one receipt is left, with its ledger lines.
    """
    seen: list[Receipt] = []

    def first(asked: Received) -> Reply:
        seen.extend(home.runtime.receipts.list(left_machine=True))
        return replies.error(500)

    def second(asked: Received) -> Reply:
        seen.extend(home.runtime.receipts.list(left_machine=True))
        return replies.answer(asked, ANSWER)

    async with house(tmp_path, {"one": first, "two": second}) as home:
        told = (await home.ask(OPEN)).receipt
        *_, last = seen
        assert {one.id for one in seen} == {told.id}
        assert (last.error, last.model, last.route) == ("interrupted", "two/m", Place.CLOUD)
        assert [one.outcome for one in last.attempts] == ["interrupted"] * len(last.attempts)
        assert {one.model for one in last.attempts} == {"one/m", "two/m"}
        assert all(one.bytes_sent and one.host == "127.0.0.1" for one in last.attempts)
        assert last.cost.amount is None
        assert home.runtime.receipts.list() == [told]
        assert told.error == ""
        assert home.runtime.ledger.total().attempts == len(told.attempts)


async def test_a_prompt_that_is_answered_here_leaves_no_early_receipt(tmp_path: Path) -> None:
    """Only what leaves is written down beforehand."""
    seen: list[Receipt] = []

    def here(asked: Received) -> Reply:
        if asked.method == "GET":
            return replies.json_body({"object": "list", "data": [{"id": "m", "object": "model"}]})
        seen.extend(home.runtime.receipts.list())
        return replies.answer(asked, ANSWER)

    async with house(tmp_path, local=here) as home:
        await home.ask(PRIVATE)
        assert not seen
        assert len(home.runtime.receipts.list()) == 1


async def test_a_deleted_conversation_costs_the_turn_not_the_receipt(tmp_path: Path) -> None:
    """Where the user deletes a chat while it is answered, the receipt of what left stays."""

    def deletes(asked: Received) -> Reply:
        (one,) = home.runtime.receipts.list()
        home.stores.conversations.delete(one.conversation)
        return replies.answer(asked, ANSWER)

    async with house(tmp_path, {"mock": deletes}) as home:
        seen = await home.ask(OPEN)
        assert any(getattr(event, "kind", "") == "not_saved" for event in seen.events)
        assert home.runtime.receipts.list() == [seen.receipt]


async def test_a_turn_that_is_not_to_be_kept_is_not(tmp_path: Path) -> None:
    """In a conversation that keeps its text, too; what binds it to this machine still holds."""
    async with house(tmp_path) as home:
        name = (await home.ask(OPEN)).receipt.conversation
        await home.ask("What is a heap?", conversation=name, store=False)
        said = [m.text for turn in home.stores.conversations.turns(name) for m in turn.messages]
        assert said == [OPEN, ANSWER]
        private = (await home.ask(PRIVATE, conversation=name, store=False)).receipt
        assert private.latched
        assert (await home.ask(OPEN, conversation=name)).receipt.route is Place.LOCAL
