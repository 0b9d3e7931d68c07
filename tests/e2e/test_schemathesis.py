"""Schemathesis asks everything that /openapi.json describes, right and wrong, of a real endpoint.

It runs where its command is found, for a minute and a half on two cores; it was tried with 4.32.5.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support import replies, scripted_agent
from tests.support.installation import Endpoint, Installation
from tests.support.scripted_provider import Received, Reply, ScriptedProvider

pytestmark = pytest.mark.timeout(1800)
CASES = "EDGEROUTE_SCHEMA_CASES"
"""How many examples of chance for each operation are asked for, besides the planned ones."""
SEED = 1
# What is right in form may still ask for what is not there: a response that is not stored, a gap
# that the model which is named cannot fill, a conversation made shorter.
SETTINGS = """
[[operations]]
include-path-regex = "/(responses(/input_tokens|/compact)?|completions|api/generate)$"
include-method = "POST"
checks.positive_data_acceptance.enabled = false
"""


def _answer(asked: Received) -> Reply:
    """An answer in words, a picture or sealed, or a refusal of what no provider could read."""
    if asked.path.endswith("/responses/compact"):
        return replies.json_body({"object": "response.compaction", "output": []})
    if asked.path.endswith("/images/generations"):
        return replies.pictures()
    try:
        return scripted_agent.said(asked, "All done.")
    except (AttributeError, KeyError, TypeError, ValueError):
        return replies.error(400, "invalid_request")


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    """A real endpoint before providers of all wires, the local model among them."""
    installation = Installation(tmp_path / "home")
    with ScriptedProvider(_answer) as provider:
        url = provider.base_url
        installation.configure(
            f'[providers.anthropic]\nwire = "anthropic-messages"\nbase_url = "{url}"\n'
            f'[providers.openai]\nwire = "openai-responses"\nbase_url = "{url}"\n'
            f'[providers.chatty]\nbase_url = "{url}"\nmodels = ["m"]\n'
            '[keys]\nenvironment = true\n[local]\nbackend = "box"\n'
            f'[local.endpoints.box]\nbase_url = "{url}"\nmodel = "m"\n'
        )
        installation.environment |= {"ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": "k"}
        with installation.serving() as served:
            yield served


def _document(endpoint: Endpoint, folder: Path) -> Path:
    """The document with each operation once: a path that points to another is the same route."""
    whole = httpx.get(
        f"http://127.0.0.1:{endpoint.port}/openapi.json", trust_env=False,
        headers={"authorization": f"Bearer {endpoint.token}"},
    ).json()  # fmt: skip
    paths = {path: item for path, item in whole["paths"].items() if "$ref" not in item}
    written = folder / "openapi.json"
    written.write_text(json.dumps(whole | {"paths": paths}))
    return written


def test_it_finds_nothing(endpoint: Endpoint, tmp_path: Path) -> None:
    """No server error, no answer that the document does not describe, nothing taken that it
    forbids and nothing refused that it allows.
    """
    program = shutil.which("schemathesis")
    if program is None:
        pytest.skip("schemathesis is not installed")
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    cases = os.environ.get(CASES, "")
    chance = ["-n", cases] if cases else ["--phases", "coverage"]
    words = [
        program, "run", str(_document(endpoint, tmp_path)), "--no-color",
        "--url", f"http://127.0.0.1:{endpoint.port}",
        "-H", f"Authorization: Bearer {endpoint.token}", "--seed", str(SEED), *chance,
        "--continue-on-failure", "--suppress-health-check", "all", "--request-timeout", "60",
    ]  # fmt: skip
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, cwd=tmp_path,
        env=os.environ | {"PYTHONWARNINGS": "ignore", "PYTHONPATH": "", "COLUMNS": "200"},
    )  # fmt: skip
    assert done.returncode == 0, json.dumps(words) + done.stdout[-30_000:] + done.stderr[-3_000:]
