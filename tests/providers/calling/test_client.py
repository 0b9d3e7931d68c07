"""One request at a scripted provider: answers, faults, time limits, cancelling."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest

from edgeroute.core.errors import ErrorKind, ProviderError
from edgeroute.core.events import Delta, Finish, TextDelta, ToolCallDelta, UsageDelta
from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest, Tool
from edgeroute.providers.calling.call import prepare
from edgeroute.providers.calling.client import Client
from edgeroute.providers.resilience.rate_limits import RateLimits
from edgeroute.providers.resilience.resilience import Patience
from tests.providers.conftest import KEY, Asker
from tests.support import faults, replies
from tests.support.scripted_provider import Behaviour, Close, Received, Reply, Sleep, always


def text_of(deltas: list[Delta]) -> str:
    """The visible text."""
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


async def failure(asker: Asker, behaviour: Behaviour, **options: Any) -> ProviderError:
    """The error of a request that must fail."""
    with pytest.raises(ProviderError) as caught:
        await asker.ask(behaviour, **options)
    return caught.value


@pytest.mark.parametrize("wire", ["openai-chat", "anthropic-messages"])
@pytest.mark.parametrize("stream", [True, False])
async def test_an_answer(asker: Asker, wire: str, *, stream: bool) -> None:
    """Text, usage and the end arrive, streamed or whole, on both chat wires."""
    asker.wire = wire
    deltas = await asker.ask(lambda r: replies.answer(r, "One two three."), stream=stream)
    assert text_of(deltas) == "One two three."
    usage = [delta.usage for delta in deltas if isinstance(delta, UsageDelta)][-1]
    assert usage.input == 9
    assert usage.output == 3
    assert isinstance(deltas[-1], Finish)
    request = asker.server.requests[0]
    assert request.headers["accept-encoding"] == "identity"
    header = "x-api-key" if wire == "anthropic-messages" else "authorization"
    assert request.headers[header].endswith(KEY.reveal())
    assert asker.heads[0][0] == "127.0.0.1"
    assert asker.heads[0][1] == asker.server.bytes_received


@pytest.mark.parametrize(
    ("fault", "kind", "transient"),
    [
        ("S01", ErrorKind.RATE_LIMIT, True),
        ("S03", ErrorKind.OUTAGE, True),
        ("S05", ErrorKind.OUTAGE, True),
        ("S06", ErrorKind.OUTAGE, False),
        ("S07", ErrorKind.OUTAGE, False),
        ("S08", ErrorKind.OUTAGE, True),
        ("S09", ErrorKind.OUTAGE, False),
        ("S12", ErrorKind.CONTEXT, True),
        ("S13", ErrorKind.CONTENT_FILTER, True),
        ("S14", ErrorKind.OUTAGE, True),
    ],
)
async def test_the_faults_of_the_catalogue(
    asker: Asker, fault: str, kind: ErrorKind, *, transient: bool
) -> None:
    """Each scripted fault gets its class; no truncated stream passes for an answer."""
    behaviour = faults.FAULTS[fault].behaviour(speed=0.05)
    # Only a silence is waited for; a busy machine may take its time with the others.
    patience = Patience(5, 5, 10) if transient else Patience(0.5, 0.5, 5)
    error = await failure(asker, behaviour, patience=patience)
    assert error.kind is kind
    assert error.transient is transient
    assert error.bytes_sent == asker.server.bytes_received > 0
    assert "canary" not in str(error)
    if fault == "S01":
        assert error.retry_after


async def test_a_complete_stream_without_done_is_an_answer(asker: Asker) -> None:
    """S11: the finish reason ends the answer, with its usage, at the stream's end."""
    deltas = await asker.ask(faults.FAULTS["S11"].behaviour())
    assert text_of(deltas) == faults.ANSWER
    assert isinstance(deltas[-1], Finish)


async def test_a_stream_that_has_ended_but_stays_open_is_an_answer(asker: Asker) -> None:
    """A provider that says how it ends, and then only falls silent, has ended."""
    events = [one for one in replies.chat_events(["All ", "there."]) if one != replies.DONE]
    deltas = await asker.ask(
        always(replies.stream([*events, Sleep(30)])), patience=Patience(5, 0.3, 9)
    )
    assert text_of(deltas) == "All there."
    assert isinstance(deltas[-1], Finish)


async def test_invalid_json_in_a_stream_fails_cleanly(asker: Asker) -> None:
    """S10: what came before stands; the broken event is neither shown nor taken for an end."""
    seen: list[Delta] = []
    error = await failure(asker, faults.FAULTS["S10"].behaviour(), into=seen)
    assert error.kind is ErrorKind.OUTAGE
    assert text_of(seen) == "".join(replies.words(faults.ANSWER)[:8])


async def test_keep_alives_do_not_count_as_a_first_word(asker: Asker) -> None:
    """Comments keep the connection alive but not the patience for a first word."""
    beats = [item for _ in range(300) for item in (b": keep-alive\n\n", Sleep(0.05))]
    error = await failure(asker, always(replies.stream(beats)), patience=Patience(1, 5, 9))
    assert not error.transient
    assert "waiting" in error.message


async def test_keep_alives_hold_off_the_gap(asker: Asker) -> None:
    """Between words a comment is a sign of life."""
    first, *rest = replies.chat_events(["a", "b"])[1:]
    beats = [item for _ in range(7) for item in (Sleep(0.15), b": keep-alive\n\n")]
    deltas = await asker.ask(
        always(replies.stream([first, *beats, *rest])), patience=Patience(5, 0.9, 9)
    )
    assert text_of(deltas) == "ab"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (replies.json_body({"error": {"code": 502, "message": "x"}}), ErrorKind.OUTAGE),
        (replies.json_body({"base_resp": {"status_code": 1008}}), ErrorKind.BILLING),
        (replies.json_body({"unexpected": True}), ErrorKind.OUTAGE),
        (replies.whole(b"{"), ErrorKind.OUTAGE),
        (replies.whole(b"[]"), ErrorKind.OUTAGE),
        (replies.whole(b"\xff\xfe"), ErrorKind.OUTAGE),
        (replies.stream([replies.event({"error": {"code": 429}})]), ErrorKind.RATE_LIMIT),
        (replies.stream([replies.event("null")]), ErrorKind.OUTAGE),
        (replies.stream([]), ErrorKind.OUTAGE),
        (replies.stream([b"data: " + b"x" * 5_000_000]), ErrorKind.OUTAGE),
        (replies.error(500, headers={"content-type": "text/html"}), ErrorKind.OUTAGE),
    ],
)
async def test_success_that_is_none(asker: Asker, reply: Reply, kind: ErrorKind) -> None:
    """A status of success with an error, with nothing, or with nonsense inside is a failure."""
    assert (await failure(asker, always(reply))).kind is kind


async def test_an_error_event_after_some_words(asker: Asker) -> None:
    """An error in the middle of a stream is classified like any other."""
    error = replies.event({"type": "error", "error": {"type": "overloaded_error"}}, "error")
    events = [*replies.messages_events(["one ", "two "])[:5], error]
    asker.wire = "anthropic-messages"
    seen: list[Delta] = []
    assert (
        await failure(asker, always(replies.stream(events)), into=seen)
    ).kind is ErrorKind.OUTAGE
    assert text_of(seen) == "one two "


@pytest.mark.parametrize("size", [1, 2, 7, 64])
async def test_the_same_answer_in_pieces_of_any_size(asker: Asker, size: int) -> None:
    """Where the network cuts the bytes makes no difference, not even inside a letter."""
    body = b"".join(replies.chat_events(["Grüße ", "an ", "🦜", "\u2028dich"]))
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    deltas = await asker.ask(always(replies.stream(pieces)))
    assert text_of(deltas) == "Grüße an 🦜\u2028dich"


async def test_cancelling_closes_the_connection_at_once(asker: Asker) -> None:
    """A closed generator ends the provider's work; the connection is not kept."""
    asker.server.behave(always(replies.stream([*replies.chat_events(["a"])[:2], Sleep(30)])))
    card, provider = asker.parts
    outgoing = prepare(ChatRequest((user("hi"),)), card, provider)
    stream = Client(asker.door).stream(outgoing, asker.clear(outgoing), card, provider, KEY)
    async with aclosing(stream) as deltas:
        assert isinstance(await anext(deltas), TextDelta)
    await until(lambda: asker.server.hang_ups == 1)
    assert asker.server.open_connections == 0


async def test_cancelling_before_the_head_closes_the_connection(asker: Asker) -> None:
    """So does a cancelled task that still waits for the head."""
    asker.server.behave(always([Sleep(30)]))
    task = asyncio.ensure_future(asker.ask())
    await until(lambda: len(asker.server.requests) == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: asker.server.open_connections == 0)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until ``condition`` holds; the test's own time limit is the end of patience."""
    while not condition():  # noqa: ASYNC110 - what is waited for lives in another thread
        await asyncio.sleep(0.01)


async def test_connections_are_used_again(asker: Asker) -> None:
    """One connection serves requests that follow each other."""
    for _ in range(3):
        await asker.ask(lambda r: replies.answer(r, "ok"))
    assert asker.server.connections == 1


async def test_a_connection_closed_in_between_costs_nothing(asker: Asker) -> None:
    """A kept connection that the provider closed meanwhile is not used again."""
    await asker.ask(lambda request: [*replies.answer(request, "first"), Close()])
    await until(lambda: asker.server.open_connections == 0)
    await asyncio.sleep(0.2)  # the end of the connection has to arrive before it can be heeded
    assert text_of(await asker.ask(lambda request: replies.answer(request, "second"))) == "second"


async def test_rate_limits_learn_from_every_answer(asker: Asker) -> None:
    """Headers of a good answer are enough to know that the next would be refused."""
    headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "60s"}
    asker.rate_limits = RateLimits()
    await asker.ask(always(replies.chat("ok", headers=headers)))
    assert asker.rate_limits.wait("mock/m", 1, asyncio.get_running_loop().time()) > 50


@pytest.mark.parametrize("kind", ["text/plain", "application/json", ""])
async def test_a_stream_by_another_name_is_read(asker: Asker, kind: str) -> None:
    """Some hosts call their events plain text, or nothing."""
    events = (b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}'
              b"\n\ndata: [DONE]\n\n")  # fmt: skip
    deltas = await asker.ask(always(replies.whole(events, content_type=kind)))
    assert text_of(deltas) == "Hi"
    assert isinstance(deltas[-1], Finish)


async def test_a_shortened_name_comes_back_in_full(asker: Asker) -> None:
    """Providers know a tool by a name within their limits, callers by their own."""
    name = "mcp__orders__" + "list_all_of_a_region_" * 4
    tools = (Tool(name), Tool("server.tool/name"))

    def behave(request: Received) -> Reply:
        called = [
            {
                "index": number,
                "id": f"c{number}",
                "function": {**tool["function"], "arguments": "{}"},
            }
            for number, tool in enumerate(request.json["tools"])
        ]
        choice = {"index": 0, "message": {"tool_calls": called}, "finish_reason": "tool_calls"}
        return replies.json_body({"choices": [choice]})

    deltas = await asker.ask(behave, tools=tools)
    sent = [tool["function"]["name"] for tool in asker.server.requests[0].json["tools"]]
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", each) for each in sent)
    made = [delta.name for delta in deltas if isinstance(delta, ToolCallDelta) and delta.name]
    assert made == [name, "server.tool/name"]
