"""How Qwen wants a conversation written: our own templates, never the one in a model file.

A prompt is a list of segments. Only our own control words become control tokens; what a person, a
page or a tool wrote stays plain text, even where it spells such a word.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from edgeroute.core.messages import Message, Reasoning, ToolCall, ToolResult
from edgeroute.core.request import ChatRequest, Tool
from edgeroute.local.files.catalogue import Style
from edgeroute.wire import fill
from edgeroute.wire.parts import as_text, plain

START: Final = "<|im_start|>"
END: Final = "<|im_end|>"
TURN: Final = 4  # segments of one turn
_EMPTY_THOUGHT: Final = "<think>\n\n</think>\n\n"
_DEFAULT_SYSTEM: Final = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
_JSON_TOOLS: Final = """# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>
{tools}
</tools>

For each function call, return a json object with function name and arguments within \
<tool_call></tool_call> XML tags:
<tool_call>
{{"name": <function-name>, "arguments": <args-json-object>}}
</tool_call>"""
_XML_TOOLS: Final = """# Tools

You have access to the following functions:

<tools>
{tools}
</tools>

If you choose to call a function ONLY reply in the following format with NO suffix:

<tool_call>
<function=example_function_name>
<parameter=example_parameter_1>
value_1
</parameter>
<parameter=example_parameter_2>
This is the value for the second parameter
that can span
multiple lines
</parameter>
</function>
</tool_call>

<IMPORTANT>
Reminder:
- Function calls MUST follow the specified format: an inner <function=...></function> block must \
be nested within <tool_call></tool_call> XML tags
- Required parameters MUST be specified
- You may provide optional reasoning for your function call in natural language BEFORE the \
function call, but NOT after
- If there is no function call available, answer the question like normal with your current \
knowledge and do not tell the user about function calls
</IMPORTANT>"""

Thinking = Literal["never", "off", "on"]
"""``never``: the model cannot think; ``off`` and ``on``: it can, and is told."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """``segments`` are texts with whether each is a control word.

    ``opening`` is the beginning of the answer that the prompt has already written (a forced tool
    call): it belongs to the answer. ``thinking`` says that the answer begins inside a thought.
    """

    segments: tuple[tuple[str, bool], ...]
    opening: str = ""
    thinking: bool = False


def write(request: ChatRequest, style: Style, thinking: Thinking) -> Prompt:
    """The prompt of ``request`` for a model of ``style``."""
    tools = request.tools if request.tool_choice != "none" else ()
    segments: list[tuple[str, bool]] = []
    for role, text in _turns(request, style, tools):
        segments += [(START, True), (f"{role}\n{text}", False), (END, True), ("\n", False)]
    opening = _opening(request, style) if tools else ""
    head, inside = "assistant\n", False
    if thinking == "off" or (thinking == "on" and opening):
        head += _EMPTY_THOUGHT
    elif thinking == "on" and style == "qwen3.5":
        head, inside = head + "<think>\n", True
    segments += [(START, True), (head + opening, False)]
    return Prompt(tuple(segments), opening, thinking=inside)


def write_gap(request: ChatRequest) -> Prompt:
    """The prompt that asks a coder model for what belongs between two texts."""
    before, after = (_plain_text(message) for message in request.messages)
    marked = [(fill.PREFIX, True), (before, False), (fill.SUFFIX, True), (after, False)]
    return Prompt((*marked, (fill.MIDDLE, True)))


def _opening(request: ChatRequest, style: Style) -> str:
    """What makes a model call a tool that must be called."""
    if request.tool_choice == "auto":
        return ""
    if request.tool_choice == "required":
        return "<tool_call>\n"
    if style == "qwen3.5":
        return f"<tool_call>\n<function={request.tool_choice}>\n"
    return f'<tool_call>\n{{"name": {json.dumps(request.tool_choice)}, "arguments": '


def _turns(request: ChatRequest, style: Style, tools: Sequence[Tool]) -> Iterator[tuple[str, str]]:
    messages = list(request.messages)
    systems = [message for message in messages if message.role == "system"]
    system = "\n\n".join(filter(None, (_plain_text(message) for message in systems)))
    head = _system(system, style, tools)
    if head:
        yield "system", head
    rest = [message for message in messages if message.role != "system"]
    # Thoughts before the last question are over; those of the tool loop after it still matter.
    users = [place for place, message in enumerate(rest) if message.role == "user"]
    last_question = users[-1] if users else -1
    place = 0
    while place < len(rest):
        message = rest[place]
        if message.role == "tool":
            results: list[str] = []
            while place < len(rest) and rest[place].role == "tool":
                results += _results(rest[place])
                place += 1
            yield "user", "\n".join(results)
            continue
        if message.role == "assistant":
            yield "assistant", _assistant(message, style, thoughts=place > last_question)
        else:
            yield "user", _plain_text(message)
        place += 1


def _system(system: str, style: Style, tools: Sequence[Tool]) -> str:
    if not system and style == "qwen2.5":
        system = _DEFAULT_SYSTEM
    if not tools:
        return system
    listing = "\n".join(json.dumps(_schema(tool), ensure_ascii=False) for tool in tools)
    if style == "qwen3.5":
        return "\n\n".join(filter(None, (_XML_TOOLS.format(tools=listing), system)))
    return "\n\n".join(filter(None, (system, _JSON_TOOLS.format(tools=listing))))


def _schema(tool: Tool) -> dict[str, Any]:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters or {"type": "object", "properties": {}},
    }
    return {"type": "function", "function": function}


def _plain_text(message: Message) -> str:
    return "\n\n".join(as_text(part) for part in plain(message.parts))


def _results(message: Message) -> Iterable[str]:
    for part in message.parts:
        if isinstance(part, ToolResult):
            text = "\n\n".join(as_text(piece) for piece in part.parts)
            yield f"<tool_response>\n{text}\n</tool_response>"


def _assistant(message: Message, style: Style, *, thoughts: bool) -> str:
    text = _plain_text(message)
    reasoning = "".join(part.text for part in message.parts if isinstance(part, Reasoning))
    pieces = [text] if text else []
    pieces += [_call(call, style) for call in message.tool_calls]
    body = "\n".join(pieces)
    if thoughts and reasoning and style != "qwen2.5":
        return f"<think>\n{reasoning.strip()}\n</think>\n\n{body}"
    return body


def _call(call: ToolCall, style: Style) -> str:
    if style != "qwen3.5":
        name = json.dumps(call.name)
        return f'<tool_call>\n{{"name": {name}, "arguments": {call.arguments}}}\n</tool_call>'
    try:
        arguments = json.loads(call.arguments)
    except ValueError:
        arguments = {}
    lines = [f"<tool_call>\n<function={call.name}>"]
    for name, value in arguments.items() if isinstance(arguments, dict) else ():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        lines.append(f"<parameter={name}>\n{text}\n</parameter>")
    return "\n".join([*lines, "</function>\n</tool_call>"])
