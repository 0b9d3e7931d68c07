"""What single providers want different from the wire format that they speak.

A quirk changes a request's body before it is cleared. Bodies keep the order of their keys, since
providers cache by prefix. ``QUIRKS`` holds every quirk by the name that models/providers/*.yaml
use.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from edgeroute.wire.json_data import mapping
from edgeroute.word_lists import word_set

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class QuirkContext:
    """What a quirk may need to know besides the body. ``session_id`` is random."""

    wire: str
    stream: bool
    session_id: str = ""


Quirk = Callable[[Body, QuirkContext], Body]

_LEAST_THINKING: Final = 1024  # tokens
# Google's own word for a call that comes from elsewhere.
_UNSIGNED: Final = "skip_thought_signature_validator"
# Fields that we write, whatever a caller says.
_OF_OURS: Final = frozenset({"output_config", "stream_options"})
_ALPHANUMERIC: Final = string.ascii_letters + string.digits


def apply(names: tuple[str, ...], body: Body, context: QuirkContext) -> Body:
    """``body`` after the quirks called ``names``, in their order."""
    for name in names:
        body = QUIRKS[name](body, context)
    return body


def lost(names: tuple[str, ...], body: Body, context: QuirkContext) -> list[str]:
    """The fields of ``body`` that its quirks take away, not those that they rename."""
    found: list[str] = []
    for name in names:
        after = QUIRKS[name](body, context)
        if after.keys() <= body.keys():
            found += [key for key in body if key not in after and key not in _OF_OURS]
        body = after
    return found


def _without(body: Body, *keys: str) -> Body:
    return {key: value for key, value in body.items() if key not in keys}


def _renamed(body: Body, old: str, new: str) -> Body:
    if old not in body or new in body:
        return _without(body, old)
    return {new if key == old else key: value for key, value in body.items()}


def _json_asked(body: Body) -> bool:
    return body.get("response_format", {}).get("type") in {"json_object", "json_schema"}


def max_completion_tokens(body: Body, context: QuirkContext) -> Body:
    """Reasoning models count thinking in, and refuse the old name of the limit."""
    if context.wire != "openai-chat":
        return body
    return _renamed(body, "max_tokens", "max_completion_tokens")


def temperature_at_most_1(body: Body, _: QuirkContext) -> Body:
    """The range of temperatures is (0, 1], not [0, 2]."""
    temperature = body.get("temperature")
    if not isinstance(temperature, int | float):
        return body
    return body | {"temperature": min(max(temperature, 0.01), 1)}


def no_required_tool_choice(body: Body, _: QuirkContext) -> Body:
    """A tool cannot be demanded."""
    return _without(body, "tool_choice") if body.get("tool_choice") == "required" else body


def no_forced_tool_choice(body: Body, _: QuirkContext) -> Body:
    """Neither any tool nor a certain one can be demanded."""
    choice = body.get("tool_choice")
    forced = choice == "required" or (
        isinstance(choice, Mapping) and choice.get("type") not in {"auto", "none"}
    )
    return _without(body, "tool_choice") if forced else body


def tool_choice_any(body: Body, _: QuirkContext) -> Body:
    """Mistral's word for ``required``."""
    return body | {"tool_choice": "any"} if body.get("tool_choice") == "required" else body


def short_tool_ids(body: Body, _: QuirkContext) -> Body:
    """Mistral takes tool call ids of nine letters and digits only."""

    def short(identifier: object) -> str:
        text = str(identifier)
        if len(text) == 9 and text.isascii() and text.isalnum():
            return text
        digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=9).digest()
        return "".join(_ALPHANUMERIC[byte % len(_ALPHANUMERIC)] for byte in digest)

    def message(original: Mapping[str, Any]) -> dict[str, Any]:
        changed = dict(original)
        if "tool_call_id" in changed:
            changed["tool_call_id"] = short(changed["tool_call_id"])
        if "tool_calls" in changed:
            changed["tool_calls"] = [
                call | {"id": short(call.get("id"))} for call in changed["tool_calls"]
            ]
        return changed

    return body | {"messages": [message(one) for one in body.get("messages", ())]}


def no_schema_while_streaming(body: Body, context: QuirkContext) -> Body:
    """A JSON schema is refused in a stream; any JSON object is not."""
    if context.stream and body.get("response_format", {}).get("type") == "json_schema":
        return body | {"response_format": {"type": "json_object"}}
    return body


def only_common_fields(body: Body, context: QuirkContext) -> Body:
    """A field that the provider does not know is an error there."""
    if context.wire != "openai-chat":
        return body
    known = word_set("requests.common_fields")
    return {key: value for key, value in body.items() if key in known}


def thinking_switch(body: Body, context: QuirkContext) -> Body:
    """Thinking is on or off; there are no degrees of effort."""
    effort = body.get("reasoning_effort")
    if context.wire != "openai-chat" or effort is None:
        return body
    kind = "disabled" if effort in {"none", "minimal"} else "enabled"
    changed = body | {"reasoning_effort": {"type": kind}}
    return _renamed(changed, "reasoning_effort", "thinking")


def enable_thinking(body: Body, _: QuirkContext) -> Body:
    """Alibaba's switch for thinking."""
    effort = body.get("reasoning_effort")
    if effort is None:
        return body
    changed = _renamed(body, "reasoning_effort", "enable_thinking")
    return changed | {"enable_thinking": effort not in {"none", "minimal"}}


def no_thinking_for_json(body: Body, _: QuirkContext) -> Body:
    """Alibaba gives JSON only without thinking."""
    if not _json_asked(body):
        return body
    changed = _without(body, "reasoning_effort")
    return _before_messages(changed, "enable_thinking", value=False)


def thinking_with_budget(body: Body, _: QuirkContext) -> Body:
    """Older Claude models take a number of thinking tokens, not a degree of effort. It is below the
    limit of the answer, and in the midst of a tool's use they think on only from earlier thoughts.
    """
    output = mapping(body.get("output_config"))
    if mapping(body.get("thinking")).get("type") != "adaptive":
        return _with_output(body, output)
    limit = body.get("max_tokens", 8192)
    if limit <= _LEAST_THINKING or _amid_tools(body.get("messages", ())):
        return _with_output(_without(body, "thinking"), output)
    share = {"low": 0.2, "medium": 0.5}.get(output.get("effort", "medium"), 0.8)
    budget = min(max(_LEAST_THINKING, int(limit * share)), 32_000)
    thinking = {"type": "enabled", "budget_tokens": budget}
    changed = _without(body | {"thinking": thinking}, "temperature", "top_p", "top_k")
    return _with_output(changed, output)


def _with_output(body: Body, output: Mapping[str, Any]) -> Body:
    rest = {key: value for key, value in output.items() if key != "effort"}
    return body | {"output_config": rest} if rest else _without(body, "output_config")


def _amid_tools(messages: Any) -> bool:
    """Whether the last message holds results of calls that came without thoughts."""
    if len(messages) < 2 or not all(isinstance(one.get("content"), list) for one in messages[-2:]):
        return False
    called, answered = (one["content"] for one in messages[-2:])
    results = any(block.get("type") == "tool_result" for block in answered)
    return results and called[0].get("type") not in {"thinking", "redacted_thinking"}


def _thoughts(filling: str) -> Quirk:
    """While a model thinks, each of its earlier turns must come with thoughts; where nobody kept
    them, ``filling`` stands for them.
    """

    def filled(one: Mapping[str, Any]) -> Mapping[str, Any]:
        thought = one.get("reasoning_content") or filling
        return {**one, "reasoning_content": thought} if one.get("role") == "assistant" else one

    def quirk(body: Body, context: QuirkContext) -> Body:
        off = mapping(body.get("thinking")).get("type") == "disabled"
        if off or context.wire != "openai-chat":
            return body
        return body | {"messages": [filled(one) for one in body.get("messages", ())]}

    return quirk


def thought_signatures(body: Body, context: QuirkContext) -> Body:
    """Gemini refuses calls that it has not signed, but for those that say so."""
    if context.wire != "openai-chat":
        return body

    def message(one: Mapping[str, Any]) -> Mapping[str, Any]:
        first, *others = one.get("tool_calls") or (None,)
        if not isinstance(first, Mapping) or "extra_content" in first:
            return one
        unsigned = {"google": {"thought_signature": _UNSIGNED}}
        return {**one, "tool_calls": [{**first, "extra_content": unsigned}, *others]}

    return body | {"messages": [message(one) for one in body.get("messages", ())]}


def no_prefill(body: Body, context: QuirkContext) -> Body:
    """The model begins its answer itself: a conversation must not end with the beginning of one."""
    messages = body.get("messages", ())
    if context.wire != "anthropic-messages" or not messages:
        return body
    if mapping(messages[-1]).get("role") != "assistant":
        return body
    return body | {"messages": [*messages, {"role": "user", "content": "Go on."}]}


def cache_user_id(body: Body, context: QuirkContext) -> Body:
    """DeepSeek keeps caches apart by ``user_id``: a random one per conversation."""
    if not context.session_id or context.wire != "openai-chat":
        return body
    return _before_messages(body, "user_id", context.session_id)


def openrouter_privacy(body: Body, context: QuirkContext) -> Body:
    """Only hosts that keep nothing, and that understand every parameter where that matters;
    the same host for the same conversation, so that its cache is of use.
    """
    routing: dict[str, Any] = {"data_collection": "deny"}
    if body.get("tools") or "response_format" in body:
        routing["require_parameters"] = True
    given = body.get("provider")
    if isinstance(given, Mapping):
        routing = {**given, **routing}
    changed = _before_messages(body, "provider", routing)
    if context.session_id:
        changed = _before_messages(changed, "session_id", context.session_id)
    return changed


def _before_messages(body: Body, key: str, value: object) -> Body:
    """``body`` with ``key``, in front of the messages: what never changes comes first."""
    rest = _without(body, key)
    if "messages" not in rest:
        return rest | {key: value}
    messages = rest.pop("messages")
    return rest | {key: value, "messages": messages}


def _dropping(*fields: str) -> Quirk:
    return lambda body, _: _without(body, *fields)


QUIRKS: Final[Mapping[str, Quirk]] = {
    # The model refuses these parameters, or every value but its own default.
    "no_sampling": _dropping("temperature", "top_p", "top_k"),
    "temperature_only_1": _dropping("temperature", "top_p"),
    "no_stop": _dropping("stop"),
    "no_penalties": _dropping("presence_penalty", "frequency_penalty"),
    # The usage comes with the last chunk unasked, and the field is refused.
    "no_stream_options": _dropping("stream_options"),
    # Pictures come as base64 anyway, and the field that asks for it is refused.
    "always_base64": _dropping("response_format"),
    # Thoughts in earlier turns, empty ones or (where these are refused, too) a space.
    "reasoning_in_history": _thoughts(""),
    "reasoning_never_empty": _thoughts(" "),
    # Mistral's name for the seed.
    "random_seed": lambda body, _: _renamed(body, "seed", "random_seed"),
} | {
    quirk.__name__: quirk
    for quirk in (
        cache_user_id, enable_thinking, max_completion_tokens, no_forced_tool_choice,
        no_prefill, no_required_tool_choice, no_schema_while_streaming, no_thinking_for_json,
        only_common_fields, openrouter_privacy, short_tool_ids, temperature_at_most_1,
        thinking_switch, thinking_with_budget, thought_signatures, tool_choice_any,
    )
}  # fmt: skip
