"""Answers that must be JSON: is a schema strict, and how to ask a model that takes no schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeroute.core.model_card import ModelCard
from edgeroute.core.request import ChatRequest
from edgeroute.wire.json_data import dump_text, mapping, sequence


def is_strict(schema: Mapping[str, Any]) -> bool:
    """Whether ``schema`` is fit for strict mode: closed objects, every property required."""
    if schema.get("type") == "object" or "properties" in schema:
        properties = mapping(schema.get("properties"))
        if schema.get("additionalProperties") is not False:
            return False
        if set(properties) != {n for n in sequence(schema.get("required")) if isinstance(n, str)}:
            return False
        if not all(is_strict(mapping(inner)) for inner in properties.values()):
            return False
    nested = [schema.get("items"), *mapping(schema.get("$defs")).values()]
    nested += sequence(schema.get("anyOf"))
    return all(is_strict(mapping(inner)) for inner in nested if inner is not None)


def takes_schema(card: ModelCard) -> bool:
    """Whether the model itself holds its answer to a schema."""
    return "json_schema" in card.abilities


def named_schema(request: ChatRequest, card: ModelCard) -> dict[str, Any]:
    """The schema as OpenAI's formats state it; empty where only any JSON can be asked for."""
    schema = request.response_format
    if not schema or not takes_schema(card):
        return {}
    return {
        "name": request.response_format_name,
        "schema": schema,
        "strict": is_strict(schema),
    }


def instruction(schema: Mapping[str, object], card: ModelCard, *, any_object: bool) -> str:
    """The sentence that asks for JSON where the wire cannot, or an empty string.

    ``any_object`` says whether the wire itself can ask for any JSON object.
    """
    if takes_schema(card) if schema else any_object:
        return ""
    if not schema:
        return "Answer with one JSON object and nothing else."
    return (
        "Answer with one JSON object and nothing else. It must follow this JSON schema:\n"
        + dump_text(schema)
    )
