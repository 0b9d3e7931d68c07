"""Answers on the wire: the same whole and streamed, as the decoder of front doors reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.answer import Answer, AnswerDraft
from edgeroute.core.errors import ErrorKind, LocalModelError
from edgeroute.core.events import (
    Delta,
    Finish,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    UsageDelta,
)
from edgeroute.local.backends.answers import FORMAT, failure
from edgeroute.local.worker.host import ContextTooLong, Counts, Token
from edgeroute.local.worker.reply import Reply, error_body
from edgeroute.local.worker.steps import Ended, Piece, Step
from edgeroute.wire.format import Envelope
from edgeroute.wire.sse import read_deltas

MEANINGS = st.one_of(
    st.builds(TextDelta, st.text(min_size=1)),
    st.builds(ReasoningDelta, st.text(min_size=1)),
)
TOKEN = Token("a", b"a", -0.5, ((b"a", -0.5), (b"\xff", -1.0)))


def collect(deltas: list[Delta]) -> Answer:
    """The answer that deltas make."""
    draft = AnswerDraft("m")
    for delta in deltas:
        match delta:
            case TextDelta(text=text):
                draft.add_text(text)
            case ReasoningDelta(text=text):
                draft.add_reasoning(text)
            case ToolCallDelta():
                draft.add_tool_call(delta.index, delta.id, delta.name, delta.arguments)
            case UsageDelta(usage=usage):
                draft.usage = usage
            case Finish(reason=reason):
                draft.finish = reason
    return draft.answer()


async def both(steps: list[Step]) -> tuple[Answer, Answer]:
    """The answer as it is read from a stream, and as it is read from a whole body."""
    reply = Reply(Envelope("chatcmpl-1", "m", 1))
    data = b"".join(frame for step in steps for frame in reply.feed(step))

    async def chunks() -> AsyncIterator[bytes]:
        yield data

    streamed = [delta async for delta in read_deltas(chunks(), FORMAT.decoder())]
    return collect(streamed), collect(FORMAT.decode_answer(reply.whole()))


@given(st.lists(MEANINGS, max_size=6))
async def test_whole_and_streamed_are_the_same(meanings: list[TextDelta | ReasoningDelta]) -> None:
    """Text, thinking and counts do not depend on how the answer was asked for."""
    steps: list[Step] = [
        Piece(TOKEN, (meaning,), isinstance(meaning, ReasoningDelta)) for meaning in meanings
    ]
    steps.append(Ended("stop", Counts(10, 4, len(meanings))))
    streamed, whole = await both(steps)
    assert (
        streamed.text
        == whole.text
        == "".join(one.text for one in meanings if isinstance(one, TextDelta))
    )
    assert streamed.usage == whole.usage
    assert (whole.usage.cache_read, whole.usage.input) == (4, 10)
    assert streamed.complete
    assert whole.complete


async def test_tool_calls() -> None:
    """Calls keep their number, name and arguments."""
    calls = tuple(ToolCallDelta(n, f"call_{n}", "weather", '{"n": 1}') for n in range(2))
    steps: list[Step] = [Piece(None, calls), Ended("tool_calls", Counts(1, 0, 1))]
    for answer in await both(steps):
        assert [(call.id, call.name) for call in answer.message.tool_calls] == [
            ("call_0", "weather"),
            ("call_1", "weather"),
        ]
        assert answer.finish == "tool_calls"


def test_log_probabilities_only_when_asked() -> None:
    """Probabilities stand in the body with the bytes of tokens that are no whole character."""
    steps: list[Step] = [Piece(TOKEN, (TextDelta("a"),)), Ended("stop", Counts())]
    for wanted in (True, False):
        reply = Reply(Envelope("1", "m", 1), logprobs=wanted)
        for step in steps:
            reply.feed(step)
        found = reply.whole()["choices"][0]["logprobs"]
        assert (found is not None) == wanted
        if found:
            assert found["content"][0]["top_logprobs"][1]["bytes"] == [255]


def test_thinking_has_no_probabilities() -> None:
    """Only tokens of the visible answer say how sure the model was of it."""
    reply = Reply(Envelope("1", "m", 1), logprobs=True)
    for meaning in (ReasoningDelta("hm"), TextDelta("a")):
        reply.feed(Piece(TOKEN, (meaning,), isinstance(meaning, ReasoningDelta)))
    reply.feed(Ended("stop", Counts()))
    assert len(reply.whole()["choices"][0]["logprobs"]["content"]) == 1


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (ContextTooLong("Too long.", "Shorten it."), 400, ErrorKind.CONTEXT),
        (
            LocalModelError("Not here.", "Pull it.", kind=ErrorKind.UNKNOWN_MODEL),
            404,
            ErrorKind.UNKNOWN_MODEL,
        ),
        (
            LocalModelError("Bad schema.", "Simplify.", kind=ErrorKind.BAD_REQUEST),
            400,
            ErrorKind.BAD_REQUEST,
        ),
        (LocalModelError("No memory.", "Close programs."), 503, ErrorKind.OUTAGE),
    ],
)
def test_errors_survive_the_wire(error: LocalModelError, status: int, kind: ErrorKind) -> None:
    """A front door raises the worker's own sentence, hint and kind."""
    told, body = error_body(error)
    assert told == status
    again = failure("The local model", told, body)
    assert (again.message, again.hint, again.kind) == (error.message, error.hint, kind)
