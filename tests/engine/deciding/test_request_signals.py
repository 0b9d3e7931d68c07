"""A text is read as closely as the plan needs, while the privacy check reads it, too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edgeroute.engine.deciding.request_signals import request_signals
from edgeroute.routing.signals.guess import Ranked
from tests.support.deciding import decided, decider
from tests.support.house import OPEN, PRIVATE, house, request


class Asked:
    """A classifier that notes how closely it was asked."""

    def __init__(self) -> None:
        self.closely: list[bool] = []

    def rank(self, text: str, *, closely: bool = True) -> Ranked:
        """Every text is talk."""
        assert text
        self.closely.append(closely)
        return Ranked((("chat", 1.0),), abstains=False)


class Broken:
    """A classifier that breaks at the first prompt, and not again."""

    def __init__(self) -> None:
        self.asked = 0

    def rank(self, text: str, *, closely: bool = True) -> Ranked:
        """Break, or say that it is talk."""
        assert text, closely
        self.asked += 1
        if self.asked == 1:
            raise ValueError
        return Ranked((("chat", 1.0),), abstains=False)


@pytest.mark.parametrize("model", ["auto", "mock/m"])
async def test_a_named_model_needs_no_close_look(tmp_path: Path, model: str) -> None:
    """Where the policy chooses by the task, the text is looked at closely; else not."""
    asked = Asked()
    async with house(tmp_path) as home:
        policy = decider(home).rules.policy("default")
        named = replace(request(OPEN), model=model, pictures="no")
        signals = request_signals(named, policy, asked, internal_code=False)
    assert (signals.task, set(asked.closely)) == ("chat", {model == "auto"})


async def test_what_breaks_ahead_of_the_plan_lets_nothing_go(tmp_path: Path) -> None:
    """The plan reads it again, and a private prompt stays."""
    broken = Broken()
    async with house(tmp_path) as home:
        decider(home).classifier = lambda: broken
        found = await decided(home, PRIVATE)
    assert found.privacy.stays
    assert broken.asked > 1
