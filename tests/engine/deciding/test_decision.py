"""What was decided for one request."""

from __future__ import annotations

from pathlib import Path

from edgeroute.core.messages import user
from edgeroute.core.request import Sampling, Tool
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.deciding.explanation import Explanation
from tests.support.deciding import decided
from tests.support.house import OPEN, PRIVATE, house, request


async def test_a_judge_is_asked_as_the_request_is_masked(tmp_path: Path) -> None:
    """Beside the answer a model is asked plainly: without tools, schema or limits, and with
    placeholders where the request has them.
    """
    async with house(tmp_path) as home:
        shaped = request(
            "Write to anna.berg@fjordmail.no.", privacy=PrivacyMode.MASK,
            tools=(Tool("t"),), tool_choice="required", parallel_tool_calls=True,
            response_format={"type": "object"}, sampling=Sampling(max_output_tokens=5),
            reasoning_effort="high", extra={"x": 1},
        )  # fmt: skip
        found = await decided(home, shaped)
        asked = (user("Is anna.berg@fjordmail.no right?"),)
        aside = await found.aside(asked)
        assert aside.request == request(
            asked, privacy=PrivacyMode.MASK, tool_choice="auto", sampling=Sampling()
        )
        assert aside.outbound.messages[0].text == "Is <EMAIL_ADDRESS_1> right?"
        assert aside.plan == found.plan
        plain = await (await decided(home, OPEN)).aside((user("Right?"),))
        assert plain.outbound == plain.request
        assert plain.outbound.messages == (user("Right?"),)


async def test_a_decision_is_explained(tmp_path: Path) -> None:
    """What `explain` shows is what was decided."""
    async with house(tmp_path) as home:
        found = await decided(home, PRIVATE)
        told = found.explanation()
        reasons = found.reasons
        known = Explanation(found.privacy, found.signals, found.plan, "mock/m", reasons=reasons)
        assert told == known
        assert reasons.because == told.privacy.reason
        assert (told.privacy.mode, told.privacy.latched) == (PrivacyMode.AUTO, True)
        assert told.privacy.latch_reason == found.session.latch_reason
        assert told.privacy.masked is None
        masked = await decided(
            home, request("Write to anna.berg@fjordmail.no.", privacy=PrivacyMode.MASK)
        )
        assert masked.explanation().privacy.masked == {"EMAIL_ADDRESS": 1}


async def test_a_judge_is_counted_by_what_it_reads(tmp_path: Path) -> None:
    """Its time, its limit and its cost are those of its own messages, not of the request."""
    async with house(tmp_path) as home:
        found = await decided(home, OPEN)
        aside = await found.aside((user("Is this right? " * 1_000),))
        assert aside.signals.input_tokens > 2_000 > found.signals.input_tokens
