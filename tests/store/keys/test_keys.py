"""Keys: one item, no plain file, the environment only when allowed."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from edgeroute.core.errors import KeyringUnavailable
from edgeroute.core.secret import Secret
from edgeroute.store.keys.keyring_door import KeyringDoor
from edgeroute.store.keys.keys import Keys
from tests.support.keyrings import Fake


def keys_over(fake: Fake, **options: object) -> Keys:
    """``Keys`` over a keyring in memory."""
    door = KeyringDoor("edgeroute", "keys", choose=lambda: fake)
    return Keys(door=door, **options)  # type: ignore[arg-type]


def broken() -> Keys:
    """``Keys`` where there is no keyring, with the environment allowed."""

    def choose() -> Fake:
        raise KeyringUnavailable("There is no keyring here.", "Install one.")

    return Keys(environment=True, door=KeyringDoor("edgeroute", "keys", choose=choose))


def test_all_keys_lie_in_one_item() -> None:
    """However many providers, the keyring (which may ask for each item) holds one."""
    fake = Fake()
    keys = keys_over(fake)
    for provider in ("openai", "anthropic", "corp"):
        keys.set(provider, Secret(f"sk-{provider}"))
    keys.secret("database")
    assert list(fake.items) == [("edgeroute", "keys")]
    assert keys.providers() == ["anthropic", "corp", "openai"]
    assert keys.get("corp") == Secret("sk-corp")
    assert keys.get("nobody") is None


def test_a_secret_is_made_once() -> None:
    """The database key is random, the same for every process, and only made when asked to."""
    fake = Fake()
    keys = keys_over(fake)
    assert keys.secret("database", create=None) is None
    made = keys.secret("database")
    assert made is not None
    assert len(made.reveal()) == 64
    assert keys_over(fake).secret("database") == made == keys.secret("database")
    assert keys.secret("other") != made


def test_two_processes_do_not_overwrite_each_other(tmp_path: Path) -> None:
    """Changes of many writers at once are all kept."""
    fake = Fake()
    writers = [keys_over(fake, lock_file=tmp_path / "run" / "keys.lock") for _ in range(6)]
    threads = [
        threading.Thread(target=keys.set, args=(f"p{n}", Secret("x")))
        for n, keys in enumerate(writers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert keys_over(fake).providers() == [f"p{n}" for n in range(6)]


def test_the_keyring_is_not_asked_for_every_request() -> None:
    """What was read is used again for a while; forgetting reads anew."""
    fake = Fake()
    keys = keys_over(fake)
    for _ in range(5):
        keys.get("openai")
    assert fake.reads == 1
    keys_over(fake).set("openai", Secret("new"))
    keys.forget()
    assert keys.get("openai") == Secret("new")


def test_a_missing_keyring_is_not_looked_for_again_and_again() -> None:
    """For a few seconds the same answer is given; a change or ``forget`` looks anew."""
    looks = []

    def choose() -> Fake:
        looks.append(1)
        raise KeyringUnavailable("There is no keyring here.", "Install one.")

    keys = Keys(door=KeyringDoor("edgeroute", "keys", choose=choose))
    for _ in range(5):
        with pytest.raises(KeyringUnavailable, match="Install one"):
            keys.get("openai")
    assert len(looks) == 1
    keys.forget()
    with pytest.raises(KeyringUnavailable):
        keys.providers()
    assert len(looks) == 2


def test_the_environment_counts_only_when_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable is ignored unless the settings allow it, and the keyring comes first."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    fake = Fake()
    assert keys_over(fake).get("openai", "OPENAI_API_KEY") is None
    allowed = keys_over(fake, environment=True)
    assert allowed.get("openai", "OPENAI_API_KEY") == Secret("sk-env")
    assert allowed.source("openai", "OPENAI_API_KEY") == "environment"
    allowed.set("openai", Secret("sk-ring"))
    assert allowed.get("openai", "OPENAI_API_KEY") == Secret("sk-ring")
    assert allowed.source("openai", "OPENAI_API_KEY") == "keyring"
    assert allowed.source("nobody", "NOBODY_KEY") == ""


def test_without_a_keyring_the_environment_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the user allowed the environment, a missing keyring matters only without a variable."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    assert broken().get("openai", "OPENAI_API_KEY") == Secret("sk-env")
    assert broken().source("openai", "OPENAI_API_KEY") == "environment"
    with pytest.raises(KeyringUnavailable, match="Install one"):
        broken().get("anthropic", "ANTHROPIC_API_KEY")
    with pytest.raises(KeyringUnavailable):
        broken().set("openai", Secret("x"))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 1, "keys": ["sk-canary"]}', '{"keys": {}, "secrets": {}}']
)
def test_a_spoilt_item_is_a_sentence_without_its_text(text: str) -> None:
    """What another program wrote into the item is neither believed nor shown."""
    fake = Fake()
    fake.items["edgeroute", "keys"] = text
    with pytest.raises(KeyringUnavailable, match="Delete the item") as caught:
        keys_over(fake).get("openai")
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_newer_item_is_not_overwritten() -> None:
    """Keys stored by a later version are left alone."""
    fake = Fake()
    newer = json.dumps({"version": 2, "vault": {}})
    fake.items["edgeroute", "keys"] = newer
    with pytest.raises(KeyringUnavailable, match="Update EdgeRoute"):
        keys_over(fake).set("openai", Secret("x"))
    assert fake.items["edgeroute", "keys"] == newer


def test_deleting_and_failing_leave_no_half_state() -> None:
    """A delete says whether there was a key; a failed write is not remembered as done."""
    fake = Fake()
    keys = keys_over(fake)
    keys.set("openai", Secret("x"))
    assert keys.delete("openai")
    assert not keys.delete("openai")
    failing = Fake(fails=True)
    unlucky = keys_over(failing)
    with pytest.raises(KeyringUnavailable):
        unlucky.set("openai", Secret("x"))
    assert unlucky.get("openai") is None
