"""The arithmetic of a weight and an opinion."""

from __future__ import annotations

import pytest

from edgeroute.core.calibration import Combination, log_odds


def test_the_logarithm_of_the_odds_is_bounded() -> None:
    """Certainty moves a number as far as near certainty, and no farther."""
    assert log_odds(0.5) == pytest.approx(0)
    assert log_odds(1.0) == pytest.approx(6)
    assert log_odds(0.0) == pytest.approx(-6)


@pytest.mark.parametrize("weight", [0.2, 0.5, 0.74])
def test_a_yes_never_makes_a_text_less_private(weight: float) -> None:
    """The combined number rises with the opinion."""
    combination = Combination(1.0, 0.7, -0.3, 0.6)
    numbers = [combination.probability(weight, said / 10) for said in range(11)]
    assert numbers == sorted(numbers)
    assert combination.holds(weight, 1.0)
    assert not combination.holds(weight, 0.0)
