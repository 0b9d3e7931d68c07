"""Internal code stays here, or goes to the provider that the settings name for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute import config
from edgeroute.core.errors import SettingsError
from edgeroute.wiring import Runtime
from tests.support import replies
from tests.support.house import LOCAL_ANSWER, house, paths
from tests.support.scripted_provider import always

CODE = (
    "Refactor this:\n\n# Copyright Acme. Confidential and proprietary.\n"
    "import os\n\ndef f(x):\n    return os.environ[x]\n"
)
CLOUD = {name: always(replies.chat(f"From {name}.")) for name in ("one", "two")}


async def test_internal_code_stays_here(tmp_path: Path) -> None:
    """Without an enterprise provider no byte of internal code leaves, whatever the rules say."""
    async with house(tmp_path, CLOUD) as home:
        seen = await home.ask(CODE)
        assert (seen.text, home.bytes_out) == (LOCAL_ANSWER, 0)
        assert seen.receipt.rule == "internal-code"


async def test_internal_code_goes_to_the_enterprise_provider_alone(tmp_path: Path) -> None:
    """The provider named in the settings gets it, even where a caller names another."""
    named = "[privacy]\nenterprise_provider = 'two'\n"
    async with house(tmp_path, CLOUD, settings=named) as home:
        assert (await home.ask(CODE)).text == "From two."
        assert (await home.ask(CODE, model="one/m")).text == "From two."
        assert home.cloud["one"].bytes_received == 0
        assert (await home.ask("Explain how a hash table works.")).text == "From one."


def test_a_provider_may_be_marked_instead_of_named(tmp_path: Path) -> None:
    """`enterprise = true` does where no provider is named; an unknown name is refused."""
    table = "[providers.corp]\nbase_url = 'https://llm.example.com/v1'\nmodels = ['m']\n"
    for settings, expected in (
        (table, ""),
        (f"{table}enterprise = true\n", "corp"),
        (f"{table}enterprise = true\n[privacy]\nenterprise_provider = 'openai'\n", "openai"),
    ):
        assert Runtime(paths(tmp_path), config.parse(settings))._providers.enterprise == expected
    unknown = config.parse("[privacy]\nenterprise_provider = 'opnai'\n")
    with pytest.raises(SettingsError, match="there is no provider `opnai`"):
        Runtime(paths(tmp_path), unknown).check()
