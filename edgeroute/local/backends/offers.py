"""What a local server offers: its models, which of them chat, and how much each can take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from edgeroute.wire.json_data import mapping, mappings, sequence, string
from edgeroute.word_lists import word_set

# Where engines say how many tokens fit, what is loaded before what the model could take: llama.cpp
# (for one of its slots), LM Studio, vLLM and SGLang, oMLX, others.
_WINDOWS: Final = (
    "n_ctx", "loaded_context_length", "max_model_len", "max_context_window", "context_length",
    "context_window", "max_context_length", "n_ctx_train",
)  # fmt: skip
# Where engines say what a model is for.
_KINDS: Final = ("model_type", "type", "task", "kind", "purpose")
_CHATS: Final = frozenset({"completion", "completions", "chat", "text-generation", "tools"})


@dataclass(frozen=True, slots=True)
class Offer:
    """One model that a server offers; ``window`` is in tokens, 0 unknown."""

    id: str
    owner: str = ""
    window: int = 0
    chats: bool = True


def offers(body: Mapping[str, Any]) -> tuple[Offer, ...] | None:
    """The models in the answer of ``/models``; None where it is no such answer."""
    rows = body.get("data")
    if not isinstance(rows, list):
        return None
    # llama.cpp and Ollama tell more of the same models in a list of their own.
    more = {string(row.get("name")): row for row in mappings(body.get("models"))}
    return tuple(
        _offer({**more.get(string(row.get("id")), {}), **row})
        for row in mappings(rows)
        if row.get("id")
    )


def chatting(found: Iterable[Offer]) -> tuple[Offer, ...]:
    """Those that answer prompts: no model for vectors, rankings, sounds or pictures."""
    return tuple(offer for offer in found if offer.chats)


def window_of(row: Mapping[str, Any]) -> int:
    """How many tokens a server says that a model takes; 0 where it does not."""
    for told in (mapping(row.get("meta")), row):
        for name in _WINDOWS:
            value = told.get(name)
            if isinstance(value, int) and value > 0:
                return value
    return 0


def chats(name: str, row: Mapping[str, Any]) -> bool:
    """Whether the model ``name`` answers prompts, by what its server and its name say."""
    said = {string(one).casefold() for one in sequence(row.get("capabilities"))}
    if said:
        return bool(said & _CHATS)
    modalities = mapping(row.get("architecture")).get("output_modalities")
    if modalities and "text" not in sequence(modalities):
        return False
    words = [string(row.get(field)).casefold() for field in _KINDS]
    parts = [*words, name.rpartition("/")[2].casefold()]
    return not any(word in part for part in parts for word in word_set("local_models.no_chat"))


def _offer(row: Mapping[str, Any]) -> Offer:
    name = str(row["id"])
    return Offer(name, string(row.get("owned_by")), window_of(row), chats(name, row))
