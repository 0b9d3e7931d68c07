"""Editors ask what belongs between two texts: the real model fills it in, on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support import replies
from tests.support.installation import Endpoint, Installation
from tests.support.model_files import SMALL, require
from tests.support.scripted_provider import ScriptedProvider, always

pytestmark = [pytest.mark.model, pytest.mark.timeout(240)]

BEFORE = "def add(a, b):\n    return "
AFTER = "\n\nprint(add(1, 2))\n"
MARKED = f"<|fim_prefix|>{BEFORE}<|fim_suffix|>{AFTER}<|fim_middle|>"
CODER = "local/qwen2.5-coder-0.5b"


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    """A managed API, which nothing of this must reach."""
    with ScriptedProvider(always(replies.chat("never"))) as started:
        yield started


@pytest.fixture(scope="module")
def served(shared_installation: Installation, provider: ScriptedProvider) -> Iterator[Endpoint]:
    """A running endpoint with a coder model here."""
    require(SMALL)
    shared_installation.provide(provider.base_url)
    with shared_installation.serving() as endpoint:
        yield endpoint


def ask(served: Endpoint, path: str, body: dict[str, Any]) -> httpx.Response:
    """The answer to ``body``."""
    return httpx.post(
        f"http://127.0.0.1:{served.port}{path}",
        json=body,
        headers={"api-key": served.token},
        timeout=200,
        trust_env=False,
    )


def completion(served: Endpoint, **body: Any) -> str:
    """The text that a completion answers with."""
    answer = ask(served, "/v1/completions", {"model": "auto", "max_tokens": 24} | body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-edgeroute-route"] == "local"
    if not body.get("stream"):
        return str(answer.json()["choices"][0]["text"])
    frames = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
    assert frames[-1] == "[DONE]"
    return "".join(json.loads(frame)["choices"][0]["text"] for frame in frames[:-1])


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "body", [{"prompt": BEFORE, "suffix": AFTER}, {"prompt": MARKED}], ids=["suffix", "marks"]
)
def test_the_gap_is_filled(
    served: Endpoint, provider: ScriptedProvider, body: dict[str, str], *, stream: bool
) -> None:
    """With a suffix or with the model's own marks, whole or streamed; nothing but the missing text
    comes, and nothing leaves.
    """
    text = completion(served, **body, stream=stream)
    assert text.strip().startswith("a + b")
    assert "```" not in text
    assert "<|" not in text
    assert provider.connections == 0


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": "", "suffix": AFTER},
        {"prompt": f"<|fim_prefix|>{BEFORE}<|fim_suffix|><|fim_middle|>"},
        {"prompt": " ", "suffix": "\n"},
    ],
    ids=["no text before", "no text after", "blanks"],
)
def test_a_gap_may_be_at_either_end(served: Endpoint, body: dict[str, str]) -> None:
    """An editor asks at the beginning and at the end of a file too."""
    assert "<|" not in completion(served, **body, model=CODER)


def test_marks_in_a_text_are_text(served: Endpoint) -> None:
    """Who edits a file about such models gets no other gap than the one that was asked for."""
    before = 'MARK = "<|fim_middle|>"\nEND = "<|endoftext|>"\n' + BEFORE
    assert completion(served, prompt=before, suffix=AFTER).strip().startswith("a + b")


def test_ollamas_clients_fill_gaps_too(served: Endpoint, provider: ScriptedProvider) -> None:
    """Streamed, as they expect it, and whole; the model says that it can."""
    shown = ask(served, "/api/show", {"model": f"{CODER}:latest"}).json()
    assert "insert" in shown["capabilities"]
    asked = {"model": CODER, "prompt": BEFORE, "suffix": AFTER, "options": {"num_predict": 24}}
    whole = ask(served, "/api/generate", asked | {"stream": False}).json()
    assert whole["response"].strip().startswith("a + b")
    lines = [json.loads(one) for one in ask(served, "/api/generate", asked).text.splitlines()]
    assert "".join(line["response"] for line in lines) == whole["response"]
    assert lines[-1]["done"] is True
    raw = asked | {"prompt": MARKED, "raw": True, "suffix": "", "stream": False}
    assert ask(served, "/api/generate", raw).json()["response"] == whole["response"]
    assert provider.connections == 0


def test_a_model_that_cannot_is_not_asked(served: Endpoint, provider: ScriptedProvider) -> None:
    """Neither does a managed model read what is typed in an editor."""
    answer = ask(served, "/v1/completions", {"model": "mock/m", "prompt": BEFORE, "suffix": AFTER})
    assert answer.status_code == 400
    assert CODER in answer.json()["error"]["message"]
    assert provider.connections == 0
