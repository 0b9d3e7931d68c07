"""Chat completions that pass as they are between a caller and a provider of this wire format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.request import ChatRequest
from edgeroute.wire import capsule
from edgeroute.wire.format import Envelope, Target
from edgeroute.wire.json_data import Json, dump_text, mapping, mappings, sequence, string
from edgeroute.wire.openai_chat.answer import DONE, ChatEncoder, encode_error, frame
from edgeroute.wire.openai_chat.request import THINKING, replay
from edgeroute.wire.openai_chat.stream import more_text
from edgeroute.wire.same_wire import (
    FrameFormat,
    Growing,
    Object,
    by_index,
    may_replay,
    start_of,
    thinks,
    under_our_name,
)
from edgeroute.wire.schemas import name_properties

# Their pieces follow each other; every other text comes whole.
_GROWING: Final = frozenset(
    {"arguments", "content", "data", "input", "reasoning", "reasoning_content", "refusal",
     "summary", "text", "thinking", "transcript"}
)  # fmt: skip
_LIMITS: Final = frozenset({"max_completion_tokens", "max_tokens"})
_NO_LIMIT: Final = (None, -1, -2)
_TEXTS: Final = frozenset({"content", "reasoning", "reasoning_content", "refusal"})


def encode_request(request: ChatRequest, target: Target) -> Object:
    """The caller's body, for the target's model. Who asks, and what a provider would keep of it,
    is left out, with the labels that go with what is kept.
    """
    kept = ("metadata",) if (request.source or {}).get("store") else ()
    body = start_of(request, target, "user", "safety_identifier", "store", *kept)
    if target.stream:
        body["stream_options"] = {**mapping(body.get("stream_options")), "include_usage": True}
    else:
        body.pop("stream_options", None)
    for limit in _LIMITS & body.keys():
        if body[limit] in _NO_LIMIT:
            del body[limit]
        elif isinstance(body[limit], float):
            body[limit] = int(body[limit])
    if not thinks(target):
        body.pop("reasoning_effort", None)
    cached = target.cache and target.session_id and "cache_key" in target.card.abilities
    if cached and "prompt_cache_key" not in body:
        body["prompt_cache_key"] = target.session_id
    name_properties(body, "function", "parameters")
    body["messages"] = [_message(item, target) for item in sequence(body.get("messages"))]
    return body


def _message(message: object, target: Target) -> object:
    """A message with the thinking that the target gave, and without another model's."""
    found = mapping(message)
    if found.get("role") != "assistant":
        return message
    calls = [_call(call, target) for call in sequence(found.get("tool_calls"))]
    if calls != found.get("tool_calls", []):
        message = found = {**found, "tool_calls": calls}
    if not THINKING & found.keys():
        return message
    sealed = [string(detail.get("data")) for detail in mappings(found.get("reasoning_details"))]
    ours = [text for text in sealed if capsule.unseal(text) is not None]
    if not ours and may_replay("", target):
        return message
    rest = {key: value for key, value in found.items() if key not in THINKING}
    for text in ours:
        kept = may_replay(text, target)
        if isinstance(kept, dict):
            replay(rest, kept, target)
    return rest


def _call(call: object, target: Target) -> object:
    """A call as everybody takes it: with its arguments as a text, without another's signature."""
    found = mapping(call)
    function = mapping(found.get("function"))
    if "extra_content" in found and not may_replay("", target):
        found = call = {key: value for key, value in found.items() if key != "extra_content"}
    if isinstance(function.get("arguments"), dict):
        written = dump_text(function["arguments"])
        call = {**found, "function": {**function, "arguments": written}}
    return call


def _patch(chunk: Object, envelope: Envelope) -> bool | None:
    if not envelope.usage and "usage" in chunk:
        if not chunk.get("choices"):
            return None
        del chunk["usage"]
    chunk |= {"id": envelope.id, "model": envelope.model}
    return True


def _join(chunks: list[Object]) -> Object:
    body: Object = {}
    choices: dict[int, Object] = {}
    for chunk in _joined(chunks):
        for key, value in chunk.items():
            if key != "choices" and (value is not None or key not in body):
                body[key] = value
        for choice in mappings(chunk.get("choices")):
            number = choice.get("index")
            _add_choice(choices.setdefault(number if isinstance(number, int) else 0, {}), choice)
    made = by_index(choices.items())
    for choice in made:
        for call in mappings(choice["message"].get("tool_calls")):
            assert isinstance(call, dict)
            call.pop("index", None)
    return body | {"object": "chat.completion", "choices": made} if made else {}


def _joined(chunks: list[Object]) -> Iterator[Object]:
    """``chunks``, one for all that follow each other and say only more of one text."""
    texts: list[str] = []
    last: Object = {}
    for chunk in chunks:
        text = more_text(chunk)
        if texts and not (text and _fields_of(chunk) == _fields_of(last)):
            yield _with_text(last, texts)
            texts = []
        if text:
            texts.append(text)
            last = chunk
        else:
            yield chunk
    if texts:
        yield _with_text(last, texts)


def _fields_of(chunk: Object) -> tuple[object, ...]:
    choice = chunk["choices"][0]
    return chunk.keys(), choice.keys(), choice["delta"].keys()


def _with_text(chunk: Object, texts: list[str]) -> Object:
    choice = chunk["choices"][0]
    delta = {**choice["delta"], "content": "".join(texts)}
    return {**chunk, "choices": [{**choice, "delta": delta}]}


def _add_choice(whole: Object, choice: Json) -> None:
    whole.setdefault("index", choice.get("index", 0))
    message = whole.setdefault("message", {"role": "assistant", "content": None})
    for key, value in choice.items():
        if key in {"delta", "message"}:
            _merge(message, mapping(value))
        elif key == "logprobs" and value:
            known = whole.get(key)
            whole[key] = known if isinstance(known, dict) else {}
            _merge(whole[key], mapping(value))
        elif value is not None or key not in whole:
            whole[key] = value


def _merge(whole: Object, more: Json) -> None:
    """Add what ``more`` says to ``whole``: texts and lists grow, the rest is set."""
    for key, value in more.items():
        known = whole.get(key)
        if isinstance(value, str) and isinstance(known, str) and key in _GROWING:
            whole[key] = known + value
        elif isinstance(value, list):
            whole[key] = _longer(known if isinstance(known, list) else [], value)
        elif isinstance(value, dict):
            whole[key] = dict(known) if isinstance(known, dict) else {}
            _merge(whole[key], value)
        elif value is not None or key not in whole:
            whole[key] = value


def _longer(known: list[Any], more: list[Any]) -> list[Any]:
    grown = list(known)
    for item in more:
        number = mapping(item).get("index")
        same = [old for old in grown if number is not None and mapping(old).get("index") == number]
        if same:
            _merge(same[0], item)
        else:
            grown.append(dict(item) if isinstance(item, dict) else item)
    return grown


def _growing(chunk: Object) -> list[Growing]:
    found: list[Growing] = []
    for choice in mappings(chunk.get("choices")):
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            continue

        def alone(more: Object, choice: Json = choice) -> Object:
            rest = {key: value for key, value in chunk.items() if key != "usage"}
            return {**rest, "choices": [{"index": choice.get("index", 0), "delta": more,
                                         "finish_reason": None}]}  # fmt: skip

        number = choice.get("index", 0)
        for field in _TEXTS & delta.keys():
            if isinstance(delta[field], str):
                one = lambda text, field=field, alone=alone: alone({field: text})  # noqa: E731
                found.append(Growing((number, field), delta, field, one))
        for call, holder, field in _called(delta):

            def again(text: str, call: Json = call, alone: Any = alone) -> Object:
                kind = "custom" if "custom" in call else "function"
                field = "input" if kind == "custom" else "arguments"
                index = {"index": call["index"]} if "index" in call else {}
                return dict(alone({"tool_calls": [{**index, kind: {field: text}}]}))

            key = (number, "call", call.get("index", 0))
            found.append(Growing(key, holder, field, again, calls=True))
    return found


def _called(delta: Object) -> Iterator[tuple[Json, Object, str]]:
    for call in mappings(delta.get("tool_calls")):
        for kind, field in (("function", "arguments"), ("custom", "input")):
            holder = call.get(kind)
            if isinstance(holder, dict) and isinstance(holder.get(field), str):
                yield call, holder, field


def _shuts(chunk: Object) -> bool:
    choices = mappings(chunk.get("choices"))
    return not choices or any(choice.get("finish_reason") for choice in choices)


def _fault(error: EdgeRouteError, _number: int, _envelope: Envelope) -> list[bytes]:
    return [frame(encode_error(error)), DONE]


FRAMES: Final = FrameFormat(
    wire="openai-chat",
    named=False,
    patch=_patch,
    ends=lambda data: data is None,
    end=DONE,
    join=_join,
    patch_whole=under_our_name,
    fault=_fault,
    growing=_growing,
    shuts=_shuts,
    idle=lambda _, envelope: ChatEncoder(envelope).idle(),
)
