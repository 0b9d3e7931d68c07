"""The client snippets, run as they stand against a real endpoint and a scripted provider."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from edgeroute.server.serve import serving
from tests.support import house
from tests.support.house import LOCAL_ANSWER, OPEN, PRIVATE

CLIENTS = Path(__file__).resolve().parents[2] / "examples" / "clients"
PYTHON = sys.executable


class Caller:
    """Runs programs that know the address and token of a running endpoint."""

    def __init__(self, home: house.House, address: str, token: str) -> None:
        self.home = home
        self.address = address
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home.home),
            "EDGEROUTE_URL": address,
            "EDGEROUTE_TOKEN": token,
        }

    async def run(self, *command: str, **environment: str) -> tuple[str, str]:
        """Standard output and error of a program that ends well."""
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=CLIENTS,
            env=self._environment | environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
        return out.decode(), errors.decode()


@pytest_asyncio.fixture
async def caller(tmp_path: Path) -> AsyncIterator[Caller]:
    """A real engine behind a real endpoint; only the managed API and the model are scripted."""
    async with (
        house.house(tmp_path) as home,
        serving(home.runtime, port=0) as listening,
    ):
        yield Caller(home, listening.address, listening.token_file.read_text().strip())


def program(name: str) -> str:
    """The program ``name``; the test skips where it is missing."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.mark.parametrize("script", ["openai_client.py", "anthropic_client.py", "curl.sh"])
async def test_an_open_prompt_is_answered_by_the_managed_api(caller: Caller, script: str) -> None:
    """The answer is on standard output, the route on standard error."""
    runner = PYTHON if script.endswith(".py") else program("curl") and "sh"
    out, errors = await caller.run(runner, script, OPEN)
    assert "A table of buckets." in out
    assert "cloud" in errors
    assert caller.home.bytes_out


@pytest.mark.parametrize("script", ["openai_client.py", "anthropic_client.py", "curl.sh"])
async def test_a_private_prompt_is_answered_here(caller: Caller, script: str) -> None:
    """The same snippets with a social security number: nothing leaves."""
    runner = PYTHON if script.endswith(".py") else program("curl") and "sh"
    out, errors = await caller.run(runner, script, PRIVATE)
    assert LOCAL_ANSWER in out
    assert "local" in errors
    assert not caller.home.bytes_out


async def test_node(caller: Caller) -> None:
    """OpenAI's Node library is answered, and says where."""
    node = program("node")
    probe = await asyncio.create_subprocess_exec(
        node,
        "--input-type=module",
        "-e",
        "import 'openai'",
        cwd=CLIENTS,
        stderr=asyncio.subprocess.DEVNULL,
    )
    if await probe.wait():
        pytest.skip("the npm package openai is not installed beside the examples")
    out, errors = await caller.run(node, "openai_client.mjs", OPEN)
    assert "A table of buckets." in out
    assert "cloud" in errors


async def test_llm(caller: Caller, tmp_path: Path) -> None:
    """The `llm` command takes the endpoint from the configuration as it stands."""
    llm = program("llm")
    folder = tmp_path / "llm"
    folder.mkdir()
    known = (CLIENTS / "extra-openai-models.yaml").read_text("utf-8")
    moved = known.replace("http://127.0.0.1:8377", caller.address)
    assert moved != known
    (folder / "extra-openai-models.yaml").write_text(moved)
    token = caller._environment["EDGEROUTE_TOKEN"]
    out, _ = await caller.run(
        llm, "--model", "edgeroute", "--key", token, "--no-log", OPEN, LLM_USER_PATH=str(folder)
    )
    assert "A table of buckets." in out
