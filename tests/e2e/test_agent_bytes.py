"""What a real agent sends and what its provider gets, where both speak one wire format."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.e2e.test_same_wire import PATHS, STREAMS, WIRES, serving
from tests.support import passed_bytes, replies, scripted_agent
from tests.support.agent_bench import DONE, FIVE, agent_of, benched, five, passed_alone
from tests.support.installation import ROOT, Installation
from tests.support.relay import Relay
from tests.support.scripted_provider import Received, ScriptedProvider, always

pytestmark = pytest.mark.timeout(240)
RECORDED = sorted((ROOT / "tests/wire/recorded_requests").glob("*.json"))
CASES = [
    ("claude-code", "claude-opus-4-8", "settings"),
    ("codex", "gpt-5.5", "--run"),
    ("opencode", "chatty/m", "--run"),
    ("qwen-code", "chatty/m", "--run"),
    ("cline", "chatty/m", "--run"),
    ("continue", "gpt-5.5", "--run"),
]


@pytest.mark.model
@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_nothing_else_changes_than_what_must(
    request: pytest.FixtureRequest, tmp_path: Path, case: tuple[str, str, str]
) -> None:
    """Five tasks, and every request arrives as it was sent, byte for byte, but for the fields and
    headers that are listed in one place.
    """
    agent = agent_of(case)
    if passed_alone(request, agent.program):
        return
    with benched(tmp_path) as bench, Relay(bench.port) as relay:
        bench.before(relay.port)
        bench.provider.behave(scripted_agent.model(five(agent, bench.project), DONE))
        done = bench.asks(case, "auto", FIVE)
        assert DONE in done.stdout, done.stdout + done.stderr
        sent = [one for one in relay.requests() if one.body]
        passed_bytes.check(sent, bench.provider.requests)
        assert len(sent) >= 6


def test_nothing_else_changes_in_recorded_requests(installation: Installation) -> None:
    """The same where no agent is installed, of requests of theirs with invented words."""
    with ScriptedProvider() as provider, serving(installation, provider) as endpoint:
        for file in RECORDED:
            recorded = json.loads(file.read_text())
            name = next(name for name, wire in WIRES.items() if wire == recorded["wire"])
            provider.behave(always(replies.stream(STREAMS[name])))
            headers = recorded["headers"] | {"authorization": f"Bearer {endpoint.token}"}
            body = recorded["body"] | {"model": f"{name}/gpt-5.5"}
            asked = httpx.Request(
                "POST", endpoint.base_url + PATHS[name], json=body, headers=headers
            )
            with httpx.Client(trust_env=False, timeout=60) as client:
                answer = client.send(asked)
            assert answer.status_code == 200, answer.text
            sent = Received(1, "POST", PATHS[name], dict(asked.headers), asked.content, 0.0)
            passed_bytes.check([sent], provider.requests)
