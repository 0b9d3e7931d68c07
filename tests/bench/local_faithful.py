# ruff: noqa: T201 - it prints its table
"""Whether a local model calls tools and keeps to schemas as it is told.

``python -m tests.bench.local_faithful [--model ID]``: 40 prompts with tools (a call demanded, one
demanded by name, free, forbidden) and 40 with a schema, on the real model. Of each answer is asked:
calls well-formed and valid by the tool's own schema, none written as text, JSON valid.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final

import jsonschema_rs

from edgeroute.core.errors import LocalModelError
from edgeroute.core.events import Finish, TextDelta, ToolCallDelta
from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest, Sampling, Tool
from edgeroute.local.backends.llamacpp import LlamaCpp
from edgeroute.local.backends.worker_process import WorkerProcess
from edgeroute.local.files.models import LocalModels
from tests.bench.local import load, models_folder

_TOKENS: Final = 160
_MARKS: Final = ("<tool_call", "</tool_call", "<function=", "<parameter=")


def _object(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_SHORT: Final = {"type": "string", "minLength": 1, "maxLength": 40}
_MONEY: Final = {"type": "number", "minimum": 0, "maximum": 100_000}
TOOLS: Final = (
    Tool(
        "weather",
        "The weather of a city",
        _object(("city",), city=_SHORT, unit={"enum": ["celsius", "fahrenheit"]}),
    ),
    Tool(
        "set_reminder",
        "Remind me of something",
        _object(
            ("title", "minutes"),
            title=_SHORT,
            minutes={"type": "integer", "minimum": 1, "maximum": 10_000},
            tags={"type": "array", "items": _SHORT, "maxItems": 3},
        ),
    ),
    Tool(
        "transfer",
        "Send money to somebody",
        _object(
            ("to", "amount", "currency"),
            to=_SHORT,
            amount=_MONEY,
            currency={"enum": ["EUR", "USD", "CHF"]},
        ),
    ),
    Tool(
        "search",
        "Search my notes",
        _object(
            ("query",),
            query=_SHORT,
            limit={"anyOf": [{"type": "integer", "minimum": 1, "maximum": 50}, {"type": "null"}]},
        ),
    ),
    Tool("list_files", "The files in this folder", _object(())),
)
_QUESTIONS: Final = (
    "What is the weather in Oslo, in celsius?",
    "Remind me in 20 minutes to call Dr Weiss.",
    "Send 25 euros to Marta for the concert.",
    "Find my notes about the tax return.",
    "Which files are here?",
    "Wie ist das Wetter in Graz?",
    "Rappelle-moi dans une heure d'acheter du pain.",
    "Explain in one sentence what a hash table is.",
    "Hello, how are you?",
    "Is it warmer in Rome or in Bergen today?",
)
_CHOICES: Final = ("required", "named", "auto", "none")
_NAMES: Final = tuple(tool.name for tool in TOOLS)

_PEOPLE: Final = (
    "Anna Berg is 34, lives in Graz and likes chess and hiking. She pays 12.50 a month.",
    "Order 77: two lamps at 19.90, paid by card on 2026-03-05. The customer is Tom, not yet 18.",
    "Nobody answered. The door was locked, the light was on; it was about -3 degrees.",
    "Die Sitzung begann um neun, Frau Kern war krank, beschlossen wurde nichts.",
)
SCHEMAS: Final[tuple[Mapping[str, Any], ...]] = (
    _object(("name", "age"), name=_SHORT, age={"type": "integer", "minimum": 0, "maximum": 130}),
    _object(("price",), price=_MONEY),
    _object(("mood",), mood={"enum": ["good", "bad", "unknown"]}),
    _object(("tags",), tags={"type": "array", "items": _SHORT, "minItems": 1, "maxItems": 3}),
    _object(("nick",), nick={"anyOf": [_SHORT, {"type": "null"}]}),
    _object(("kind", "sure"), kind={"const": "note"}, sure={"type": "boolean"}),
    _object(
        ("people",),
        people={
            "type": "array",
            "maxItems": 2,
            "items": _object(("name",), name=_SHORT, adult={"type": "boolean"}),
        },
    ),
    _object(("degrees",), degrees={"type": "integer", "minimum": -50, "maximum": 50}),
    {
        "$defs": {"who": _object(("name",), name=_SHORT)},
        **_object(("who",), who={"$ref": "#/$defs/who"}),
    },
    {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 1, "maxItems": 4},
)


@dataclass(frozen=True, slots=True)
class Case:
    """One prompt; ``kind`` names what is asked of the answer."""

    kind: str
    request: ChatRequest


def cases() -> Iterator[Case]:
    """All of them: the same questions in every kind, and every text with every schema."""
    sampling = Sampling(max_output_tokens=_TOKENS, seed=7)
    for (number, text), choice in product(enumerate(_QUESTIONS), _CHOICES):
        named = _NAMES[number % len(_NAMES)] if choice == "named" else choice
        yield Case(
            f"tools: {choice}",
            ChatRequest((user(text),), tools=TOOLS, tool_choice=named, sampling=sampling),
        )
    for text, schema in product(_PEOPLE, SCHEMAS):
        asked = f"Write what this text says as JSON: {text}"
        yield Case("schema", ChatRequest((user(asked),), response_format=schema, sampling=sampling))


async def fault(backend: LlamaCpp, case: Case) -> str:
    """What is wrong with the answer to ``case``; empty where nothing is."""
    text, calls, finish = "", dict[int, list[str]](), ""
    try:
        async for delta in backend.answer(case.request):
            if isinstance(delta, TextDelta):
                text += delta.text
            elif isinstance(delta, ToolCallDelta):
                call = calls.setdefault(delta.index, ["", ""])
                call[0] += delta.name
                call[1] += delta.arguments
            elif isinstance(delta, Finish):
                finish = delta.reason
    except LocalModelError as error:
        return f"refused: {error.message}"
    if case.kind == "schema":
        return _json_fault(text, finish, case.request.response_format)
    return _call_fault(text, calls, finish, case.request)


def _json_fault(text: str, finish: str, schema: Any) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return f"no JSON ({finish}): {text[:80]!r}"
    valid = jsonschema_rs.is_valid(schema, value)
    return "" if valid else f"not valid: {text[:80]!r}"


def _call_fault(
    text: str, calls: Mapping[int, list[str]], finish: str, request: ChatRequest
) -> str:
    choice = request.tool_choice
    must, silent = choice not in {"auto", "none"}, not calls and not text.strip()
    wrong = {
        f"a call as text: {text[:80]!r}": any(mark in text for mark in _MARKS)
        or _names_a_tool(text),
        f"nothing ({finish})": silent,
        "a call although none is allowed": choice == "none" and bool(calls),
        f"no call ({finish}): {text[:80]!r}": must and not calls,
        f"calls, but finish is {finish}": bool(calls) and finish != "tool_calls",
    }
    found = [words for words, holds in wrong.items() if holds]
    return next(iter(found + [each for each in map(_of_one(choice), calls.values()) if each]), "")


def _of_one(choice: str) -> Callable[[list[str]], str]:
    """What is wrong with one call where ``choice`` was asked for."""
    tools = {tool.name: tool for tool in TOOLS}

    def look(call: list[str]) -> str:
        name, arguments = call
        if name not in tools or (choice in tools and name != choice):
            return f"the wrong tool: {name}"
        valid = jsonschema_rs.is_valid(dict(tools[name].parameters), json.loads(arguments))
        return "" if valid else f"arguments not valid: {arguments[:80]}"

    return look


def _names_a_tool(text: str) -> bool:
    """Whether ``text`` is the JSON of a call."""
    return '"name"' in text and '"arguments"' in text and any(name in text for name in _NAMES)


async def main() -> None:
    """Ask all of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="auto")
    options = parser.parse_args()
    models = LocalModels(models_folder())
    build = models.choose(options.model)
    asked, faults = Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as base:
        process = WorkerProcess(
            Path(base) / "run", Path(base) / "state", models.folder, window=4_096
        )
        backend = LlamaCpp(models, process, build.id)
        try:
            for number, case in enumerate(cases(), 1):
                asked[case.kind] += 1
                if wrong := await fault(backend, case):
                    faults[case.kind] += 1
                    print(f"{number} {case.kind}, {case.request.tool_choice}: {wrong}", flush=True)
        finally:
            await process.stop()
    print(f"{build.id}, {load()}")
    for kind, count in asked.items():
        print(f"{kind:18} {count - faults[kind]} of {count} faithful")


if __name__ == "__main__":
    asyncio.run(main())
