"""The tokens of connected programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.core.errors import EdgeRouteError, SettingsError
from edgeroute.server.access.clients import ClientTokens


def test_each_program_is_known_by_a_token_of_its_own(tmp_path: Path) -> None:
    """It is made once, private to the user, and told from the others'."""
    tokens = ClientTokens(tmp_path)
    one, two = tokens.make("one"), tokens.make("two")
    assert tokens.make("one").reveal() == one.reveal() == tokens.get("one").reveal()
    assert one.reveal() != two.reveal()
    assert tokens.path("one").stat().st_mode & 0o777 == 0o600
    given = [b"wrong", two.reveal().encode()]
    assert (tokens.holder(given), tokens.holder([b"wrong"]), tokens.holder([])) == ("two", "", "")


def test_a_running_endpoint_notices_tokens_that_come_and_go(tmp_path: Path) -> None:
    """Nothing needs to be started anew after a program was connected or taken away."""
    running, command = ClientTokens(tmp_path), ClientTokens(tmp_path)
    assert running.holder([b"x"]) == ""
    token = command.make("late").reveal().encode()
    assert running.holder([token]) == "late"
    command.revoke("late")
    command.revoke("late")
    assert running.holder([token]) == ""


def test_a_token_that_others_can_read_lets_nobody_in(tmp_path: Path) -> None:
    """The file is refused with a sentence, and the other programs still get in."""
    tokens = ClientTokens(tmp_path)
    open_, fine = tokens.make("open").reveal().encode(), tokens.make("fine").reveal().encode()
    tokens.path("open").chmod(0o644)
    assert (tokens.holder([open_]), tokens.holder([fine])) == ("", "fine")
    with pytest.raises(EdgeRouteError, match="can be read by other users"):
        tokens.get("open")


def test_a_program_without_a_token_is_told_how_to_get_one(tmp_path: Path) -> None:
    """And no name leads out of the folder."""
    tokens = ClientTokens(tmp_path)
    with pytest.raises(EdgeRouteError) as error:
        tokens.get("new")
    assert "edgeroute connect new" in error.value.hint
    with pytest.raises(SettingsError):
        tokens.path("../endpoint-token")
