"""The own worker, as its backend reads it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edgeroute.core.events import Notice, TextDelta
from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import PrivacyMode
from edgeroute.local.backends.client import LocalClient
from edgeroute.local.backends.llamacpp import LlamaCpp, encode
from edgeroute.local.backends.worker_process import WorkerProcess
from edgeroute.local.files.catalogue import load
from edgeroute.local.files.models import LocalModels
from edgeroute.local.worker.host import Counts, Token
from edgeroute.local.worker.output import Meaning
from edgeroute.local.worker.reply import Reply
from edgeroute.local.worker.steps import Ended, Piece, Step, Waits
from edgeroute.wire.format import Envelope
from tests.support.fake_omlx import serving

CARD = load().builds["qwen2.5-coder-0.5b"].card(2_048)


async def test_the_wait_is_told_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a sentence, each time that it has changed."""
    said: tuple[Meaning, ...] = (TextDelta("Yes"),)
    steps: list[Step] = [
        Waits(2, 14.0),
        Waits(1, 0.4),
        Piece(Token("Yes", b"Yes"), said),
        Ended("stop", Counts(1, 0, 1)),
    ]
    reply = Reply(Envelope("c", "m", 1, usage=True))
    body = b"".join(frame for step in steps for frame in reply.feed(step))

    async def chat(_: Request) -> Response:
        return Response(body, media_type="text/event-stream")

    app = Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])
    models = LocalModels(tmp_path)
    backend = LlamaCpp(models, WorkerProcess(tmp_path / "run", tmp_path / "state", tmp_path))
    async with serving(app) as root:
        client = LocalClient(base_url=root)

        async def ready(_: WorkerProcess) -> LocalClient:
            return client

        monkeypatch.setattr(WorkerProcess, "ensure", ready)
        monkeypatch.setattr(LlamaCpp, "_named", lambda *_: load().builds["qwen2.5-coder-0.5b"])
        found = [delta async for delta in backend.answer(ChatRequest((user("Hi"),)))]
    assert found[:3] == [
        Notice("queue", "2 other answers come before this one: about 14 seconds."),
        Notice("queue", "Another answer comes before this one: about a second."),
        TextDelta("Yes"),
    ]


def test_what_a_person_waits_for_is_urgent() -> None:
    """What a program asks is not."""
    asked = ChatRequest((user("Hi"),), front_door="chat")
    assert encode(asked, CARD)["edgeroute_urgent"] is True
    program = ChatRequest((user("Hi"),), front_door="http")
    assert "edgeroute_urgent" not in encode(program, CARD)


def test_the_worker_hears_what_is_private_and_how_long_one_waits() -> None:
    """Where nobody else could answer, and where the caller says so."""
    asked = ChatRequest((user("Hi"),), front_door="http", deadline=2.5, privacy=PrivacyMode.PRIVATE)
    body = encode(asked, CARD)
    assert (body["edgeroute_private"], body["edgeroute_deadline"]) == (True, 2.5)
    others = encode(replace(asked, privacy=PrivacyMode.MASK, deadline=0.0), CARD)
    assert not {"edgeroute_private", "edgeroute_deadline"} & others.keys()


def test_every_wire_formats_words_on_drawing_reach_the_worker() -> None:
    """Under the names that they have in common."""
    asked = ChatRequest((user("Hi"),), wire="anthropic-messages", extra={"top_k": 7, "other": 1})
    body = encode(asked, CARD)
    assert (body["top_k"], "other" in body) == (7, False)
