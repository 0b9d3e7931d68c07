"""Outcome memory: what people do with answers is noted, and says something later."""

from __future__ import annotations

from pathlib import Path

from edgeroute.core.messages import assistant, user
from edgeroute.core.verdict import PrivacyMode
from tests.support.house import OPEN, PRIVATE, house

ANSWER = "A table of buckets."


async def test_going_on_accepts_and_asking_again_does_not(tmp_path: Path) -> None:
    """The next question accepts an answer, the same question again rejects it."""
    async with house(tmp_path) as home:
        name = (await home.ask(OPEN)).receipt.conversation
        assert not home.runtime.outcomes.list()
        await home.ask(OPEN, conversation=name)
        await home.ask([user(OPEN), assistant(ANSWER), user("And a heap?")], conversation=name)
        noted = [(one.kind, one.quality, one.model) for one in home.runtime.outcomes.list()]
        assert noted == [("accept", 1.0, "mock/m"), ("retry", 0.0, "mock/m")]


async def test_nothing_is_noted_of_what_must_stay_here(tmp_path: Path) -> None:
    """Private prompts and private chats leave no trace in the outcome memory."""
    async with house(tmp_path) as home:
        name = (await home.ask(PRIVATE)).receipt.conversation
        await home.ask(PRIVATE, conversation=name)
        other = (await home.ask(OPEN, privacy=PrivacyMode.PRIVATE)).receipt.conversation
        await home.ask(OPEN, conversation=other)
        assert not home.runtime.outcomes.list()


async def test_a_thumb_is_kept_once(tmp_path: Path) -> None:
    """The user's own word counts for the last answer and needs one to speak of."""
    async with house(tmp_path) as home:
        memory = home.runtime.memory
        assert not memory.thumb("nobody", "up")
        name = (await home.ask(OPEN)).receipt.conversation
        assert memory.thumb(name, "down")
        assert not memory.thumb(name, "up")
        assert [one.kind for one in home.runtime.outcomes.list()] == ["down"]
