"""An independent judge: llmock breaks on purpose and grades what the client does about it.

It sees requests only, not what the caller was told. So it takes every cut stream that is not asked
for again for one that was accepted; where the caller got an error or another model's answer, that
finding is not counted.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.events import Answered
from edgeroute.core.request import Commit
from tests.faults.chaos import limits
from tests.support.house import LOCAL_ANSWER, OPEN, house
from tests.support.scripted_provider import ScriptedProvider

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("llmock") is None, reason="llmock is not installed (extra `test`)"
)

SERVE = """
import sys, time
from llmock.testing import LLMockServer
with LLMockServer() as server:
    print(server.url, flush=True)
    time.sleep(float(sys.argv[1]))
"""


class LLMock(ScriptedProvider):
    """llmock in the place of a scripted provider."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    @property
    def base_url(self) -> str:
        """What to put into settings."""
        return f"{self.url}/v1"

    async def call(self, path: str, body: Any = None) -> Any:
        """Talk to its own interface; a body makes it a POST."""
        data = None if body is None else json.dumps(body).encode()
        fields = {"content-type": "application/json"}
        asked = urllib.request.Request(f"{self.url}/_llmock/{path}", data, fields)

        def answer() -> Any:
            with urllib.request.urlopen(asked, timeout=5) as response:
                return json.load(response)

        return await asyncio.to_thread(answer)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A running llmock, for five minutes at most."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, "300"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


FAULTS: dict[str, list[dict[str, Any]]] = {
    "nothing": [],
    "500 once": [{"type": "fail", "status": 500}],
    "503 for ever": [{"type": "fail", "status": 503, "times": None}],
    "529 once": [{"type": "fail", "status": 529}],
    "429, wait": [{"type": "fail", "status": 429, "retry_after": 0.15}],
    "429, wait long": [{"type": "fail", "status": 429, "retry_after": 30, "times": None}],
    "429 for ever": [{"type": "fail", "status": 429, "times": None}],
    **{
        f"{status} for ever": [{"type": "fail", "status": status, "times": None}]
        for status in (400, 401, 403, 404, 422)
    },
    "slow": [{"type": "delay", "seconds": 3}],
    "slow first token": [{"type": "slow_first_token", "seconds": 3}],
    **{
        f"{kind}, {times or 'for ever'}": [
            {
                "type": "stream_fault",
                "kind": kind,
                "after_chunks": 2,
                "stall_seconds": 3,
                "times": times,
            }
        ]
        for kind in ("disconnect", "truncate", "stall", "malformed")
        for times in (1, None)
    },
}


CASES: list[tuple[str, Commit]] = [(name, "complete") for name in FAULTS]
CASES += [(name, "first_token") for name in FAULTS if "," in name and name[0].isalpha()]


@pytest.mark.parametrize(("name", "commit"), CASES)
async def test_llmock_finds_no_fault(
    address: str, name: str, commit: Commit, tmp_path: Path
) -> None:
    """No FAIL from llmock, and an answer or an honest error for the caller."""
    provider = LLMock(address)
    async with house(tmp_path, {"mock": provider}, rules={"resilience.yaml": limits()}) as home:
        await home.runtime.warm()
        await provider.call("reset", {})
        if FAULTS[name]:
            await provider.call("scenario", {"behaviors": FAULTS[name]})
        seen = await home.ask(OPEN, commit=commit)
        verdict = await provider.call("verdict")
    failed = [one["code"] for one in verdict["findings"] if one["severity"] == "error"]
    used = isinstance(seen.end, Answered) and seen.receipt.model == "mock/m"
    if failed == ["truncated_stream_accepted"] and not used:
        failed = []
    assert not failed, verdict
    assert seen.terminals == 1
    # A request that is given up early may not be in its list.
    assert verdict["attempts"] <= sum(a.model == "mock/m" for a in seen.receipt.attempts)
    if isinstance(seen.end, Answered):
        assert seen.text == seen.end.answer.text
        assert (seen.text == LOCAL_ANSWER) == (seen.receipt.model != "mock/m")
    elif commit == "complete":
        assert name[:3] in {"400", "422"}, seen.end.error
