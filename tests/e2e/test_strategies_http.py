"""Cascade, ensemble and verification over the endpoint, read by the official clients."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import anthropic
import httpx
import openai
import pytest

from edgeroute.server.serve import serving
from tests.support.house import House
from tests.support.strategies import CLOSED, LUNA, OPUS, PRO, keys, policy, says, several

Form = Literal["chat", "messages"]


@pytest.fixture(autouse=True)
def _have_keys() -> Iterator[None]:
    with keys():
        yield


@dataclass
class Told:
    """An answer as a caller reads it: its text, its headers and its receipt."""

    text: str
    headers: httpx.Headers
    receipt: dict[str, Any]


class Caller:
    """A program that speaks to the endpoint at ``address``."""

    def __init__(self, home: House, address: str, token: str) -> None:
        self.home = home
        self._address, self._token = address, token

    async def ask(self, form: Form, model: str, text: str = CLOSED, *, stream: bool) -> Told:
        """Ask in one of the formats, and fetch the receipt that the answer names."""
        messages: Any = [{"role": "user", "content": text}]
        asking = self._messages if form == "messages" else self._chat
        said, headers = await asking(model, messages, stream=stream)
        async with httpx.AsyncClient(trust_env=False) as client:
            receipt = await client.get(
                f"{self._address}/edgeroute/v1/receipts/{headers['x-edgeroute-receipt']}",
                headers={"authorization": f"Bearer {self._token}"},
            )
        return Told(said, headers, receipt.json())

    async def _chat(self, model: str, messages: Any, *, stream: bool) -> tuple[str, httpx.Headers]:
        async with openai.AsyncOpenAI(
            base_url=f"{self._address}/v1", api_key=self._token, max_retries=0
        ) as client:
            create: Any = client.chat.completions.with_raw_response.create
            raw = await create(model=model, messages=messages, stream=stream)
            if not stream:
                return raw.parse().choices[0].message.content, raw.headers
            pieces = [c.choices[0].delta.content or "" async for c in raw.parse() if c.choices]
            return "".join(pieces), raw.headers

    async def _messages(
        self, model: str, messages: Any, *, stream: bool
    ) -> tuple[str, httpx.Headers]:
        async with anthropic.AsyncAnthropic(
            base_url=self._address, api_key=self._token, max_retries=0
        ) as client:
            create: Any = client.messages.with_raw_response.create
            raw = await create(model=model, messages=messages, stream=stream, max_tokens=100)
            answer = await raw.parse()
            if not stream:
                return answer.content[0].text, raw.headers
            deltas = [e.delta.text async for e in answer if e.type == "content_block_delta"]
            return "".join(deltas), raw.headers


@asynccontextmanager
async def _calling(tmp_path: Path, rules: str, *texts: str) -> AsyncIterator[Caller]:
    """An endpoint over a house whose models luna, v4-pro and opus say ``texts``."""
    luna, pro, opus = map(says, texts)
    async with (
        several(tmp_path, rules, luna, pro, opus) as home,
        serving(home.runtime, port=0) as listening,
    ):
        token = listening.token_file.read_text().strip()
        yield Caller(home, listening.address, token)


def _adds_up(told: Told, home: House) -> None:
    """The calls on the receipt sum to its total, and that is all that the ledger holds."""
    costs = [Decimal(attempt["cost"]["amount"]) for attempt in told.receipt["attempts"]]
    assert all(cost > 0 for cost in costs)
    assert Decimal(told.receipt["cost"]["amount"]) == sum(costs)
    assert home.runtime.ledger.total().cost == sum(costs)


ways = pytest.mark.parametrize(
    ("form", "stream"),
    [("chat", False), ("chat", True), ("messages", False), ("messages", True)],
)


@ways
async def test_a_cascade_shows_the_answer_that_stands(
    tmp_path: Path, form: Form, stream: Any
) -> None:
    """`model: cascade` answers with the last rung where the cheap ones differ; what was folded away
    reaches no caller, and the receipt adds up all three calls.
    """
    async with _calling(tmp_path, policy(), "It is 30.", "It is 28.", "31") as caller:
        told = await caller.ask(form, "cascade", stream=stream)
        assert told.text == "31"
        assert told.headers["x-edgeroute-model"] == OPUS
        assert told.headers["x-edgeroute-route"] == "cloud"
        assert told.headers["x-edgeroute-reason"] == "The last rung."
        assert "x-edgeroute-warning" not in told.headers
        attempts = [(one["model"], one["outcome"]) for one in told.receipt["attempts"]]
        assert attempts == [(LUNA, "rejected"), (PRO, "rejected"), (OPUS, "answered")]
        _adds_up(told, caller.home)


@ways
async def test_an_ensemble_tells_its_disagreement(tmp_path: Path, form: Form, stream: Any) -> None:
    """`model: ensemble` answers with the majority, and a header says who said what else."""
    async with _calling(tmp_path, policy(), "31", "30", "31") as caller:
        told = await caller.ask(form, "ensemble", stream=stream)
        assert told.text == "31"
        assert f"{PRO}: 30" in told.headers["x-edgeroute-warning"]
        assert told.headers["x-edgeroute-model"] == OPUS
        assert len(told.receipt["attempts"]) == 3
        assert "Not all models gave this answer." in told.receipt["notes"]
        _adds_up(told, caller.home)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_checked_answer_comes_with_its_objection(tmp_path: Path, stream: Any) -> None:
    """Where a rule has the answer checked, the caller gets the answer as it is, and the objection
    in a header; route, model and reason are the answer's, not the check's.
    """
    rules = policy(verify=LUNA)
    async with _calling(
        tmp_path, rules, "DISAGREE: not with wine.", "never", "Take two a day."
    ) as caller:
        told = await caller.ask("chat", "auto", "May I take it with wine?", stream=stream)
        assert told.text == "Take two a day."
        assert told.headers["x-edgeroute-warning"] == f"{LUNA} objects: not with wine."
        assert told.headers["x-edgeroute-model"] == OPUS
        assert told.headers["x-edgeroute-reason"] != "Checks the answer."
        assert told.receipt["model"] == OPUS
        assert f"{LUNA} objects to this answer." in told.receipt["notes"]
        _adds_up(told, caller.home)
