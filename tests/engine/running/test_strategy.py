"""The shell of cascades and ensembles: what it asks models for, beside the answer itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.events import Folded
from tests.support import replies
from tests.support.house import House, house
from tests.support.scripted_provider import Behaviour, Received, Reply

CLOSED = "How many days does March have? Reply with the number only."
POLICY = """
routing:
  rules:
    - id: all
      condition: input_tokens >= 0
      model: openai/gpt-6-luna
      strategy: cascade
    - default: openai/gpt-6-luna
  cascade:
    ladder: [local]
    confidence: 0.7
"""


def _sure(logprob: float) -> Behaviour:
    """A local server that says 31 with this log probability, where it is asked for one."""

    def reply(request: Received) -> Reply:
        if request.method == "GET":
            return replies.json_body({"object": "list", "data": [{"id": "m", "object": "model"}]})
        first, *rest = replies.chat_events(["31"])
        if request.json.get("logprobs"):
            chances = {"content": [{"token": "31", "logprob": logprob}]}
            choice = {"index": 0, "delta": {}, "finish_reason": None, "logprobs": chances}
            rest = [replies.event({"id": "c", "choices": [choice]}), *rest]
        return replies.stream([first, *rest])

    return reply


def _bodies(home: House) -> list[dict[str, Any]]:
    return [one.json for one in home.local.requests if one.method == "POST"]


@pytest.mark.parametrize(("logprob", "answer"), [(-0.05, "31"), (-2.0, "thirty-one")])
async def test_the_local_models_own_probabilities_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logprob: float, answer: str
) -> None:
    """Asked for on this machine alone, they let a sure answer stand and send an unsure one up."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    cloud: dict[str, Behaviour] = {"openai": lambda asked: replies.answer(asked, "thirty-one")}
    settings = "[keys]\nenvironment = true\n"
    rules = {"test.yaml": POLICY}
    async with house(tmp_path, cloud, local=_sure(logprob), settings=settings, rules=rules) as home:
        seen = await home.ask(CLOSED)
        assert seen.text == answer
        assert [body.get("logprobs") for body in _bodies(home)] == [True]
        folded = [event.reason for event in seen.events if isinstance(event, Folded)]
        assert len(folded) == len(home.cloud["openai"].requests) == (answer != "31")
        assert all(reason.startswith("Its own probability is 0.14") for reason in folded)
        assert all("logprobs" not in one.json for one in home.cloud["openai"].requests)
