"""An independent leak benchmark (pii-leak-benchmark) as client and as provider of the endpoint.

Its capture server stands where a managed API would, and its own inspector looks for its values in
everything that arrives there: path, headers, body, in any encoding.

Its addresses are at example.com, its cards and keys are the vendors' published dummies. The
detector knows these to be nobody's: the shapes are kept here and the values are made anew.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.installation import Endpoint, Installation
from tests.support.model_files import SMALL, require

BENIGN = "Explain how a hash table works."
# Run before the benchmark: values of the same shapes that could be somebody's.
SOMEBODYS = """
from pii_leak_benchmark import http_profile
http_profile._FIXTURE_EMAIL_DOMAIN = "fjordmail.no"
http_profile._FIXTURE_TEST_CARDS = ("4716253610298830",)
"""
KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAQ3EGRTVB7LZ2XW5N",
    "GITHUB_TOKEN": "ghp_k2J8sLq0ZtVx4RbYw7NcMf1HgDp3Ae6UoTi9",
    "SLACK_TOKEN": "xoxb-381920471123-5529017734401-Qm2ZrT8vYc4LkPwX7sNd0aHf",
}


def _must_be_there() -> None:
    pytest.importorskip("pii_leak_benchmark", reason="pii-leak-benchmark is not installed")
    require(SMALL)
    require("rampart")


@dataclass(frozen=True)
class Measured:
    """A running endpoint, and what captures its traffic."""

    endpoint: Endpoint
    session: Any

    @property
    def arrived(self) -> int:
        """How many requests came to the capture server."""
        return sum(not record.get("probe") for record in self.session.state.snapshot())

    def ask(self, prompt: str) -> httpx.Response:
        """The endpoint's answer."""
        return httpx.post(
            f"{self.endpoint.base_url}/chat/completions",
            headers={"authorization": f"Bearer {self.endpoint.token}"},
            json={
                "model": "auto",
                "messages": [{"role": "user", "content": prompt}],
                "max_tokens": 30,
            },
            timeout=120,
            trust_env=False,
        )


TYPES = ["EMAIL", "CREDIT_CARD", "SSN", *KEYS]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measured]:
    """The endpoint with the benchmark's capture server as its managed API."""
    _must_be_there()
    benchmark = pytest.importorskip("pii_leak_benchmark")
    installation = Installation(tmp_path_factory.mktemp("measured") / "home")
    with benchmark.capture_session(capture_port=0) as session:
        installation.provide(session.local_base_url)
        with installation.serving() as endpoint:
            yield Measured(endpoint, session)
    installation.stop_worker()


@pytest.mark.model
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", TYPES)
def test_a_type_stays(measured: Measured, kind: str) -> None:
    """A value of the benchmark alone in a prompt stays here."""
    value = _values()[kind]
    before = measured.arrived
    answer = measured.ask(f"Please check this for me: {value}")
    assert answer.headers["x-edgeroute-route"] == "local"
    assert measured.arrived == before


@pytest.mark.model
@pytest.mark.timeout(300)
def test_the_control_arrives(measured: Measured) -> None:
    """A harmless prompt does reach the capture server: the others had a way to it."""
    before = measured.arrived
    measured.ask(BENIGN)
    assert measured.arrived > before


@pytest.mark.model
@pytest.mark.timeout(300)
def test_its_own_prompt_stays(measured: Measured) -> None:
    """The benchmark's whole prompt, with all of its types, sends nothing."""
    http_profile = pytest.importorskip("pii_leak_benchmark.http_profile")
    fixture = http_profile.make_fixture(include_credentials=True)
    assert set(fixture) == set(TYPES)
    before = measured.arrived
    answer = measured.ask(http_profile._build_prompt("nonce", fixture))
    assert answer.headers["x-edgeroute-route"] == "local"
    assert measured.arrived == before


@pytest.mark.model
@pytest.mark.timeout(300)
def test_its_own_verdict_in_mask_mode_is_clean(installation: Installation, tmp_path: Path) -> None:
    """With masking its traffic does arrive: no value in it, and every value back in the answer."""
    _must_be_there()
    port = _free_port()
    installation.provide(f"http://127.0.0.1:{port}/v1", more='[privacy]\nmode = "mask"\n')
    report = tmp_path / "report.json"
    with installation.serving() as endpoint:
        done = subprocess.run(
            [
                sys.executable, "-c", f"{SOMEBODYS}{_SELFCHECK}",
                "--target-base-url", endpoint.base_url, "--capture-port", str(port),
                "--target-model", "auto", "--no-credentials", "--iterations", "2",
                "--json-out", str(report),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
            env={**installation.environment, "CONFORMANCE_TARGET_API_KEY": endpoint.token},
        )  # fmt: skip
    why = installation.run("receipts", "--json").stdout
    assert done.returncode == 0, done.stdout + done.stderr + why
    checks: dict[str, Any] = json.loads(report.read_text())["checks"]
    boundary = checks["configured_upstream_boundary"]
    assert boundary["correlated_requests"]
    assert not boundary["leaked_entity_types"]


_SELFCHECK = "from pii_leak_benchmark.selfcheck import main; raise SystemExit(main())"


def _values() -> dict[str, str]:
    http_profile = pytest.importorskip("pii_leak_benchmark.http_profile")
    made: dict[str, str] = http_profile.make_fixture()
    name = made["EMAIL"].partition("@")[0]
    card = "4716-2536-1029-8830"
    return {**made, **KEYS, "EMAIL": f"{name}@fjordmail.no", "CREDIT_CARD": card}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
