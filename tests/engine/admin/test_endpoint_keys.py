"""Keys of local servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.core.secret import Secret
from tests.support.house import house
from tests.support.keyrings import KeyMemory


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> KeyMemory:
    """The keyring of every house of this test."""
    found = KeyMemory()
    monkeypatch.setattr("edgeroute.wiring.stores.Keys", lambda **_: found)
    return found


BOX = '[local.endpoints.openai]\nbase_url = "http://127.0.0.1:9/v1"\n'


async def test_a_local_servers_key_is_kept_and_sent(tmp_path: Path, keyring: KeyMemory) -> None:
    """It is set, told of, tested and deleted by the server's name, and its server gets it."""
    async with house(tmp_path) as home:
        providers = home.runtime.providers
        assert providers.named("here").name == "here"
        await providers.set_key("here", Secret("sk-box"))
        assert set(keyring.keys) == {"local/here"}
        assert "here" in providers.stored()
        assert [(row.name, row.key) for row in providers.servers()] == [("here", "keyring")]
        checked = await providers.check("here")
        assert (checked.state, "with its key" in checked.text) == ("good", True)
        assert home.local.requests[-1].headers["authorization"] == "Bearer sk-box"
        await providers.delete_key("here")
        assert keyring.keys == {}


async def test_no_key_of_a_provider_reaches_a_server_of_its_name(
    tmp_path: Path, keyring: KeyMemory
) -> None:
    """Where both have one name, the server's key has a name of its own."""
    keyring.keys["openai"] = Secret("sk-openai")
    async with house(tmp_path, settings=BOX) as home:
        assert home.runtime._local.keys.get("openai") is None
        await home.runtime.providers.set_key("local/openai", Secret("sk-box"))
        assert keyring.keys["openai"].reveal() == "sk-openai"
        found = home.runtime._local.keys.get("openai")
        assert found is not None
        assert found.reveal() == "sk-box"


async def test_a_local_servers_key_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a name of our own, or the one that the settings say, where the settings allow it."""
    monkeypatch.setenv("EDGEROUTE_HERE_KEY", "sk-env")
    monkeypatch.setenv("BOX_KEY", "sk-own")
    own = (
        '[keys]\nenvironment = true\n[local.endpoints.box-2]\nbase_url = "http://127.0.0.1:9/v1"\n'
    )
    async with house(tmp_path, settings=f'{own}key_variable = "BOX_KEY"\n') as home:
        keys = home.runtime._local.keys
        found = [key.reveal() for name in ("here", "box-2") if (key := keys.get(name))]
    assert found == ["sk-env", "sk-own"]
