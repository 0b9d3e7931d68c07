"""The marks of agents are data that a person can review, and too long to be said by chance."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest

from edgeroute.agent_marks import Agent, agents, introducing_headers
from edgeroute.clients import check_name
from edgeroute.core.errors import SettingsError
from edgeroute.core.signals import ROLES
from edgeroute.datafile import load, packaged

NAMES = sorted(agents())


def test_the_agents_that_can_be_connected_are_known() -> None:
    """Each has the name of its client's profile, so that its token tells it, too."""
    clients = load(packaged("rules") / "tables" / "clients.yaml", dict[str, dict[str, object]])
    assert {name for name, client in clients.items() if client.get("agent")} <= set(NAMES)
    for name in NAMES:
        check_name(name)


@pytest.mark.parametrize("name", NAMES)
def test_an_agent_is_told_by_what_no_other_has(name: str) -> None:
    """Its own marks begin like none of another agent; its parts are roles that exist."""
    agent = agents()[name]
    assert agent.says or agent.system or agent.tools
    assert set(agent.parts) <= set(ROLES)
    for other in (agents()[each] for each in NAMES if each != name):
        for one in agent.system:
            assert not any(one.startswith(two) or two.startswith(one) for two in other.system)
        for header, starts in agent.says.items():
            for two in other.says.get(header, []):
                assert not any(one.startswith(two) or two.startswith(one) for one in starts)


@pytest.mark.parametrize("name", NAMES)
def test_marks_are_compared_as_they_are_read(name: str) -> None:
    """Openings hold no runs of blanks, header names no capitals, and what ends a mode has begun."""
    agent = agents()[name]
    parts = agent.parts.values()
    for words in chain(agent.system, *(chain(part.system, part.asks) for part in parts)):
        assert words == " ".join(words.split())
    for header in chain(agent.says, *(part.says for part in parts)):
        assert header == header.lower()
    assert all(part.states for part in parts if part.until)


def test_headers_are_named_once_and_without_their_keys() -> None:
    """The endpoint keeps these of a request and no other."""
    named = introducing_headers()
    assert {"user-agent", "originator", "x-codex-turn-metadata"} <= named
    assert not any("/" in name for name in named)
    assert not named & {"authorization", "x-api-key", "api-key", "cookie"}


@pytest.mark.parametrize(
    "text",
    [
        "a: {systems: []}",
        "a: {system: [Hi]}",
        "a: {parts: {butler: {}}}",
        "a: {without_tools: butler}",
        "a: {parts: {plan: {states: You are planning}}}",
    ],
)
def test_a_mistake_in_the_file_is_refused_with_its_line(text: str, tmp_path: Path) -> None:
    """Unknown keys and roles, and words that anybody may say."""
    path = tmp_path / "agents.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=r"agents\.yaml:1"):
        load(path, dict[str, Agent])
