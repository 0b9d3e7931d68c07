"""Pictures through the whole house: the official client, the endpoint, the engine, a provider."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import openai
import pytest

from edgeroute.server.serve import serving
from tests.support import replies
from tests.support.house import House, house
from tests.support.replies import PNG
from tests.support.scripted_provider import always

KEYS = "[keys]\nenvironment = true\n"


@asynccontextmanager
async def served(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[House, openai.AsyncOpenAI]]:
    """A house whose only provider draws, its endpoint, and OpenAI's own client for it."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0000")
    drawing = {"openai": always(replies.pictures(PNG, PNG))}
    async with (
        house(folder, drawing, settings=KEYS) as home,
        serving(home.runtime, port=0) as listening,
        openai.AsyncOpenAI(
            base_url=f"{listening.address}/v1",
            api_key=listening.token_file.read_text().strip(),
            max_retries=0,
        ) as client,
    ):
        yield home, client


async def test_a_picture_comes_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's wishes reach the provider, its pictures the client, and the cost the receipt."""
    async with served(tmp_path, monkeypatch) as (home, client):
        raw = await client.images.with_raw_response.generate(
            prompt="A red fox in the snow.", model="gpt-image-2", n=2, quality="low"
        )
        data = raw.parse().data
        assert data is not None
        assert [base64.b64decode(each.b64_json or "") for each in data] == [PNG, PNG]
        (sent,) = home.cloud["openai"].requests
        assert sent.path == "/v1/images/generations"
        assert sent.json == {
            "model": "gpt-image-2",
            "n": 2,
            "quality": "low",
            "prompt": "A red fox in the snow.",
        }
        receipt = home.runtime.receipts.get(raw.headers["x-edgeroute-receipt"])
        assert receipt is not None
        assert (receipt.model, receipt.front_door) == ("openai/gpt-image-2", "http")
        assert receipt.cost.amount == Decimal("0.03025")


async def test_a_private_picture_is_403(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever model is named, the prompt stays here and the caller reads why."""
    async with served(tmp_path, monkeypatch) as (home, client):
        for model in ("auto", "gpt-image-2"):
            with pytest.raises(
                openai.PermissionDeniedError, match="no model on this machine draws"
            ):
                await client.images.generate(prompt="A card for SSN 521-44-9821.", model=model)
        assert home.bytes_out == 0


async def test_the_local_model_draws_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for a picture by name it is an error, and no text comes in its place."""
    async with served(tmp_path, monkeypatch) as (home, client):
        with pytest.raises(openai.BadRequestError, match="No model that draws"):
            await client.images.generate(prompt="A fox.", model="local")
        assert (home.bytes_out, home.local.requests) == (0, [])
