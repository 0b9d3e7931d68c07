# ruff: noqa: T201 - it prints its table
"""The official OpenAI and Anthropic libraries, as they come, while a managed API fails:
``python -m tests.faults.sdk_matrix`` prints the table that docs/clients.md shows.

Each cell says how often the failing provider was asked, and what the caller's own code sees: a
whole answer, or the class of the error, with ``after words`` where a stream had begun.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final
from unittest import mock

import anthropic
import openai

from edgeroute.server.serve import serving
from tests.faults.chaos import TROUBLES, limits
from tests.support import replies
from tests.support.clocks import MovableClock
from tests.support.house import OPEN, House, house
from tests.support.scripted_provider import Close, Received, Reply, ScriptedProvider, Send, always

_PAUSE: Final = 0.05
_PATIENCE: Final = 20.0
_SILENT_PATIENCE: Final = 3.0
OTHER: Final = "The other provider says so."
_STATUSES: Final = (400, 401, 402, 403, 404, 408, 413, 422, 500, 502, 503, 529)
# Faults of the matrix, by phase and name, and what the table calls them.
_OF_THE_MATRIX: Final = {
    "headers: closed before": "hangs up before any byte",
    "headers: reset before": "breaks the connection before any byte",
    "headers: none": "says nothing at all",
    "headers: five hundred": "says nothing after its headers",
    "headers: no JSON at all": "a body that is no JSON",
    "before first token: silence": "a stream without a word",
    "before first token: a role and no more": "a stream that ends before its first word",
    "mid-stream: closed": "hangs up in mid-answer",
    "mid-stream: reset": "breaks the connection in mid-answer",
    "mid-stream: stall": "falls silent in mid-answer",
    "mid-stream: an error event": "an error in mid-answer",
    "mid-stream: half JSON": "half an event in mid-answer",
    "end: no [DONE]": "a stream without its last mark",
}
SILENT: Final = (
    "says nothing at all",
    "says nothing after its headers",
    "a stream without a word",
    "falls silent in mid-answer",
)

Script = Callable[[datetime], Reply]
Seen = tuple[int, str]
Ask = Callable[["Lab"], Awaitable[str]]


def _limited(**headers: str) -> Script:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: replies.error(429, kind="rate_limit_error", headers=named)


def _until_a_date(now: datetime) -> Reply:
    later = format_datetime(now + timedelta(seconds=2), usegmt=True)
    return replies.error(429, kind="rate_limit_error", headers={"retry-after": later})


def _half_a_body(_: datetime) -> Reply:
    begun = replies.head(200, {"content-length": "500"}) + b'{"id": "c", "object": "chat.comp'
    return [Send(begun), Close()]


def faults() -> Mapping[str, Script]:
    """Every fault of the table, by what the provider does."""
    found: dict[str, Script] = {}
    for status in _STATUSES:
        found[str(status)] = lambda _, status=status: replies.error(status)  # type: ignore[misc]
    found["429 without a time"] = _limited()
    found["429 for a second"] = _limited(retry_after="1")
    found["429 for 700 ms"] = _limited(retry_after_ms="700")
    found["429 until a date, 2 s away"] = _until_a_date
    found["429 for an hour"] = _limited(retry_after="3600")
    found["hangs up in mid-body"] = _half_a_body
    of_the_matrix = {str(trouble): trouble.reply for trouble in TROUBLES}
    for name, shown in _OF_THE_MATRIX.items():
        found[shown] = lambda _, name=name: of_the_matrix[name]  # type: ignore[misc]
    return found


@dataclass
class Lab:
    """An endpoint over a provider that fails; ``cell`` looks at one fault."""

    home: House
    address: str
    token: str
    clock: MovableClock
    now: dict[str, Script] = field(default_factory=dict)

    @property
    def failing(self) -> ScriptedProvider:
        """The provider that fails."""
        return self.home.cloud["one"]

    async def cell(self, reply: Script, ask: Ask) -> Seen:
        """How often the failing provider was asked, and what the caller's code saw."""
        await self.home.learned()
        self.clock.forward(timedelta(hours=2))  # no limit and no second try counts any more
        providers = self.home.providers
        providers.health._breakers.clear()
        providers.health._accounts.clear()
        providers.shared_health._versions.clear()
        self.home.stores.database.write("DELETE FROM targets")
        self.now["script"] = reply
        before = len(self.failing.requests)
        seen = await ask(self)
        return len(self.failing.requests) - before, seen


@asynccontextmanager
async def lab(home: Path, *, others: bool, patience: float) -> AsyncIterator[Lab]:
    """Nothing on this machine can answer; with ``others`` a second provider can. A silence ends
    after ``patience`` seconds.
    """
    now: dict[str, Script] = {}
    clock = MovableClock()

    def fails(asked: Received) -> Reply:
        return now["script"](clock.now())

    def well(asked: Received) -> Reply:
        return replies.answer(asked, OTHER)

    cloud = {"one": fails, "two": well} if others else {"one": fails}
    numbers = json.loads(limits())
    numbers["patience"] |= dict.fromkeys(("first_token", "first_token_silent", "gap"), patience)
    numbers["patience"]["total"] = 60
    async with (
        house(
            home,
            cloud,
            local=always([Close()]),
            rules={"resilience.yaml": json.dumps(numbers)},
            clock=clock,
        ) as opened,
        serving(opened.runtime, port=0) as listening,
    ):
        token = listening.token_file.read_text().strip()
        yield Lab(opened, listening.address, token, clock, now)


async def _openai(lab: Lab, *, stream: bool) -> str:
    said: Any = [{"role": "user", "content": OPEN}]
    words = ""
    async with openai.AsyncOpenAI(base_url=f"{lab.address}/v1", api_key=lab.token) as client:
        try:
            made: Any = await client.chat.completions.create(
                model="auto", messages=said, stream=stream
            )
            if not stream:
                return str(made.choices[0].message.content)
            async for chunk in made:
                words += "".join(one.delta.content or "" for one in chunk.choices)
        except openai.APIError as error:
            return type(error).__name__ + (" after words" if words else "")
        return words


async def _anthropic(lab: Lab, *, stream: bool) -> str:
    said: Any = [{"role": "user", "content": OPEN}]
    words = ""
    async with anthropic.AsyncAnthropic(base_url=lab.address, api_key=lab.token) as client:
        try:
            made: Any = await client.messages.create(
                model="auto", max_tokens=50, messages=said, stream=stream
            )
            if not stream:
                return str(made.content[0].text)
            async for event in made:
                if event.type == "content_block_delta":
                    words += event.delta.text
        except anthropic.APIError as error:
            return type(error).__name__ + (" after words" if words else "")
        return words


ASKING: Final[Mapping[str, Ask]] = {
    "openai": lambda lab: _openai(lab, stream=False),
    "openai, streamed": lambda lab: _openai(lab, stream=True),
    "anthropic": lambda lab: _anthropic(lab, stream=False),
    "anthropic, streamed": lambda lab: _anthropic(lab, stream=True),
}


async def measured(
    folder: Path, *, others: bool, report: Callable[..., None] = lambda *_: None
) -> dict[str, list[Seen]]:
    """The cells of every fault, in the order of ASKING; the libraries work side by side, and pause
    for less before they try again by themselves.
    """
    scripts = faults()
    found: dict[tuple[str, str], Seen] = {}

    async def column(who: str, *, silent: bool) -> None:
        place = folder / f"{who} {silent}"
        patience = _SILENT_PATIENCE if silent else _PATIENCE
        async with lab(place, others=others, patience=patience) as here:
            for name, script in scripts.items():
                if (name in SILENT) is silent:
                    found[name, who] = await here.cell(script, ASKING[who])
                    report(who, name, found[name, who])

    with (
        mock.patch("openai._base_client.INITIAL_RETRY_DELAY", _PAUSE),
        mock.patch("anthropic._base_client.INITIAL_RETRY_DELAY", _PAUSE),
    ):
        columns = [column(who, silent=silent) for who in ASKING for silent in (False, True)]
        await asyncio.gather(*columns)
    return {name: [found[name, who] for who in ASKING] for name in scripts}


def table(rows: Mapping[str, Sequence[Seen]]) -> str:
    """``rows`` as a table for people."""
    lines = [f"| the provider: | {' | '.join(ASKING)} |", "|---" * (len(ASKING) + 1) + "|"]
    for name, cells in rows.items():
        lines.append(f"| {name} | {' | '.join(f'{calls}: {seen}' for calls, seen in cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Print both tables."""
    for others in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            rows = asyncio.run(measured(Path(folder), others=others, report=print))
        print(f"\nothers: {others}\n{table(rows)}")


if __name__ == "__main__":
    main()
