"""Cascade, ensemble and verification: one answer stands, every call is paid for and shown."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from pathlib import Path

import pytest

from edgeroute.core.events import Answered, Folded, Notice
from tests.support import replies
from tests.support.house import LOCAL_ANSWER, PRIVATE, House, house
from tests.support.scripted_provider import Behaviour, Received, Reply

CLOSED = "How many days does March have? Reply with the number only."
KEYS = ("OPENAI_API_KEY", "DEEPSEEK_API_KEY", "ANTHROPIC_API_KEY")
POLICY = """
routing:
  rules:
    - id: all
      condition: input_tokens >= 0
      model: anthropic/claude-opus-4.7
      strategy: {strategy}
      verify: {verify}
    - default: anthropic/claude-opus-4.7
  cascade:
    ladder: [openai/gpt-6-luna, deepseek/v4-pro]
    expected_escalation: 0.2
  ensemble:
    models: [openai/gpt-6-luna, deepseek/v4-pro]
"""


def _says(*texts: str) -> Behaviour:
    """One text after the other, the last for ever, each with a usage of 1,000 and 100 tokens."""

    def reply(request: Received) -> Reply:
        text = texts[min(request.number, len(texts)) - 1]
        return replies.answer(request, text)

    return reply


@pytest.fixture(autouse=True)
def _have_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.setenv(name, "sk-test")


def _house(
    tmp_path: Path, strategy: str, *says: str, verify: str = "''"
) -> AbstractAsyncContextManager[House]:
    """A house whose models luna, v4-pro and opus say these things."""
    names = ("openai", "deepseek", "anthropic")
    return house(
        tmp_path,
        {name: _says(text) for name, text in zip(names, says, strict=True)},
        settings="[keys]\nenvironment = true\n",
        rules={"test.yaml": POLICY.format(strategy=strategy, verify=verify)},
    )


def _asked(home: House) -> dict[str, int]:
    return {name: len(provider.requests) for name, provider in home.cloud.items()}


async def test_two_cheap_models_that_agree_are_enough(tmp_path: Path) -> None:
    """In a cascade on a closed question agreement stands and the strong model is not asked."""
    async with _house(tmp_path, "cascade", "31", "The answer is 31.", "never") as home:
        seen = await home.ask(CLOSED)
        assert seen.text == "31"
        assert _asked(home) == {"openai": 1, "deepseek": 1, "anthropic": 0}
        assert seen.receipt.model == "openai/gpt-6-luna"
        assert [attempt.outcome for attempt in seen.receipt.attempts] == ["answered", "rejected"]


async def test_disagreement_escalates_and_every_call_is_paid(tmp_path: Path) -> None:
    """Cheap answers that differ are folded away; the receipt adds up all three calls."""
    async with _house(tmp_path, "cascade", "30", "28", "31") as home:
        seen = await home.ask(CLOSED)
        assert isinstance(seen.end, Answered)
        assert seen.text == seen.end.answer.text == "31"
        folded = [event.text for event in seen.events if isinstance(event, Folded)]
        assert folded == ["30", "28"]
        costs = [attempt.cost.amount for attempt in seen.receipt.attempts]
        assert len(costs) == 3
        assert None not in costs
        total = sum((cost for cost in costs if cost is not None), Decimal(0))
        assert seen.receipt.cost.amount == total > 0
        rows = home.runtime.ledger.rows("model")
        assert sum((row.cost or Decimal(0) for row in rows), Decimal(0)) == total


async def test_an_ensemble_shows_its_disagreement(tmp_path: Path) -> None:
    """The majority stands, one text is shown, and who said what else is visible."""
    async with _house(tmp_path, "ensemble", "31", "30", "31") as home:
        seen = await home.ask(CLOSED)
        assert seen.text == "31"
        notices = [event for event in seen.events if isinstance(event, Notice)]
        assert [notice.kind for notice in notices] == ["disagreement"]
        assert "30" in notices[0].text
        assert seen.terminals == 1
        assert sum(attempt.outcome == "answered" for attempt in seen.receipt.attempts) == 1


async def test_a_doubted_answer_carries_a_warning(tmp_path: Path) -> None:
    """A verifier that doubts gives a warning; the answer is neither changed nor hidden."""
    async with _house(
        tmp_path,
        "single",
        "DISAGREE: not with wine.",
        "never",
        "Take two a day.",
        verify="openai/gpt-6-luna",
    ) as home:
        seen = await home.ask("May I take this medicine with wine?")
        assert seen.text == "Take two a day."
        notices = [event for event in seen.events if isinstance(event, Notice)]
        assert [notice.kind for notice in notices] == ["disagreement"]
        assert "not with wine" in notices[0].text
        assert [attempt.role for attempt in seen.receipt.attempts] == ["answer", "verify"]


@pytest.mark.parametrize("strategy", ["cascade", "ensemble"])
async def test_a_private_prompt_takes_part_in_nothing(tmp_path: Path, strategy: str) -> None:
    """Neither rungs nor judges nor verifiers see a private prompt."""
    async with _house(tmp_path, strategy, "31", "31", "31", verify="openai/gpt-6-luna") as home:
        seen = await home.ask(PRIVATE, model=strategy)
        assert seen.text == LOCAL_ANSWER
        assert home.bytes_out == 0


async def test_when_no_rung_answers_the_local_model_does(tmp_path: Path) -> None:
    """A cascade whose models all fail ends with the local answer."""
    down = [replies.error(503)]
    behaviours: dict[str, Behaviour] = {
        name: lambda _: down[0] for name in ("openai", "deepseek", "anthropic")
    }
    async with house(
        tmp_path,
        behaviours,
        settings="[keys]\nenvironment = true\n",
        rules={"test.yaml": POLICY.format(strategy="cascade", verify="''")},
    ) as home:
        seen = await home.ask(CLOSED)
        assert seen.text == LOCAL_ANSWER
        assert seen.terminals == 1
