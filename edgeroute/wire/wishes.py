"""What a caller asks for that a model is not told of, by the names of the caller's own fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.request import ChatRequest
from edgeroute.wire.json_data import mapping, sequence, string
from edgeroute.wire.tools import ALLOWED

MOST_STOPS: Final = 4
LEAST_LIMIT: Final = 16  # tokens of a response
# What our nouns hold and a wire format has no field for.
_UNSPOKEN: Final[Mapping[str, tuple[str, ...]]] = {
    "anthropic-messages": ("seed",),
    "openai-responses": ("seed", "stop"),
}
# How callers call these nouns, where it is not by our name.
_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "anthropic-messages": {
        "stop": "stop_sequences",
        "reasoning_effort": "thinking",
        "max_output_tokens": "max_tokens",
    },
    "openai-chat": {"max_output_tokens": "max_tokens"},
    "openai-responses": {"reasoning_effort": "reasoning"},
    "": {"reasoning_effort": "think", "max_output_tokens": "num_predict"},
}
# The parts of an object's field that have a noun, or that every answer brings anyway.
_READ: Final[Mapping[str, frozenset[str]]] = {
    "output_config": frozenset({"effort", "format"}),
    "reasoning": frozenset({"effort", "summary", "generate_summary"}),
    "text": frozenset({"format"}),
    "thinking": frozenset({"type", "budget_tokens", "display"}),
}
# What a provider would keep of a person never leaves.
_KEPT_HERE: Final = ("safety_identifier", "metadata")
_BROUGHT: Final = "reasoning.encrypted_content"
# What says no more than a field that is not there.
_USUAL: Final = frozenset({"auto", "default", "disabled"})
# What our own worker's model hears beyond the nouns, whichever wire format says so.
DRAWN: Final = (
    "frequency_penalty", "logit_bias", "min_p", "presence_penalty", "repeat_penalty",
    "repetition_penalty", "top_k",
)  # fmt: skip
_OF_OUR_WORKER: Final = frozenset(
    {"chat_template_kwargs", "logprobs", "tools", "top_logprobs", *DRAWN}
)


def untold(request: ChatRequest, card: ModelCard, *, passing: bool, own: bool = False) -> list[str]:
    """The names of the fields of which ``card`` hears nothing, each once; a tool by its type.

    Where the caller's own body is ``passing``, it hears all but what never leaves, and but thinking
    that it cannot do; of a provider of the user's ``own`` nobody knows that.
    """
    source = request.source or {}
    names = [name for name in _KEPT_HERE if _means(source.get(name))]
    if source.get("store") is True and request.wire == "openai-chat":  # responses are kept here
        names.append("store")
    if passing:
        names = [name for name in names if name != "metadata" or "store" in names]
        return [*names, *(() if own else _thinking(request, card))]
    most, asked = card.max_output_tokens, request.sampling.max_output_tokens or 0
    if card.wire == "openai-responses" and 0 < asked < LEAST_LIMIT:
        names.append(f"{_called('max_output_tokens', request)} below {LEAST_LIMIT}")
    if asked > most and not own and card.place is Place.CLOUD:
        names.append(f"{_called('max_output_tokens', request)} above {most}")
    return list(dict.fromkeys((*names, *_unspoken(request, card), *_others(request, card))))


def _unspoken(request: ChatRequest, card: ModelCard) -> Iterator[str]:
    """What our nouns hold and the model's wire format, or the model, does not know."""
    drawn, wire = request.sampling, card.wire
    for noun in _UNSPOKEN.get(wire, ()):
        if getattr(drawn, noun) not in (None, ()):
            yield _called(noun, request)
    if wire == "openai-chat" and len(drawn.stop) > MOST_STOPS:
        yield f"{_called('stop', request)} after the fourth"
    if wire == "anthropic-messages":
        yield from _unspoken_to_anthropic(request)
    yield from _thinking(request, card)
    if any(message.name for message in request.messages) and wire != "openai-chat":
        yield "name"
    named = {"auto", "none", "required", *(tool.name for tool in request.tools)}
    if request.tool_choice not in named:
        yield "tool_choice"


def _thinking(request: ChatRequest, card: ModelCard) -> Iterator[str]:
    wants = request.reasoning_effort not in {"", "none", "minimal"}
    if wants and "reasoning" not in card.abilities:
        yield _called("reasoning_effort", request)


def _unspoken_to_anthropic(request: ChatRequest) -> Iterator[str]:
    drawn = request.sampling
    thinks = request.reasoning_effort not in {"", "none"}
    forced = bool(request.tools) and request.tool_choice not in {"auto", "none"}
    if any(not stop.strip() for stop in drawn.stop):
        yield f"{_called('stop', request)} of white space"
    if thinks and forced:
        yield _called("reasoning_effort", request)
    if drawn.temperature is not None and thinks and not forced:
        yield "temperature"
    elif drawn.temperature is not None and drawn.temperature > 1:
        yield "temperature above 1"
    if drawn.top_p is not None and ((thinks and not forced) or drawn.temperature is not None):
        yield "top_p"


def _others(request: ChatRequest, card: ModelCard) -> Iterator[str]:
    """What has no noun here, so that only a provider of the same wire format could hear it."""
    source = request.source or {}
    answers = source.get("n")
    if isinstance(answers, int) and answers > 1:
        yield "n"
    for field, read in _READ.items():
        inner = mapping(source.get(field))
        yield from (f"{field}.{name}" for name in inner if name not in read and _means(inner[name]))
    if mapping(source.get("tool_choice")).get("type") == ALLOWED:
        yield ALLOWED
    if any(item != _BROUGHT for item in sequence(source.get("include"))):
        yield "include"
    same = request.wire == card.wire
    if same and (card.place is Place.CLOUD or "all_fields" in card.abilities):
        return
    heard = DRAWN if card.place is Place.LOCAL else ()
    known = _OF_OUR_WORKER if same else frozenset({"tools", *heard})
    yield from _extra(request.extra, known)
    kinds = {string(mapping(tool).get("type")) for tool in sequence(request.extra.get("tools"))}
    yield from sorted(f"the tool {kind}" for kind in kinds)


def _extra(extra: Mapping[str, object], known: frozenset[str]) -> Iterator[str]:
    yield from (name for name, value in extra.items() if name not in known and _means(value))


def _means(value: object) -> bool:
    """Whether ``value`` asks for something."""
    return bool(value) and not (isinstance(value, str) and value in _USUAL)


def _called(noun: str, request: ChatRequest) -> str:
    if noun == "reasoning_effort" and mapping((request.source or {}).get("output_config")).get(
        "effort"
    ):
        return "output_config.effort"
    return _NAMES.get(request.wire, {}).get(noun, noun)
