"""The marks by which coding agents and their parts are told: rules/tables/agents.yaml."""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import Annotated

import msgspec

from edgeroute.core.signals import Role
from edgeroute.datafile import table

# Shorter would be said by chance, longer would be a copy of another program's text.
Words = Annotated[str, msgspec.Meta(min_length=10, max_length=120)]


class Marks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What tells a part of an agent; the head of the file explains each."""

    says: dict[str, list[str]] = {}
    system: list[Words] = []
    tools: list[str] = []
    asks: list[Words] = []
    states: list[Words] = []
    until: list[Words] = []


class Agent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What tells an agent, and each of its parts."""

    says: dict[str, list[str]] = {}
    system: list[Words] = []
    tools: list[str] = []
    without_tools: Role = ""
    parts: dict[Role, Marks] = {}


@cache
def agents() -> dict[str, Agent]:
    """Every agent that is known, by name."""
    return table("agents", dict[str, Agent])


@cache
def introducing_headers() -> frozenset[str]:
    """The headers and body fields, in small letters, by which agents tell who they are."""
    told = (
        chain(agent.says, *(part.says for part in agent.parts.values()))
        for agent in agents().values()
    )
    return frozenset(name.partition("/")[0] for name in chain.from_iterable(told))
