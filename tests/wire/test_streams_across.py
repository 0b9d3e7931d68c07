"""A provider's stream as the clients of every wire format read it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from edgeroute.core.answer import AnswerDraft
from edgeroute.core.errors import ErrorKind, ProviderError
from edgeroute.core.events import Event, Failed, Piece, TextDelta
from edgeroute.wire.errors import WireFault
from edgeroute.wire.format import Envelope
from edgeroute.wire.formats import FORMATS
from edgeroute.wire.sse import read_deltas
from tests.support.read_streams import Heard, heard
from tests.support.said_streams import Said, stream_of
from tests.support.stories import CALLERS
from tests.support.wire import ORIGIN, answer_of
from tests.wire.conftest import events_of

PROVIDERS = tuple(FORMATS)
WEATHER = ("a", "get_weather", ['{"city":', '"Rome"}'])
NEWS = ("b", "news", ['{"of":"', "\ud83d", '\ude00"}'])
SAID: dict[str, Said] = {
    "words": Said(["Hello ", "wörld\u2028"]),
    "thoughts and words": Said(["Yes."], ["Hm, ", "well."]),
    "a sign cut in two": Said(["a\ud83d", "\ude00b"], ["\ud83d", "\ude00"]),
    "a sign cut in two and lost": Said(["a\ud83d"]),
    "a call": Said(calls=[WEATHER]),
    "words and calls": Said(["I look."], ["Hm."], [WEATHER, NEWS]),
    "calls in turns": Said(calls=[WEATHER, NEWS], interleaved=True),
    "calls in turns behind words": Said(
        ["I look."], calls=[WEATHER, NEWS, ("c", *WEATHER[1:])], interleaved=True),
    "a call without arguments": Said(calls=[("a", "snooze", [])]),
    "calls without arguments": Said(
        calls=[("a", "snooze", [""]), ("b", "wake", []), ("c", "go", ["{}"])]),
    "cut short": Said(["Too lo"], finish="length"),
}  # fmt: skip
FINISH = {
    "openai-chat": {"stop": "stop", "tool_calls": "tool_calls", "length": "length"},
    "anthropic-messages": {"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens"},
    "openai-responses": {"stop": "completed", "tool_calls": "completed", "length": "incomplete"},
    "ollama": {"stop": "stop", "tool_calls": "stop", "length": "length"},
}


async def chunks(data: bytes, size: int) -> AsyncIterator[bytes]:
    """``data`` in pieces of ``size`` bytes."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def across(caller: str, provider: str, said: Said, size: int = 1 << 20) -> Heard:
    """What a client of ``caller`` hears of ``said`` by a provider of the wire ``provider``."""
    make = CALLERS[caller].encoder
    assert make is not None
    encoder = make(Envelope("x_1", "acme/one", 1795000000, origin=ORIGIN))
    deltas = [
        delta
        async for delta in read_deltas(
            chunks(stream_of(provider, said), size), FORMATS[provider].decoder()
        )
    ]
    data = b"".join(
        piece for delta in deltas if isinstance(delta, Piece) for piece in encoder.feed(delta)
    )
    ending = events_of(answer_of(deltas))[-1]
    return heard(caller, data + b"".join(encoder.feed(ending)))


def joined(pieces: list[str] | tuple[str, ...]) -> str:
    """The whole text of ``pieces``; half a sign is none."""
    return "".join(pieces).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("kind", SAID)
async def test_a_stream_is_read_as_it_was_said(kind: str, caller: str, provider: str) -> None:
    """Words, thoughts, calls with right indexes, counts and the end, in the client's own form."""
    said = SAID[kind]
    found = await across(caller, provider, said)
    assert found.text == joined(list(said.text))
    assert found.thinking == joined(list(said.thinking))
    assert [call[:2] for call in found.calls] == [call[:2] for call in said.calls]
    assert [json.loads(call[2]) for call in found.calls] == [
        json.loads(joined(list(call[2])) or "{}") for call in said.calls
    ]
    assert found.tokens == (11, 7)
    reason = "tool_calls" if said.calls else said.finish
    assert found.finish == FINISH[caller][reason]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("caller", CALLERS)
async def test_bytes_may_be_cut_anywhere(caller: str, provider: str) -> None:
    """In the midst of a letter, a line end or an escape: the client hears the same."""
    said = SAID["words and calls"]
    whole = await across(caller, provider, said)
    for size in (1, 2, 3, 7, 64):
        assert await across(caller, provider, said, size) == whole


@pytest.mark.parametrize("caller", CALLERS)
def test_a_failure_after_the_first_words_is_told_in_the_callers_form(caller: str) -> None:
    """A client must not take half an answer for a whole one."""
    make = CALLERS[caller].encoder
    assert make is not None
    encoder = make(Envelope("x_1", "acme/one", 0))
    error = ProviderError(ErrorKind.OUTAGE, "acme", "It broke off.")
    receipt = events_of(AnswerDraft("acme/one").answer())[-1].receipt  # type: ignore[union-attr]
    events: list[Event] = [TextDelta("Hel"), Failed(error, receipt)]
    found = heard(caller, b"".join(piece for event in events for piece in encoder.feed(event)))
    assert found.text == "Hel"
    assert found.error in {"server_error", "api_error", "error"}


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_providers_error_in_the_midst_is_a_fault(provider: str) -> None:
    """An error event ends the answer as a failure, on every wire."""
    data = stream_of(provider, Said(["Hel"], error="overloaded_error"))
    with pytest.raises(WireFault):
        async for _ in read_deltas(chunks(data, 50), FORMATS[provider].decoder()):
            pass
