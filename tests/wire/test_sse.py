"""Server-sent events, and the answers in them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.answer import Frame
from edgeroute.core.events import Delta, Finish, TextDelta
from edgeroute.wire.errors import WireError
from edgeroute.wire.formats import FORMATS
from edgeroute.wire.sse import ServerSentEvent, SseParser, read_deltas
from tests.support.wire import FIXTURES, WIRES, read_fixture, wire_of


def parse(*chunks: bytes) -> list[ServerSentEvent]:
    """The events of ``chunks``."""
    parser = SseParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


def nameless(*data: str) -> list[ServerSentEvent]:
    """Events without a name."""
    return [ServerSentEvent("message", each) for each in data]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_every_line_end_is_read(end: bytes) -> None:
    """CR, LF and CRLF end lines alike, however the bytes are cut."""
    data = end.join([b"data: a", b"", b"data: b", b"", b""])
    assert parse(data) == nameless("a", "b")
    assert parse(*[bytes([byte]) for byte in data]) == nameless("a", "b")


def test_a_crlf_cut_in_two_is_one_line_end() -> None:
    """A CR at the end of a chunk and an LF at the start of the next are no blank line."""
    assert parse(b"data: a\r", b"\ndata: b\r\n\r", b"\n") == nameless("a\nb")


def test_empty_chunks_between_cr_and_lf_change_nothing() -> None:
    """Nothing at all may come between the halves of a CRLF."""
    assert parse(b"data: a\r", b"", b"\n", b"data: b\n\n") == nameless("a\nb")


def test_comments_and_unknown_fields_are_ignored() -> None:
    """Keep-alive comments, ids and retry times are no events."""
    assert parse(b": keep-alive\n\n:\n\nid: 1\nretry: 5\n\ndata: x\n\n") == nameless("x")


def test_data_may_lack_its_space_and_span_lines() -> None:
    """``data:x`` equals ``data: x``; several lines are joined with a line feed."""
    assert parse(b"data:x\ndata:  y\n\n") == nameless("x\n y")


def test_names_belong_to_one_event() -> None:
    """The name of an event does not stick to the next."""
    events = parse(b"event: ping\ndata: 1\n\ndata: 2\n\n")
    assert events == [ServerSentEvent("ping", "1"), ServerSentEvent("message", "2")]


def test_separators_inside_json_do_not_split() -> None:
    """U+2028, U+0085, form feeds and the like are text, not line ends."""
    text = "a\u2028b\u0085c\x0bd\x0ce\x1cf"
    assert parse(f"data: {text}\n\n".encode()) == nameless(text)


def test_a_byte_order_mark_is_tolerated() -> None:
    """A BOM at the start hides nothing, even cut in two."""
    assert parse(b"\xef\xbb", b"\xbfdata: x\n\n") == nameless("x")


def test_characters_cut_between_chunks_are_whole() -> None:
    """A UTF-8 character may be split over chunks; a broken one becomes U+FFFD."""
    assert parse(b"data: \xc3", b"\xa9\n\n") == nameless("é")
    assert parse(b"data: \xc3\n\n") == nameless("\ufffd")


def test_an_event_without_its_blank_line_is_no_event() -> None:
    """What a cut-off stream left half said is never given."""
    assert SseParser().feed(b"data: whole\n\ndata: half\n") == nameless("whole")


def test_a_line_has_a_limit() -> None:
    """An endless line fails before it fills the memory."""
    parser = SseParser(max_line_bytes=100)
    parser.feed(b"data: " + b"x" * 90)
    with pytest.raises(WireError, match="longer than 100 bytes"):
        parser.feed(b"x" * 10)


def test_an_event_has_a_limit() -> None:
    """Endless data lines of one event fail before they fill the memory."""
    parser = SseParser(max_event_bytes=100)
    with pytest.raises(WireError, match="larger than 100 bytes"):
        parser.feed(b"data: 0123456789\n" * 11)


@given(
    st.lists(st.sampled_from([b"data: \xc3\xa9", b"data:x", b": c", b"event: e", b"", b"id"])),
    st.lists(st.sampled_from([b"\n", b"\r", b"\r\n"]), min_size=1),
    st.lists(st.integers(1, 7), min_size=1),
)
def test_chunking_changes_nothing(lines: list[bytes], ends: list[bytes], sizes: list[int]) -> None:
    """However a stream is cut into chunks, the events are the same."""
    data = b"".join(line + ends[n % len(ends)] for n, line in enumerate(lines))
    chunks: list[bytes] = []
    start = 0
    while start < len(data):
        size = sizes[len(chunks) % len(sizes)]
        chunks.append(data[start : start + size])
        start += size
    assert parse(*chunks) == parse(data)


async def deltas_of(data: bytes, wire: str, size: int = 64) -> list[Delta]:
    """The deltas of ``data`` in chunks of ``size`` bytes."""

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(data), size):
            yield data[start : start + size]

    return [delta async for delta in read_deltas(chunks(), FORMATS[wire].decoder())]


async def test_texts_that_come_together_are_one_delta_beside_their_events() -> None:
    """Who reads the events has each; the words are the same, in their order, and none comes after
    the end.
    """
    said = ["a", "b", "\\ud83d", "\\ude00", "c"]
    events = [f'{{"choices":[{{"index":0,"delta":{{"content":"{one}"}}}}]}}' for one in said]
    events += ['{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}', "[DONE]"]

    async def chunks() -> AsyncIterator[bytes]:
        yield b"".join(f"data: {one}\n\n".encode() for one in events)

    found = [
        delta
        async for delta in read_deltas(chunks(), FORMATS["openai-chat"].decoder(), "openai-chat")
    ]
    assert [delta.data for delta in found if isinstance(delta, Frame)] == events
    texts = [delta.text for delta in found if isinstance(delta, TextDelta)]
    assert "".join(texts) == "ab\U0001f600c"
    assert len(texts) <= 2
    assert isinstance(found[-1], Finish)


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


@pytest.mark.parametrize("cut", [1, 7, 24, 31, 32, 10_000])
def test_whole_events_in_a_chunk_are_those_that_come_in_pieces(cut: int) -> None:
    """Events of one line that come together are read like those of any other shape."""
    stream = b"data: 1\n\ndata: \xc3\xa4\n\ndata: \n\n: idle\n\nevent: x\ndata: 2\ndata: 3\n\n"
    pieces = [stream[at : at + cut] for at in range(0, len(stream), cut)]
    assert parse(*pieces) == [
        ServerSentEvent("message", "1"),
        ServerSentEvent("message", "ä"),
        ServerSentEvent("message", ""),
        ServerSentEvent("x", "2\n3"),
    ]
