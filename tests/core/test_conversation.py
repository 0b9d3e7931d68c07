"""A conversation as a list shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgeroute.core.conversation import Conversation
from edgeroute.core.verdict import PrivacyMode
from tests.support.clocks import THE_DAY


@pytest.mark.parametrize(
    ("model", "place"),
    [("", ""), ("local/qwen3-4b", "local"), ("mock/m", "cloud"), ("localhost/m", "cloud")],
)
def test_it_is_local_where_nothing_ever_left(model: str, place: str) -> None:
    """By the model that answered last, and by whatever left before; at first there is no place."""
    found = Conversation("c1", "Trees", THE_DAY, THE_DAY, PrivacyMode.AUTO, model=model)
    assert (found.place, replace(found, left=True).place) == (place, "cloud")


def test_a_new_conversation_is_open_stored_and_empty() -> None:
    """Nothing holds it here, it branches off none, and it has neither turns nor tags."""
    found = Conversation("c1", "Trees", THE_DAY, THE_DAY, PrivacyMode.AUTO)
    assert (found.latched, found.latch_reason, found.parent) == (False, "", "")
    assert (found.stored, found.pinned, found.turns, found.tags) == (True, False, 0, ())
