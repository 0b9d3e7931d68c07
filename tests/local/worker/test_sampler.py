"""What requests say of how tokens are drawn."""

from __future__ import annotations

from typing import Any

import pytest

from edgeroute.core.request import Sampling
from edgeroute.local.worker.sampler import Drawing, wishes
from edgeroute.wire.errors import WireError


def test_the_callers_words_are_read() -> None:
    """Under whichever of their names; what is not said stays as the publisher advises."""
    body = {"top_k": 5, "repetition_penalty": 1.2, "logit_bias": {"7": -100, "8": 2}, "min_p": None}
    found = wishes(body)
    assert found == {"top_k": 5, "repeat_penalty": 1.2, "bias": {7: -100.0, 8: 2.0}}
    drawing = Drawing.of(Sampling(temperature=0.5, seed=3), found, grammar="root ::= [a]")
    assert (drawing.temperature, drawing.seed, drawing.top_k, drawing.min_p) == (0.5, 3, 5, None)
    assert drawing.grammar


@pytest.mark.parametrize(
    "body", [{"top_k": "many"}, {"logit_bias": {"word": 1}}, {"logit_bias": {"7": "more"}}]
)
def test_what_is_no_number_is_refused_by_name(body: dict[str, Any]) -> None:
    """Nothing is ignored without a word."""
    with pytest.raises(WireError, match=next(iter(body))):
        wishes(body)
