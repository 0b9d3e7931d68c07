"""Bytes to deltas."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from edgeroute.core.events import Delta, Finish, TextDelta
from edgeroute.wire.format import read_deltas
from edgeroute.wire.formats import FORMATS
from tests.support.wire import FIXTURES, WIRES, read_fixture, wire_of


async def deltas_of(data: bytes, wire: str, size: int = 64) -> list[Delta]:
    """The deltas of ``data`` in chunks of ``size`` bytes."""

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(data), size):
            yield data[start : start + size]

    return [delta async for delta in read_deltas(chunks(), FORMATS[wire].decoder())]


@pytest.mark.parametrize("name", ["openai.sse", "anthropic.sse", "responses.sse"])
async def test_a_whole_stream_ends_with_its_finish(name: str) -> None:
    """The asynchronous reader gives what the decoder gives."""
    data = (FIXTURES / name).read_bytes()
    assert await deltas_of(data, wire_of(name)) == read_fixture(name)


@pytest.mark.parametrize("name", ["openai.sse", "anthropic.sse", "responses.sse"])
async def test_a_broken_stream_has_no_finish(name: str) -> None:
    """A stream that is cut off in the middle never looks like a whole answer."""
    data = (FIXTURES / name).read_bytes()
    deltas = await deltas_of(data[: len(data) // 2], wire_of(name))
    assert not any(isinstance(delta, Finish) for delta in deltas)


async def test_a_stream_without_done_counts_if_the_model_had_finished() -> None:
    """Some hosts close after the finish reason; nothing is missing then."""
    data = b'data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n'
    assert await deltas_of(data, "openai-chat") == [TextDelta("a"), Finish("stop", "stop")]


async def test_what_follows_the_end_mark_is_not_read() -> None:
    """A host cannot add to an answer after its end."""
    data = (FIXTURES / "openai.sse").read_bytes()
    more = b'data: {"choices":[{"delta":{"content":"more"}}]}\n\n'
    assert await deltas_of(data + more, "openai-chat") == read_fixture("openai.sse")


@pytest.mark.parametrize("wire", WIRES)
async def test_an_empty_stream_is_no_answer(wire: str) -> None:
    """A provider that closes without a word has not answered."""
    assert await deltas_of(b"", wire) == []
