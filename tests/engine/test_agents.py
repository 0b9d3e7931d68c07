"""Which agent asks, and which part of it, from the endpoint to the receipt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from edgeroute.core.receipt import Receipt
from edgeroute.core.secret import Secret
from edgeroute.server.access.clients import ClientTokens
from edgeroute.server.access.guard import Rules
from edgeroute.server.context import ServerContext
from edgeroute.server.serve import build
from tests.support import replies
from tests.support.house import House, house
from tests.support.scripted_provider import always

POLICY = """
routing:
  rules:
    - id: small-work
      condition: agent == "codex" and role == "background"
      model: second/m
      fallbacks: [mock/m]
      why: Titles need no large model.
    - default: mock/m
"""
CODEX = {"originator": "codex_exec", "user-agent": "codex_exec/9.0"}
MEMORY = CODEX | {"x-openai-subagent": "memory_consolidation"}
TOOL = {"type": "function", "name": "run", "parameters": {"type": "object", "properties": {}}}
ASKED = {"model": "auto", "input": "Name this talk about tries.", "tools": [TOOL]}


async def post(
    home: House, path: str, body: object, headers: dict[str, str], *, client: str = ""
) -> httpx.Response:
    """What the endpoint answers, to the user's own token or that of a program."""
    tokens = ClientTokens(home.runtime.paths.state)
    own = "edgeroute-" + "x" * 43
    token = tokens.make(client).reveal() if client else own
    rules = Rules(Secret(own), 8377, holder=tokens.holder)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(build(ServerContext(home.runtime), rules)),
        base_url="http://127.0.0.1:8377",
        timeout=60,
    ) as web:
        return await web.post(path, json=body, headers={"x-api-key": token} | headers)


def small_house(home: Path) -> Any:
    """A house whose policy sends an agent's small work elsewhere."""
    answers = {name: always(replies.chat("Tries.")) for name in ("mock", "second")}
    return house(home, answers, rules={"test.yaml": POLICY})


def latest(home: House) -> Receipt:
    """The receipt of the last request."""
    return home.runtime.receipts.list()[0]


@pytest.mark.parametrize(
    ("headers", "model", "agent", "role"),
    [
        (MEMORY, "second/m", "codex", "background"),
        (CODEX, "mock/m", "codex", "main"),
        ({"user-agent": "OpenAI/Python 2.20.0"}, "mock/m", "", ""),
    ],
)
async def test_a_rule_routes_one_part_of_one_agent(
    tmp_path: Path, headers: dict[str, str], model: str, agent: str, role: str
) -> None:
    """Its headers decide; `explain` and the receipt tell the same, with where it comes from."""
    async with small_house(tmp_path) as home:
        told = (await post(home, "/edgeroute/v1/explain", ASKED, headers)).json()
        answer = await post(home, "/v1/responses", ASKED, headers)
        assert answer.headers["x-edgeroute-model"] == model
        assert told["candidates"][0]["model"] == model
        assert (told["signals"]["agent"], told["signals"]["role"]) == (agent, role)
        origin = "caller" if agent else "default"
        assert told["signals"]["origins"]["agent"]["origin"] == origin
        kept = latest(home)
        assert (kept.agent, kept.role, kept.model) == (agent, role, model)
        assert home.runtime.receipts.get(kept.id) == kept


async def test_a_connected_program_s_name_is_an_agent_s(tmp_path: Path) -> None:
    """A token tells the agent where the headers do not; the receipt says each name once."""
    async with small_house(tmp_path) as home:
        await post(home, "/v1/responses", {**ASKED, "tools": []}, {}, client="codex")
        kept = latest(home)
        assert (kept.model, kept.asker) == ("second/m", "http, codex, background")


async def test_how_a_program_introduces_itself_stays_here(tmp_path: Path) -> None:
    """The provider learns neither its name nor its headers."""
    async with small_house(tmp_path) as home:
        await post(home, "/v1/responses", ASKED, MEMORY)
        (sent,) = home.cloud["second"].requests
        names = {name.lower(): value for name, value in sent.headers.items()}
        assert not {"originator", "x-openai-subagent"} & names.keys()
        assert "codex" not in str(names)
