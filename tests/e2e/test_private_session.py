"""An agent's session that meets private data, over the real server: what it is told, how it goes on
at the user's word, and what a new session with the same first turns may do.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from click.testing import CliRunner

from edgeroute.cli.group import cli
from edgeroute.cli.shell import Shell
from edgeroute.server.serve import serving
from tests.support import replies
from tests.support.house import House, house
from tests.support.scripted_provider import Close, Received, Reply, always

ANSWER: Final = "There are two customers."
CUSTOMERS: Final = "name,mail\nAnna Berg,anna.berg@fjordmail.no\nJon Lie,jon.lie@fjordmail.no\n"
VALUES: Final = ("anna.berg@fjordmail.no", "jon.lie@fjordmail.no")
PATHS: Final = {
    "chat": "/v1/chat/completions",
    "messages": "/v1/messages",
    "responses": "/v1/responses",
}
ARGUMENTS: Final = '{"path": "customers.csv"}'
wires = pytest.mark.parametrize("wire", list(PATHS))


def body(wire: str, result: str, *more: tuple[str, str]) -> dict[str, Any]:
    """A session in which a tool has read a file, and what was said after that."""
    said = [{"role": role, "content": text} for role, text in more]
    first = {"role": "user", "content": "How many customers are there?"}
    if wire == "chat":
        function = {"name": "read_file", "arguments": ARGUMENTS}
        call = {"id": "c1", "type": "function", "function": function}
        turn: list[dict[str, Any]] = [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": result},
        ]
        return {"model": "auto", "messages": [first, *turn, *said]}
    if wire == "messages":
        use = {"type": "tool_use", "id": "c1", "name": "read_file", "input": {}}
        use["input"] = {"path": "customers.csv"}
        back = {"type": "tool_result", "tool_use_id": "c1", "content": result}
        turn = [{"role": "assistant", "content": [use]}, {"role": "user", "content": [back]}]
        return {"model": "auto", "max_tokens": 99, "messages": [first, *turn, *said]}
    turn = [
        {"type": "function_call", "call_id": "c1", "name": "read_file", "arguments": ARGUMENTS},
        {"type": "function_call_output", "call_id": "c1", "output": result},
    ]
    return {"model": "auto", "store": False, "input": [first, *turn, *said]}


@dataclass
class Agent:
    """A program that speaks one wire to a running server."""

    wire: str
    home: House
    address: str
    token: str

    async def asks(self, result: str, *more: tuple[str, str]) -> httpx.Response:
        """Send the session with ``result`` of its tool."""
        return await self._send("POST", PATHS[self.wire], body(self.wire, result, *more))

    async def changes(self, conversation: str, **fields: Any) -> int:
        """What the endpoint says to a change of a conversation."""
        path = f"/edgeroute/v1/conversations/{conversation}"
        return (await self._send("PATCH", path, fields)).status_code

    async def _send(self, method: str, path: str, sent: dict[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            headers = {"authorization": f"Bearer {self.token}", "anthropic-version": "2023-06-01"}
            return await client.request(method, self.address + path, json=sent, headers=headers)

    @property
    def left(self) -> str:
        """All that the provider received."""
        return "".join(one.body.decode() for one in self.home.cloud["mock"].requests)


@asynccontextmanager
async def agent(folder: Path, wire: str) -> AsyncIterator[Agent]:
    """An agent, a provider that answers, and no model here that could."""

    def gone(asked: Received) -> Reply:
        ready = {"object": "list", "data": [{"id": "m", "object": "model"}]}
        return replies.json_body(ready) if asked.method == "GET" else [Close()]

    cloud = {"mock": always(replies.chat(ANSWER))}
    async with house(folder, cloud, local=gone) as home, serving(home.runtime, port=0) as listening:
        yield Agent(wire, home, listening.address, listening.token_file.read_text().strip())


@wires
async def test_a_session_goes_on_with_masks_at_the_users_word(tmp_path: Path, wire: str) -> None:
    """It is told which result holds what and how to go on; after `history mask` the very history
    that was refused goes on with placeholders, and no value ever leaves.
    """
    async with agent(tmp_path, wire) as it:
        told = []
        for _ in range(2):
            refused = await it.asks(CUSTOMERS)
            assert refused.status_code == 400
            assert refused.json()["error"]["type"] == "invalid_request_error"
            told.append(refused.json()["error"]["message"])
        assert it.home.bytes_out == 0
        assert "The result of read_file (customers.csv) holds 2 e-mail addresses." in told[0]
        assert "`edgeroute config allow`" in told[0]
        assert not any(value in told[0] for value in VALUES)
        names = [re.findall(r"`edgeroute history mask (\S+)`", text) for text in told]
        assert names[0] == names[1]
        (name,) = names[0]
        assert await it.changes(name, latched=False) == 403
        assert await it.changes(name, mode="mask") == 403  # no program can ask for it
        assert (await it.asks(CUSTOMERS)).status_code == 400
        assert it.home.bytes_out == 0
        shell = Shell(it.home.reopened)
        arguments = ["history", "mask", name]
        done = await asyncio.to_thread(CliRunner().invoke, cli, arguments, obj=shell)
        assert done.exit_code == 0, done.output
        assert (await it.asks(CUSTOMERS)).status_code == 200
        on = await it.asks(CUSTOMERS, ("assistant", ANSWER), ("user", "Who is the first?"))
        assert on.status_code == 200
        assert on.headers["x-edgeroute-route"] == "cloud"
        assert "EMAIL" in it.left
        assert not any(value in it.left for value in VALUES)


@wires
async def test_a_new_session_with_the_same_first_turns_may_leave(tmp_path: Path, wire: str) -> None:
    """The same question, call and file, with nothing private in it yet: it is judged on its own,
    before and after another session was held; with the private result it is held again.
    """
    async with agent(tmp_path, wire) as it:
        assert (await it.asks("name,mail\n")).status_code == 200
        assert (await it.asks(CUSTOMERS)).status_code == 400
        assert (await it.asks("No such file.")).status_code == 200
        more = (("assistant", ANSWER), ("user", "And now?"))
        assert (await it.asks("No such file.", *more)).status_code == 200
        sent = it.home.bytes_out
        assert (await it.asks(CUSTOMERS, *more)).status_code == 400
        assert it.home.bytes_out == sent
        assert not any(value in it.left for value in VALUES)
