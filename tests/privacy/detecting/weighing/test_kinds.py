"""Which findings decide with others."""

from __future__ import annotations

import pytest

from edgeroute.privacy.detecting.text.page import Hit
from edgeroute.privacy.detecting.weighing.kinds import is_card

CARDS = {
    "Ask Liv Berg, Moor Lane 9, 0171 5529031": True,
    "Ask Liv Berg, Moor Lane 9, near the mill": False,
    "Ask Berg, Moor Lane 9, 0171 5529031": False,
    "Ask Berg & Sons, Moor Lane 9, 0171 5529031": False,
    "Ask Liv Berg. We meet at Moor Lane 9, 0171 5529031": False,
}


@pytest.mark.parametrize("text", CARDS)
def test_who_can_be_reached_at_home_has_a_card(text: str) -> None:
    """A full name with its street right after it, and a telephone; a firm's has none."""
    name = text[4 : text.index(", Moor") if ", Moor" in text else text.index(".")]
    hits = [
        Hit(type_, text.index(value), text.index(value) + len(value), 0.8)
        for type_, value in (("STREET_ADDRESS", "Moor Lane 9"), ("PHONE_NUMBER", "0171 5529031"))
        if value in text
    ]
    assert is_card([(4, 4 + len(name))], hits, text) is CARDS[text]
