"""Folders that the user labelled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgeroute.core.messages import Message, Text, ToolCall, ToolResult, system, user
from edgeroute.core.request import ChatRequest
from edgeroute.privacy.inspecting.folders import Folders
from edgeroute.privacy.inspecting.passages import contents

PATTERNS = {"~/clients/**": "private", "~/src/**": "code", "~/work/*/payroll": "private"}


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Labels below a home of the test's own."""
    for name in ("clients/acme", "src/app", "work/one/payroll", "desk"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "desk/notes.txt").write_text("x", "utf-8")
    (tmp_path / "work/one/plan.txt").write_text("x", "utf-8")
    return Folders(dict(PATTERNS), home=tmp_path, any_case=False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("~/clients/acme/offer.pdf", "private"),
        ("$HOME/clients/a", "private"),
        ("${HOME}/src/../clients/a", "private"),
        ("file:///HOME/clients/a", "private"),
        ("~/Clients/a", "private"),
        ("~/clients", "private"),
        ("~", "private"),
        ("~/cl*/a", "private"),
        ("~other/clients", "private"),
        ("notes.txt", "private"),
        ("$PLACE/notes.txt", "private"),
        ("~/work/two/payroll/may.csv", "private"),
        ("~/work/one", "private"),
        ("~/work/one/plan.txt", ""),
        ("~/src/app/main.py", "code"),
        ("~/src", "code"),
        ("~/Src/app", ""),
        ("~/desk/notes.txt", ""),
        ("~/clientside/a", ""),
        ("/etc/hosts", ""),
    ],
)
def test_a_path_that_may_be_private_is(
    path: str, label: str, folders: Folders, tmp_path: Path
) -> None:
    """By any name of the folder, in any case, from above, or from nobody knows where."""
    assert folders.label(path.replace("/HOME", str(tmp_path))) == label


def test_a_link_does_not_hide_a_folder(folders: Folders, tmp_path: Path) -> None:
    """A link into a private folder is private; one out of a folder of code is no code."""
    (tmp_path / "desk/link").symlink_to(tmp_path / "clients")
    (tmp_path / "src/out").symlink_to(tmp_path / "desk")
    assert folders.label("~/desk/link/a") == "private"
    assert folders.label("~/src/out/a") == ""
    assert Folders({"~/desk/link/**": "private"}, home=tmp_path).label("~/clients/a") == "private"


def test_a_relative_path_starts_where_the_client_works(folders: Folders) -> None:
    """With several places known, the private one counts."""
    assert folders.label("a.py", ["~/src/app"]) == "code"
    assert folders.label("../../clients/a", ["~/src/app"]) == "private"
    assert folders.label("a.py", ["~/src/app", "~/clients"]) == "private"
    assert folders.label("a.py", ["~/src/app", "~/desk"]) == ""


def test_without_private_folders_an_unknown_place_says_nothing(tmp_path: Path) -> None:
    """Labels of code hold nothing."""
    assert Folders({"~/src/**": "code"}, home=tmp_path).label("a.py") == ""
    assert not Folders({})


def origins(folders: Folders, arguments: object, *before: Message) -> set[str]:
    """Where the result of a call with ``arguments`` comes from."""
    written = arguments if isinstance(arguments, str) else json.dumps(arguments)
    request = ChatRequest(
        (
            *before,
            Message("assistant", (ToolCall("1", "read", written),)),
            Message("tool", (ToolResult("1", (Text("what was read"),)),)),
        )
    )
    found = contents(request, folders).passages
    return {one.origin for one in found if one.text == "what was read"}


@pytest.mark.parametrize(
    ("arguments", "label"),
    [
        ({"file_path": "~/clients/a.md"}, " private"),
        ({"paths": ["~/src/a.py", "~/clients/a.md"]}, " private"),
        ({"edits": [{"targetFile": "~/clients/a.md"}]}, " private"),
        ({"path": "~/src/a.py", "limit": 3}, " code"),
        ({"anything": "~/clients/a.md"}, " private"),
        ({"command": "cat '~/clients/a b.md'"}, " private"),
        ({"command": "grep -r x ~/src | tee /tmp/out"}, ""),
        ({"command": ["bash", "-lc", "cd ~/clients && ls"]}, " private"),
        ({"command": "cat notes.txt"}, " private"),
        ({"command": "git status"}, ""),
        ({"command": "git status", "workdir": "~/clients/a"}, " private"),
        ({"command": "cat notes.txt", "cwd": "~/src"}, " code"),
        ({"url": "https://example.org/clients/a"}, ""),
        ({"query": "weather in Bergen"}, ""),
        ("cat ~/clients/a.md", " private"),
    ],
)
def test_a_call_labels_its_result(folders: Folders, arguments: object, label: str) -> None:
    """A path in any argument that holds one, and in a command."""
    assert origins(folders, arguments) == {f"tool:read{label}"}


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ("Working directory: ~/src/app\nPlatform: linux", " code"),
        ("<cwd>/nowhere/at all</cwd>", ""),
        ("Primary working directory: ~/clients/acme. Be brief.", " private"),
    ],
)
def test_the_client_says_where_it_works(folders: Folders, said: str, label: str) -> None:
    """Its system prompt or first message names the folder that relative paths start from."""
    for before in (system(said), user(said)):
        assert origins(folders, {"path": "notes.md"}, before) == {f"tool:read{label}"}


def test_a_result_without_its_call_may_be_anything(folders: Folders) -> None:
    """Where the call is not in the request its result is private."""
    request = ChatRequest((Message("tool", (ToolResult("9", (Text("x"),), "read"),)),))
    assert {p.origin for p in contents(request, folders).passages if p.text == "x"} == {
        "tool:read private"
    }
