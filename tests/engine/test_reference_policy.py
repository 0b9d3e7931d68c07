"""The policy of the design, loaded as written and carried out: five branches, both fallbacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.support import replies
from tests.support.clocks import MovableClock
from tests.support.house import LOCAL_ANSWER, House, house
from tests.support.routing import REFERENCE
from tests.support.scripted_provider import Behaviour, Received, Reply, ScriptedProvider, always
from tests.support.strategies import ENVIRONMENT, keys

HARD = "Design and prove a distributed, concurrent, scalable consensus architecture. " * 900


@pytest.fixture(autouse=True)
def _have_keys() -> Iterator[None]:
    with keys():
        yield


def _names_itself(request: Received) -> Reply:
    """An answer that is the model's wire name."""
    return replies.answer(request, str(request.json["model"]))


def _house(
    tmp_path: Path, troubles: Mapping[str, Behaviour | ScriptedProvider] | None = None
) -> AbstractAsyncContextManager[House]:
    """A house under the reference policy in which all providers but those in trouble are well."""
    providers = ("anthropic", "moonshot", "deepseek", "openai", "openrouter")
    cloud: dict[str, Behaviour | ScriptedProvider] = dict.fromkeys(providers, _names_itself)
    return house(
        tmp_path,
        cloud | dict(troubles or {}),
        settings=ENVIRONMENT,
        rules={"test.yaml": REFERENCE},
        clock=MovableClock(),
    )


@pytest.mark.parametrize(
    ("text", "task", "rule", "answer"),
    [
        ("def add(a, b):\n    return", "code_completion", "rule-1", LOCAL_ANSWER),
        ("What does `x = x or {}` do?", "explain_code", "rule-2", "claude-haiku-4-5"),
        ("Split this function in two.", "refactor", "rule-3", "kimi-k2.6"),
        ("Write a ring buffer.", "implement", "rule-3", "kimi-k2.6"),
        ("Are these layers sound?", "architecture_review", "rule-4", "claude-opus-4-7"),
        (HARD, "reasoning", "rule-4", "claude-opus-4-7"),
        ("Good morning!", "chat", "default", "deepseek-v4-flash"),
        ("x = 1\n" * 6_000, "explain_code", "default", "deepseek-v4-flash"),
    ],
    ids=["1", "2", "3 refactor", "3 implement", "4 task", "4 complexity", "5", "5 too long for 2"],
)
async def test_each_branch_is_answered_by_its_model(
    tmp_path: Path, text: Any, task: Any, rule: str, answer: str
) -> None:
    """What a branch names is what answers, and the receipt says which rule it was and why."""
    async with _house(tmp_path) as home:
        seen = await home.ask(text, task=task)
        assert seen.text == answer
        assert seen.receipt.rule == rule
        assert seen.receipt.why
        assert len(seen.receipt.attempts) == 1


@pytest.mark.parametrize("trouble", ["status 500", "no connection"])
async def test_a_failing_provider_is_made_good_by_the_gateway(tmp_path: Path, trouble: str) -> None:
    """primary_failure: openrouter. After an outage the same model is asked through OpenRouter."""
    async with _house(tmp_path, {"moonshot": always(replies.error(500))}) as home:
        if trouble == "no connection":
            home.cloud["moonshot"].end()
        seen = await home.ask("Split this function in two.", task="refactor")
        assert seen.text == "moonshotai/kimi-k2.6"
        tried = list(dict.fromkeys(attempt.model for attempt in seen.receipt.attempts))
        assert tried == ["moonshot/kimi-k2.6", "openrouter/moonshotai/kimi-k2.6"]
        assert "through openrouter" in seen.receipt.attempts[-1].reason


async def test_a_rate_limit_leads_to_the_backup_provider(tmp_path: Path) -> None:
    """rate_limit: backup_provider. After a 429 another provider of the same grade is asked, not
    the gateway to the same one.
    """
    limited = always(replies.error(429, "rate_limit_exceeded", headers={"retry-after": "60"}))
    async with _house(tmp_path, {"moonshot": limited}) as home:
        seen = await home.ask("Split this function in two.", task="refactor")
        first, last = seen.receipt.attempts
        assert (first.model, first.error) == ("moonshot/kimi-k2.6", "rate_limit")
        backup = home.rules.tiers().roles["backup_provider"].models
        assert last.model in backup
        assert last.outcome == "answered"
        assert not home.cloud["openrouter"].requests
        cards = home.runtime.catalog.cards
        assert cards[last.model].provider != "moonshot"
        assert cards[last.model].grade == cards["moonshot/kimi-k2.6"].grade
