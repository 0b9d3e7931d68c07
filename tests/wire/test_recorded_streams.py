"""What providers really send, one recorded stream for each trap."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest

from edgeroute.core.answer import FinishReason
from edgeroute.core.events import Finish, UsageDelta
from edgeroute.core.messages import Reasoning, ToolCall
from edgeroute.core.usage import Usage
from edgeroute.wire.errors import WireFault
from tests.support.wire import FIXTURES, answer_of, read_fixture

NOTHING = Usage()


@dataclass(frozen=True)
class Said:
    """What a recorded stream adds up to."""

    text: str
    usage: Usage = NOTHING
    finish: FinishReason = "stop"
    thinking: str = ""
    payload: str = ""
    calls: tuple[ToolCall, ...] = ()


WHOLE = {
    "openai.sse": Said("A hash table", Usage(22, 1920, 40, 24, 180, 120)),
    "openai_tools.sse": Said(
        "",
        Usage(90, output_visible=40),
        "tool_calls",
        calls=(
            ToolCall("call_a", "get_weather", '{"city":"Paris"}'),
            ToolCall("call_b", "get_time", "{}"),
        ),
    ),
    "openai_refusal.sse": Said("I'm sorry, I cannot help.", finish="refusal"),
    "deepseek.sse": Said(
        "Hello",
        Usage(52, 448, 0, 0, 10, 20),
        thinking="The user greets.",
        payload='{"reasoning_content":"The user greets."}',
    ),
    "moonshot.sse": Said(
        "",
        Usage(44, 256, 0, 0, 25, 0),
        "tool_calls",
        "Look it up.",
        '{"reasoning_content":"Look it up."}',
        (ToolCall("functions.search:0", "search", '{"q":"x"}'),),
    ),
    "minimax.sse": Said(
        "Yes.",
        Usage(45, 0, 0, 0, 6, 9),
        thinking="\nShort answer is best.\n",
        payload='{"content":"<think>\\nShort answer is best.\\n</think>\\n\\n"}',
    ),
    "openrouter.sse": Said(
        "Done.",
        Usage(30, 60, 10, 0, 12, 8, Decimal("0.00123")),
        thinking="Let me see.",
        payload='{"reasoning_details":[{"type":"reasoning.text","text":"Let me see.",'
        '"format":"anthropic-claude-v1","index":0,"signature":"Es8B"}]}',
    ),
    "mistral.sse": Said(
        "Four",
        Usage(10, 0, 0, 0, 12, 0),
        thinking="Two plus two.",
        payload='{"content":[{"type":"thinking","thinking":[{"type":"text",'
        '"text":"Two plus two."}],"signature":"sig"}]}',
    ),
    "groq.sse": Said("Hi", Usage(70, output_visible=9), "stop", "Quick.", '{"reasoning":"Quick."}'),
    "xai.sse": Said(
        "Sure",
        Usage(26, 6, 0, 0, 9, 94, Decimal("0.0037756")),
        thinking="Hm.",
        payload='{"reasoning_content":"Hm."}',
    ),
    "gemini_compat.sse": Said(
        "",
        Usage(40, output_visible=12),
        "tool_calls",
        calls=(
            ToolCall("function-call-1", "f", '{"a":1}'),
            ToolCall("function-call-2", "g", '{"b":2}'),
        ),
    ),
    "omlx.sse": Said("Hallo", Usage(4, 16, 0, 0, 2, 0)),
    "anthropic.sse": Said(
        "I look.",
        Usage(12, 5000, 48, 2000, 59, 30),
        "tool_calls",
        "Weather, then.",
        '{"type":"thinking","thinking":"Weather, then.","signature":"EqQBCg=="}'
        '{"type":"redacted_thinking","data":"EmwK"}',
        (ToolCall("toolu_01", "get_weather", '{"city": "Paris"}'),),
    ),
    "anthropic_refusal.sse": Said("", Usage(9, output_visible=3), "refusal"),
    "responses.sse": Said(
        "On it",
        Usage(32, 32, 0, 0, 16, 24),
        "tool_calls",
        "Checking.",
        '{"id":"rs_1","type":"reasoning","encrypted_content":"gAAAA",'
        '"summary":[{"type":"summary_text","text":"Checking."}]}',
        (ToolCall("call_1", "get_weather", '{"city":"Paris"}'),),
    ),
    "responses_cut.sse": Said("Too long", Usage(10, 0, 0, 0, 5, 50), "length"),
}
FAULTS = {
    "deepseek_busy.sse": "insufficient_system_resource",
    "minimax_balance.sse": "insufficient balance",
    "openrouter_error.sse": "Provider returned error",
    "omlx_error.sse": "Model needs 42 GB",
    "anthropic_overloaded.sse": "Overloaded",
    "responses_failed.sse": "The model failed",
}


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize("name", WHOLE)
def test_a_recorded_stream_is_understood(name: str, size: int) -> None:
    """Text, thinking, payload, calls, counts and end of every stream, however it is cut."""
    answer = answer_of(read_fixture(name, size))
    thought = [part for part in answer.message.parts if isinstance(part, Reasoning)]
    assert answer.complete
    assert (
        Said(
            answer.text,
            answer.usage,
            answer.finish,
            "".join(part.text for part in thought),
            "".join(part.payload for part in thought),
            answer.message.tool_calls,
        )
        == WHOLE[name]
    )


@pytest.mark.parametrize("name", WHOLE)
def test_the_finish_comes_once_and_last(name: str) -> None:
    """Nobody has to read on after a finish, and counts have come before it."""
    deltas = read_fixture(name)
    assert [type(delta) for delta in deltas].count(Finish) == 1
    assert isinstance(deltas[-1], Finish)
    if name != "openai_refusal.sse":
        assert any(isinstance(delta, UsageDelta) for delta in deltas)


@pytest.mark.parametrize("name", FAULTS)
def test_an_error_inside_a_stream_is_a_fault(name: str) -> None:
    """A 200 with an error in it is no answer; the provider's object is kept for classification."""
    with pytest.raises(WireFault, match=FAULTS[name]) as caught:
        read_fixture(name)
    assert caught.value.body


def test_every_recorded_stream_is_tested() -> None:
    """No recording lies about unused."""
    assert {path.name for path in FIXTURES.iterdir()} == WHOLE.keys() | FAULTS.keys()


def test_a_keep_alive_chunk_tells_nothing() -> None:
    """OMLX's chunks while it reads the prompt are neither text nor a model name."""
    deltas = read_fixture("omlx.sse")
    assert {delta.model for delta in deltas if isinstance(delta, UsageDelta)} == {
        "Qwen3.6-27B-4bit"
    }
