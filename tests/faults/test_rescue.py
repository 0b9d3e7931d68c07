"""Who does not stream gets a whole answer, wherever in an answer a provider breaks off."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.faults import FALLBACK_ANSWER, FAULTS
from tests.support.front_doors import PATHS, body_of, post, text_of
from tests.support.house import OPEN, house

FAST = {"resilience.yaml": "retry: {pause_from: 0.0, pause_to: 0.01}\n"}


@pytest.mark.parametrize("form", PATHS)
@pytest.mark.parametrize("fault", ["S08", "S10", "S14"])
async def test_an_answer_that_breaks_off_is_made_good(
    fault: str, form: str, tmp_path: Path
) -> None:
    """The caller gets the fallback's whole answer, under the fallback's name, and nothing of the
    words that came before.
    """
    cloud = {"primary": FAULTS[fault].behaviour(), "fallback": FAULTS[fault].fallback()}
    async with house(tmp_path, cloud, rules=FAST) as home:
        body = body_of(form, [("user", OPEN)], stream=False)
        answer = await asyncio.wait_for(post(home.runtime, PATHS[form], body), 30)
        assert answer.status_code == 200
        assert text_of(form, answer) == FALLBACK_ANSWER
        assert answer.json()["model"] == "fallback/m"
        assert answer.headers["x-edgeroute-model"] == "fallback/m"
        assert "primary/m failed (outage)" in answer.headers["x-edgeroute-reason"]


async def test_so_does_a_client_of_ollamas_wire(tmp_path: Path) -> None:
    """With `stream: false`, which is not that wire's default."""
    cloud = {"primary": FAULTS["S08"].behaviour(), "fallback": FAULTS["S08"].fallback()}
    async with house(tmp_path, cloud, rules=FAST) as home:
        body = body_of("chat", [("user", OPEN)], stream=False)
        answer = await post(home.runtime, "/api/chat", body)
        assert answer.json()["message"]["content"] == FALLBACK_ANSWER
        assert answer.json()["model"] == "fallback/m"
