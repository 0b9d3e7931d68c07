"""How fast a model writes is measured by letting it write."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from edgeroute.core.events import Delta, Finish, Notice, TextDelta
from edgeroute.core.request import ChatRequest
from edgeroute.local.backends.probe import written_per_second


class Writer:
    """Writes ``words``, one every ``seconds`` of its own clock."""

    def __init__(self, words: int, seconds: float) -> None:
        self._words, self._seconds = words, seconds
        self.now, self.written = 0.0, 0

    async def answer(self, request: ChatRequest) -> AsyncGenerator[Delta]:
        """Its words, behind a notice that counts for nothing."""
        assert request.sampling.max_output_tokens
        yield Notice("queue", "Another answer comes before this one.")
        for _ in range(self._words):
            self.now += self._seconds
            self.written += 1
            yield TextDelta("word ")
        yield Finish("length")


@pytest.mark.parametrize(("seconds", "speed", "written"), [(0.1, 10, 100), (2.0, 0.5, 7)])
async def test_it_takes_ten_seconds_at_most(seconds: float, speed: float, written: int) -> None:
    """A quick model ends by itself, a slow one is stopped."""
    writer = Writer(100, seconds)
    found = await written_per_second(writer, lambda: writer.now)
    assert found == pytest.approx(speed)
    assert writer.written == written


@pytest.mark.parametrize("words", [0, 1])
async def test_too_few_words_tell_nothing(words: int) -> None:
    """No speed is invented."""
    writer = Writer(words, 0.1)
    assert await written_per_second(writer, lambda: writer.now) == 0.0
