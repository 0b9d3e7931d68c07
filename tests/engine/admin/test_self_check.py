"""Keyring, database and detector as `edgeroute doctor` sees them."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.core.secret import Secret
from edgeroute.engine.admin.self_check import SelfCheck
from edgeroute.store.database.database import Database
from edgeroute.store.keys.keyring_door import KeyringDoor
from edgeroute.store.keys.keys import Keys
from tests.support.keyrings import Fake


@pytest.mark.parametrize("key", [None, Secret("5e" * 32)])
def test_what_an_installation_stands_on(tmp_path: Path, key: Secret | None) -> None:
    """A sound database says whether it is encrypted; the keyring gives its name; a detector that
    does not load is an error.
    """

    def broken() -> None:
        raise RuntimeError("no model file")

    keys = Keys(door=KeyringDoor("edgeroute", "keys", choose=Fake))
    database = Database.open(tmp_path / "data" / "edgeroute.db", key)
    check = SelfCheck(keys, database, broken)
    status = check.database()
    assert (status.path, status.sound) == (database.path, True)
    assert status.encrypted is (key is not None)
    assert check.keyring() == keys.describe()
    with pytest.raises(RuntimeError, match="no model file"):
        check.detector()
    database.close()
