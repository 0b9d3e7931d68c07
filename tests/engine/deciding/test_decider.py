"""From a request to a plan: what the settings, the budget and the caller say."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.errors import BudgetReached, StoreError
from edgeroute.core.events import Answered, Failed
from edgeroute.core.ids import new_id
from edgeroute.core.model_card import Place
from edgeroute.core.usage import Cost
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.deciding.advisor import Advisor
from edgeroute.engine.deciding.decider import Preferences
from tests.support import replies
from tests.support.clocks import THE_DAY, StandingClock
from tests.support.deciding import decided
from tests.support.house import OPEN, PRIVATE, House, house, request
from tests.support.receipts import attempt, receipt
from tests.support.scripted_provider import always
from tests.support.strategies import LUNA, OPUS, keys, policy, says, several


def spend(home: House, usd: str, conversation: str = "c1") -> None:
    """Enter a call of this moment that cost ``usd``."""
    now = home.runtime.clock.now()
    one = attempt(started=now, cost=Cost(Decimal(usd), "computed"))
    home.stores.ledger.record(receipt(one, id=usd, created=now, conversation=conversation))


def test_without_settings_everything_is_balanced() -> None:
    """The tier in the middle, no enterprise provider, no user."""
    assert Preferences() == Preferences("balanced", "", "")


async def test_an_open_prompt_may_leave_as_it_is(tmp_path: Path) -> None:
    """What would go out is the request itself; the reason says that nothing was found."""
    async with house(tmp_path) as home:
        one = request(OPEN)
        found = await decided(home, one)
        assert (found.privacy.stays, found.request, found.outbound) == (False, one, one)
        assert found.privacy.reason == "No personal data found."
        assert found.plan.first.model == "mock/m"
        assert (found.local, found.judge, found.otherwise, found.masked) == (
            "local/m", "", "", None,
        )  # fmt: skip
        assert found.tier == "balanced"


async def test_a_private_prompt_says_where_it_would_have_gone(tmp_path: Path) -> None:
    """Only where that is another model than the one that answers it."""
    async with house(tmp_path) as home:
        found = await decided(home, PRIVATE)
        assert (found.privacy.stays, found.otherwise) == (True, "mock/m")
        assert found.plan.why == found.privacy.reason == found.privacy.verdict.reason
        assert found.session.latched
        assert found.session.latch_reason == found.privacy.reason
        assert (await decided(home, request(PRIVATE, model="local"))).otherwise == ""


async def test_a_dry_decision_leaves_no_trace(tmp_path: Path) -> None:
    """No conversation is begun and none is latched."""
    async with house(tmp_path) as home:
        found = await decided(home, PRIVATE, dry=True)
        assert found.privacy.stays
        assert not found.session.latched
        assert not home.runtime.conversations.list()


async def test_every_finding_is_named_where_that_is_wanted(tmp_path: Path) -> None:
    """Otherwise the check stops at the first."""
    both = f"{PRIVATE} And write to anna.berg@fjordmail.no."
    async with house(tmp_path) as home:
        assert len((await decided(home, both, dry=True)).privacy.verdict.findings) == 1
        whole = (await decided(home, both, dry=True, full=True)).privacy.verdict
        assert set(whole.types) == {"US_SSN", "EMAIL_ADDRESS"}


async def test_what_stays_says_what_keeps_it(tmp_path: Path) -> None:
    """The finding first, then the latch, then the mode."""
    async with house(tmp_path) as home:
        mode = await decided(home, request(OPEN, privacy=PrivacyMode.PRIVATE))
        assert mode.privacy.reason == "This conversation is set to stay on this machine."
        name = (await decided(home, PRIVATE)).session.id
        latched = await decided(home, request(OPEN, conversation=name))
        assert latched.privacy.stays
        assert latched.privacy.reason.startswith("This conversation stays on this machine: ")
        again = await decided(home, request(PRIVATE, conversation=name))
        assert again.privacy.reason == again.privacy.verdict.reason
        masked = await decided(
            home, request("Write to anna.berg@fjordmail.no.", privacy=PrivacyMode.MASK)
        )
        assert masked.privacy.reason.startswith("Personal data is replaced by placeholders")
        assert not masked.privacy.stays
        assert "fjordmail" in masked.request.messages[0].text
        assert "fjordmail" not in masked.outbound.messages[0].text


async def test_a_latch_that_cannot_be_saved_holds_for_its_prompt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The prompt stays here, whatever the disk says."""

    def full(*_: object) -> None:
        raise StoreError("The disk is full.", "Free some space.")

    async with house(tmp_path) as home:
        await decided(home, request(OPEN, conversation="mine"))
        monkeypatch.setattr(home.stores.conversations, "latch", full)
        found = await decided(home, request(PRIVATE, conversation="mine"))
        assert (found.privacy.stays, found.session.latched) == (True, True)
        assert found.session.latch_reason == found.privacy.verdict.reason


async def test_without_the_store_a_new_conversation_is_decided_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a name of its own, of this moment; nothing of it is stored."""

    def lost(*_: object) -> None:
        raise StoreError("The disk is broken.", "Mend it.")

    async with house(tmp_path, clock=StandingClock()) as home:
        monkeypatch.setattr(home.stores.prefixes, "find", lost)
        found = await decided(home, OPEN)
        assert not found.privacy.stays
        assert not found.session.exists
        assert found.session.id[:11] == new_id(THE_DAY)[:11]
        assert (await decided(home, request(OPEN, conversation="mine"))).privacy.latched


async def test_the_callers_wishes_come_before_the_settings(tmp_path: Path) -> None:
    """Tier and user of the request count; without them those of the settings do."""
    async with house(tmp_path, settings="[privacy]\n") as home:
        assert (await decided(home, request(OPEN, tier="premium"))).tier == "premium"
        free = await decided(home, request(OPEN, tier="free"))
        assert (free.tier, free.plan.first.place) == ("free", Place.LOCAL)
    by_user = (
        "routing:\n  rules:\n    - id: ann\n      condition: user == 'ann'\n      model: local\n"
        "    - default: mock/m\n"
    )
    async with house(tmp_path / "b", rules={"test.yaml": by_user}) as home:
        assert (await decided(home, request(OPEN, user="ann"))).plan.rule == "ann"
        assert (await decided(home, OPEN)).plan.rule == "default"


async def test_advice_is_asked_for_where_the_policy_was_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the question, the chosen model and what each model that could answer would cost; where the
    caller named a model or the prompt stays here, earlier answers have no say.
    """
    asked: list[tuple[Any, ...]] = []
    async with house(tmp_path) as home:
        monkeypatch.setattr(Advisor, "advise", lambda _, *given, told: asked.append(given))
        for model in ("auto", ""):
            await decided(home, request(OPEN, model=model, task="chat"))
        for prompt, chosen, costs, policy_now, task in asked:
            assert (prompt, chosen, task) == (OPEN, "mock/m", "chat")
            assert costs({"mock/m", "local/m"}).keys() == {"mock/m", "local/m"}
            assert costs({"local/m"}) == {"local/m": 0}
            assert policy_now == home.rules.policy()
        assert len(asked) == 2
        await decided(home, request(OPEN, model="mock/m"))
        await decided(home, PRIVATE)
        assert len(asked) == 2


async def test_rules_see_what_was_spent_today(tmp_path: Path) -> None:
    """A rule may send everything here once a sum is reached."""
    rules = (
        "routing:\n  rules:\n    - id: dear\n      condition: spent_today >= 2\n"
        "      model: local\n    - default: mock/m\n"
    )
    async with house(tmp_path, rules={"test.yaml": rules}) as home:
        assert (await decided(home, OPEN)).plan.rule == "default"
        spend(home, "2.5")
        assert (await decided(home, OPEN)).plan.rule == "dear"


async def test_a_schema_is_asked_of_a_model_that_keeps_to_one(tmp_path: Path) -> None:
    """Named or not, the request's schema is known to the plan; an unknown model is not made up."""
    async with house(tmp_path) as home:
        plain = await decided(home, request(OPEN, response_format={"type": "object"}))
        assert plain.plan.candidates
        assert (await decided(home, request(OPEN, model="mock/m"))).plan.first.model == "mock/m"
        whole = await decided(home, request(OPEN, commit="complete"))
        assert whole.plan.commit == "complete"


ASKING = '[budget]\ndaily_usd = 1.0\nat_limit = "{}"\n'
CHEAP = "small/m"


async def test_a_used_up_budget_asks_first(tmp_path: Path) -> None:
    """Where the user wants to be asked, the request is refused with a way out; what stays here
    costs nothing and goes on.
    """
    async with house(tmp_path, settings=ASKING.format("ask")) as home:
        assert (await home.ask(OPEN)).receipt.route is Place.CLOUD
        spend(home, "1.5")
        seen = await home.ask(OPEN)
        assert isinstance(seen.end, Failed)
        assert isinstance(seen.end.error, BudgetReached)
        assert seen.end.error.message == "The daily budget of $1.00 is used up."
        assert "`local`" in seen.end.error.hint
        assert (await home.ask(OPEN, model="local")).receipt.route is Place.LOCAL
        assert (await home.ask(PRIVATE)).receipt.route is Place.LOCAL


async def test_a_used_up_budget_leaves_small_models(tmp_path: Path) -> None:
    """With `cheaper` only models of the lowest grade and the local one are asked."""
    settings = ASKING.format("cheaper")
    with keys():
        cloud = {"openai": says("Small."), "anthropic": says("Best.")}
        rules = {"test.yaml": policy().replace("verify: ''", f"fallbacks: [{LUNA}]")}
        more = f"[keys]\nenvironment = true\n{settings}"
        async with house(tmp_path, cloud, settings=more, rules=rules) as home:
            assert (await home.ask(OPEN)).receipt.model == OPUS
            spend(home, "1.5")
            assert (await home.ask(OPEN)).receipt.model != OPUS
            found = await decided(home, OPEN)
            cards = home.runtime.catalog.cards
            grades = {cards[one.model].grade for one in found.plan.candidates if one.model in cards}
            assert grades <= {1}
            assert found.plan.candidates[-1].place is Place.LOCAL


async def test_a_used_up_budget_answers_here(tmp_path: Path) -> None:
    """By default the local model answers where a limit is reached."""
    async with house(tmp_path, settings="[budget]\ndaily_usd = 1.0\n") as home:
        spend(home, "1.5")
        seen = await home.ask(OPEN)
        assert isinstance(seen.end, Answered)
        assert seen.receipt.route is Place.LOCAL
        assert home.bytes_out == 0


@pytest.mark.parametrize("judge", [OPUS, "local"])
@pytest.mark.parametrize("strategy", ["cascade", "ensemble"])
async def test_a_strategy_has_the_judge_that_the_policy_names(
    tmp_path: Path, strategy: str, judge: str
) -> None:
    """A single model needs none; `local` is the local model."""
    rules = policy(strategy).replace("top:", f"judge: {judge}\n    top:")
    rules = rules.replace(f"judge: {OPUS}\n    combine", f"judge: {judge}\n    combine")
    with keys():
        async with several(tmp_path, rules, says(""), says(""), says("")) as home:
            found = await decided(home, "How many days does March have? Only the number.")
            assert found.plan.strategy == strategy
            assert found.judge == ("local/m" if judge == "local" else judge)
            named = await decided(home, request(OPEN, model=LUNA))
            assert (named.plan.strategy, named.judge) == ("single", "")


async def test_what_cannot_be_masked_for_sure_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody can look up what was masked before, even an open prompt stays here."""
    open_answer = always(replies.chat("Yes."))

    def lost(*_: object) -> None:
        raise StoreError("The disk is broken.", "Mend it.")

    async with house(tmp_path, {"mock": open_answer}) as home:
        name = (await home.ask(OPEN, privacy=PrivacyMode.MASK)).receipt.conversation
        monkeypatch.setattr(home.stores.masks, "get", lost)
        found = await decided(home, request(OPEN, conversation=name))
        assert found.privacy.stays
        assert "masked before" in found.privacy.reason


async def test_rules_see_the_privacy_of_a_conversation(tmp_path: Path) -> None:
    """A rule may have another model answer what leaves in masked form."""
    rules = (
        "routing:\n  rules:\n    - id: masked\n      condition: privacy == 'mask'\n"
        "      model: two/m\n    - default: one/m\n"
    )
    cloud = dict.fromkeys(("one", "two"), always(replies.chat("Yes.")))
    async with house(tmp_path, cloud, rules={"test.yaml": rules}) as home:
        assert (await decided(home, OPEN)).plan.first.model == "one/m"
        masked = await decided(home, request(OPEN, privacy=PrivacyMode.MASK))
        assert (masked.plan.rule, masked.plan.first.model) == ("masked", "two/m")
