"""Real coding agents work through five tasks and more, connected by `edgeroute connect`."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support import agent_repository, scripted_agent
from tests.support.agent_bench import (
    AGENTS,
    DONE,
    FIVE,
    Bench,
    agent_of,
    benched,
    five,
    passed_alone,
    private,
)

pytestmark = [pytest.mark.model, pytest.mark.timeout(240)]
CUSTOMERS = "Look through the fixture of customers."
CASES = [
    ("claude-code", "auto", "settings"),
    ("claude-code", "claude-sonnet-4-6", "--run"),
    ("claude-code", "claude-haiku-4-5-20251001", "--run"),
    ("claude-code", "claude-opus-4-8", "settings"),
    ("codex", "auto", "settings"),
    ("codex", "gpt-5.5", "--run"),
    ("opencode", "auto", "settings"),
    ("opencode", "chatty/m", "--run"),
    ("qwen-code", "auto", "settings"),
    ("qwen-code", "chatty/m", "--run"),
    ("cline", "auto", "--run"),
    ("continue", "auto", "--run"),
    ("continue", "gpt-5.5", "--run"),
]


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_an_agent_in_mask_works_on_and_nothing_private_leaves(
    request: pytest.FixtureRequest, tmp_path: Path, case: tuple[str, str, str]
) -> None:
    """Five tasks and three more with customers in one session: every edit on disk holds the real
    values, no planted value is in any byte that left, and each task took one request.
    """
    agent = agent_of(case)
    if passed_alone(request, agent.program):
        return
    with benched(tmp_path) as bench:
        steps = [*five(agent, bench.project), *private(agent, bench.project)]
        bench.provider.behave(scripted_agent.model(steps, DONE))
        done = bench.asks(case, "mask", f"{FIVE} {CUSTOMERS}")
        told = done.stdout + done.stderr + _kept(bench)
        assert done.returncode == 0, told[-6000:]
        assert DONE in done.stdout, told[-6000:]
        assert agent_repository.EDITED in (bench.project / "invoices.py").read_text(), told
        customers = (bench.project / "fixtures/customers.yaml").read_text()
        wanted = agent_repository.FILES["fixtures/customers.yaml"]
        mail = f"email: {agent_repository.CUSTOMER_MAIL}"
        assert customers == wanted.replace(mail, f"{mail} # verified"), told
        assert {one.headers["user-agent"] for one in bench.provider.requests} == {"edgeroute"}
        assert [one for one in agent_repository.PLANTED if one.lower() in bench.left] == []
        shown = scripted_agent.results(_main(bench)[-1])
        _checkfive(shown)
        assert "403" in shown[7], shown[7]
        assert len(_main(bench)) == len(steps) + 1
        assert len(bench.provider.requests) <= len(steps) + 4


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_an_agent_in_auto_works_and_is_told_why_it_must_stop(
    request: pytest.FixtureRequest, tmp_path: Path, case: tuple[str, str, str]
) -> None:
    """Five tasks without private data are done at the provider; a new session that reads the
    customers ends within seconds with what was found and how to go on, and nothing of it leaves.
    """
    agent = agent_of(case)
    if passed_alone(request, agent.program):
        return
    with benched(tmp_path) as bench:
        steps = five(agent, bench.project)
        bench.provider.behave(scripted_agent.model(steps, DONE))
        done = bench.asks(case, "auto", FIVE)
        told = done.stdout + done.stderr + _kept(bench)
        assert done.returncode == 0, told[-6000:]
        assert DONE in done.stdout, told[-6000:]
        assert agent_repository.EDITED in (bench.project / "invoices.py").read_text(), told
        _checkfive(scripted_agent.results(_main(bench)[-1]))
        assert len(_main(bench)) == len(steps) + 1
        bench.provider.behave(scripted_agent.model(private(agent, bench.project)[:1], DONE))
        began = time.monotonic()
        done = bench.asks(case, "auto", CUSTOMERS)
        seconds = time.monotonic() - began
        told = done.stdout + done.stderr
        plain = " ".join(told.split())
        assert "It must stay here" in plain, told + _kept(bench)
        assert "To go on:" in plain, told
        assert len(_main(bench)) == 1
        assert seconds < 60, told
        assert [one for one in agent_repository.PLANTED if one.lower() in bench.left] == []


@pytest.mark.parametrize("name", ["claude-code", "codex"])
def test_what_is_not_masked_stops_an_agent_in_mask_in_words(
    request: pytest.FixtureRequest, tmp_path: Path, name: str
) -> None:
    """Passwords and keys do not leave even as placeholders: it is said what was found and how to go
    on.
    """
    agent, case = AGENTS[name], (name, "auto", "settings")
    if passed_alone(request, agent.program):
        return
    with benched(tmp_path) as bench:
        bench.provider.behave(scripted_agent.model([lambda _: agent.run("cat .env")], DONE))
        done = bench.asks(case, "mask", "Which settings are there?")
        plain = " ".join((done.stdout + done.stderr).split())
        assert "It must stay here" in plain, plain
        assert "To go on:" in plain
        assert len(_main(bench)) == 1
        assert [one for one in agent_repository.PLANTED if one.lower() in bench.left] == []


def _checkfive(shown: Sequence[str]) -> None:
    """What the model was shown of the five tasks."""
    read, found, _, tested, logged = shown[:5]
    assert "return sum(amounts)" in read
    assert "average" in read
    assert "total(amounts)" in found
    assert "OK" in tested, tested
    assert "Sum invoices" in logged


def _main(bench: Bench) -> list[Any]:
    """The requests with tools: those of the agent's loop."""
    return [one for one in bench.provider.requests if one.body and one.json.get("tools")]


def _kept(bench: Bench) -> str:
    """What the receipts say, for whoever reads a failure."""
    kept = json.loads(bench.installation.run("receipts", "--json").stdout)
    return "\n".join(f"{one['model']} {one['privacy_reason']} {one['findings']}" for one in kept)
