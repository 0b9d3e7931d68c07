"""A picture that nothing here can read leaves once the user has said of it that it may."""

from __future__ import annotations

import base64
from pathlib import Path

import httpx

from tests.support import vendor_api
from tests.support.installation import Endpoint, Installation
from tests.support.replies import PNG
from tests.support.scripted_provider import ScriptedProvider

OTHER = PNG + b"\0"


def route(endpoint: Endpoint, picture: bytes, words: str = "What is this?") -> str:
    """Where a question about ``picture`` is answered."""
    url = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    parts = [{"type": "text", "text": words}, {"type": "image_url", "image_url": {"url": url}}]
    answer = httpx.post(
        f"{endpoint.base_url}/chat/completions", trust_env=False, timeout=60,
        headers={"authorization": f"Bearer {endpoint.token}"},
        json={"model": "auto", "messages": [{"role": "user", "content": parts}]},
    )  # fmt: skip
    return answer.headers["x-edgeroute-route"]


def test_only_the_picture_that_was_allowed_leaves(
    installation: Installation, tmp_path: Path
) -> None:
    """To the byte, until it is taken back; what is private beside it stays here."""
    file = tmp_path / "fox.png"
    file.write_bytes(PNG)
    behave = vendor_api.behave
    with ScriptedProvider(behave) as provider, ScriptedProvider(behave) as box:
        installation.configure(
            f'[providers.eyes]\nbase_url = "{provider.base_url}"\nmodels = ["m"]\n'
            '[local]\nbackend = "box"\n'
            f'[local.endpoints.box]\nbase_url = "{box.base_url}"\nmodel = "m"\n'
        )
        with installation.serving() as endpoint:
            assert route(endpoint, PNG) == "local"
            assert provider.requests == []
            assert installation.run("config", "allow", "--picture", str(file)).returncode == 0
            assert route(endpoint, PNG) == "cloud"
            assert len(provider.requests) == 1
            assert route(endpoint, OTHER) == "local"
            assert route(endpoint, PNG, "My SSN is 521-44-9821. Who is it?") == "local"
            assert installation.run("config", "disallow", "--picture", str(file)).returncode == 0
            assert route(endpoint, PNG) == "local"
            assert len(provider.requests) == 1
