"""The official OpenAI and Anthropic libraries, as they come, while providers fail.

For each fault: how often the failing provider was asked, and what the caller's own code sees.
The table in docs/clients.md is this one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import anthropic
import openai
import pytest

from edgeroute.server.serve import serving
from tests.faults.chaos import limits
from tests.support import replies
from tests.support.house import OPEN, House, house
from tests.support.scripted_provider import Close, Received, Reply, ScriptedProvider, always

FAULTS: Final = (400, 401, 402, 404, 413, 422, 500, 503)
# By the fault: calls of the failing provider, and the class of error, of either library.
SEEN: Final = {
    400: (1, "BadRequestError", "BadRequestError"),
    401: (1, "InternalServerError", "ServiceUnavailableError"),
    402: (1, "InternalServerError", "ServiceUnavailableError"),
    404: (1, "InternalServerError", "ServiceUnavailableError"),
    413: (1, "APIStatusError", "ContentTooLargeError"),
    422: (1, "UnprocessableEntityError", "UnprocessableEntityError"),
    500: (3, "InternalServerError", "ServiceUnavailableError"),
    503: (3, "InternalServerError", "ServiceUnavailableError"),
}


@dataclass
class Lab:
    """An endpoint over a provider that fails."""

    home: House
    address: str
    token: str
    now: dict[str, Reply] = field(default_factory=dict)

    @property
    def failing(self) -> ScriptedProvider:
        """The provider that fails."""
        return self.home.cloud["one"]

    async def cell(self, fault: int, ask: Callable[[Lab], Awaitable[str]]) -> tuple[int, str]:
        """How often the failing provider was asked, and what the caller's code saw."""
        health = self.home.providers.health
        health._breakers.clear()
        health._accounts.clear()
        known = health.rate_limits
        for one in (known._budgets, known._blocked_until, known._refusals):
            one.clear()
        self.now["reply"] = replies.error(fault)
        before = len(self.failing.requests)
        try:
            seen = await ask(self)
        except (openai.APIError, anthropic.APIError) as error:
            seen = type(error).__name__
        return len(self.failing.requests) - before, seen


@asynccontextmanager
async def lab(home: Path) -> AsyncIterator[Lab]:
    """Nothing on this machine can answer."""
    now: dict[str, Reply] = {}

    def fails(asked: Received) -> Reply:
        return now["reply"]

    rules = {"resilience.yaml": limits()}
    async with (
        house(home, {"one": fails}, local=always([Close()]), rules=rules) as opened,
        serving(opened.runtime, port=0) as listening,
    ):
        token = listening.token_file.read_text().strip()
        yield Lab(opened, listening.address, token, now)


async def openai_whole(lab: Lab) -> str:
    """What the OpenAI library gives as the answer."""
    async with openai.AsyncOpenAI(base_url=f"{lab.address}/v1", api_key=lab.token) as client:
        said = await client.chat.completions.create(
            model="auto", messages=[{"role": "user", "content": OPEN}]
        )
        return str(said.choices[0].message.content)


async def anthropic_whole(lab: Lab) -> str:
    """What the Anthropic library gives as the answer."""
    async with anthropic.AsyncAnthropic(base_url=lab.address, api_key=lab.token) as client:
        said: Any = await client.messages.create(
            model="auto", max_tokens=50, messages=[{"role": "user", "content": OPEN}]
        )
        return str(said.content[0].text)


@pytest.mark.timeout(300)
async def test_each_fault_has_its_number_of_calls_and_its_error(tmp_path: Path) -> None:
    """What the caller is to blame for, and what waiting does not mend, is asked once; an outage
    once more for each of the library's own retries.
    """
    async with lab(tmp_path) as here:
        for fault in FAULTS:
            calls, of_openai, of_anthropic = SEEN[fault]
            assert await here.cell(fault, openai_whole) == (calls, of_openai), fault
            assert await here.cell(fault, anthropic_whole) == (calls, of_anthropic), fault
