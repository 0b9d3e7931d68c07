"""Cascade, ensemble and verification in the chat app: what the user sees and what it cost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edgeroute.core.receipt import Receipt
from edgeroute.core.words import cost_words
from edgeroute.tui.screens.picker import Picker
from edgeroute.tui.screens.receipt import ReceiptScreen
from edgeroute.tui.widgets.transcript.block import FoldedBlock
from tests.support.house import House
from tests.support.strategies import CLOSED, LUNA, OPUS, PRO, adds_up, keys, policy, says, several
from tests.tui.driver import Driver, running

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(autouse=True)
def _have_keys() -> Iterator[None]:
    with keys():
        yield


@asynccontextmanager
async def _chatting(tmp_path: Path, rules: str, *texts: str) -> AsyncIterator[tuple[Driver, House]]:
    """The app on a house whose models luna, v4-pro and opus say ``texts``."""
    luna, pro, opus = map(says, texts)
    async with (
        several(tmp_path, rules, luna, pro, opus) as home,
        running(home.runtime, size=(100, 40)) as chat,
    ):
        yield chat, home


def _receipt(home: House) -> Receipt:
    (receipt,) = home.runtime.receipts.list()
    return receipt


async def _shown_receipt(chat: Driver) -> str:
    """The words of the receipt's page, opened with its key."""
    await chat.press("f2")
    await chat.top(ReceiptScreen)
    return chat.words("Static")


async def test_a_cascade_folds_away_what_does_not_stand(tmp_path: Path) -> None:
    """Asked for with /model, a cascade says before sending who comes after whom and what it may
    cost; cheap answers that differ lie folded above the one that stands, `f` shows them, and the
    receipt lists every call with its cost.
    """
    async with _chatting(tmp_path, policy(), "It is 30.", "It is 28.", "31") as (chat, home):
        chat.chat.composer.insert("/model cascade")
        await chat.press("enter")
        await chat.type(CLOSED)
        assert f"if it does not hold up: {PRO}, {OPUS}" in chat.strip
        assert " to ~$" in chat.strip
        await chat.press("enter")
        await chat.until(lambda: [answer.text for answer in chat.answers] == ["31"])
        await chat.idle()
        folded = list(chat.answers[0].query(FoldedBlock))
        assert len(folded) == 2
        assert LUNA in chat.words("FoldedBlock .title")
        assert "It is 30." in chat.words("FoldedBlock .withdrawn")
        assert not any(each.query_one(".withdrawn").display for each in folded)
        chat.answers[0].focus()
        await chat.press("f")
        assert all(each.query_one(".withdrawn").display for each in folded)
        receipt = _receipt(home)
        adds_up(home, receipt)
        page = await _shown_receipt(chat)
        for attempt in receipt.attempts:
            assert attempt.model in page
            assert cost_words(attempt.cost) in page
        assert cost_words(receipt.cost) in page


async def test_an_ensemble_shows_where_its_models_disagree(tmp_path: Path) -> None:
    """Chosen in the list of models, an ensemble shows one answer and who said what else."""
    async with _chatting(tmp_path, policy(), "31", "30", "31") as (chat, home):
        await chat.press("ctrl+l")
        await chat.top(Picker)
        await chat.press(*"ense", "enter")
        await chat.type(CLOSED)
        assert f"side by side with {PRO}, {OPUS}" in chat.strip
        await chat.press("enter")
        await chat.until(lambda: [answer.text for answer in chat.answers] == ["31"])
        await chat.idle()
        notice = chat.words("AnswerBlock .notice")
        assert notice.startswith("disagreement: ")
        assert f"{PRO}: 30" in notice
        receipt = _receipt(home)
        assert len(receipt.attempts) == 3
        adds_up(home, receipt)
        assert "Not all models gave this answer." in await _shown_receipt(chat)


async def test_a_checked_answer_shows_the_objection(tmp_path: Path) -> None:
    """Where a second model objects, the warning stands with the answer and names who objects; the
    line under the answer names the model that answered.
    """
    rules = policy(verify=LUNA)
    texts = ("DISAGREE: not with wine.", "never", "Take two a day.")
    async with _chatting(tmp_path, rules, *texts) as (chat, home):
        await chat.send("May I take this medicine with wine?")
        assert [answer.text for answer in chat.answers] == ["Take two a day."]
        notice = chat.words("AnswerBlock .notice")
        assert notice == f"disagreement: {LUNA} objects: not with wine."
        assert OPUS in chat.words("AnswerBlock .receipt")
        adds_up(home, _receipt(home))
