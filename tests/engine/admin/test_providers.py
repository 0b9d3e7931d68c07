"""The managed APIs as a front door shows them: state, keys, a test of a key."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from edgeroute.core.errors import ErrorKind, KeyringUnavailable, ProviderError, SettingsError
from edgeroute.core.secret import Secret
from edgeroute.engine.admin.providers import ProviderStatus
from tests.support import replies
from tests.support.clocks import THE_DAY, StandingClock
from tests.support.house import House, house
from tests.support.keyrings import KeyMemory
from tests.support.scripted_provider import always
from tests.support.strategies import ENVIRONMENT


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> KeyMemory:
    """The keyring of every house of this test."""
    found = KeyMemory()
    monkeypatch.setattr("edgeroute.wiring.stores.Keys", lambda **_: found)
    return found


def status(home: House, name: str) -> ProviderStatus:
    """How one provider is."""
    return {one.id: one for one in home.runtime.providers.status()}[name]


def fail(home: House, name: str, kind: ErrorKind, times: int = 1) -> None:
    """Let a provider fail."""
    card = next(one for one in home.runtime.catalog.cards.values() if one.provider == name)
    now = home.runtime.clock.monotonic()
    for _ in range(times):
        home.providers.health.started(card, 10, now)
        home.providers.health.failed(card, ProviderError(kind, name, "It failed."), now)


async def test_providers_with_a_key_come_first(tmp_path: Path, keyring: KeyMemory) -> None:
    """Then by name; where the key comes from is said, and whose address is not complete is not
    ready.
    """
    keyring.keys["openai"] = Secret("sk-test")
    async with house(tmp_path) as home:
        rows = home.runtime.providers.status()
        assert [row.has_key for row in rows] == sorted((row.has_key for row in rows), reverse=True)
        for part in (True, False):
            names = [row.name.lower() for row in rows if row.has_key is part]
            assert names == sorted(names)
        assert status(home, "openai") == ProviderStatus("openai", "OpenAI", "ok", "keyring")
        assert (status(home, "mock").key, status(home, "anthropic").key) == ("not needed", "")
        assert not status(home, "anthropic").has_key
        ready = home.runtime.providers.ready()
        assert {"mock", "openai"} <= ready
        assert "anthropic" not in ready
        keyring.keys |= dict.fromkeys(home.runtime.catalog.providers, Secret("sk-test"))
        complete = {one.id for one in home.runtime.catalog.providers.values() if one.ready}
        assert home.runtime.providers.ready() == complete != set(home.runtime.catalog.providers)


async def test_a_keyring_that_cannot_be_read_has_no_keys(
    tmp_path: Path, keyring: KeyMemory
) -> None:
    """Who needs none is there all the same."""
    keyring.keys["openai"] = Secret("sk-test")
    keyring.locked = True
    async with house(tmp_path) as home:
        assert status(home, "openai").key == ""
        assert home.runtime.providers.ready() == {"mock"}


async def test_trouble_is_told_with_its_end(tmp_path: Path, keyring: KeyMemory) -> None:
    """A circuit that is open says until when, and then that it is being tried; an account without
    credit is a sentence; who answers is well.
    """
    clock = StandingClock()
    async with house(tmp_path, {"one": always([]), "two": always([])}, clock=clock) as home:
        assert status(home, "one") == ProviderStatus("one", "one", "ok", "not needed")
        fail(home, "one", ErrorKind.OUTAGE, times=2)
        assert status(home, "one").state == "ok"
        fail(home, "one", ErrorKind.OUTAGE)
        resting = status(home, "one")
        assert (resting.state, resting.detail[:14]) == ("open", "It failed seve")
        (line,) = home.providers.health.report(clock.monotonic())
        assert resting.until == THE_DAY + timedelta(seconds=line.seconds)
        assert line.seconds > 0
        clock.forward(timedelta(seconds=line.seconds + 1))
        assert status(home, "one").state == "probing"
        fail(home, "two", ErrorKind.BILLING)
        limited = status(home, "two")
        assert (limited.state, limited.detail) == ("limited", "Its account has no credit.")
        assert limited.until is None


async def test_a_key_is_tried(tmp_path: Path, keyring: KeyMemory) -> None:
    """Without one nobody is asked; with one the provider says what it is worth."""
    listed = always(replies.json_body({"data": []}))
    async with house(tmp_path, {"mock": listed}) as home:
        providers = home.runtime.providers
        missing = await providers.check("openai")
        assert (missing.provider, missing.state) == ("openai", "unknown")
        assert missing.text == (
            "There is no key for OpenAI. Add one with `edgeroute keys set openai`."
        )
        await providers.set_key("mock", Secret("sk-test"))
        assert (await providers.check("mock")).state == "good"
        assert await providers.test("mock") == "mock accepts the key."
        sent = home.cloud["mock"].requests[-1].headers["authorization"]
        assert sent == "Bearer sk-test"
        keyring.locked = True
        with pytest.raises(KeyringUnavailable):
            await providers.test("openai")


async def test_who_needs_no_key_is_tried_without_one(tmp_path: Path, keyring: KeyMemory) -> None:
    """Though there be no keyring at all; where a key is wanted all the same, that is said."""
    keyring.locked = True
    for behaviour, state, text in (
        (always(replies.json_body({"data": []})), "good", "mock needs no key, and it answers."),
        (
            always(replies.error(401)),
            "bad",
            "mock wants a key. Add one with `edgeroute keys set mock`.",
        ),
    ):
        async with house(tmp_path / state, {"mock": behaviour}) as home:
            checked = await home.runtime.providers.check("mock")
            assert (checked.state, checked.text) == (state, text)
            assert "authorization" not in home.cloud["mock"].requests[-1].headers


async def test_a_new_key_is_a_new_chance(tmp_path: Path, keyring: KeyMemory) -> None:
    """What was said of the account is forgotten when its key changes; a key can be removed."""
    async with house(tmp_path) as home:
        providers = home.runtime.providers
        fail(home, "mock", ErrorKind.AUTH)
        assert status(home, "mock").state == "limited"
        await providers.set_key("mock", Secret("sk-test"))
        assert status(home, "mock") == ProviderStatus("mock", "mock", "ok", "keyring")
        await providers.delete_key("mock")
        assert keyring.keys == {}


async def test_an_unknown_provider_is_an_error_that_names_those_there_are(
    tmp_path: Path, keyring: KeyMemory
) -> None:
    """For every action; nothing is stored for it."""
    async with house(tmp_path, settings=ENVIRONMENT) as home:
        providers = home.runtime.providers
        for action in (
            providers.test("nobody"),
            providers.check("nobody"),
            providers.set_key("nobody", Secret("sk-test")),
        ):
            with pytest.raises(
                SettingsError, match=re.escape("There is no provider `nobody`.")
            ) as e:
                await action
            assert e.value.hint.startswith("Known: ")
            assert "anthropic, " in e.value.hint
        assert keyring.keys == {}
        assert providers.named("mock").id == "mock"
