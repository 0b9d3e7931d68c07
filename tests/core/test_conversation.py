"""A conversation as a list shows it."""

from __future__ import annotations

import pytest

from edgeroute.core.conversation import Conversation
from edgeroute.core.verdict import PrivacyMode
from tests.support.clocks import THE_DAY


@pytest.mark.parametrize(
    ("model", "place"),
    [("", ""), ("local/qwen3-4b", "local"), ("mock/m", "cloud"), ("localhost/m", "cloud")],
)
def test_its_place_is_where_the_last_answer_came_from(model: str, place: str) -> None:
    """By the model that gave it; before the first answer there is no place."""
    found = Conversation("c1", "Trees", THE_DAY, THE_DAY, PrivacyMode.AUTO, model=model)
    assert found.place == place


def test_a_new_conversation_is_open_stored_and_empty() -> None:
    """Nothing holds it here, it branches off none, and it has neither turns nor tags."""
    found = Conversation("c1", "Trees", THE_DAY, THE_DAY, PrivacyMode.AUTO)
    assert (found.latched, found.latch_reason, found.parent) == (False, "", "")
    assert (found.stored, found.pinned, found.turns, found.tags) == (True, False, 0, ())
