"""Libraries that programs are written with: the same through a real endpoint as at the vendor.

Each runs where it is installed: in the Python that EDGEROUTE_TEST_PYTHON names, or this one; in the
folder with `node_modules` that EDGEROUTE_TEST_NODE names. They were compared with `ai` 6.0.326,
`openai-agents` 0.24.0 and `langchain-tests` 1.1.9.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support import replies, vendor_api
from tests.support.installation import ROOT, Endpoint, Installation
from tests.support.scripted_provider import ScriptedProvider

pytestmark = pytest.mark.timeout(400)
SCRIPTS = ROOT / "tests/support/libraries"
PYTHON = os.environ.get("EDGEROUTE_TEST_PYTHON", sys.executable)
NODE = os.environ.get("EDGEROUTE_TEST_NODE", "")
WIRES = {"openai": "openai-responses", "manth": "anthropic-messages", "mchat": "openai-chat"}
ANSWER = "By an array of buckets."


@dataclass(frozen=True)
class Sides:
    """The two ways to ask, as what a program finds in its environment."""

    vendor: ScriptedProvider
    endpoint: Endpoint

    def environments(self) -> Iterator[dict[str, str]]:
        """Directly, and through the endpoint."""
        asked = (
            (self.vendor.base_url, "sk-scripted", "gpt-5.5", "claude-sonnet-5-5"),
            (self.endpoint.base_url, self.endpoint.token, "mchat/gpt-5.5",
             "manth/claude-sonnet-5-5"),
        )  # fmt: skip
        for base, key, chat, messages in asked:
            self.vendor.behave(vendor_api.behave)
            yield os.environ | {
                "OPENAI_BASE": base, "ANTHROPIC_BASE": base, "KEY": key, "CHAT_MODEL": chat,
                "MESSAGES_MODEL": messages, "RESPONSES_MODEL": "gpt-5.5", "PYTHONPATH": "",
                "PYTHONWARNINGS": "ignore",
            }  # fmt: skip


@pytest.fixture(scope="module")
def sides(shared_installation: Installation) -> Iterator[Sides]:
    """A vendor of all wires, and a real endpoint before it."""
    with ScriptedProvider(vendor_api.behave) as vendor:
        shared_installation.environment |= {"OPENAI_API_KEY": "k"}
        shared_installation.configure("[keys]\nenvironment = true\n" + "".join(
            f'[providers.{name}]\nwire = "{wire}"\nbase_url = "{vendor.base_url}"\n'
            'models = ["gpt-5.5", "claude-sonnet-5-5"]\n' for name, wire in WIRES.items()
        ))  # fmt: skip
        with shared_installation.serving() as endpoint:
            yield Sides(vendor, endpoint)


def installed(*modules: str) -> str:
    """The Python that has all ``modules``; elsewhere the test is skipped."""
    asked = "; ".join(f"import {name}" for name in modules)
    if subprocess.run([PYTHON, "-c", asked], capture_output=True, check=False).returncode:
        pytest.skip(f"{modules[0]} is not installed")
    return PYTHON


def script(name: str, package: str, folder: Path) -> list[str]:
    """The words that start script ``name`` where ``package`` can be found."""
    program, modules = shutil.which("node"), Path(NODE, "node_modules").resolve()
    if not NODE or program is None or not (modules / package).is_dir():
        pytest.skip(f"{package} of npm is not installed")
    (folder / "node_modules").symlink_to(modules)
    shutil.copy(SCRIPTS / name, folder)
    return [program, str(folder / name)]


def said(words: list[str], environment: Mapping[str, str]) -> Any:
    """The JSON that a program prints last."""
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, env=environment, timeout=150
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def check(sides: Sides, words: list[str], number: int) -> None:
    """Each of ``number`` checks goes well directly, and gives the same through the endpoint."""
    direct, routed = (said(words, environment) for environment in sides.environments())
    assert routed == direct
    assert [one for one in direct.values() if str(one).startswith("failed")] == []
    assert len(direct) == number


def test_the_ai_sdk(sides: Sides, tmp_path: Path) -> None:
    """Texts, streams, objects, tools and further turns, with what the SDK sends back by default."""
    check(sides, script("ai_sdk.mjs", "ai", tmp_path), 21)


def test_openai_agents(sides: Sides) -> None:
    """Texts, tools, streams, and turns that name the response before them."""
    check(sides, [installed("agents"), str(SCRIPTS / "openai_agents.py")], 10)


def test_langchain(sides: Sides, tmp_path: Path) -> None:
    """Each of LangChain's own tests of a chat model comes out as it does directly."""
    python = installed("langchain_tests", "langchain_openai", "langchain_anthropic")
    shutil.copy(SCRIPTS / "langchain_models.py", tmp_path)
    sides_told: list[dict[str, str]] = []
    for environment in sides.environments():
        # LangChain keeps its connections, which belong to one loop.
        loops = (
            "mode=auto",
            "default_fixture_loop_scope=session",
            "default_test_loop_scope=session",
        )
        words = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junit-xml=told.xml",
                 *(f"-oasyncio_{one}" for one in loops), "langchain_models.py"]  # fmt: skip
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path
        )
        (tmp_path / f"told{len(sides_told)}.txt").write_text(done.stdout)
        cases = ET.parse(tmp_path / "told.xml").iter("testcase")
        sides_told.append({
            f"{one.get('classname')} {one.get('name')}": one[0].tag if len(one) else "passed"
            for one in cases
        })  # fmt: skip
    direct, routed = sides_told
    assert routed == direct, done.stdout[-6000:]
    assert {*direct.values()} == {"passed", "skipped"}


def test_ollamas_node_library(installation: Installation, tmp_path: Path) -> None:
    """It lists, shows, chats and completes, whole and in pieces."""
    words = script("ollama.mjs", "ollama", tmp_path)
    with ScriptedProvider() as provider:
        provider.behave(lambda asked: replies.answer(asked, ANSWER))
        installation.provide(provider.base_url)
        with installation.serving() as endpoint:
            host = f"http://127.0.0.1:{endpoint.port}"
            told = said(
                words, os.environ | {"HOST": host, "KEY": endpoint.token, "MODEL": "mock/m"}
            )
    assert {"auto", "mock/m"} <= {*told.pop("names")}
    assert "completion" in told.pop("capabilities")
    assert told == {"whole": ANSWER, "streamed": ANSWER, "done": True, "response": ANSWER}
