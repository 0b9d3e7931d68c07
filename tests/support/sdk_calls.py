"""What people do with the official SDKs of OpenAI and Anthropic, call by call.

Each takes a client and a model, and gives what the SDK gives for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anthropic
import openai
from pydantic import BaseModel

Call = Callable[[Any, str], Any]


class Place(BaseModel):
    """What is parsed out of an answer."""

    city: str
    people: int


HI: list[Any] = [{"role": "user", "content": "Is it out?"}]
SCHEMA = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"],
          "additionalProperties": False}  # fmt: skip
LOOK = {"name": "look", "description": "Looks.", "parameters": SCHEMA, "strict": True}
ADD = {"name": "add", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}}
CHAT_TOOLS = [{"type": "function", "function": one} for one in (LOOK, ADD)]
RESPONSE_TOOLS = [{"type": "function", **one} for one in (LOOK, ADD)]
MESSAGE_TOOLS = [{"name": "look", "description": "Looks.", "input_schema": SCHEMA},
                 {"name": "add", "input_schema": ADD["parameters"]}]  # fmt: skip
STRICT_TOOLS: Any = CHAT_TOOLS[:1]
CALLED = {"id": "call_0", "type": "function", "function": {"name": "look", "arguments": "{}"}}
SHOWN = [*HI, {"role": "assistant", "content": None, "tool_calls": [CALLED]},
         {"role": "tool", "tool_call_id": "call_0", "content": "42"}]  # fmt: skip
THINKING = {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 4000}
TEXT = {"type": "text", "text": "Is it out?"}
CITED = {"type": "document", "title": "News", "citations": {"enabled": True}}


def chat(**asked: Any) -> Call:
    """A chat completion."""
    return lambda sdk, model: sdk.chat.completions.create(model=model, **{"messages": HI, **asked})


def chat_events(**asked: Any) -> Call:
    """A streamed one, chunk by chunk."""
    return lambda sdk, model: [*chat(stream=True, **asked)(sdk, model)]


def chat_parsed(**asked: Any) -> Call:
    """One that is parsed."""
    return lambda sdk, model: sdk.chat.completions.parse(model=model, messages=HI, **asked)


def chat_helper(**asked: Any) -> Call:
    """One through the helper for streams."""

    def call(sdk: Any, model: str) -> Any:
        with sdk.chat.completions.stream(model=model, messages=HI, **asked) as stream:
            return [[event.type for event in stream], stream.get_final_completion()]

    return call


def response(**asked: Any) -> Call:
    """A response."""
    return lambda sdk, model: sdk.responses.create(model=model, **{"input": "Is it out?", **asked})


def response_events(**asked: Any) -> Call:
    """A streamed one, event by event."""
    return lambda sdk, model: [*response(stream=True, **asked)(sdk, model)]


def response_helper(**asked: Any) -> Call:
    """One through the helper for streams."""

    def call(sdk: Any, model: str) -> Any:
        with sdk.responses.stream(model=model, input="Is it out?", **asked) as stream:
            return [[event.type for event in stream], stream.get_final_response()]

    return call


def message(*parts: Any, **asked: Any) -> Call:
    """A message, to ``parts`` where there are some."""
    said = [{"role": "user", "content": [*parts, TEXT]}] if parts else HI
    return lambda sdk, model: sdk.messages.create(
        model=model, **{"max_tokens": 900, "messages": said, **asked}
    )


def message_events(*parts: Any, **asked: Any) -> Call:
    """A streamed one, event by event."""
    return lambda sdk, model: [*message(*parts, stream=True, **asked)(sdk, model)]


def message_helper(*parts: Any, **asked: Any) -> Call:
    """One through the helper for streams."""
    said: Any = [{"role": "user", "content": [*parts, TEXT]}]

    def call(sdk: Any, model: str) -> Any:
        wanted = {"max_tokens": 900, "messages": said, **asked}
        with sdk.messages.stream(model=model, **wanted) as stream:
            return [[event.type for event in stream], stream.get_final_message()]

    return call


def beta(*parts: Any, **asked: Any) -> Call:
    """A message with features on trial."""
    inner = message(*parts, **asked)
    return lambda sdk, model: inner(sdk.beta, model)


def _tools_run(sdk: Any, model: str) -> Any:
    @anthropic.beta_tool
    def look(q: str) -> str:
        """Looks."""
        return f"Nothing of {q}."

    run = sdk.beta.messages.tool_runner(model=model, max_tokens=900, messages=HI, tools=[look])
    return [turn.content for turn in run]


def _second_turn(sdk: Any, model: str) -> Any:
    """A turn with thinking and calls, and the one that hands all of it back."""
    asked: Any = {"model": model, "tools": MESSAGE_TOOLS, **THINKING}
    first = sdk.messages.create(messages=HI, **asked)
    said = [block.model_dump(exclude_none=True) for block in first.content]
    shown = [{"type": "tool_result", "tool_use_id": block.id, "content": "42"}
             for block in first.content if block.type == "tool_use"]  # fmt: skip
    turns = [*HI, {"role": "assistant", "content": said}, {"role": "user", "content": shown}]
    return [first, sdk.messages.create(messages=turns, **asked)]


CHATS: dict[str, Call] = {
    "text": chat(), "stream": chat_events(),
    "usage": chat_events(stream_options={"include_usage": True}), "helper": chat_helper(),
    "n": chat(n=2), "n streamed": chat_events(n=2),
    "logprobs": chat(logprobs=True, top_logprobs=2),
    "logprobs streamed": chat_events(logprobs=True, top_logprobs=2),
    "tools": chat(tools=CHAT_TOOLS), "tools streamed": chat_events(tools=CHAT_TOOLS),
    "tools helped": chat_helper(tools=STRICT_TOOLS),
    "tool forced": chat(tools=CHAT_TOOLS, tool_choice=CHAT_TOOLS[0]),
    "tool required": chat(tools=CHAT_TOOLS, tool_choice="required"),
    "tools unused": chat(tools=CHAT_TOOLS, tool_choice="none", parallel_tool_calls=False),
    "tool answered": chat(messages=SHOWN, tools=CHAT_TOOLS),
    "parsed": chat_parsed(response_format=Place),
    "parsed tool": chat_parsed(tools=[openai.pydantic_function_tool(Place)]),
    "parsed streamed": chat_helper(response_format=Place),
    "json": chat(response_format={"type": "json_object"}),
    "drawn": chat(stop=["X", "Y"], seed=3, presence_penalty=0.1, frequency_penalty=0.1),
    "limits": chat(max_completion_tokens=50, logit_bias={"5": 1}),
    "effort": chat(verbosity="low", reasoning_effort="low"),
    "tier": chat(service_tier="flex", prompt_cache_key="k", metadata={"a": "b"}),
    "prediction": chat(prediction={"type": "content", "content": "It"}),
    "developer": chat(messages=[{"role": "developer", "content": "Be brief."}, *HI]),
    "parts": chat(messages=[{"role": "user", "content": [TEXT, TEXT]}]),
    "named": chat(messages=[{"role": "user", "name": "bob", "content": "Is it out?"}]),
    "refused before": chat(messages=[*HI, {"role": "assistant", "refusal": "No."}, *HI]),
    "audio": chat(modalities=["text"], audio={"voice": "alloy", "format": "wav"}),
    "search": chat(web_search_options={}), "new field": chat(extra_body={"some_new": {"a": 1}}),
    "too long": chat(messages=[{"role": "user", "content": "Ask too much."}]),
    "filtered": chat(messages=[{"role": "user", "content": "Ask the forbidden."}]),
    "wrong": chat(messages=[{"role": "user", "content": "Ask nonsense."}]),
}  # fmt: skip
RESPONSES: dict[str, Call] = {
    "text": response(), "stream": response_events(), "helper": response_helper(),
    "told": response(instructions="Be brief.", metadata={"a": "b"}, max_output_tokens=99),
    "tools": response(tools=RESPONSE_TOOLS),
    "tools streamed": response_events(tools=RESPONSE_TOOLS),
    "tools helped": response_helper(tools=RESPONSE_TOOLS[:1]),
    "tool forced": response(tools=RESPONSE_TOOLS, tool_choice={"type": "function", "name": "look"}),
    "tool answered": response(tools=RESPONSE_TOOLS, input=[
        *HI, {"type": "function_call", "call_id": "call_0", "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_0", "output": "42"}]),
    "parsed": lambda sdk, model: sdk.responses.parse(model=model, input="Hi", text_format=Place),
    "parsed streamed": response_helper(text_format=Place),
    "reasoning": response(reasoning={"effort": "low", "summary": "auto"}, store=False),
    "reasoning streamed": response_events(reasoning={"effort": "low"}, store=False),
    "parts": response(input=[
        {"role": "user", "content": [{"type": "input_text", "text": "Is it?"}]},
        {"role": "assistant", "content": [{"type": "output_text", "text": "No."}]}, *HI]),
    "json": response(text={"format": {"type": "json_object"}, "verbosity": "low"}),
    "cut": response(truncation="auto", parallel_tool_calls=False, service_tier="auto"),
    "search": response(tools=[{"type": "web_search"}]),
    "new field": response(extra_body={"some_new": 1}),
    "too long": response(input="Ask too much."), "filtered": response(input="Ask the forbidden."),
    "wrong": response(input="Ask nonsense."),
}  # fmt: skip
MESSAGES: dict[str, Call] = {
    "text": message(), "stream": message_events(), "helper": message_helper(),
    "system": message(system="Be brief."),
    "system marked": message(system=[{**TEXT, "cache_control": {"type": "ephemeral"}}]),
    "tools": message(tools=MESSAGE_TOOLS), "tools streamed": message_events(tools=MESSAGE_TOOLS),
    "tools helped": message_helper(tools=MESSAGE_TOOLS),
    "tool forced": message(tools=MESSAGE_TOOLS, tool_choice={"type": "tool", "name": "look"}),
    "tool required": message(tools=MESSAGE_TOOLS, tool_choice={
        "type": "any", "disable_parallel_tool_use": True}),
    "tools unused": message(tools=MESSAGE_TOOLS, tool_choice={"type": "none"}),
    "tools run": _tools_run, "tool answered": _second_turn,
    "tool failed": message(tools=MESSAGE_TOOLS, messages=[
        *HI, {"role": "assistant", "content": [
            {"type": "tool_use", "id": "toolu_0", "name": "look", "input": {"q": "x"}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_0",
                                      "is_error": True, "content": [TEXT]}]}]),
    "thinking": message(**THINKING), "thinking streamed": message_events(**THINKING),
    "thinking helped": message_helper(**THINKING),
    "thinking as it likes": message(thinking={"type": "adaptive"},
                                    output_config={"effort": "high"}),
    "document": message({**CITED, "source": {
        "type": "text", "media_type": "text/plain", "data": "It is out."}}),
    "document streamed": message_events({**CITED, "source": {
        "type": "text", "media_type": "text/plain", "data": "It is out."}}),
    "document in blocks": message({**CITED, "source": {"type": "content", "content": [TEXT]}}),
    "document helped": message_helper({**CITED, "source": {
        "type": "content", "content": "It is out."}}),
    "found": message({"type": "search_result", "source": "https://example.com", "title": "News",
                      "content": [TEXT], "citations": {"enabled": True}}),
    "drawn": message(stop_sequences=["END"], service_tier="auto", extra_body={"top_k": 5}),
    "parsed": lambda sdk, model: sdk.messages.parse(
        model=model, max_tokens=900, messages=HI, output_format=Place),
    "parsed streamed": message_helper(output_format=Place),
    "begun": message(messages=[*HI, {"role": "assistant", "content": "It"}]),
    "beta": beta(betas=["context-management-2025-06-27"], context_management={
        "edits": [{"type": "clear_tool_uses_20250919"}]}),
    "beta streamed": lambda sdk, model: [*beta(
        stream=True, betas=["interleaved-thinking-2025-05-14"])(sdk, model)],
    "search": message(tools=[{"type": "web_search_20250305", "name": "web_search"}]),
    "tool marked": message(tools=[{**MESSAGE_TOOLS[0], "eager_input_streaming": True,
                                   "cache_control": {"type": "ephemeral", "ttl": "1h"}}]),
    "new field": message(extra_body={"some_new": 1}),
    "too long": message(messages=[{"role": "user", "content": "Ask too much."}]),
    "wrong": message(messages=[{"role": "user", "content": "Ask nonsense."}]),
}  # fmt: skip
REFUSED: dict[str, Call] = {
    "files": lambda sdk, _: sdk.files.list(),
    "upload": lambda sdk, _: sdk.files.create(file=b"x", purpose="assistants"),
    "batches": lambda sdk, _: sdk.batches.list(),
    "moderations": lambda sdk, _: sdk.moderations.create(input="x"),
    "speech": lambda sdk, _: sdk.audio.speech.create(model="t", voice="alloy", input="x"),
    "threads": lambda sdk, _: sdk.conversations.create(),
    "unknown model": lambda sdk, _: sdk.models.retrieve("nothing-at-all"),
    "unknown response": lambda sdk, _: sdk.responses.retrieve("resp_none"),
}
"""What OpenAI's clients are told is not to be had here."""
REFUSED_MESSAGES: dict[str, Call] = {
    "batches": lambda sdk, _: sdk.messages.batches.list(),
    "batch": lambda sdk, _: sdk.messages.batches.create(requests=[]),
    "files": lambda sdk, _: sdk.beta.files.list(),
    "skills": lambda sdk, _: sdk.skills.list(),
    "unknown model": lambda sdk, _: sdk.models.retrieve("nothing-at-all"),
}
"""The same of Anthropic's."""
