"""A named model: answered by its vendor or here, or by nobody; a family's name by the nearest."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from unittest import mock

import pytest

from edgeroute.core.errors import UnknownModel
from edgeroute.core.events import Failed, Planned
from edgeroute.core.model_card import Place
from edgeroute.core.request import ClientProfile
from tests.support import replies
from tests.support.house import LOCAL_ANSWER, OPEN, PRIVATE, House, Seen, house, request
from tests.support.scripted_provider import ScriptedProvider, always

VARIABLES = {
    "openai": "OPENAI_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
}
BESIDES = {"mock": always(replies.chat("From another vendor."))}


@asynccontextmanager
async def vendors(
    folder: Path, monkeypatch: pytest.MonkeyPatch, keys: Sequence[str], settings: str = ""
) -> AsyncIterator[House]:
    """A house with keys for packaged vendors, which answer over loopback, and one of its own."""
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
    for key in keys:
        monkeypatch.setenv(VARIABLES[key], "sk-test-0123456789abcdef")
    with ScriptedProvider(always(replies.chat("From the vendor."))) as server:
        tables = "".join(
            f'[providers.{name}]\nbase_url = "{server.base_url}"\n' for name in VARIABLES
        )
        more = f"[keys]\nenvironment = true\n{tables}{settings}"
        async with house(folder, BESIDES, settings=more) as home:
            yield home


def error(seen: Seen) -> UnknownModel:
    """The error that a request ended in."""
    assert isinstance(seen.end, Failed)
    assert isinstance(seen.end.error, UnknownModel)
    return seen.end.error


async def test_a_familys_name_is_answered_by_the_nearest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason, the notes and the plan's warning say which, and that it was not the one named."""
    async with vendors(tmp_path, monkeypatch, ["openai"]) as home:
        seen = await home.ask(OPEN, model="gpt-5.4")
        said = "gpt-5.4 is not offered here; gpt-5.5 is the nearest."
        planned = next(one for one in seen.events if isinstance(one, Planned))
        assert (seen.text, seen.receipt.model) == ("From the vendor.", "openai/gpt-5.5")
        assert (planned.plan.warning, planned.plan.first.reason) == (said, said)
        assert said in planned.plan.notes
        assert [one.place for one in planned.plan.candidates] == [Place.CLOUD, Place.LOCAL]


async def test_a_vendors_model_may_come_through_a_gateway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key for the vendor itself a gateway's copy of the very model is asked."""
    async with vendors(tmp_path, monkeypatch, ["openrouter"]) as home:
        for name in ("gpt-5.5", "gpt-5.4"):
            seen = await home.ask(OPEN, model=name)
            assert seen.receipt.model == "openrouter/openai/gpt-5.5"


@pytest.mark.parametrize("name", ["gpt-5.4", "gpt-5.5", "openai/gpt-5.5", "OpenAI / GPT-5.5"])
async def test_without_a_key_the_command_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Nobody answers in its place; what must stay here is answered here all the same."""
    async with vendors(tmp_path, monkeypatch, ["deepseek"]) as home:
        refused = error(await home.ask(OPEN, model=name))
        assert "`edgeroute keys set openai`" in refused.hint
        assert (refused.rejection.status, refused.rejection.code) == (404, "model_not_found")
        assert not home.local.requests
        with pytest.raises(UnknownModel):
            await home.runtime.engine.explain(request(OPEN, model=name))
        seen = await home.ask(PRIVATE, model=name)
        assert (seen.text, seen.receipt.route) == (LOCAL_ANSWER, Place.LOCAL)
        assert home.bytes_out == 0


async def test_a_profile_limits_what_a_familys_name_may_mean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only allowed models are candidates; where none is, nobody answers."""
    async with vendors(tmp_path, monkeypatch, ["openai"]) as home:
        small = ClientProfile("program", models=("openai/gpt-6-luna",))
        seen = await home.ask(OPEN, model="gpt-5.4", client=small)
        assert seen.receipt.model == "openai/gpt-6-luna"
        none = ClientProfile("program", models=("mock/m",))
        assert "gpt-5.4" in error(await home.ask(OPEN, model="gpt-5.4", client=none)).message


async def test_a_used_up_budget_changes_no_named_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where only small models are left, the local one stands in for a dear one, and says why."""
    budget = "[budget]\ndaily_usd = 1.0\nat_limit = 'cheaper'\n"
    async with vendors(tmp_path, monkeypatch, ["openai"], budget) as home:
        with mock.patch.object(home.runtime.ledger, "spent", return_value=Decimal(2)):
            seen = await home.ask(OPEN, model="openai/gpt-5.5")
            small = await home.ask(OPEN, model="openai/gpt-6-luna")
        assert seen.text == LOCAL_ANSWER
        assert "budget" in seen.receipt.attempts[0].reason
        assert small.receipt.model == "openai/gpt-6-luna"
