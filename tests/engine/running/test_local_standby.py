"""One local backend stands behind another, visibly."""

from __future__ import annotations

from pathlib import Path

from tests.support import replies
from tests.support.house import LOCAL_ANSWER, OPEN, PRIVATE, house
from tests.support.scripted_provider import Close, ScriptedProvider, always

GONE = always([Close()])


def second(box: ScriptedProvider) -> str:
    """Settings with a second endpoint behind the first."""
    return f'[local.endpoints.box]\nbase_url = "{box.base_url}"\nmodel = "m2"\n'


def answering(text: str) -> ScriptedProvider:
    """A server that is ready."""
    return ScriptedProvider(always(replies.chat(text)))


async def test_a_dead_endpoint_does_not_make_private_prompts_unanswerable(tmp_path: Path) -> None:
    """The next one answers, the receipt names both, and nothing has left."""
    with answering("The box says so.") as box:
        async with house(tmp_path, local=GONE, behind=["box"], settings=second(box)) as home:
            seen = await home.ask(PRIVATE)
            assert seen.text == "The box says so."
            receipt = seen.receipt
            assert [(a.model, a.outcome) for a in receipt.attempts] == [
                ("local/m", "failed"),
                ("local/m2", "answered"),
            ]
            assert not any(attempt.bytes_sent for attempt in receipt.attempts)
            assert home.cloud["mock"].connections == 0


async def test_the_first_one_answers_where_it_can(tmp_path: Path) -> None:
    """The other is then not asked at all."""
    with answering("The box says so.") as box:
        async with house(tmp_path, behind=["box"], settings=second(box)) as home:
            assert (await home.ask(PRIVATE)).text == LOCAL_ANSWER
            assert box.connections == 0


async def test_a_local_model_that_was_named_never_means_the_cloud(tmp_path: Path) -> None:
    """Whoever names one that is dead is answered here by another, or not at all."""
    with answering("The box says so.") as box:
        async with house(tmp_path, local=GONE, behind=["box"], settings=second(box)) as home:
            assert (await home.ask(OPEN, model="local/m")).text == "The box says so."
        assert home.cloud["mock"].connections == 0
    async with house(tmp_path / "alone", local=GONE) as alone:
        seen = await alone.ask(OPEN, model="local/m")
        assert seen.text == ""
        assert alone.cloud["mock"].connections == 0
