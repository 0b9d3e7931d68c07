"""What an agent's session costs under the shipped policies."""

from __future__ import annotations

import pytest

from edgeroute.routing.policy.policy import policy_names
from tests.bench.agent_session import SHAPES, run

OURS = [name for name in policy_names() if not name.startswith("seed")]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fails", [False, True])
def test_no_policy_is_dearer_than_the_premium_model_alone(shape: str, *, fails: bool) -> None:
    """Within 1 %, in any shape; and the steps of one turn change their model twice at most."""
    policies, alone = run(SHAPES[shape], fails=fails)
    premium = next(iter(alone.values())).usd
    for name in OURS:
        assert policies[name].usd <= 1.01 * premium, name
        assert policies[name].switches <= 2, name


@pytest.mark.parametrize("shape", SHAPES)
def test_agent_saver_saves(shape: str) -> None:
    """Five times and more, whether its cheap model needs each step twice or gets stuck, and then
    less than the best single model too.
    """
    policies, alone = run(SHAPES[shape])
    premium, single, _ = (bill.usd for bill in alone.values())
    assert policies["agent-saver"].if_twice <= premium / 5
    failing, _ = run(SHAPES[shape], fails=True)
    assert failing["agent-saver"].if_twice <= premium / 5
    assert failing["agent-saver"].usd <= single
